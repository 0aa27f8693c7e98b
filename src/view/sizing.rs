//! Whether an element's size says how large a picture is of use. One that has no size of its own takes that of its picture (CSS
//! Images, section 5): asked for a picture of that size, it would get one that is ever smaller.

/// Width and height, in CSS pixels.
pub(super) type Size = (f64, f64);

/// Sizes that differ by less are the same.
const SAME: f64 = 1.5;

/// What is known of an element.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sizing {
    known: Known,
    /// How large the element and its picture were at the last look.
    last: Option<(Size, Size)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Known {
    /// It is as large as its picture so far, whyever.
    #[default]
    Nothing,
    /// The page gives it a size.
    Styled,
    /// It became as large as its picture when that changed. It may do so again.
    Follows,
}

impl Sizing {
    /// Looks at an element and its picture. True if the size is the page's.
    pub(super) fn look(&mut self, element: Size, picture: Size) -> bool {
        // Nothing is shown yet.
        if picture.0 <= 0.0 || picture.1 <= 0.0 {
            return false;
        }
        let followed = |(before, picture_before)| !is_same(before, element) && !is_same(picture_before, picture);
        let last = self.last.replace((element, picture));
        self.known = match self.known {
            Known::Follows => Known::Follows,
            _ if !is_same(element, picture) => Known::Styled,
            _ if last.is_some_and(followed) => Known::Follows,
            known => known,
        };
        self.known == Known::Styled
    }
}

fn is_same(one: Size, other: Size) -> bool {
    (one.0 - other.0).abs() < SAME && (one.1 - other.1).abs() < SAME
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Size = (1280.0, 720.0);

    /// Looks again and again at an element, whose picture is scaled to what was said of it before. Gives the heights of the picture.
    fn heights(mut element: impl FnMut(Size) -> Size, begins: Size) -> Vec<f64> {
        let (mut sizing, mut picture) = (Sizing::default(), begins);
        (0..20)
            .map(|_| {
                let size = element(picture);
                let is_styled = sizing.look(size, picture);
                // As large as the tile or a little larger, in few steps.
                let ratio = if is_styled { FULL.1 / size.1 } else { 1.0 };
                let scale = [1.0, 1.5, 2.0, 3.0, 4.0, 6.0].into_iter().rev().find(|step| *step <= ratio * 1.1);
                let scale = scale.unwrap_or(1.0);
                picture = (FULL.0 / scale, FULL.1 / scale);
                picture.1
            })
            .collect()
    }

    #[test]
    fn an_element_as_large_as_its_picture_gets_all_of_it() {
        for begins in [FULL, (320.0, 180.0), (2.0, 2.0)] {
            let heights = heights(|picture| picture, begins);
            assert!(heights.ends_with(&[720.0; 10]), "{begins:?}: {heights:?}");
        }
    }

    #[test]
    fn an_element_with_a_size_gets_that() {
        for begins in [FULL, (320.0, 180.0), (640.0, 360.0)] {
            let heights = heights(|_| (640.0, 360.0), begins);
            assert!(heights.ends_with(&[360.0; 10]), "{begins:?}: {heights:?}");
        }
    }

    #[test]
    fn an_element_that_may_not_be_larger_than_something_does_not_swing() {
        for most in [300.0, 600.0, 618.0, 640.0, 1000.0] {
            let limited =
                |(width, height): Size| if width > most { (most, height * most / width) } else { (width, height) };
            let heights = heights(limited, FULL);
            let last = heights.last().unwrap();
            assert!(heights.ends_with(&[*last; 10]), "{most}: {heights:?}");
            assert!(*last >= 0.9 * most * 720.0 / 1280.0, "{most}: {heights:?}");
        }
    }

    #[test]
    fn nothing_is_said_before_there_is_a_picture() {
        let mut sizing = Sizing::default();
        assert!(!sizing.look((300.0, 150.0), (0.0, 0.0)));
        assert!(sizing.look((300.0, 150.0), FULL));
    }
}

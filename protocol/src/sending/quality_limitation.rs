//! How hard it is to send. The browsers lower size and quality by themselves, and go on trying for more; when they are at their limit
//! for long, less is asked of them, in this order: 15 pictures a second; two thirds of the size; half of it, and 10 pictures a second.

/// Looks at the limit in a row after which less is asked. At the start of a call browsers are at it for some seconds.
const LIMITED: u32 = 5;
/// Looks without a limit after which more is tried. Twice as many after each try that failed, …
const FREE: u32 = 5;
/// … up to this many.
const MOST_PATIENCE: u32 = 80;
const HARDEST: u8 = 3;

/// Looked at every two seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityLimitation {
    level: u8,
    limited: u32,
    free: u32,
    patience: u32,
    /// More was tried, and is not proven yet.
    trying: bool,
}

impl Default for QualityLimitation {
    fn default() -> Self {
        QualityLimitation { level: 0, limited: 0, free: 0, patience: FREE, trying: false }
    }
}

impl QualityLimitation {
    /// Whether the browser is limited now. True if something else is to be sent.
    pub fn looked(&mut self, is_limited: bool) -> bool {
        if is_limited {
            self.free = 0;
            self.limited += 1;
            let is_harder = self.limited >= LIMITED && self.level < HARDEST;
            if is_harder {
                self.limited = 0;
                self.level += 1;
                if std::mem::take(&mut self.trying) {
                    self.patience = (self.patience * 2).min(MOST_PATIENCE);
                }
            }
            return is_harder;
        }
        self.limited = 0;
        self.free += 1;
        if self.trying && self.free >= FREE {
            self.trying = false;
            self.patience = FREE;
        }
        let is_easier = self.free >= self.patience && self.level > 0;
        if is_easier {
            self.free = 0;
            self.level -= 1;
            self.trying = true;
        }
        is_easier
    }

    /// By how much pictures are scaled down.
    pub fn scale(&self) -> f64 {
        match self.level {
            0 | 1 => 1.0,
            2 => 1.5,
            _ => 2.0,
        }
    }

    /// Pictures a second, at most.
    pub fn frame_rate(&self) -> f64 {
        match self.level {
            0 => f64::INFINITY,
            1 | 2 => 15.0,
            _ => 10.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many looks it takes until something changes.
    fn looks(limitation: &mut QualityLimitation, is_limited: bool) -> usize {
        (1..1000).find(|_| limitation.looked(is_limited)).unwrap_or(1000)
    }

    #[test]
    fn long_strain_lowers_in_order_and_ends() {
        let mut limitation = QualityLimitation::default();
        let mut order = Vec::new();
        for _ in 0..3 {
            assert_eq!(looks(&mut limitation, true), 5);
            order.push((limitation.scale(), limitation.frame_rate()));
        }
        assert_eq!(order, [(1.0, 15.0), (1.5, 15.0), (2.0, 10.0)]);
        assert_eq!(looks(&mut limitation, true), 1000, "there is nothing lower");
    }

    #[test]
    fn a_moment_is_no_strain() {
        let mut limitation = QualityLimitation::default();
        for _ in 0..100 {
            assert!(!limitation.looked(true) && !limitation.looked(true) && !limitation.looked(false));
        }
    }

    #[test]
    fn more_is_tried_ever_more_rarely_when_it_fails() {
        let mut limitation = QualityLimitation::default();
        looks(&mut limitation, true);
        let mut patience = Vec::new();
        for _ in 0..6 {
            patience.push(looks(&mut limitation, false));
            assert_eq!(looks(&mut limitation, true), 5);
        }
        assert_eq!(patience, [5, 10, 20, 40, 80, 80]);
    }

    #[test]
    fn a_try_that_lasts_forgets_those_that_failed() {
        let mut limitation = QualityLimitation::default();
        looks(&mut limitation, true);
        looks(&mut limitation, false);
        looks(&mut limitation, true);
        assert_eq!(looks(&mut limitation, false), 10);
        for _ in 0..FREE {
            limitation.looked(false);
        }
        looks(&mut limitation, true);
        assert_eq!(looks(&mut limitation, false), 5);
    }
}

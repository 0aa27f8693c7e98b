//! Figures as a picture: groups of bars, of one or several parts each.

use std::fmt::{Result, Write};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 330.0;
/// The share of a group that its bars take.
const FILLED: f64 = 0.675;

/// A plot of bars.
#[derive(Debug)]
pub(super) struct Plot {
    /// Of the document.
    pub(super) title: &'static str,
    /// What is shown, with its unit.
    pub(super) heading: &'static str,
    /// Names and colours.
    pub(super) legend: Vec<(String, &'static str)>,
    pub(super) groups: Vec<Group>,
}

/// Bars beside each other.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    /// Each in parts, from below: how much, and its colour.
    pub(super) bars: Vec<Vec<(f64, &'static str)>>,
}

impl Plot {
    pub(super) fn svg(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) -> Result {
        let heights =
            self.groups.iter().flat_map(|group| &group.bars).map(|bar| bar.iter().map(|(value, _)| value).sum());
        let most = Some(heights.fold(0.0, f64::max)).filter(|most| *most > 0.0).unwrap_or(1.0);
        let step = step(most);
        let steps = (most / step).ceil();
        let scale = (BOTTOM - TOP) / (steps * step);
        let Plot { title, heading, .. } = self;
        writeln!(
            to,
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">
<title>{title}</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
<text x="{LEFT}" y="22" font-size="15">{heading}</text>"##
        )?;
        let digits = if step < 1.0 { 1 } else { 0 };
        let mut mark = 0.0;
        while mark <= steps {
            let (value, y) = (mark * step, BOTTOM - mark * step * scale);
            writeln!(to, r##"<path d="M{LEFT} {y:.1}H{}" stroke="#ddd"/>"##, WIDTH - RIGHT)?;
            writeln!(to, r#"<text x="{}" y="{:.1}" text-anchor="end">{value:.digits$}</text>"#, LEFT - 8.0, y + 4.0)?;
            mark += 1.0;
        }
        let width = (WIDTH - LEFT - RIGHT) / self.groups.len().max(1) as f64;
        for (place, group) in (0_u32..).zip(&self.groups) {
            group.write(to, LEFT + width * f64::from(place), width, scale)?;
        }
        let width = (WIDTH - LEFT - RIGHT) / self.legend.len().max(1) as f64;
        for (place, (name, color)) in (0_u32..).zip(&self.legend) {
            let x = LEFT + f64::from(place) * width;
            writeln!(
                to,
                r#"<rect x="{x}" y="34" width="12" height="12" fill="{color}"/><text x="{}" y="45">{name}</text>"#,
                x + 18.0
            )?;
        }
        writeln!(to, "</svg>")
    }
}

impl Group {
    fn write(&self, to: &mut String, x: f64, width: f64, scale: f64) -> Result {
        let bar_width = width * FILLED / self.bars.len().max(1) as f64;
        let middle = x + width / 2.0;
        for (place, bar) in (0_u32..).zip(&self.bars) {
            let x = middle - width * FILLED / 2.0 + bar_width * f64::from(place);
            let mut y = BOTTOM;
            for (value, color) in bar {
                let height = value * scale;
                y -= height;
                let width = bar_width - 4.0;
                writeln!(
                    to,
                    r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{color}"/>"#
                )?;
            }
        }
        writeln!(to, r#"<text x="{middle:.1}" y="{}" text-anchor="middle">{}</text>"#, BOTTOM + 20.0, self.name)
    }
}

/// Between marks: 1, 2 or 5 and zeros, so that there are about five.
fn step(most: f64) -> f64 {
    let power = 10_f64.powf((most / 5.0).log10().floor());
    [1.0, 2.0, 5.0].map(|step| step * power).into_iter().find(|step| most / step <= 6.0).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_few_round_marks() {
        for (most, expected) in [(5.0, 1.0), (30.0, 5.0), (99.0, 20.0), (61.0, 20.0), (310.0, 100.0), (2.0, 0.5)] {
            assert_eq!(step(most).to_bits(), f64::to_bits(expected), "{most}");
        }
    }

    #[test]
    fn a_part_of_a_bar_is_as_high_as_its_share() {
        let bars = vec![vec![(50.0, "#aaa")], vec![(60.0, "#bbb"), (40.0, "#ccc")]];
        let groups = ["one", "other"].map(|name| Group { name: name.to_owned(), bars: bars.clone() });
        let legend = vec![("a".to_owned(), "#aaa")];
        let svg = Plot { title: "t", heading: "h", legend, groups: groups.into() }.svg();
        // Two groups of 320, of which each bar has 108; the upper end of what is drawn stands for 100.
        assert!(svg.contains(r##"x="112.0" y="195.0" width="104.0" height="135.0" fill="#aaa""##), "{svg}");
        assert!(svg.contains(r##"x="220.0" y="168.0" width="104.0" height="162.0" fill="#bbb""##), "{svg}");
        assert!(svg.contains(r##"x="220.0" y="60.0" width="104.0" height="108.0" fill="#ccc""##), "{svg}");
    }

    #[test]
    fn nothing_is_a_plot_without_bars() {
        let svg = Plot { title: "t", heading: "h", legend: Vec::new(), groups: Vec::new() }.svg();
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
    }
}

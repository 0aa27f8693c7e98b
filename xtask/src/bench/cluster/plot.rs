//! Processor time for each message, by nodes and rooms, as a picture.

use std::fmt::Write;

use super::plan::{Measured, NODES, ROOMS, talking};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 60.0;
const BOTTOM: f64 = 330.0;
const BAR: f64 = 36.0;
const GROUP: f64 = 160.0;
/// One for each number of rooms: the nodes' share, and that of Redis on top of it.
const COLORS: [&str; 3] = ["#9ec5e8", "#4a8fc7", "#1d5384"];
const REDIS: &str = "#d9622b";

pub(super) fn svg(measured: &Measured) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = write(&mut text, measured);
    text
}

fn write(to: &mut String, measured: &Measured) -> std::fmt::Result {
    let time = |nodes, rooms| ["servers_us", "redis_us"].map(|name| measured.of(talking(nodes, rooms), name));
    let most = NODES.iter().flat_map(|nodes| ROOMS.map(|rooms| time(*nodes, rooms).iter().sum())).fold(1.0, f64::max);
    let step = step(most);
    let steps = (most / step).ceil();
    let scale = (BOTTOM - TOP) / (steps * step);
    writeln!(
        to,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">
<title>Processor time for each message, by nodes and rooms</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
<text x="{LEFT}" y="22" font-size="15">Processor time for each message, in microseconds</text>"##
    )?;
    let mut mark = 0.0;
    while mark <= steps {
        let (value, y) = (mark * step, BOTTOM - mark * step * scale);
        writeln!(to, r##"<path d="M{LEFT} {y:.1}H{}" stroke="#ddd"/>"##, WIDTH - 20.0)?;
        writeln!(to, r#"<text x="{}" y="{:.1}" text-anchor="end">{value:.0}</text>"#, LEFT - 8.0, y + 4.0)?;
        mark += 1.0;
    }
    for (group, nodes) in (0_u32..).zip(NODES) {
        let middle = LEFT + GROUP * (f64::from(group) + 0.5);
        for (bar, (rooms, color)) in (0_u32..).zip(ROOMS.into_iter().zip(COLORS)) {
            let x = middle + BAR * (f64::from(bar) - 1.5);
            let mut y = BOTTOM;
            for (value, color) in time(nodes, rooms).into_iter().zip([color, REDIS]) {
                y -= value * scale;
                writeln!(
                    to,
                    r#"<rect x="{x}" y="{y:.1}" width="{}" height="{:.1}" fill="{color}"/>"#,
                    BAR - 4.0,
                    value * scale
                )?;
            }
        }
        let name = match nodes {
            0 => "one, without Redis".to_owned(),
            1 => "1 node".to_owned(),
            more => format!("{more} nodes"),
        };
        writeln!(to, r#"<text x="{middle}" y="{}" text-anchor="middle">{name}</text>"#, BOTTOM + 20.0)?;
    }
    let of_rooms = ROOMS.map(|rooms| format!("nodes, {rooms} rooms"));
    let legend = of_rooms.into_iter().zip(COLORS).chain([("Redis".to_owned(), REDIS)]);
    for (place, (name, color)) in (0_u32..).zip(legend) {
        let x = LEFT + f64::from(place) * GROUP;
        writeln!(
            to,
            r#"<rect x="{x}" y="34" width="12" height="12" fill="{color}"/><text x="{}" y="45">{name}</text>"#,
            x + 18.0
        )?;
    }
    writeln!(to, "</svg>")
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
        for (most, expected) in [(5.0, 1.0), (30.0, 5.0), (99.0, 20.0), (61.0, 20.0), (310.0, 100.0)] {
            assert_eq!(step(most).to_bits(), f64::to_bits(expected), "{most}");
        }
    }

    #[test]
    fn a_bar_is_as_high_as_its_share() {
        let mut measured = Measured::default();
        for rooms in ROOMS {
            measured.add(talking(4, rooms), &serde_json::json!({"servers_us": 60.0, "redis_us": 40.0}));
        }
        let svg = svg(&measured);
        assert!(svg.contains(r##"y="168.0" width="32" height="162.0" fill="#4a8fc7""##), "{svg}");
        assert!(svg.contains(r#"y="60.0" width="32" height="108.0""#), "{svg}");
    }
}

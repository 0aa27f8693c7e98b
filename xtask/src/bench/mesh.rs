//! Rooms in which everybody comes at once: a table and a plot.

use serde_json::Value;

use super::plot::{Group, Plot};
use super::{Bench, script};
use crate::process::Result;
use crate::readme;

const README: &str = "js/README.md";
const PLOT: &str = "docs/pictures/mesh.svg";
/// As they are named in the result.
const LIBRARIES: [(&str, &str); 2] = [("by hand", "#9ec5e8"), ("this", "#1d5384")];

pub(super) fn run(bench: &Bench) -> Result<()> {
    let result =
        script::run_beside_others("bench-mesh.mjs", &[("rounds", &bench.rounds), ("seconds", &bench.seconds)])?;
    let text = result.get("text").and_then(Value::as_str).ok_or("nothing was measured")?;
    let text = format!(
        "`cargo xtask bench mesh --rounds {} --seconds {} --write`: all join at the same moment, each in a page of one Chromium on two cores, with \
         camera (640 × 480), microphone and tiles of 240 × 180. Until the last one sees the last picture; medians (quartiles), and ratios of \
         the same round to hand-written JavaScript.\n\n{text}\n\n![Milliseconds until all see all](../{PLOT})\n",
        bench.rounds, bench.seconds
    );
    println!("\n{text}");
    if bench.write {
        readme::write(README, "bench mesh", &text)?;
        readme::write_plot(PLOT, &plot(&result).svg())?;
    }
    Ok(())
}

fn plot(result: &Value) -> Plot {
    let numbers = |pointer: &str| -> Vec<f64> {
        let found = result.pointer(pointer).and_then(Value::as_array);
        found.into_iter().flatten().filter_map(Value::as_f64).collect()
    };
    let seen = LIBRARIES.map(|(name, color)| (numbers(&format!("/seen/{name}")), color));
    let bars = |place: usize| {
        let bar = |(values, color): &(Vec<f64>, &'static str)| values.get(place).map(|value| vec![(*value, *color)]);
        seen.iter().filter_map(bar).collect()
    };
    let groups = numbers("/people").into_iter().enumerate();
    Plot {
        title: "Time until everybody in a room sees everybody else",
        heading: "Milliseconds until all see all, when all join at the same moment",
        legend: LIBRARIES.map(|(name, color)| (name.to_owned(), color)).into(),
        groups: groups.map(|(place, people)| Group { name: format!("{people} people"), bars: bars(place) }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plot_has_a_bar_for_each() {
        let result = serde_json::json!({"people": [2, 4], "seen": {"by hand": [100.0, 200.0], "this": [150.0, 50.0]}});
        let Plot { groups, .. } = plot(&result);
        let values: Vec<(&str, Vec<f64>)> = groups
            .iter()
            .map(|group| (group.name.as_str(), group.bars.iter().flatten().map(|(value, _)| *value).collect()))
            .collect();
        assert_eq!(values, [("2 people", vec![100.0, 150.0]), ("4 people", vec![200.0, 50.0])]);
    }
}

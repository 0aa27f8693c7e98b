//! Messages and files beside other libraries: a table.

use serde_json::Value;

use super::{Bench, script};
use crate::process::Result;
use crate::readme;

const README: &str = "js/README.md";

pub(super) fn run(bench: &Bench) -> Result<()> {
    let Bench { rounds, mebibytes, browser, .. } = bench;
    let browser = browser.name();
    let arguments: [(&str, &dyn std::fmt::Display); 3] =
        [("rounds", rounds), ("mebibytes", mebibytes), ("browser", &browser)];
    let result = script::run_beside_others("bench-data.mjs", &arguments)?;
    let text = result.get("text").and_then(Value::as_str).ok_or("nothing was measured")?;
    let text = format!(
        "`cargo xtask bench data --rounds {rounds} --mebibytes {mebibytes} --browser {browser} --write`: two pages of one browser on two cores; \
         medians (quartiles) of interleaved rounds, and of the ratios of each round to hand-written JavaScript. MB are 1 000 000 bytes.\n\n{text}\n"
    );
    println!("\n{text}");
    if bench.write { readme::write(README, "bench data", &text) } else { Ok(()) }
}

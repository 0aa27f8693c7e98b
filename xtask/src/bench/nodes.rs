//! What people notice when one of several servers is killed, stalls or stops: a table.

use serde_json::Value;

use super::{Bench, script};
use crate::process::Result;
use crate::{readme, system};

const README: &str = "server/README.md";

pub(super) fn run(bench: &Bench) -> Result<()> {
    system::need_redis()?;
    let result = script::run("bench-nodes.mjs", &[("rounds", &bench.rounds)])?;
    let text = result.get("text").and_then(Value::as_str).ok_or("nothing was measured")?;
    let text = format!(
        "`cargo xtask bench nodes --rounds {} --write`: three servers (`--redis-timeout 3 --idle-timeout 4`) behind nginx with the whole file, on one computer of two cores; two calls \
         of two, of Chromium and Firefox. It fails if a connection is made anew or anybody is told that somebody came or left.\n\n{text}",
        bench.rounds
    );
    println!("\n{text}");
    if bench.write {
        readme::write(README, "bench nodes", &text)?;
    }
    Ok(())
}

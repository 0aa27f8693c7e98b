//! A call of several people in small tiles, with what is sent following what is shown and without.

use super::Bench;
use crate::process::{Result, program, root};
use crate::{serve, system, wasm};

pub(super) fn run(bench: &Bench) -> Result<()> {
    system::need_browsers()?;
    system::need_node_modules()?;
    wasm::build()?;
    let mut node = program("node");
    node.current_dir(root().join("tests/e2e"))
        .args(["bench-media.mjs", "--rounds", &bench.rounds.to_string(), "--seconds", &bench.seconds.to_string()])
        .env("ITODENWA_SERVER", serve::server()?)
        .env("ITODENWA_WWW", root().join("www"));
    if node.status()?.success() { Ok(()) } else { Err("not measured".into()) }
}

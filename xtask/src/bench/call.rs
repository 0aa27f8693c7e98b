//! How long it takes until two people see each other, beside others.

use super::Bench;
use crate::process::{Result, program, root};
use crate::{serve, system, wasm};

pub(super) fn run(bench: &Bench) -> Result<()> {
    system::need_browsers()?;
    system::need_node_modules()?;
    for folder in ["server/bench", "xtask/rivals"] {
        system::need_packages(&root().join(folder))?;
    }
    wasm::build()?;
    let mut node = program("node");
    node.current_dir(root().join("tests/e2e"))
        .args(["bench-call.mjs", "--rounds", &bench.rounds.to_string(), "--calls", &bench.calls.to_string()])
        .env("ITODENWA_SERVER", serve::server()?)
        .env("ITODENWA_WWW", root().join("www"));
    if node.status()?.success() { Ok(()) } else { Err("not measured".into()) }
}

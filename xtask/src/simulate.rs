//! `cargo xtask simulate`: what `cargo test` runs shortly of the servers of a cluster, for long.

use std::process::ExitCode;

use crate::process::{self, Result, cargo};

/// Debug code is slow, and with all of the release's optimisations it takes long to build.
const OPTIMISED: &str = "profile.dev.package.itodenwa-server.opt-level=2";

/// Runs so many seeds, and tries all orders of events as deep as this.
pub(crate) fn run(seeds: u32, depth: u32) -> Result<ExitCode> {
    let mut command = cargo();
    command.args(["test", "--config", OPTIMISED, "--package", "itodenwa-server", "--lib", "cluster::"]);
    command.args(["--", "--nocapture"]);
    command.env("ITODENWA_SEEDS", seeds.to_string()).env("ITODENWA_DEPTH", depth.to_string());
    process::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

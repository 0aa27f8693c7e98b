//! `cargo xtask simulate`: what `cargo test` runs shortly of the links between servers, for long.

use std::process::ExitCode;

use crate::process::{self, Result, cargo};

/// Runs so many seeds.
pub(crate) fn run(seeds: u32) -> Result<ExitCode> {
    let mut command = cargo();
    command.args(["test", "--release", "--package", "itodenwa-server", "--lib", "cluster::links"]);
    process::run(command.env("ITODENWA_SEEDS", seeds.to_string()))?;
    println!("{seeds} runs");
    Ok(ExitCode::SUCCESS)
}

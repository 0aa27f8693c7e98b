//! `cargo xtask storms`: seeded calls between real browsers on a bad network.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::process::{self, Result, program};
use crate::{serve, system, wasm};

#[derive(Debug, Args)]
pub(crate) struct Storms {
    /// How many storms between each two browsers: those of the seeds 1, 2, 3, …
    #[arg(long, default_value_t = 200)]
    seeds: u32,
    /// Only between these.
    #[arg(long)]
    browser: Option<Pair>,
    /// Only this storm, with all that is seen at its end.
    #[arg(long)]
    seed: Option<u32>,
    /// Six people instead of two: three write to each other, and one sends a file, while three come and go.
    #[arg(long)]
    crowd: bool,
}

/// Which two browsers meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pair {
    Chromium,
    Firefox,
    Mixed,
}

/// Builds everything, and runs them. What failed is printed with its seed.
pub(crate) fn run(storms: &Storms) -> Result<ExitCode> {
    system::need_browsers()?;
    system::need_node_modules()?;
    wasm::build()?;
    let mut node = program("node");
    node.current_dir(process::root().join("tests/e2e"))
        .args(["storms.mjs", "--seeds", &storms.seeds.to_string()])
        .env("ITODENWA_SERVER", serve::server()?)
        .env("ITODENWA_WWW", process::root().join("www"));
    if let Some(pair) = storms.browser.and_then(|pair| pair.to_possible_value()) {
        node.args(["--browser", pair.get_name()]);
    }
    if let Some(seed) = storms.seed {
        node.args(["--seed", &seed.to_string()]);
    }
    if storms.crowd {
        node.arg("--crowd");
    }
    Ok(if node.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

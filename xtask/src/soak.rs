//! `cargo xtask soak`: people come and go for a long time, and nothing may grow.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::process::{self, Result, program};
use crate::{serve, system, wasm};

#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// For how long.
    #[arg(long, default_value_t = 30)]
    minutes: u32,
    /// Between these.
    #[arg(long, default_value = "mixed")]
    browser: Pair,
}

/// Which two browsers meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pair {
    Chromium,
    Firefox,
    Mixed,
}

/// Builds everything, and runs it. It fails if somebody did not agree with the others, or something grew.
pub(crate) fn run(soak: &Soak) -> Result<ExitCode> {
    system::need_browsers()?;
    system::need_node_modules()?;
    wasm::build()?;
    let mut node = program("node");
    node.current_dir(process::root().join("tests/e2e"))
        .args(["soak.mjs", "--minutes", &soak.minutes.to_string()])
        .env("ITODENWA_SERVER", serve::server()?)
        .env("ITODENWA_WWW", process::root().join("www"));
    if let Some(pair) = soak.browser.to_possible_value() {
        node.args(["--browser", pair.get_name()]);
    }
    Ok(if node.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

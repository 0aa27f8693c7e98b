//! `cargo xtask test`: every layer, one after another, and one count over all.

mod browser;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use clap::ValueEnum;

use crate::process::{self, Result, cargo, program};
use crate::tally::Tally;
use crate::{pack, serve, system, wasm};

/// What is tested. Each layer stands on the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layer {
    /// Formatting, clippy for both targets, documentation, licences.
    Lint,
    /// The rules, the server, and what else needs no browser.
    Native,
    /// The client crate in Chromium and Firefox.
    Browser,
    /// The npm package's types.
    Types,
    /// The whole product: server, page and package, between two browsers.
    E2e,
}

/// Runs these layers, or all.
pub(crate) fn run(layers: &[Layer]) -> Result<ExitCode> {
    let layers = if layers.is_empty() { Layer::value_variants() } else { layers };
    let mut total = Tally::default();
    for layer in layers {
        println!("\n=== {layer:?} ===");
        let tally = layer.run().unwrap_or_else(|error| {
            println!("{layer:?}: {error}");
            Tally::check(false)
        });
        println!("=== {layer:?}: {tally} ===");
        total.add(tally);
    }
    println!("\n{total}");
    Ok(if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Layer {
    fn run(self) -> Result<Tally> {
        match self {
            Layer::Lint => lint(),
            Layer::Native => count(cargo().args(["test", "--workspace", "--no-fail-fast"])),
            Layer::Browser => browser::run(),
            Layer::Types => types(),
            Layer::E2e => e2e(),
        }
    }
}

fn lint() -> Result<Tally> {
    wasm::need_target()?;
    let wasm = ["--package", "itodenwa", "--package", "itodenwa-js", "--target", "wasm32-unknown-unknown"];
    let mut checks = vec![
        cargo_with(&["fmt", "--all", "--check"]),
        cargo_with(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        cargo_with(&[&["clippy", "--all-targets"], &wasm[..], &["--", "-D", "warnings"]].concat()),
        cargo_with(&["doc", "--workspace", "--no-deps"]),
    ];
    if let Some(doc) = checks.last_mut() {
        doc.env("RUSTDOCFLAGS", "-D warnings");
    }
    if process::is_installed("cargo-deny") {
        checks.push(cargo_with(&["deny", "check"]));
    } else {
        println!("not run: cargo deny check (cargo install cargo-deny)");
    }
    let mut tally = Tally::default();
    for check in &mut checks {
        let result = process::run(check);
        if let Err(error) = &result {
            println!("{error}");
        }
        tally.add(Tally::check(result.is_ok()));
    }
    Ok(tally)
}

fn cargo_with(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments);
    command
}

fn types() -> Result<Tally> {
    system::need_node_modules()?;
    let compiler = process::root().join("tests/e2e/node_modules/.bin/tsc");
    process::run(program(&compiler.to_string_lossy()).args(["--project", "js/tsconfig.json"]))?;
    Ok(Tally::check(true))
}

fn e2e() -> Result<Tally> {
    system::need_browsers()?;
    system::need_node_modules()?;
    wasm::build()?;
    let server: PathBuf = serve::server()?;
    let tarball = pack::run()?;
    let mut node = program("node");
    node.current_dir(process::root().join("tests/e2e"))
        .args(["--test", "--test-concurrency=1"])
        .env("ITODENWA_SERVER", server)
        .env("ITODENWA_WWW", process::root().join("www"))
        .env("ITODENWA_TARBALL", tarball);
    count(&mut node)
}

/// Runs a test runner, shows what it prints, and counts. One that fails without a failed test counts as one.
fn count(runner: &mut Command) -> Result<Tally> {
    let mut child = runner.stdout(Stdio::piped()).spawn()?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            tally.add(Tally::of_line(&line));
        }
    }
    if !child.wait()?.success() && tally.failed == 0 {
        tally.add(Tally::check(false));
    }
    Ok(tally)
}

//! `cargo xtask test`: every layer, one after another, and one count over all.

pub(crate) mod browser;
mod groups;
mod pages;

use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Instant;

use clap::ValueEnum;

use crate::process::{self, Result, cargo, program};
use crate::tally::Tally;
use crate::{examples, licences, pack, rustup, serve, size, system, wasm};

/// So many native tests of a program run beside each other, or as many as there are processors: those of the server mostly wait.
const NATIVE_AT_ONCE: usize = 8;

/// What is tested. Each layer stands on the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layer {
    /// Formatting, clippy for both targets, documentation, the Rust that the READMEs print, licences.
    Lint,
    /// The rules, the server, and what else needs no browser.
    Native,
    /// The client crate in Chromium and Firefox.
    Browser,
    /// The npm package's types, and the JavaScript that the READMEs print.
    Types,
    /// The whole product: server, page and package, between two browsers; and how much browsers load.
    E2e,
    /// Calls through NATs, over a network of namespaces; where there are none, nothing.
    Network,
}

/// How much of the tests of the whole product runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Each test once, in one of the browsers, or of the pairs of browsers, that it is for.
    Short,
    /// All of them, and those that take long.
    Long,
}

impl Form {
    /// Each test has its own limits; this one only ends a process of tests that hangs, of one file or of a group. A gibibyte through a bad network
    /// takes most of an hour.
    const fn timeout(self) -> &'static str {
        match self {
            Form::Short => "--test-timeout=1800000",
            Form::Long => "--test-timeout=21600000",
        }
    }

    /// Tells the tests that this program builds or runs.
    fn tell(self, program: &mut Command) {
        match self {
            Form::Short => program.env_remove("ITODENWA_LONG"),
            Form::Long => program.env("ITODENWA_LONG", "1"),
        };
    }
}

/// Runs these layers, or all. One that fails does not stop the others. The page is built before them: the server has it inside, and would be
/// built once more after it.
pub(crate) fn run(layers: &[Layer], form: Form) -> Result<ExitCode> {
    let layers = if layers.is_empty() { Layer::value_variants() } else { layers };
    let mut total = Tally::default();
    let mut lines = Vec::new();
    if layers.contains(&Layer::E2e)
        && let Err(error) = wasm::build()
    {
        // The layer that needs it fails by it.
        println!("{error}");
    }
    for layer in layers {
        println!("\n=== {layer:?} ===");
        let since = now();
        let tally = layer.run(form).unwrap_or_else(|error| {
            println!("{layer:?}: {error}");
            Tally::check(false)
        });
        let line = format!("=== {layer:?}: {tally}, {} s ===", since.elapsed().as_secs());
        println!("{line}");
        lines.push(line);
        total.add(tally);
    }
    println!("\n{}\n{total}", lines.join("\n"));
    Ok(if total.failed == 0 && total.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::disallowed_methods, reason = "this never runs in a browser")]
fn now() -> Instant {
    Instant::now()
}

impl Layer {
    fn run(self, form: Form) -> Result<Tally> {
        match self {
            Layer::Lint => lint(),
            Layer::Native => native(),
            Layer::Browser => browser::run(form),
            Layer::Types => types(),
            Layer::E2e => e2e(form),
            Layer::Network => network(form),
        }
    }
}

fn lint() -> Result<Tally> {
    rustup::need_target()?;
    rustup::need_components(&["rustfmt", "clippy"])?;
    let wasm = ["--package", "itodenwa", "--package", "itodenwa-js", "--target", rustup::WASM];
    let mut doc = cargo_with(&["doc", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    let checks = [
        cargo_with(&["fmt", "--all", "--check"]),
        cargo_with(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        cargo_with(&[&["clippy", "--all-targets"], &wasm[..], &["--", "-D", "warnings"]].concat()),
        doc,
    ];
    let mut tally = Tally::default();
    for mut check in checks {
        tally.add(passes(process::run(&mut check)));
    }
    tally.add(passes(examples::rust()));
    tally.add(dependencies());
    Ok(tally)
}

/// `cargo deny check`, or what of it can be had without installing it: the rest counts as skipped.
fn dependencies() -> Tally {
    if process::is_installed("cargo-deny") {
        return passes(process::run(&mut cargo_with(&["deny", "check"])));
    }
    println!("cargo-deny is not installed: licences and sources are checked, advisories and bans are skipped");
    let complaints = licences::check()
        .and_then(|complaints| if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n").into()) });
    Tally { skipped: 1, ..passes(complaints) }
}

/// Counts one check; says what is wrong.
fn passes(result: Result<()>) -> Tally {
    if let Err(error) = &result {
        println!("{error}");
    }
    Tally::check(result.is_ok())
}

fn cargo_with(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments);
    command
}

fn native() -> Result<Tally> {
    let redis = system::need_redis();
    let at_once = thread::available_parallelism().map_or(1, NonZero::get).max(NATIVE_AT_ONCE);
    let mut test = cargo();
    test.args(["test", "--workspace", "--no-fail-fast"]).env("RUST_TEST_THREADS", at_once.to_string());
    let mut tally = Tally::default();
    match redis {
        // A test that can't start it fails.
        Ok(()) => drop(test.env("ITODENWA_NEED_REDIS", "1")),
        // The tests of several servers over it run nothing and pass: together they count as one that is skipped.
        Err(why) => {
            println!("skipped, what needs Redis: {why}");
            test.env_remove("ITODENWA_NEED_REDIS");
            tally.skipped = 1;
        }
    }
    tally.add(count(&mut test)?);
    Ok(tally)
}

fn types() -> Result<Tally> {
    system::need_node_modules()?;
    let compiler = process::root().join("tests/e2e/node_modules/.bin/tsc");
    let mut tally = passes(process::run(program(&compiler.to_string_lossy()).args(["--project", "js/tsconfig.json"])));
    tally.add(passes(examples::javascript()));
    Ok(tally)
}

fn e2e(form: Form) -> Result<Tally> {
    system::need_browsers()?;
    system::need_proxy()?;
    system::need_redis()?;
    system::need_node_modules()?;
    wasm::build()?;
    let server = serve::server()?;
    let tarball = pack::run()?;
    let mut tally = passes(size::check());
    tally.add(passes(pack::check_server()));
    let mut run = |at_once, files: &[PathBuf]| {
        let mut node = node(&server, Reporter::Spec, form);
        count(node.arg(at_once).args(files).env("ITODENWA_TARBALL", &tarball)).map(|told| tally.add(told))
    };
    run(groups::AT_ONCE, &groups::together()?)?;
    run("--test-concurrency=1", &[groups::alone()?])?;
    Ok(tally)
}

fn network(form: Form) -> Result<Tally> {
    if let Err(why) = system::need_network() {
        println!("skipped, there is no network to try: {why}");
        return Ok(Tally { skipped: 1, ..Tally::default() });
    }
    system::need_browsers()?;
    system::need_node_modules()?;
    wasm::build()?;
    count(node(&serve::server()?, Reporter::Spec, form).args([
        "--test-concurrency=1",
        "network/addresses.mjs",
        "network/lossy.mjs",
        "network/nat.mjs",
    ]))
}

/// How the test runner tells what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reporter {
    /// For people.
    Spec,
    /// For programs.
    Tap,
}

/// The test runner, for tests of this server and of the page as it is built.
pub(crate) fn node(server: &Path, reporter: Reporter, form: Form) -> Command {
    let mut node = program("node");
    node.current_dir(process::root().join("tests/e2e"))
        .arg("--test")
        .arg(match reporter {
            Reporter::Spec => "--test-reporter=spec",
            Reporter::Tap => "--test-reporter=tap",
        })
        .arg(form.timeout())
        // Colours would hide the counts.
        .env_remove("FORCE_COLOR")
        .env("NO_COLOR", "1")
        .env("ITODENWA_SERVER", server)
        .env("ITODENWA_WWW", process::root().join("www"));
    form.tell(&mut node);
    node
}

/// Runs a test runner, shows what it prints, and counts. One that fails without a failed test, or runs none, counts as failed.
fn count(runner: &mut Command) -> Result<Tally> {
    let mut child = runner.stdout(Stdio::piped()).spawn()?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            tally.add(Tally::of_line(&line));
        }
    }
    let mut tally = Tally::of_lines(tally);
    let status = child.wait()?;
    if tally.failed == 0 && (!status.success() || tally.passed == 0) {
        println!("the tests ended with {status}, and {tally}");
        tally.add(Tally::check(false));
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_of(script: &str) -> Tally {
        count(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn what_runs_is_counted() {
        let both = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; printf 'ℹ pass 3\n\\377\n'";
        assert_eq!(count_of(both), Tally { passed: 5, ..Tally::default() });
    }

    #[test]
    fn a_runner_that_breaks_or_runs_nothing_has_failed() {
        assert_eq!(count_of("exit 0").failed, 1);
        assert_eq!(
            count_of("echo 'test result: ok. 2 passed; 0 failed'; exit 1"),
            Tally { passed: 2, failed: 1, ..Tally::default() }
        );
        assert_eq!(
            count_of("echo 'test result: FAILED. 2 passed; 3 failed'; exit 1"),
            Tally { passed: 2, failed: 3, ..Tally::default() }
        );
    }
}

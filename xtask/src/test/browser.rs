//! The wasm tests of the client crate, in both browsers.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::process::{self, Result, cargo, program};
use crate::tally::Tally;
use crate::{rustup, system};

/// Each test has its own limits; this one only ends a browser that hangs.
const LIMIT_SECONDS: &str = "300";

pub(super) fn run() -> Result<Tally> {
    rustup::need_target()?;
    system::need_browsers()?;
    system::need_node_modules()?;
    let tests = compile()?;
    let mut tally = Tally::default();
    // By name: with several drivers on the path the runner takes its favourite.
    let driver = process::find("chromedriver").ok_or("chromedriver is not on the path")?;
    for tests in &tests {
        println!("--- Chromium: {}", tests.display());
        tally.add(super::count(runner(tests)?.env("CHROMEDRIVER", &driver))?);
        println!("--- Firefox: {}", tests.display());
        tally.add(firefox(tests)?);
    }
    Ok(tally)
}

/// Debian has no geckodriver, so the runner only serves the page, and the page is opened for it.
fn firefox(tests: &Path) -> Result<Tally> {
    // The runner serves until it is killed, and leaves its files behind.
    let files = process::target()?.join("tmp/browser");
    std::fs::create_dir_all(&files)?;
    let page = Page::serve(runner(tests)?.env("TMPDIR", &files))?;
    let tally = super::count(program("node").args(["tests/e2e/wasm-page.mjs", &page.url, LIMIT_SECONDS]));
    drop(page);
    std::fs::remove_dir_all(&files)?;
    tally
}

/// Builds the tests: the crate's own, and those of its users. Gives the wasm of each.
fn compile() -> Result<Vec<PathBuf>> {
    let mut build = cargo();
    build.args(["test", "--package", "itodenwa", "--target", rustup::WASM, "--lib", "--test", "browser"]);
    let output =
        build.args(["--no-run", "--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit()).output()?;
    let executables: Vec<PathBuf> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .collect();
    if output.status.success() && executables.len() == 2 {
        Ok(executables)
    } else {
        Err("the browser tests were not built".into())
    }
}

fn runner(tests: &Path) -> Result<Command> {
    let mut runner = program(&std::env::current_exe()?.to_string_lossy());
    runner
        .arg("test-runner")
        .arg(tests)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", process::root().join("tests/webdriver.json"))
        .env("WASM_BINDGEN_TEST_TIMEOUT", LIMIT_SECONDS)
        .env_remove("NO_HEADLESS")
        .env_remove("WASM_BINDGEN_TEST_ADDRESS");
    Ok(runner)
}

/// The tests' page; served as long as this lives.
struct Page {
    url: String,
    runner: Child,
    /// Held, because the runner goes on printing.
    output: BufReader<ChildStdout>,
}

impl Page {
    /// Starts the runner, and waits until it says where the page is.
    fn serve(runner: &mut Command) -> Result<Self> {
        runner.env("NO_HEADLESS", "1").env("WASM_BINDGEN_TEST_ADDRESS", "127.0.0.1:0");
        let mut runner = runner.stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(runner.stdout.take().ok_or("the runner has no output")?);
        let mut page = Page { url: String::new(), runner, output };
        let mut line = String::new();
        while page.output.read_line(&mut line)? > 0 {
            if let Some(start) = line.find("http://") {
                page.url = line.split_off(start).trim_end().to_owned();
                return Ok(page);
            }
            line.clear();
        }
        Err("the runner ended before it served the tests".into())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.runner.kill();
        let _ = self.runner.wait();
    }
}

//! The wasm tests of the client crate, in both browsers.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::process::{self, Result, cargo, program};
use crate::tally::Tally;
use crate::{system, wasm};

/// Each test has its own limits; this one only ends a browser that hangs.
const LIMIT_SECONDS: &str = "300";

pub(super) fn run() -> Result<Tally> {
    wasm::need_target()?;
    system::need_browsers()?;
    system::need_node_modules()?;
    let tests = compile()?;
    let mut tally = Tally::default();
    println!("--- Chromium");
    tally.add(super::count(runner(&tests)?.env("CHROMEDRIVER", "/usr/bin/chromedriver"))?);
    println!("--- Firefox");
    tally.add(firefox(&tests)?);
    Ok(tally)
}

/// Debian has no geckodriver, so the runner only serves the page, and the page is opened for it.
fn firefox(tests: &Path) -> Result<Tally> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let _runner = Running(runner(tests)?.env("NO_HEADLESS", "1").env("WASM_BINDGEN_TEST_ADDRESS", &address).spawn()?);
    let url = format!("http://{address}");
    super::count(program("node").args(["tests/e2e/wasm-page.mjs", &url, LIMIT_SECONDS]))
}

/// Builds the tests; gives the wasm.
fn compile() -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["test", "--package", "itodenwa", "--target", "wasm32-unknown-unknown", "--test", "browser"]);
    let output = build.args(["--no-run", "--message-format", "json"]).stderr(Stdio::inherit()).output()?;
    let executables = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .next_back();
    executables.filter(|_| output.status.success()).ok_or_else(|| "the browser tests were not built".into())
}

fn runner(tests: &Path) -> Result<Command> {
    let mut runner = program(&std::env::current_exe()?.to_string_lossy());
    runner
        .arg("test-runner")
        .arg(tests)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", process::root().join("tests/webdriver.json"))
        .env("WASM_BINDGEN_TEST_TIMEOUT", LIMIT_SECONDS);
    Ok(runner)
}

/// A program that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

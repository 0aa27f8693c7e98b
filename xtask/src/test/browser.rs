//! The wasm tests of the client crate, in both browsers.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::{Form, pages};
use crate::process::{self, Result, cargo, program};
use crate::tally::Tally;
use crate::{rustup, system};

/// Each test has its own limits; this one only ends a browser that hangs.
const LIMIT_SECONDS: &str = "600";
/// What is printed after what a page printed.
const DONE: &str = "=== the page is done";

/// All of them.
pub(super) fn run(form: Form) -> Result<Tally> {
    let mut tally = Tally::default();
    for told in run_in_both(form, |_| true)? {
        tally.add(told.tally);
    }
    Ok(tally)
}

/// What came of the tests in a browser.
pub(crate) struct Told {
    pub(crate) browser: &'static str,
    tally: Tally,
    /// All that was printed.
    output: String,
}

impl Told {
    /// Which tests ran, and whether they passed: what a test came to at last counts.
    pub(crate) fn outcomes(&self) -> Vec<(String, bool)> {
        pages::passed(&self.output)
    }
}

/// Runs those that are wanted. Both browsers at once: most of a test is waiting. Each has its own page, of a server that both share:
/// the bindings are made once.
pub(crate) fn run_in_both(form: Form, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Told>> {
    rustup::need_target()?;
    system::need_browsers()?;
    system::need_node_modules()?;
    let mut tests = compile(form)?.iter().map(|tests| Tests::serve(tests)).collect::<Result<Vec<_>>>()?;
    for Tests { names, .. } in &mut tests {
        names.retain(|name| is_wanted(name));
    }
    std::thread::scope(|scope| {
        let runs = ["chromium", "firefox"].map(|browser| {
            let tests = &tests;
            scope.spawn(move || run_in(browser, tests).map_err(|error| format!("{browser}: {error}")))
        });
        let told = runs.map(|run| Ok(run.join().map_err(|_| "the thread of a browser panicked")??));
        told.into_iter().collect()
    })
}

fn run_in(browser: &'static str, tests: &[Tests]) -> Result<Told> {
    let mut told = Told { browser, tally: Tally::default(), output: String::new() };
    let mut driver = Driver::start(browser)?;
    for Tests { names, server } in tests {
        for file in pages::files(names) {
            told.tally.add(pages::run(&file, |done| {
                let wanted: Vec<&str> = file.iter().filter(|name| !done.contains(name)).map(String::as_str).collect();
                let printed = driver.open(&server.url, &wanted)?;
                told.output.push_str(&printed);
                Ok(printed)
            })?);
        }
    }
    Ok(told)
}

/// A browser that opens one page after the other: a start of Firefox takes as long as the tests of some pages.
/// The runner only serves them: Debian has no driver for Firefox.
struct Driver {
    browser: &'static str,
    process: Child,
    /// Until it is dropped: when there are no more pages the browser is closed.
    pages: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Driver {
    fn start(browser: &'static str) -> Result<Self> {
        let mut driver = program("node");
        driver.args(["tests/e2e/wasm-page.mjs", browser, LIMIT_SECONDS, DONE]);
        let mut process = driver.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let pages = process.stdin.take();
        let output = BufReader::new(process.stdout.take().ok_or("the browser has no output")?);
        Ok(Driver { browser, process, pages, output })
    }

    /// Opens a page with these tests, shows what it prints (each line after the browser's name), and gives it. How it ends is no
    /// news: every test is looked for in what it printed.
    fn open(&mut self, url: &str, wanted: &[&str]) -> Result<String> {
        let mut printed = String::new();
        let page = json!({ "url": url, "tests": wanted });
        let mut line = Vec::new();
        // One that has ended takes no more, and has nothing to say.
        if self.pages.as_mut().is_some_and(|pages| writeln!(pages, "{page}").is_ok()) {
            while self.output.read_until(b'\n', &mut line)? > 0 {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches('\n');
                if text == DONE {
                    return Ok(printed);
                }
                println!("{}: {text}", self.browser);
                printed.push_str(text);
                printed.push('\n');
                line.clear();
            }
        }
        *self = Driver::start(self.browser)?;
        Ok(printed)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.pages = None;
        let _ = self.process.wait();
    }
}

/// Builds the tests: the crate's own, and those of its users. Gives the wasm of each.
fn compile(form: Form) -> Result<Vec<PathBuf>> {
    let mut build = cargo();
    build.args(["test", "--package", "itodenwa", "--target", rustup::WASM, "--lib", "--test", "browser"]);
    // Functions have their names without it, and what is loaded is half as large.
    build.env("CARGO_PROFILE_DEV_DEBUG", "0");
    form.tell(&mut build);
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
    // What a panic says is seen at once, not only when all tests are done.
    runner.arg("test-runner").arg(tests).arg("--nocapture");
    Ok(runner)
}

/// The tests of one wasm.
struct Tests {
    names: Vec<String>,
    server: Server,
}

impl Tests {
    fn serve(tests: &Path) -> Result<Self> {
        let names = runner(tests)?.arg("--list").stderr(Stdio::inherit()).output()?;
        Ok(Tests { names: pages::listed(&String::from_utf8_lossy(&names.stdout)), server: Server::start(tests)? })
    }
}

/// Serves the page of all tests of one wasm, as long as this lives.
struct Server {
    url: String,
    runner: Child,
    /// Held, because the runner goes on printing.
    output: BufReader<ChildStdout>,
    files: PathBuf,
}

impl Server {
    /// Starts the runner, and waits until it says where the page is.
    fn start(tests: &Path) -> Result<Self> {
        // The runner serves until it is killed, and leaves its files behind.
        let files = process::target()?.join("tmp").join(tests.file_stem().ok_or("the tests have no name")?);
        std::fs::create_dir_all(&files)?;
        let mut runner = runner(tests)?;
        runner.env("TMPDIR", &files).env("NO_HEADLESS", "1").env("WASM_BINDGEN_TEST_ADDRESS", "127.0.0.1:0");
        let mut runner = runner.stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(runner.stdout.take().ok_or("the runner has no output")?);
        let mut server = Server { url: String::new(), runner, output, files };
        let mut line = String::new();
        while server.output.read_line(&mut line)? > 0 {
            if let Some(start) = line.find("http://") {
                server.url = line.split_off(start).trim_end().to_owned();
                return Ok(server);
            }
            line.clear();
        }
        Err("the runner ended before it served the tests".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.runner.kill();
        let _ = self.runner.wait();
        let _ = std::fs::remove_dir_all(&self.files);
    }
}

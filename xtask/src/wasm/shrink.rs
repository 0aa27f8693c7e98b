//! What is done to modules and bindings after they are linked, by programs from npm.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::process::{self, Result, program};
use crate::system;

/// Measured: what makes these modules smallest. Functions of one place in the sources are alike, and stand beside each other to be compressed.
const OPTIMIZE: [&str; 9] = [
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "-tnh",
    "-lmu",
    "--one-caller-inline-max-function-size=40",
    "--converge",
    "--reorder-functions-by-name",
];
/// What Rust's target has; the tool refuses what it is not told.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Makes these modules and bindings small, from one folder into another. Each is the work of one processor, so as many as there are
/// work beside each other.
pub(super) fn all(files: &[String], from: &Path, to: &Path) -> Result<()> {
    system::need_packages(&folder())?;
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (from, to) = (from.join(file), to.join(file));
            if file.ends_with(".wasm") { module(&from, &to) } else { bindings(&from, &to) }
                .map_err(|error| format!("{file}: {error}"))?;
        }
        Ok::<(), String>(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| Ok(worker.join().map_err(|_| "a worker panicked")??))
    })
}

/// Optimizes a module for size, and drops its names.
fn module(from: &Path, to: &Path) -> Result<()> {
    optimize(from, to, "--strip-producers")
}

/// The same module with its names, to see what it is made of.
pub(super) fn named_module(from: &Path, to: &Path) -> Result<()> {
    optimize(from, to, "--debuginfo")
}

fn optimize(from: &Path, to: &Path, sections: &str) -> Result<()> {
    let mut optimize = tool("wasm-opt")?;
    process::run(optimize.arg(from).arg("--output").arg(to).args(FEATURES).args(OPTIMIZE).arg(sections))
}

/// Minifies bindings.
fn bindings(from: &Path, to: &Path) -> Result<()> {
    let mut minify = tool("terser")?;
    minify.arg(from).arg("--output").arg(to).args(["--module", "--ecma", "2022", "--compress", "passes=3", "--mangle"]);
    process::run(&mut minify)
}

fn tool(name: &str) -> Result<std::process::Command> {
    let folder = folder();
    system::need_packages(&folder)?;
    Ok(program(&folder.join("node_modules/.bin").join(name).to_string_lossy()))
}

fn folder() -> PathBuf {
    process::root().join("xtask/tools")
}

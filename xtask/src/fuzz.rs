//! `cargo xtask fuzz`: libFuzzer over the targets of `fuzz/`, on nightly.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::process::{self, Result, cargo, program};
use crate::{rustup, system};

/// Longest input, in bytes: what is kept in the corpus is small, and what is large is made by repeating what is small.
const BYTES: u32 = 4096;
/// An input that takes longer than these seconds is a failure.
const TIMEOUT: u32 = 10;

/// Fuzzes these targets, or all, each for that many seconds. One that fails does not stop the others.
pub(crate) fn run(seconds: u32, targets: &[String]) -> Result<ExitCode> {
    let known = known()?;
    if let Some(unknown) = targets.iter().find(|target| !known.contains(target)) {
        return Err(format!("{unknown} is no target; these are: {}", known.join(" ")).into());
    }
    need_fuzzer()?;
    // What is fuzzed is built from what is tested: of the versions of the workspace.
    fs::copy(process::root().join("Cargo.lock"), process::root().join("fuzz/libfuzzer/Cargo.lock"))?;
    let mut failed = Vec::new();
    for target in if targets.is_empty() { &known } else { targets } {
        println!("\n=== {target} ===");
        let grown = process::target()?.join("fuzz-corpus").join(target);
        fs::create_dir_all(&grown)?;
        fs::create_dir_all(process::root().join("fuzz/artifacts").join(target))?;
        if let Err(error) = process::run(&mut fuzzer(target, &grown, seconds)?) {
            println!("{error}\nWhat failed is in fuzz/artifacts/{target}, and is tried again by: {}", again(target));
            failed.push(target.as_str());
        }
    }
    println!("\n{} failed{}", failed.len(), failed.iter().map(|target| format!(" {target}")).collect::<String>());
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Finds go into `grown`; the kept corpus stays as it is.
fn fuzzer(target: &str, grown: &Path, seconds: u32) -> Result<Command> {
    let mut fuzzer = program("rustup");
    fuzzer.args(["run", rustup::NIGHTLY, "cargo", "fuzz", "run", "--fuzz-dir", "fuzz/libfuzzer"]);
    // There is no unsafe code here for a sanitizer to watch, and without one it is twice as fast.
    fuzzer.args(["--sanitizer", "none", "--target-dir"]).arg(process::target()?.join("fuzz"));
    fuzzer.arg(target).arg(grown).arg(format!("fuzz/corpus/{target}")).arg("--");
    fuzzer.args([format!("-max_total_time={seconds}"), format!("-max_len={BYTES}"), format!("-timeout={TIMEOUT}")]);
    fuzzer.arg(format!("-artifact_prefix=fuzz/artifacts/{target}/"));
    Ok(fuzzer)
}

fn again(target: &str) -> String {
    format!("cargo test -p itodenwa-fuzz {target}")
}

/// The names of all targets, in their order.
fn known() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(process::root().join("fuzz/libfuzzer/targets"))? {
        names.extend(entry?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn need_fuzzer() -> Result<()> {
    rustup::need_nightly()?;
    system::need_compiler()?;
    if process::is_installed("cargo-fuzz") {
        return Ok(());
    }
    process::run(cargo().args(["install", "--locked", "cargo-fuzz"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_are_named() {
        let known = known().unwrap();
        assert!(known.is_sorted() && known.contains(&"wire".to_owned()), "{known:?}");
        assert!(run(1, &["nonsense".to_owned()]).unwrap_err().to_string().contains("wire"));
    }

    #[test]
    fn what_is_kept_is_read_and_what_is_found_goes_elsewhere() {
        let fuzzer = fuzzer("wire", Path::new("/grown"), 7).unwrap();
        let arguments: Vec<_> = fuzzer.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
        let target = arguments.iter().position(|argument| argument == "wire").unwrap();
        assert_eq!(arguments[target + 1..][..4], ["/grown", "fuzz/corpus/wire", "--", "-max_total_time=7"]);
    }
}

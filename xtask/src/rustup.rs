//! What the toolchain needs, added where rustup manages it. Any other toolchain has to have it.

use crate::process::{self, Result, program};

/// The target that browsers run.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The toolchain that can build for a fuzzer.
pub(crate) const NIGHTLY: &str = "nightly";

/// Says how to get the nightly toolchain, if it is not there.
pub(crate) fn need_nightly() -> Result<()> {
    let install = format!("rustup toolchain install {NIGHTLY} --profile minimal");
    if !process::is_installed("rustup") {
        return Err(format!("missing: rustup (https://rustup.rs). With it: {install}").into());
    }
    let installed = program("rustup").args(["toolchain", "list"]).output()?;
    if has(&String::from_utf8_lossy(&installed.stdout), NIGHTLY) {
        return Ok(());
    }
    Err(format!("missing: the nightly toolchain. With rustup: {install}").into())
}

/// Sees to it that the wasm target is there.
pub(crate) fn need_target() -> Result<()> {
    need("target", WASM)
}

/// Sees to it that these components are there.
pub(crate) fn need_components(names: &[&str]) -> Result<()> {
    names.iter().try_for_each(|name| need("component", name))
}

fn need(what: &str, name: &str) -> Result<()> {
    if !process::is_installed("rustup") {
        return Ok(());
    }
    let installed = program("rustup").args([what, "list", "--installed"]).output()?;
    if has(&String::from_utf8_lossy(&installed.stdout), name) {
        return Ok(());
    }
    process::run(program("rustup").args([what, "add", name]))
}

/// Components are listed with the host that they are for, `clippy-x86_64-unknown-linux-gnu`.
fn has(list: &str, name: &str) -> bool {
    let for_host = format!("{name}-");
    list.lines().any(|line| line == name || line.starts_with(&for_host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let list = "cargo-x86_64-unknown-linux-gnu\nclippy-x86_64-unknown-linux-gnu\nwasm32-unknown-unknown\n";
        assert!(has(list, "clippy") && has(list, WASM));
        assert!(has("stable-x86_64-unknown-linux-gnu (default)\nnightly-x86_64-unknown-linux-gnu\n", NIGHTLY));
        assert!(!has(list, "rustfmt") && !has(list, "clip") && !has("", WASM));
    }
}

//! The wasm that browsers load, and its bindings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::process::{self, Result, cargo};
use crate::rustup::{self, WASM};

/// The profile of the root Cargo.toml that builds for size.
const PROFILE: &str = "wasm";
/// The name of the raw exports, as wasm-pack would name them, too.
const NAME: &str = "itodenwa";

/// Builds into `www/pkg`, where the page looks for it.
pub(crate) fn build() -> Result<()> {
    bind(&process::root().join("www/pkg"))
}

/// Builds the wasm and makes its bindings in this folder. They take a fraction of a second, so they are always made anew.
pub(crate) fn bind(folder: &Path) -> Result<()> {
    let wasm = compile()?;
    let fixed =
        ["wasm-bindgen", "--target", "web", "--out-name", NAME, "--remove-name-section", "--remove-producers-section"];
    let mut arguments: Vec<OsString> = fixed.into_iter().map(OsString::from).collect();
    arguments.extend(["--out-dir".into(), folder.into(), wasm.into()]);
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)?;
    Ok(())
}

fn compile() -> Result<PathBuf> {
    rustup::need_target()?;
    process::run(cargo().args(["build", "--package", "itodenwa-js", "--target", WASM, "--profile", PROFILE]))?;
    Ok(process::target()?.join(WASM).join(PROFILE).join(format!("{NAME}.wasm")))
}

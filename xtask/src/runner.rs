//! Cargo's runner for wasm tests: the binding tool's own, so that it is always of the right version.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::process::Result;

/// Serves, or lists, the tests of a wasm binary, as the environment says (`NO_HEADLESS` and an address).
pub(crate) fn run(arguments: Vec<OsString>) -> Result<ExitCode> {
    let arguments = std::iter::once("wasm-bindgen-test-runner".into()).chain(arguments);
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(arguments)?;
    Ok(ExitCode::SUCCESS)
}

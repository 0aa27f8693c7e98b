//! `cargo xtask serve`: everything built, and the server in the foreground.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::process::{self, Result, cargo};
use crate::{system, wasm};

/// Where the server looks for its `--www` when it is not given.
const WWW: &str = "ITODENWA_WWW";

/// The pages in `examples`.
pub(crate) const EXAMPLES: [&str; 3] = ["canvas", "background", "level-meter"];

/// Builds the page and the server, and is the server until it ends.
pub(crate) fn run(options: &[OsString]) -> Result<ExitCode> {
    serve("www", options)
}

/// The same with the examples, of which one is to be opened.
pub(crate) fn example(name: &str, options: &[OsString]) -> Result<ExitCode> {
    // The packages that examples use are there.
    system::need_node_modules()?;
    println!("Open {name}.html at the address that is printed, in two windows.");
    serve("examples", options)
}

fn serve(www: &str, options: &[OsString]) -> Result<ExitCode> {
    wasm::build()?;
    let mut server = std::process::Command::new(server()?);
    // By the environment, so that `--www` among the options goes before it.
    if std::env::var_os(WWW).is_none() {
        server.env(WWW, process::root().join(www));
        // The package's own files are there by a link.
        server.env("ITODENWA_WWW_LINKS", "true");
    }
    server.args(options);
    become_server(server)
}

/// Builds the server; gives its binary. Not as its package alone: with the features that the workspace has of libraries, most are built.
pub(crate) fn server() -> Result<PathBuf> {
    process::run(cargo().args(["build", "--bin", "itodenwa-server"]))?;
    Ok(process::target()?.join("debug").join(format!("itodenwa-server{}", std::env::consts::EXE_SUFFIX)))
}

/// The server takes our place, so that it gets the signals.
#[cfg(unix)]
fn become_server(mut server: std::process::Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(server.exec().into())
}

#[cfg(not(unix))]
fn become_server(mut server: std::process::Command) -> Result<ExitCode> {
    let status = server.status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

//! Other programs.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What goes wrong is told to a person, once, at the end.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A program that could not be run, or did not succeed.
#[derive(Debug)]
pub(crate) struct Failed(String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failed {}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// What cargo knows of the project: of its members, or of everything that it is built from.
pub(crate) fn metadata(everything: bool) -> Result<Value> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--format-version", "1"]).args(if everything { None } else { Some("--no-deps") });
    let output = metadata.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(Failed(format!("{} ended with {}", describe(&metadata), output.status)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = metadata(false)?;
    let target = metadata.get("target_directory").and_then(Value::as_str);
    Ok(target.map(PathBuf::from).ok_or("cargo metadata names no target directory")?)
}

/// A program that runs in the project's folder.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    program(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
}

/// Runs a program to its end; it has to succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| Failed(format!("{}: {error}", describe(command))))?;
    if status.success() { Ok(()) } else { Err(Failed(format!("{} ended with {status}", describe(command))).into()) }
}

/// Where a program is, if it is there.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|program| program.is_file())
}

/// Whether a program is there.
pub(crate) fn is_installed(name: &str) -> bool {
    find(name).is_some()
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

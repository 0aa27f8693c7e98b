//! `cargo xtask explore`: every order of events for a pair, and mutations of the rules that the exploration has to catch.

mod mutations;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use mutations::{MUTATIONS, Mutation};

use crate::process::{self, Result, cargo, program, root};

/// What of the workspace the rules and the explorer are built from.
const SOURCES: [&str; 3] = ["wire", "protocol", "model"];

/// Makes all explorations, or those whose names contain one of these; then tries the mutations.
pub(crate) fn run(names: &[String], mutations: bool) -> Result<ExitCode> {
    if !mutations || !names.is_empty() {
        let explored = program(&build(&root())?.to_string_lossy()).args(names).status()?;
        if !explored.success() || !names.is_empty() {
            return Ok(if explored.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    }
    let scratch = Scratch::new()?;
    let mut survivors = Vec::new();
    for mutation in MUTATIONS {
        match scratch.attempt(mutation)? {
            Some(trace) => println!("\n{} is caught by \"{}\":\n{trace}", mutation.name, mutation.plan),
            None => survivors.push(mutation.name),
        }
    }
    println!("\n{} of {} mutations caught", MUTATIONS.len() - survivors.len(), MUTATIONS.len());
    for name in &survivors {
        println!("not caught: {name}");
    }
    Ok(if survivors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the explorer of this workspace.
fn build(workspace: &Path) -> Result<PathBuf> {
    let mut command = cargo();
    command.current_dir(workspace).args(["build", "--quiet", "--package", "itodenwa-model", "--bin", "explore"]);
    process::run(&mut command)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    Ok(target.join("debug").join(format!("explore{}", std::env::consts::EXE_SUFFIX)))
}

/// A copy of what the explorer is built from, to be broken.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let scratch = Scratch(root().join("target/mutations"));
        fs::create_dir_all(&scratch.0)?;
        fs::copy(root().join("Cargo.lock"), scratch.0.join("Cargo.lock"))?;
        fs::write(scratch.0.join("Cargo.toml"), manifest(&fs::read_to_string(root().join("Cargo.toml"))?))?;
        fs::copy(root().join("clippy.toml"), scratch.0.join("clippy.toml"))?;
        for folder in SOURCES {
            scratch.restore(folder)?;
        }
        Ok(scratch)
    }

    /// The trace by which a mutation is caught, if it is.
    fn attempt(&self, mutation: &Mutation) -> Result<Option<String>> {
        for (file, from, to) in mutation.edits {
            let path = self.0.join(file);
            let text = fs::read_to_string(&path)?;
            if text.matches(from).count() != 1 {
                return Err(format!("{}: {file} does not contain {from:?} once", mutation.name).into());
            }
            fs::write(path, text.replace(from, to))?;
        }
        let explorer = build(&self.0)?;
        let explored = Command::new(explorer).arg(mutation.plan).stderr(Stdio::inherit()).output()?;
        for (file, _, _) in mutation.edits {
            fs::copy(root().join(file), self.0.join(file))?;
        }
        let trace = String::from_utf8_lossy(&explored.stdout)
            .lines()
            .filter(|line| !line.starts_with('|'))
            .collect::<Vec<_>>()
            .join("\n");
        Ok((!explored.status.success() && trace.contains("broken:")).then_some(trace))
    }

    fn restore(&self, folder: &str) -> Result<()> {
        let to = self.0.join(folder);
        if to.exists() {
            fs::remove_dir_all(&to)?;
        }
        copy(&root().join(folder), &to)
    }
}

/// The workspace's manifest, without the package at its root and with no other members.
fn manifest(text: &str) -> String {
    let mut kept = String::new();
    let mut keeps = true;
    for line in text.lines() {
        if line.starts_with('[') {
            keeps = line.starts_with("[workspace") || line.starts_with("[profile");
        }
        if keeps {
            match line.split_once(" = ") {
                // A list of strings is written alike in TOML and by `Debug`.
                Some((key @ ("members" | "default-members"), _)) => kept.extend([key, " = ", &format!("{SOURCES:?}")]),
                _ => kept.push_str(line),
            }
            kept.push('\n');
        }
    }
    kept
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_of_a_mutation_names_its_members_alone() {
        let kept = manifest(&fs::read_to_string(root().join("Cargo.toml")).unwrap());
        let named = |key: &str| kept.lines().filter(|line| line.starts_with(key)).collect::<Vec<_>>();
        let sources = format!("{SOURCES:?}");
        assert_eq!(named("members"), [format!("members = {sources}")]);
        assert_eq!(named("default-members"), [format!("default-members = {sources}")]);
        assert!(!kept.contains("[dependencies]") && !kept.contains("[package]"), "{kept}");
    }
    #[test]
    fn what_a_mutation_replaces_is_in_its_file_once() {
        for mutation in MUTATIONS {
            for (file, from, _) in mutation.edits {
                let text = fs::read_to_string(root().join(file)).unwrap();
                assert_eq!(text.matches(from).count(), 1, "{}: {from}", mutation.name);
            }
        }
    }
}

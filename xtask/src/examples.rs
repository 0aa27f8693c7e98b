//! The programs that the READMEs print are compiled as they are printed, as their readers would do it.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

use crate::process::{self, Result, cargo, program};
use crate::{rustup, system};

/// What prints the ten lines in Rust, with the dependencies that they need.
const IN_RUST: [&str; 2] = ["README.md", "README.ja.md"];
/// What prints the ten lines in JavaScript.
const IN_JAVASCRIPT: [&str; 3] = ["README.md", "README.ja.md", "js/README.md"];
/// How the READMEs name the place of the crate, which is not published yet.
const PRINTED_PATH: &str = "path = \"../itodenwa\"";
/// The crates that pin each other: an application that has an older one cannot take a library that asks for a newer one.
const BINDINGS: [&str; 4] = ["js-sys", "wasm-bindgen", "wasm-bindgen-futures", "web-sys"];
const TSCONFIG: &str = r#"{
    "compilerOptions": {
        "strict": true, "noEmit": true, "allowJs": true, "checkJs": true, "noUnusedLocals": true, "types": [],
        "target": "esnext", "module": "esnext", "moduleResolution": "bundler", "paths": { "itodenwa": ["ROOT/js/lib/index.d.ts"] }
    },
    "include": ["*.js"]
}"#;

/// Checks the ten lines of Rust in empty projects, with the oldest bindings that are allowed.
pub(crate) fn rust() -> Result<()> {
    rustup::need_target()?;
    let workspace: Table = fs::read_to_string(process::root().join("Cargo.toml"))?.parse()?;
    let oldest = oldest(&workspace)?;
    for printed_in in IN_RUST {
        let text = fs::read_to_string(process::root().join(printed_in))?;
        let project = empty(&format!("rust/{printed_in}"))?;
        fs::create_dir(project.join("src"))?;
        fs::write(project.join("Cargo.toml"), manifest(block(&text, "toml")?, &process::root(), &oldest)?)?;
        fs::write(project.join("src/lib.rs"), block(&text, "rust")?)?;
        let mut check = cargo();
        check.current_dir(&project).args(["check", "--quiet", "--target", rustup::WASM]);
        check.arg("--target-dir").arg(folder()?.join("target"));
        process::run(check.env("RUSTFLAGS", "-D warnings")).map_err(|error| format!("{printed_in}: {error}"))?;
    }
    Ok(())
}

/// Checks the ten lines of JavaScript against the package's types.
pub(crate) fn javascript() -> Result<()> {
    system::need_node_modules()?;
    let root = process::root();
    let project = empty("javascript")?;
    for printed_in in IN_JAVASCRIPT {
        let text = fs::read_to_string(root.join(printed_in))?;
        fs::write(project.join(printed_in.replace('/', "-")).with_extension("js"), block(&text, "js")?)?;
    }
    fs::write(project.join("package.json"), r#"{ "type": "module" }"#)?;
    fs::write(project.join("tsconfig.json"), TSCONFIG.replace("ROOT", &root.to_string_lossy()))?;
    let compiler = root.join("tests/e2e/node_modules/.bin/tsc");
    process::run(program(&compiler.to_string_lossy()).arg("--project").arg(project))
}

fn folder() -> Result<PathBuf> {
    Ok(process::target()?.join("examples"))
}

/// A new folder, but for the lock file of the last time: nothing is asked of the registry again.
fn empty(name: &str) -> Result<PathBuf> {
    let folder = folder()?.join(name);
    let lock = fs::read(folder.join("Cargo.lock")).ok();
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    if let Some(lock) = lock {
        fs::write(folder.join("Cargo.lock"), lock)?;
    }
    Ok(folder)
}

/// The oldest bindings that the workspace allows, as `name = "=version"`.
fn oldest(workspace: &Table) -> Result<String> {
    let dependencies = workspace.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let mut lines = String::new();
    for name in BINDINGS {
        let version = dependencies.and_then(|all| all.get(name)).and_then(|version| version.as_str());
        let version = version.ok_or_else(|| format!("the workspace requires no {name}"))?;
        lines += &format!("{name} = \"={version}\"\n");
    }
    Ok(lines)
}

/// The manifest of an application with these dependencies, and with these bindings in its lock file.
fn manifest(printed: &str, root: &Path, oldest: &str) -> Result<String> {
    if !printed.contains(PRINTED_PATH) {
        return Err(format!("the dependencies that are shown do not have the crate by {PRINTED_PATH}").into());
    }
    let dependencies = printed.replace(PRINTED_PATH, &format!("path = {:?}", root.to_string_lossy()));
    let package = "[package]\nname = \"application\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    Ok(format!("{package}\n{dependencies}\n[dev-dependencies]\n{oldest}\n[workspace]\n"))
}

/// The first block of code in this language.
fn block<'a>(markdown: &'a str, language: &str) -> Result<&'a str> {
    let (_, rest) =
        markdown.split_once(&format!("\n```{language}\n")).ok_or_else(|| format!("no {language} is printed"))?;
    Ok(rest.split_once("\n```").map_or(rest, |(block, _)| block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_block_of_a_language_is_found() {
        let text = "# A\n```toml\na = 1\nb = 2\n```\ntext\n```js\nf();\n```\n```js\ng();\n```\n";
        assert_eq!(block(text, "toml").unwrap(), "a = 1\nb = 2");
        assert_eq!(block(text, "js").unwrap(), "f();");
        assert!(block(text, "rust").is_err());
    }

    #[test]
    fn the_oldest_bindings_are_pinned_beside_what_is_printed() {
        let workspace = "[workspace.dependencies]\njs-sys = \"1.2\"\nwasm-bindgen = \"3\"\nwasm-bindgen-futures = \"4\"\nweb-sys = \"5\"\n";
        let oldest = oldest(&workspace.parse().unwrap()).unwrap();
        let printed = "[dependencies]\nitodenwa = { path = \"../itodenwa\" }";
        let manifest: Table = manifest(printed, Path::new("/here"), &oldest).unwrap().parse().unwrap();
        assert_eq!(manifest["dependencies"]["itodenwa"]["path"].as_str(), Some("/here"));
        assert_eq!(manifest["dev-dependencies"]["js-sys"].as_str(), Some("=1.2"));
        assert!(super::manifest("[dependencies]\nitodenwa = \"1\"", Path::new("/here"), "").is_err());
    }
}

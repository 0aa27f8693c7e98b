//! The wasm that browsers load, and its bindings.

mod bindings;
mod names;
mod panics;
mod shrink;
mod split;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use walrus::Module;

use crate::process::{self, Result, cargo};
use crate::rustup::{self, WASM};

/// The profile of the root Cargo.toml that builds for size.
const PROFILE: &str = "wasm";
/// The name of the raw exports, as wasm-pack would name them, too.
const NAME: &str = "itodenwa";
/// What is loaded before a call.
pub(crate) const BINDINGS: &str = "itodenwa.js";
pub(crate) const FIRST: &str = "itodenwa_bg.wasm";
/// The bindings that only the other modules need.
pub(crate) const LATER_BINDINGS: &str = "itodenwa_more.js";
/// Loads the other modules when they are first used; a part of the first bindings.
const LOADER: &str = include_str!("wasm/more.js");

/// The modules that are loaded when they are first used.
pub(crate) fn later() -> impl Iterator<Item = String> {
    split::PARTS.iter().map(|part| format!("{NAME}_{}_bg.wasm", part.name))
}

/// What is shipped.
fn files() -> impl Iterator<Item = String> {
    [BINDINGS, LATER_BINDINGS, FIRST].map(str::to_owned).into_iter().chain(later())
}

/// Builds into `www/pkg`, where the page looks for it.
pub(crate) fn build() -> Result<()> {
    bind(&process::root().join("www/pkg"))
}

/// Builds what is shipped in this folder: everywhere the same, so that what is tested is what is packed.
pub(crate) fn bind(folder: &Path) -> Result<()> {
    let wasm = compile()?;
    let built = process::target()?.join("bindings");
    if !is_built(&built, &wasm) {
        ship(&wasm, &built)?;
        fs::copy(&wasm, built.join("of.wasm"))?;
    }
    fs::create_dir_all(folder)?;
    clean(folder)?;
    for file in files() {
        let content = fs::read(built.join(&file))?;
        // The server is built anew when the page changes, and only then.
        if fs::read(folder.join(&file)).ok().as_ref() != Some(&content) {
            fs::write(folder.join(file), content)?;
        }
    }
    Ok(())
}

/// Takes away what is not shipped any more: it would be put into packages, and into the server.
fn clean(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && !files().any(|file| entry.file_name() == *file) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether these files were made of this wasm, by this program.
fn is_built(built: &Path, wasm: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let newer = std::env::current_exe().is_ok_and(|program| modified(&built.join("of.wasm")) >= modified(&program));
    newer && fs::read(built.join("of.wasm")).ok().zip(fs::read(wasm).ok()).is_some_and(|(of, wasm)| of == wasm)
}

/// One of the modules that were shipped last, with the names of its functions.
pub(crate) fn named(module: &str) -> Result<Vec<u8>> {
    let built = process::target()?.join("bindings");
    let named = built.join("named.wasm");
    shrink::named_module(&built.join("whole").join(module), &named)?;
    Ok(fs::read(named)?)
}

fn compile() -> Result<PathBuf> {
    rustup::need_target()?;
    let mut build = cargo();
    build.args(["rustc", "--package", "itodenwa-js", "--lib", "--target", WASM, "--profile", PROFILE]);
    // The linker says what refers to what, for the cut.
    process::run(build.args(["--", "-C", "link-arg=--emit-relocs"]))?;
    Ok(process::target()?.join(WASM).join(PROFILE).join(format!("{NAME}.wasm")))
}

/// Makes the bindings, cuts off the texts of panics, cuts both into their parts, gives everything short names, and makes it small.
fn ship(wasm: &Path, built: &Path) -> Result<()> {
    let whole = built.join("whole");
    let mut arguments: Vec<OsString> =
        ["wasm-bindgen", "--target", "web", "--out-name", NAME, "--no-typescript"].map(OsString::from).into();
    arguments.extend(["--out-dir".into(), whole.clone().into(), wasm.into()]);
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)?;
    let mut module = split::parse(&fs::read(whole.join(FIRST))?)?;
    panics::cut(&mut module)?;
    let references = split::References::read(&fs::read(wasm)?)?;
    let split::Modules { first, later: others } = split::split(&module.emit_wasm(), &references, &split::PARTS)?;
    let mut modules: Vec<Module> = [first].into_iter().chain(others).collect();
    let text = fs::read_to_string(whole.join(BINDINGS))?;
    let mut bindings = bindings::cut(&text, LOADER, &modules, split::is_of_part)?;
    names::shorten(&mut modules, &mut bindings)?;
    let texts = [(BINDINGS.to_owned(), bindings.first), (LATER_BINDINGS.to_owned(), bindings.later)];
    for (file, text) in &texts {
        fs::write(whole.join(file), text)?;
    }
    let modules: Vec<_> = modules.into_iter().zip([FIRST.to_owned()].into_iter().chain(later())).collect();
    let mut files: Vec<_> = texts.into_iter().map(|(file, _)| file).collect();
    for (mut module, file) in modules {
        fs::write(whole.join(&file), module.emit_wasm())?;
        files.push(file);
    }
    shrink::all(&files, &whole, built)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shipped_before_is_taken_away() {
        let folder = std::env::temp_dir().join(format!("itodenwa-pkg-{}", std::process::id()));
        fs::create_dir_all(folder.join("snippets")).unwrap();
        for file in [FIRST, LATER_BINDINGS, "itodenwa_old_bg.wasm"] {
            fs::write(folder.join(file), "").unwrap();
        }
        clean(&folder).unwrap();
        let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort_unstable();
        assert_eq!(left, [FIRST, LATER_BINDINGS, "snippets"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}

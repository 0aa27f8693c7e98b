//! `cargo xtask pack`: the npm package, and the page in the server's crate, which is published with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::process::{self, Result, cargo, program};
use crate::{system, wasm};

/// What the package takes from the project as it is; only its version is that of the workspace.
const FILES: [(&str, &str); 4] = [
    ("js/package.json", "package.json"),
    ("js/README.md", "README.md"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
];

/// Builds the tarball; gives its path.
pub(crate) fn run() -> Result<PathBuf> {
    system::need_node()?;
    let root = process::root();
    let folder = process::target()?.join("pack");
    let package = folder.join("package");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    wasm::bind(&package.join("pkg"))?;
    for (from, to) in FILES {
        fs::copy(root.join(from), package.join(to))?;
    }
    copy(&root.join("js/lib"), &package.join("lib"))?;
    let version = format!("version={}", env!("CARGO_PKG_VERSION"));
    process::run(program("npm").current_dir(&package).args(["pkg", "set", &version]))?;
    // The packed file is the one and only of its kind in the folder: npm names it after name and version.
    let mut pack = program("npm");
    pack.current_dir(&package).args(["pack", "--silent", "--pack-destination"]).arg(&folder);
    process::run(pack.stdout(Stdio::null()))?;
    let mut packed = fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    packed
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .ok_or_else(|| "npm packed nothing".into())
}

/// Puts the built page into the server's crate. Without it, what is installed from the registry would have no page.
pub(crate) fn server_page() -> Result<()> {
    wasm::build()?;
    let root = process::root();
    let page = root.join("server/page");
    if page.exists() {
        fs::remove_dir_all(&page)?;
    }
    copy(&root.join("www"), &page)
}

/// Sees to it that all of the page is in the server's crate, as it would be published.
pub(crate) fn check_server() -> Result<()> {
    server_page()?;
    let list = cargo().args(["package", "--list", "--allow-dirty", "--package", "itodenwa-server"]).output()?;
    let list = String::from_utf8(list.stdout)?;
    let mut missing = Vec::new();
    let root = process::root().join("server");
    files(&root.join("page"), &mut |file| {
        let name = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().replace('\\', "/");
        if !list.lines().any(|line| line == name) {
            missing.push(name);
        }
    })?;
    let has_page = list.lines().any(|line| line == "page/pkg/itodenwa_bg.wasm");
    if has_page && missing.is_empty() { Ok(()) } else { Err(format!("not in the server's crate: {missing:?}").into()) }
}

/// Copies a folder, and what its links lead to.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// Goes through all files of a folder.
fn files(folder: &Path, each: &mut impl FnMut(&Path)) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, each)?;
        } else {
            each(&path);
        }
    }
    Ok(())
}

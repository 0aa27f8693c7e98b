//! `cargo xtask pack`: the npm package.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use crate::process::{self, Result, program};
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
    fs::create_dir_all(package.join("lib"))?;
    wasm::bind(&package.join("pkg"))?;
    for (from, to) in FILES {
        fs::copy(root.join(from), package.join(to))?;
    }
    for entry in fs::read_dir(root.join("js/lib"))? {
        let entry = entry?;
        fs::copy(entry.path(), package.join("lib").join(entry.file_name()))?;
    }
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

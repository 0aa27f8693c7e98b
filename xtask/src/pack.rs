//! `cargo xtask pack`: the npm package.

use std::fs;
use std::path::PathBuf;

use crate::process::{self, Result, program};
use crate::wasm;

const FILES: [(&str, &str); 5] = [
    ("js/index.js", "index.js"),
    ("js/index.d.ts", "index.d.ts"),
    ("js/README.md", "README.md"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
];

/// Builds the tarball; gives its path.
pub(crate) fn run() -> Result<PathBuf> {
    let root = process::root();
    let pack = process::target().join("pack");
    let package = pack.join("package");
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::create_dir_all(&package)?;
    wasm::bind(&package.join("pkg"))?;
    for (from, to) in FILES {
        fs::copy(root.join(from), package.join(to))?;
    }
    let manifest = fs::read_to_string(root.join("js/package.json"))?;
    fs::write(
        package.join("package.json"),
        manifest.replace("\"0.0.0\"", &format!("\"{}\"", env!("CARGO_PKG_VERSION"))),
    )?;
    process::run(program("npm").current_dir(&package).args(["pack", "--silent", "--pack-destination"]).arg(&pack))?;
    Ok(pack.join(format!("itodenwa-{}.tgz", env!("CARGO_PKG_VERSION"))))
}

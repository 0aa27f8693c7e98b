//! What the tests need of the system: installed when that is possible, named exactly when not.

use std::path::Path;

use crate::process::{self, Result, program};

/// A program that tests need, and the Debian package that has it.
struct Need {
    program: &'static str,
    package: &'static str,
}

const BROWSERS: [Need; 3] = [
    Need { program: "chromium", package: "chromium" },
    Need { program: "chromedriver", package: "chromium-driver" },
    Need { program: "firefox-esr", package: "firefox-esr" },
];

/// Sees to it that the browsers are there.
pub(crate) fn need_browsers() -> Result<()> {
    let missing: Vec<&Need> = BROWSERS.iter().filter(|need| !process::is_installed(need.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !can_install() {
        let what = format!("missing: {0}. On Debian: apt-get install {0}", packages.join(" "));
        return Err(Box::<dyn std::error::Error>::from(what));
    }
    process::run(program("apt-get").arg("update"))?;
    let install = ["install", "--yes", "--no-install-recommends", "fonts-noto-cjk"];
    process::run(program("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(install).args(packages))
}

/// Sees to it that the npm packages of the tests are there, in the versions of the lock file.
pub(crate) fn need_node_modules() -> Result<()> {
    let folder = process::root().join("tests/e2e");
    if !process::is_installed("npm") {
        return Err("missing: Node.js 20 or newer, with npm".into());
    }
    let lock = folder.join("package-lock.json");
    let installed = folder.join("node_modules/.package-lock.json");
    let modified = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    if modified(&installed).zip(modified(&lock)).is_some_and(|(installed, lock)| installed >= lock) {
        return Ok(());
    }
    process::run(program("npm").current_dir(&folder).args(["ci", "--no-audit", "--no-fund"]))
}

fn can_install() -> bool {
    let root = program("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    root && process::is_installed("apt-get")
}

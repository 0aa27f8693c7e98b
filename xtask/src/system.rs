//! What the tests need of the system: installed when that is possible, named exactly when not.

use std::path::Path;

use crate::process::{self, Result, program};

/// A program that tests need, and the Debian package that has it.
type Need = (&'static str, &'static str);

const BROWSERS: [Need; 2] = [("chromium", "chromium"), ("firefox-esr", "firefox-esr")];
/// A web server in front of ours.
const PROXY: [Need; 1] = [("nginx", "nginx")];
const NODE: [Need; 2] = [("node", "nodejs"), ("npm", "npm")];
/// For networks of namespaces, with NATs between them.
const NETWORK: [Need; 4] = [("ip", "iproute2"), ("nft", "nftables"), ("openssl", "openssl"), ("turnserver", "coturn")];
/// For libFuzzer, which is C++.
const COMPILER: [Need; 1] = [("c++", "g++")];
/// For the page in Japanese.
const FONTS: &str = "fonts-noto-cjk";
/// Vite asks for this much.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// Sees to it that the browsers are there.
pub(crate) fn need_browsers() -> Result<()> {
    need(&BROWSERS, &[FONTS])
}

/// Sees to it that a web server in front of ours can be started.
pub(crate) fn need_proxy() -> Result<()> {
    need(&PROXY, &[])
}

/// Sees to it that networks of namespaces can be made: only root may, on Linux, and not in every container.
pub(crate) fn need_network() -> Result<()> {
    if !cfg!(target_os = "linux") || !is_root() {
        return Err("network namespaces are for root on Linux".into());
    }
    need(&NETWORK, &[])?;
    let name = format!("itodenwa-{}", std::process::id());
    process::run(program("ip").args(["netns", "add", &name]))?;
    let may = process::run(program("ip").args(["netns", "exec", &name, "nft", "list", "ruleset"]));
    process::run(program("ip").args(["netns", "delete", &name]))?;
    may
}

/// Sees to it that Redis is there, over which several servers work together.
pub(crate) fn need_redis() -> Result<()> {
    need(&[("redis-server", "redis-server")], &[])
}

/// Sees to it that a C++ compiler is there.
pub(crate) fn need_compiler() -> Result<()> {
    need(&COMPILER, &[])
}

/// Sees to it that coturn is there, which relays are measured beside.
pub(crate) fn need_coturn() -> Result<()> {
    need(&[("turnserver", "coturn"), ("turnutils_uclient", "coturn")], &[])
}

/// Sees to it that the npm packages of the tests are there, in the versions of the lock file.
pub(crate) fn need_node_modules() -> Result<()> {
    need_packages(&process::root().join("tests/e2e"))
}

/// The same for another folder.
pub(crate) fn need_packages(folder: &Path) -> Result<()> {
    need_node()?;
    let lock = folder.join("package-lock.json");
    let installed = folder.join("node_modules/.package-lock.json");
    let modified = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    if modified(&installed).zip(modified(&lock)).is_some_and(|(installed, lock)| installed >= lock) {
        return Ok(());
    }
    process::run(program("npm").current_dir(folder).args(["ci", "--no-audit", "--no-fund"]))
}

/// Sees to it that Node.js and npm are there, and new enough.
pub(crate) fn need_node() -> Result<()> {
    need(&NODE, &[])?;
    let output = program("node").arg("--version").output()?.stdout;
    let version = String::from_utf8_lossy(&output);
    if parse_version(&version).is_some_and(|version| version >= OLDEST_NODE) {
        return Ok(());
    }
    let (major, minor) = OLDEST_NODE;
    Err(format!("Node.js {major}.{minor} or newer is needed, and this is {}", version.trim()).into())
}

fn need(needs: &[Need], besides: &[&str]) -> Result<()> {
    let missing = missing(needs, process::is_installed);
    if missing.is_empty() {
        return Ok(());
    }
    if !can_install() {
        return Err(format!("missing: {0}. On Debian: apt-get install {0}", missing.join(" ")).into());
    }
    process::run(program("apt-get").arg("update"))?;
    let mut install = program("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "--yes", "--no-install-recommends"]);
    process::run(install.args(missing).args(besides))
}

/// The packages of the programs that are not there.
fn missing(needs: &[Need], is_installed: impl Fn(&str) -> bool) -> Vec<&'static str> {
    needs.iter().filter(|(program, _)| !is_installed(program)).map(|(_, package)| *package).collect()
}

/// Major and minor version of `v20.19.2`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

fn can_install() -> bool {
    is_root() && process::is_installed("apt-get")
}

fn is_root() -> bool {
    program("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_by_its_package() {
        assert_eq!(missing(&BROWSERS, |_| true), Vec::<&str>::new());
        assert_eq!(missing(&BROWSERS, |program| program == "chromium"), ["firefox-esr"]);
    }

    #[test]
    fn nodes_version_is_read() {
        assert_eq!(parse_version("v20.19.2\n"), Some((20, 19)));
        assert!(parse_version("v22.0.0") > Some(OLDEST_NODE));
        assert!(parse_version("v18.20.4") < Some(OLDEST_NODE));
        for nonsense in ["", "20.19.2", "v20", "vx.1"] {
            assert_eq!(parse_version(nonsense), None, "{nonsense}");
        }
    }
}

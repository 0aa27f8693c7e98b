//! Servers that keep rooms together: what a message and a member cost on several of them, beside one alone; a plot; and what that
//! says for many more.

mod plan;
mod plot;
mod table;

use super::Bench;
use super::signaling::{UNLIMITED, build, load};
use crate::process::{Result, program, root, target};
use crate::system;
use plan::{Measured, PLANS};

/// Each of the members is a connection, and so an open file, in the process that makes load.
const FILES: u32 = 10_500;
/// Where the tables stand.
const README: &str = "server/README.md";
const PLOT: &str = "docs/pictures/cluster.svg";
const BEGIN: &str = "<!-- cargo xtask bench cluster -->\n";
const END: &str = "<!-- until here -->\n";

pub(super) fn run(bench: &Bench) -> Result<()> {
    system::need_redis()?;
    let files = open_files()?;
    if files < FILES {
        return Err(format!("a process may have {files} open files, and {FILES} are needed: ulimit -H -n").into());
    }
    build()?;
    let folder = target()?.join("release");
    let mut server = vec![folder.join("itodenwa-server").to_string_lossy().into_owned()];
    server.extend(["--listen=127.0.0.1:0", "--turn=off", "--public-metrics", "--idle-timeout=600"].map(String::from));
    server.extend(UNLIMITED.map(String::from));
    let mut measured = Measured::default();
    for round in 1..=bench.rounds {
        for plan in PLANS {
            let line = load(&folder, "cluster", &plan.arguments(bench.seconds), &server)?;
            println!("round {round}, {plan}: {line}");
            measured.add(plan, &line);
        }
    }
    let text = table::text(&measured, bench, files);
    println!("\n{text}");
    if bench.write {
        write(&text, &plot::svg(&measured))?;
    }
    Ok(())
}

/// As many as a process may have.
fn open_files() -> Result<u32> {
    let output = program("sh").args(["-c", "ulimit -H -n"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(if text.trim() == "unlimited" { u32::MAX } else { text.trim().parse()? })
}

fn write(text: &str, svg: &str) -> Result<()> {
    let path = root().join(README);
    let readme = std::fs::read_to_string(&path)?;
    let parts = readme.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    let (head, tail) = parts.ok_or_else(|| format!("{README} has no place for the tables"))?;
    std::fs::write(&path, format!("{head}{BEGIN}{text}{END}{tail}"))?;
    std::fs::write(root().join(PLOT), svg)?;
    println!("written: {README}, {PLOT}");
    Ok(())
}

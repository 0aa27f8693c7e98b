//! Signalling: memory for each idle connection, processor time and delay for each message that is passed on.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Bench, median};
use crate::process::{self, Result, cargo, program, root, target};
use crate::system;

/// Rooms of two that talk at the same time.
const PAIRS: &str = "50";
/// Limits that do not matter here.
pub(super) const UNLIMITED: [&str; 8] = [
    "--connections=1000000",
    "--connections-per-address=1000000",
    "--upgrade-rate=1000000",
    "--upgrade-burst=1000000",
    "--message-rate=1000000",
    "--message-burst=1000000",
    "--byte-rate=1073741824",
    "--byte-burst=1073741824",
];
/// Connections that pass on a description each before their memory is measured.
const AFTER: &str = "1000";
const COLUMNS: [&str; 6] = ["bytes", "bytes_after", "cpu_us", "system_us", "messages_per_second", "p99_ms"];

pub(super) fn run(bench: &Bench) -> Result<()> {
    system::need_packages(&root().join("server/bench"))?;
    build()?;
    let folder = target()?.join("release");
    let server = folder.join("itodenwa-server");
    let mut ours = vec![server.to_string_lossy().into_owned(), "--listen=127.0.0.1:0".into(), "--turn=off".into()];
    ours.extend(UNLIMITED.map(String::from));
    let script = |name: &str| vec!["node".to_owned(), format!("server/bench/{name}.mjs")];
    let servers = [("itodenwa", ours), ("ws", script("ws")), ("peer", script("peer"))];
    let mut measured: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for round in 1..=bench.rounds {
        for (dialect, server) in &servers {
            for what in [
                vec!["idle".to_owned(), bench.idle.to_string()],
                vec!["after".into(), AFTER.into()],
                vec!["relay".into(), PAIRS.into(), bench.seconds.to_string()],
            ] {
                let line = load(&folder, dialect, &what, server)?;
                println!("round {round}, {dialect} {}: {line}", what.join(" "));
                for column in COLUMNS {
                    measured.entry((dialect, column)).or_default().extend(line.get(column).and_then(Value::as_f64));
                }
            }
        }
    }
    println!(
        "\n| | memory for each of {} idle connections | of {AFTER} after a description of 40 KiB each way | processor time for each message | of that in the system | messages per second | p99 |",
        bench.idle
    );
    println!("|---|---|---|---|---|---|---|");
    for (dialect, name) in [("itodenwa", "itodenwa-server"), ("ws", "plain `ws`"), ("peer", "PeerServer")] {
        let of = |column| median(measured.remove(&(dialect, column)).unwrap_or_default());
        let [bytes, after, cpu, system, rate, p99] = COLUMNS.map(of);
        let [bytes, after] = [bytes, after].map(|bytes| bytes / 1024.0);
        println!(
            "| {name} | {bytes:.1} KiB | {after:.1} KiB | {cpu:.1} us | {system:.1} us | {rate:.0} | {p99:.1} ms |"
        );
    }
    println!();
    Ok(())
}

/// The server and what makes load, as they are shipped.
pub(super) fn build() -> Result<()> {
    let release = ["build", "--release", "--package", "itodenwa-server"];
    process::run(cargo().args(release).args(["--bin", "itodenwa-server", "--example", "load"]))
}

pub(super) fn load(folder: &Path, dialect: &str, what: &[String], server: &[String]) -> Result<Value> {
    let output = with_many_files(&folder.join("examples/load")).arg(dialect).args(what).args(server).output()?;
    let error = || format!("{dialect} {}: {}", what.join(" "), String::from_utf8_lossy(&output.stderr));
    let last = output.stdout.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).ok_or_else(error)?;
    Ok(serde_json::from_slice(last).map_err(|_| error())?)
}

/// Each connection is an open file, and many shells allow 1024.
fn with_many_files(of: &Path) -> Command {
    let mut shell = program("sh");
    shell.args(["-c", "ulimit -n $(ulimit -H -n); exec \"$0\" \"$@\""]).arg(of);
    shell
}

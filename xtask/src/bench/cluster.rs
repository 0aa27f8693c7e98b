//! Servers that keep rooms together: what a message costs that goes over two of them, beside one that goes over one alone.

use std::collections::BTreeMap;

use serde_json::Value;

use super::signaling::{UNLIMITED, build, load};
use super::{Bench, median};
use crate::process::{Result, target};
use crate::system;

/// Rooms of two that talk at the same time; each pair over two nodes, where there are two.
const PAIRS: &str = "50";
/// None: one server alone, without Redis.
const NODES: [&str; 4] = ["0", "1", "2", "4"];
const COLUMNS: [&str; 5] = ["messages_per_second", "p50_ms", "p99_ms", "servers_us", "redis_us"];

pub(super) fn run(bench: &Bench) -> Result<()> {
    system::need_redis()?;
    build()?;
    let folder = target()?.join("release");
    let mut server = vec![folder.join("itodenwa-server").to_string_lossy().into_owned()];
    server.extend(["--listen=127.0.0.1:0", "--turn=off"].map(String::from));
    server.extend(UNLIMITED.map(String::from));
    let mut measured: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for round in 1..=bench.rounds {
        for nodes in NODES {
            let what = [nodes.to_owned(), PAIRS.to_owned(), bench.seconds.to_string()];
            let line = load(&folder, "cluster", &what, &server)?;
            println!("round {round}, {nodes} nodes: {line}");
            for column in COLUMNS {
                measured.entry((nodes, column)).or_default().extend(line.get(column).and_then(Value::as_f64));
            }
        }
    }
    println!("\n| nodes | messages per second | median | p99 | processor time of the servers for each | of Redis |");
    println!("|---|---|---|---|---|---|");
    for nodes in NODES {
        let [rate, p50, p99, servers, redis] =
            COLUMNS.map(|column| median(measured.remove(&(nodes, column)).unwrap_or_default()));
        let name = if nodes == "0" { "one, without Redis" } else { nodes };
        println!("| {name} | {rate:.0} | {p50:.1} ms | {p99:.1} ms | {servers:.0} us | {redis:.0} us |");
    }
    println!();
    Ok(())
}

//! Servers that keep rooms together: what a message and a member cost on several of them, beside one alone; a plot; and what that
//! says for many more.

mod plan;
mod table;

use super::Bench;
use super::plot::{Group, Plot};
use super::signaling::{UNLIMITED, build, load};
use crate::process::{Result, program, target};
use crate::readme;
use crate::system;
use plan::{Measured, NODES, PLANS, ROOMS, talking};

/// Each of the members is a connection, and so an open file, in the process that makes load.
const FILES: u32 = 10_500;
/// Where the tables stand.
const README: &str = "server/README.md";
const PLOT: &str = "docs/pictures/cluster.svg";
/// One for each number of rooms: the nodes' share, and that of Redis on top of it.
const COLORS: [&str; 3] = ["#9ec5e8", "#4a8fc7", "#1d5384"];
const REDIS: &str = "#d9622b";

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
        readme::write(README, "bench cluster", &text)?;
        readme::write_plot(PLOT, &plot(&measured).svg())?;
    }
    Ok(())
}

/// As many as a process may have.
fn open_files() -> Result<u32> {
    let output = program("sh").args(["-c", "ulimit -H -n"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(if text.trim() == "unlimited" { u32::MAX } else { text.trim().parse()? })
}

/// Processor time for each message, by nodes and rooms.
fn plot(measured: &Measured) -> Plot {
    let bar = |nodes, (rooms, color)| {
        let time = |name| measured.of(talking(nodes, rooms), name);
        vec![(time("servers_us"), color), (time("redis_us"), REDIS)]
    };
    let groups = NODES.map(|nodes| Group {
        name: match nodes {
            0 => "one, without Redis".to_owned(),
            1 => "1 node".to_owned(),
            more => format!("{more} nodes"),
        },
        bars: ROOMS.into_iter().zip(COLORS).map(|of| bar(nodes, of)).collect(),
    });
    let of_rooms = ROOMS.map(|rooms| format!("nodes, {rooms} rooms"));
    Plot {
        title: "Processor time for each message, by nodes and rooms",
        heading: "Processor time for each message, in microseconds",
        legend: of_rooms.into_iter().zip(COLORS).chain([("Redis".to_owned(), REDIS)]).collect(),
        groups: groups.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_is_on_top_of_the_nodes() {
        let mut measured = Measured::default();
        let [.., many] = ROOMS;
        measured.add(talking(4, many), &serde_json::json!({"servers_us": 60.0, "redis_us": 40.0}));
        let Plot { groups, .. } = plot(&measured);
        let last = groups.last().and_then(|group| group.bars.last());
        assert_eq!(last, Some(&vec![(60.0, COLORS[2]), (40.0, REDIS)]));
    }
}

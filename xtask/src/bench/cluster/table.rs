//! What is written into the README.

use std::fmt::{Result, Write};

use super::super::Bench;
use super::plan::{FAST_AND_FAR, Measured, NODES, RATE, ROOMS, fast, placed, talking};

/// What people that join, connect and go come to in 1 000 000 calls.
const MANY_CALLS: f64 = 1e6;
const MANY_MESSAGES: f64 = 50_000.0;
const KIB: f64 = 1024.0;

pub(super) fn text(measured: &Measured, bench: &Bench, files: u32) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = how(&mut text, bench, files)
        .and_then(|()| speed(&mut text, measured))
        .and_then(|()| places(&mut text, measured))
        .and_then(|()| members(&mut text, measured))
        .and_then(|()| many_calls(&mut text, measured));
    text
}

fn how(to: &mut String, bench: &Bench, files: u32) -> Result {
    writeln!(
        to,
        "`cargo xtask bench cluster --rounds {} --seconds {} --write`: medians of rounds, in each of which everything is measured once; ratios \
         are medians of each round's. Servers, Redis and what makes load are processes on one computer of two cores, and each may have {files} \
         open files. Packets have 300 bytes; processor time is that for one message.\n",
        bench.rounds, bench.seconds
    )
}

fn speed(to: &mut String, measured: &Measured) -> Result {
    writeln!(to, "50 rooms of two, members at all nodes in turn; who got a packet sends the next one:\n")?;
    writeln!(to, "| nodes | messages per second | beside one alone | median | p99 |\n|---|---|---|---|---|")?;
    for nodes in NODES {
        let plan = fast(nodes);
        let [rate, p50, p99] = ["messages_per_second", "p50_ms", "p99_ms"].map(|name| measured.of(plan, name));
        let ratio = measured.ratio(plan, fast(0), "messages_per_second");
        writeln!(to, "| {} | {rate:.0} | {ratio:.2} | {p50:.1} ms | {p99:.1} ms |", name(nodes))?;
    }
    Ok(())
}

fn places(to: &mut String, measured: &Measured) -> Result {
    writeln!(to, "\nWhat it costs that a member is not at the home node of the room, {RATE} messages a second:\n")?;
    writeln!(
        to,
        "| both members are at | processor time of nodes | beside one alone | of Redis | messages between nodes | `PUBLISH` | median | p99 |"
    )?;
    writeln!(to, "|---|---|---|---|---|---|---|---|")?;
    let alone = placed(0, "spread");
    for (plan, alone, name) in [
        (alone, alone, "one server, without Redis"),
        (placed(2, "home"), alone, "the home node, of two"),
        (placed(2, "away"), alone, "the other one"),
        (FAST_AND_FAR, fast(0), "another one of four, as many messages as they can"),
    ] {
        let [servers, redis, hops, published, p50, p99] =
            ["servers_us", "redis_us", "hops", "published", "p50_ms", "p99_ms"].map(|name| measured.of(plan, name));
        let ratio = measured.ratio(plan, alone, "servers_us");
        writeln!(
            to,
            "| {name} | {servers:.0} us | {ratio:.1} | {redis:.0} us | {hops:.1} | {published:.2} | {p50:.1} ms | {p99:.1} ms |"
        )?;
    }
    Ok(())
}

fn members(to: &mut String, measured: &Measured) -> Result {
    let [.., many] = ROOMS;
    writeln!(to, "\n{} members in {many} rooms, at all nodes in turn, {RATE} messages a second:\n", 4 * many)?;
    writeln!(
        to,
        "| nodes | processor time of nodes | beside one alone | of Redis | p99 | memory of nodes for each member | of Redis |"
    )?;
    writeln!(to, "|---|---|---|---|---|---|---|")?;
    for nodes in NODES {
        let plan = talking(nodes, many);
        let [servers, redis, p99] = ["servers_us", "redis_us", "p99_ms"].map(|name| measured.of(plan, name));
        let [bytes, in_redis] = ["member_bytes", "redis_bytes"].map(|name| measured.of(plan, name) / KIB);
        let ratio = measured.ratio(plan, talking(0, many), "servers_us");
        writeln!(
            to,
            "| {} | {servers:.0} us | {ratio:.1} | {redis:.0} us | {p99:.1} ms | {bytes:.1} KiB | {in_redis:.2} KiB |",
            name(nodes)
        )?;
    }
    writeln!(to, "\n![Processor time for each message, by nodes and rooms](../docs/pictures/cluster.svg)")
}

fn many_calls(to: &mut String, measured: &Measured) -> Result {
    writeln!(
        to,
        "\n**{MANY_CALLS:.0} calls** of two, {MANY_MESSAGES:.0} messages a second, on so many nodes that hardly anybody is at the home node of \
         their room: reckoned from the last two lines of the second table, not measured.\n"
    )?;
    writeln!(to, "| | as with little to do | as with much to do |\n|---|---|---|")?;
    let plans = [placed(2, "away"), FAST_AND_FAR];
    let servers = plans.map(|plan| measured.of(plan, "servers_us"));
    let [little, much] = servers.map(|each| each * MANY_MESSAGES / 1e6);
    writeln!(to, "| cores for all nodes | {little:.1} | {much:.1} |")?;
    let redis = plans.map(|plan| measured.of(plan, "redis_us"));
    let [little, much] = redis.map(|each| each * MANY_MESSAGES / 1e6);
    writeln!(to, "| for Redis, which uses one | {little:.1} | {much:.1} |")?;
    let [little, much] = redis.map(|each| (1000.0 / each).round() * 1000.0);
    writeln!(to, "| messages a second that are all it can | {little:.0} | {much:.0} |")?;
    let memory = 2.0 * MANY_CALLS * measured.of(talking(4, 2500), "member_bytes") / KIB / KIB / KIB;
    writeln!(to, "| memory of all nodes | {memory:.0} GiB | {memory:.0} GiB |")
}

fn name(nodes: u32) -> String {
    if nodes == 0 { "one, without Redis".to_owned() } else { nodes.to_string() }
}

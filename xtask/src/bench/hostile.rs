//! Good clients among hostile ones.

use serde_json::Value;

use super::signaling::{build, load};
use super::{Bench, median};
use crate::process::{Result, target};

/// What 99 of 100 messages of good clients have to take at most.
const LIMIT_MS: f64 = 50.0;
/// Most memory that the server may have among them.
const LIMIT_BYTES: f64 = 256.0 * 1024.0 * 1024.0;
/// Idle members that have to be there.
const IDLE: u64 = 10_000;

pub(super) fn run(bench: &Bench) -> Result<()> {
    build()?;
    let folder = target()?.join("release");
    let server = folder.join("itodenwa-server").to_string_lossy().into_owned();
    let server = [server, "--listen=127.0.0.1:0".into(), "--turn=off".into()];
    let mut among = Vec::new();
    for round in 1..=bench.rounds {
        let line = load(&folder, "hostile", &[bench.seconds.to_string()], &server)?;
        println!("round {round}: {line}");
        among.extend(line.pointer("/among/p99_ms").and_then(Value::as_f64));
        // Otherwise nothing was shown.
        if line.get("idle").and_then(Value::as_u64).is_none_or(|idle| idle < IDLE) {
            return Err(format!("fewer than {IDLE} idle members").into());
        }
        if line.get("memory").and_then(Value::as_f64).is_none_or(|bytes| bytes > LIMIT_BYTES) {
            return Err(format!("the server takes more than {LIMIT_BYTES} bytes").into());
        }
    }
    let p99 = median(among);
    println!("p99 among hostile clients: {p99:.1} ms (limit {LIMIT_MS} ms)");
    if p99 < LIMIT_MS { Ok(()) } else { Err("good clients wait too long".into()) }
}

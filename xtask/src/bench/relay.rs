//! The TURN relay beside coturn, under coturn's own client.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::{Bench, median};
use crate::process::{Result, program, target};
use crate::system;

const SECRET: &str = "a secret for measuring";
const OURS: &str = "23478";
const COTURNS: &str = "23479";
/// Clients at the same time, which are pairs that send to each other.
const CLIENTS: u32 = 80;
/// Ticks of a second in `/proc/PID/stat`, on every Linux there is.
const TICKS: f64 = 100.0;
const UNLIMITED: [&str; 6] = [
    "--turn-session-rate=1000000000",
    "--turn-rate=10000000000",
    "--turn-session-bytes=1000000000000",
    "--turn-session-allocations=4000",
    "--turn-address-allocations=4000",
    "--turn-unauthenticated-rate=1000000",
];

/// A relay that runs, and what its clients say.
struct Relay {
    name: &'static str,
    port: &'static str,
    process: u32,
    login: Vec<String>,
    child: Child,
}

/// What came of one run.
struct Run {
    packets_per_second: f64,
    delivered: f64,
}

pub(super) fn run(bench: &Bench) -> Result<()> {
    system::need_coturn()?;
    super::signaling::build()?;
    let relays = [ours()?, coturn()?];
    println!("| relay | way | packets for each second of processor time | delivered |");
    println!("|---|---|---|---|");
    let mut messages = 1000 * bench.seconds / 5;
    messages = messages.max(100);
    for (way, options) in [("channels", &[][..]), ("Send and Data", &["-s"][..])] {
        let mut runs: [Vec<Run>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..bench.rounds {
            for (relay, runs) in relays.iter().zip(&mut runs) {
                runs.push(relay.run(messages, options)?);
            }
        }
        for (relay, runs) in relays.iter().zip(runs) {
            let speed = median(runs.iter().map(|run| run.packets_per_second).collect());
            let delivered = median(runs.iter().map(|run| run.delivered).collect());
            println!("| {} | {way} | {speed:.0} | {:.2} % |", relay.name, delivered * 100.0);
        }
    }
    Ok(())
}

fn ours() -> Result<Relay> {
    let folder = target()?.join("release");
    let mut load = Command::new(folder.join("examples/load"));
    load.arg("member").arg(folder.join("itodenwa-server")).args(["--listen", "127.0.0.1:0"]);
    load.arg(format!("--turn-listen=127.0.0.1:{OURS}")).args(UNLIMITED);
    let mut child = load.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("it has an output")?).read_line(&mut line)?;
    let member: Value = serde_json::from_str(&line)?;
    let word = |name: &str| member.get(name).and_then(Value::as_str).map(str::to_owned).ok_or("no credentials");
    let login = vec!["-u".into(), word("username")?, "-w".into(), word("credential")?];
    let process = member.get("process").and_then(Value::as_u64).ok_or("no process")?;
    Ok(Relay { name: "itodenwa-server", port: OURS, process: u32::try_from(process)?, login, child })
}

fn coturn() -> Result<Relay> {
    let mut turnserver = program("turnserver");
    turnserver
        .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file=/dev/null", "--allow-loopback-peers"])
        .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--realm=itodenwa", "--use-auth-secret"])
        .arg(format!("--static-auth-secret={SECRET}"))
        .arg(format!("--listening-port={COTURNS}"))
        .arg(format!("--userdb={}", target()?.join("coturn.db").display()))
        .arg(format!("--pidfile={}", target()?.join("coturn.pid").display()));
    let child = turnserver.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let login = vec!["-u".into(), "bench".into(), "-W".into(), SECRET.into()];
    let relay = Relay { name: "coturn", port: COTURNS, process: child.id(), login, child };
    // It does not say when it is there.
    for _ in 0..100 {
        if relay.run(10, &[]).is_ok_and(|run| run.delivered > 0.0) {
            return Ok(relay);
        }
        sleep(Duration::from_millis(100));
    }
    Err("coturn does not relay".into())
}

impl Relay {
    /// Each client sends so many packets of 160 bytes, as sound has, to another one. Each goes through the relay twice.
    fn run(&self, messages: u32, options: &[&str]) -> Result<Run> {
        let mut client = program("turnutils_uclient");
        client.args(["-y", "-c", "-l", "160", "-z", "1", "-m", &CLIENTS.to_string(), "-n", &messages.to_string()]);
        client.args(options).args(&self.login).args(["-p", self.port, "127.0.0.1"]);
        let before = self.processor_time()?;
        let output = client.output()?;
        let used = self.processor_time()? - before;
        let text = String::from_utf8_lossy(&output.stdout);
        let last = |name: &str| -> Result<f64> {
            let found = text.rmatch_indices(name).next().and_then(|(at, _)| text.get(at + name.len()..));
            let digits: String = found.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
            digits.parse().map_err(|_| format!("turnutils_uclient says nothing of {name}: {text}").into())
        };
        let (sent, received) = (last("tot_send_msgs=")?, last("tot_recv_msgs=")?);
        Ok(Run { packets_per_second: 2.0 * received / used, delivered: received / sent })
    }

    /// Seconds, in the program and in the system for it.
    fn processor_time(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process))?;
        let fields = stat.rsplit_once(") ").map(|(_, fields)| fields.split(' ')).ok_or("an unknown format")?;
        let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        Ok(ticks / TICKS)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Without input the member leaves, and takes its server along.
        drop(self.child.stdin.take());
        if self.name == "coturn" {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

//! `cargo xtask bench`: what things cost, beside others that do the same. Rounds are interleaved, so that what else the
//! computer does hits all alike; the medians are printed as tables for the READMEs.

mod cluster;
mod data;
mod hostile;
mod mesh;
mod nodes;
mod plot;
mod relay;
mod script;
mod signaling;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::process::Result;

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// What is measured.
    subject: Subject,
    /// How often everything is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Connections that do nothing, for the memory that one takes.
    #[arg(long, default_value_t = 5000)]
    idle: u32,
    /// Seconds for each measurement of messages.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Calls in the same pages, for what they leave behind.
    #[arg(long, default_value_t = 50)]
    calls: u32,
    /// Mebibytes that are sent in messages, and the size of the file, of `data`.
    #[arg(long, default_value_t = 64)]
    mebibytes: u32,
    /// The browser, of `data`.
    #[arg(long, value_enum, default_value_t = Browser::Chromium)]
    browser: Browser,
    /// Writes what came of it into the README and its plot, of `cluster`, `nodes`, `data` and `mesh`.
    #[arg(long)]
    write: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    const fn name(self) -> &'static str {
        match self {
            Browser::Chromium => "chromium",
            Browser::Firefox => "firefox",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The server's signalling beside PeerServer and a plain relay of WebSockets; its TURN relay beside coturn.
    Server,
    /// What servers that keep rooms together over Redis cost, beside one alone.
    Cluster,
    /// How long it takes until everybody is back when one of several servers is killed, stalls or stops.
    Nodes,
    /// How good clients fare while others flood, idle and crawl.
    Hostile,
    /// How long it takes until two people see each other, beside others.
    Call,
    /// Throughput and delay of messages, and a file, beside others.
    Data,
    /// How long it takes until everybody in a room sees everybody else, and what it costs, beside hand-written JavaScript.
    Mesh,
    /// What a call of several people costs, in pictures sent and processor.
    Media,
    /// What browsers load, beside what other libraries are.
    Size,
}

pub(crate) fn run(bench: &Bench) -> Result<ExitCode> {
    match bench.subject {
        Subject::Server => {
            signaling::run(bench)?;
            relay::run(bench)?;
        }
        Subject::Cluster => cluster::run(bench)?,
        Subject::Nodes => nodes::run(bench)?,
        Subject::Hostile => hostile::run(bench)?,
        Subject::Call => {
            script::run_beside_others("bench-call.mjs", &[("rounds", &bench.rounds), ("calls", &bench.calls)])?;
        }
        Subject::Data => data::run(bench)?,
        Subject::Mesh => mesh::run(bench)?,
        Subject::Media => {
            script::run("bench-media.mjs", &[("rounds", &bench.rounds), ("seconds", &bench.seconds)])?;
        }
        Subject::Size => return crate::size::bench(),
    }
    Ok(ExitCode::SUCCESS)
}

/// The one in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_does_not_see_what_is_far_out() {
        assert_eq!(median(vec![3.0, 1000.0, 1.0]).to_bits(), 3.0_f64.to_bits());
        assert!(median(Vec::new()).is_nan());
    }
}

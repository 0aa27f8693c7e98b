//! Nodes of a cluster as they are, with all their rules ([`Node`](super::machine::Node), the hub in it, the membership and its
//! links), between an engine that delays, loses, cuts off and starts anew, and people who come, talk, go and are removed.
//!
//! What has to hold is in [`properties`]; [`faults`] are made on purpose, and each has to be noticed. `runs` are random ones, `told` are
//! some of which an application hears everything, and `orders` are all orders of events for two nodes and two members. `cargo xtask simulate` makes many more than `cargo test`.

mod client;
mod engine;
mod faults;
mod orders;
mod process;
mod properties;
mod random;
mod runs;
mod told;
mod world;

use faults::Fault;
pub(super) use random::Random;

/// How many seeds are tried, unless it is said.
fn seeds(unless: u64) -> u64 {
    number("ITODENWA_SEEDS").unwrap_or(unless)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|number| number.parse().ok())
}

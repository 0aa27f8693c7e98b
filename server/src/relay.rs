//! A STUN and TURN server (RFC 8489, RFC 8656) for the members of rooms, that refuses what a public relay must refuse.
//!
//! ```text
//!           worker thread (its own epoll, its own allocations, one of several that share the port)
//! socket --packet--> handle(now, Input) … poll() -> Output --packet--> socket
//!                        Relay                 Output::Open, Close: the sockets of allocations
//! ```
//!
//! [`Relay`] is a machine without input and output: who may have what, and where a packet goes. The workers around it own the
//! sockets; the system sends all packets of a client to the same worker, so a relayed packet meets no lock and no other
//! task. What workers share is counted in the [`Ledger`], when an allocation is made and when it ends.
//!
//! Nothing is kept for a client that has not proved to know a credential: nonces are computed, not remembered.

mod allocation;
mod budget;
mod client_socket;
mod codec;
mod config;
pub mod credentials;
mod framing;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod io;
mod ledger;
mod limits;
mod local_addresses;
mod machine;
mod nonce;
pub mod peers;
mod ports;
mod relayed;
mod rules;
mod service;
mod sockets;
mod source_budgets;
mod stream;
mod worker;

pub use config::TurnConfig;
pub use io::{AllocationId, Client, Family, Input, Moment, Output, Transport};
pub use ledger::Ledger;
pub use limits::TurnLimits;
pub use machine::Relay;
pub use ports::Ports;
pub use rules::Rules;
pub use service::{Service, TurnError};

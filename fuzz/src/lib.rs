//! What is given arbitrary bytes. Each target makes of them what its part of itodenwa takes, gives it that, and panics if
//! what has to hold whatever comes does not hold.
//!
//! The same functions run under libFuzzer (`cargo xtask fuzz`) and as tests (`tests/`).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is a test: it fails where something is not as it must be, and nobody ships it"
)]

mod bench;
pub mod channel;
pub mod description;
pub mod hub;
pub mod ice_servers;
pub mod link;
pub mod manual;
pub mod message;
pub mod negotiation;
pub mod peer;
pub mod stun;
pub mod ticket;
pub mod turn;
mod values;
pub mod websocket;
pub mod wire;

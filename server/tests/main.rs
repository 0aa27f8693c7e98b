//! The server as clients meet it: over real WebSockets, on a port that the system chooses. One file for each behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for; helpers are not recognised as tests"
)]

mod support;

mod admission;
mod api;
mod api_generated;
mod closing;
mod cluster;
mod flooding;
mod frames;
mod handshakes;
mod hostile;
mod ice_servers_url;
mod idling;
mod joining;
mod leaving;
mod limits_of_connections;
mod logging;
mod malformed;
mod metrics;
mod offering;
mod origins;
mod page;
mod program;
mod program_secrets;
mod recorded;
#[cfg(all(unix, feature = "redis"))]
mod redis;
#[cfg(all(unix, feature = "redis"))]
mod redis_network;
#[cfg(all(unix, feature = "redis"))]
mod redis_operating;
#[cfg(all(unix, feature = "redis"))]
mod redis_releases;
mod relaying;
mod renaming;
mod resuming;
mod slow_http;
mod slow_reader;
mod stopping;
mod tls;
mod tokens;
mod turn_attacks;
mod turn_credentials;
mod turn_members;
mod turn_memory;
mod turn_peers;
mod turn_quotas;
mod turn_requests;
mod turn_streams;
mod versions;
mod webhooks;

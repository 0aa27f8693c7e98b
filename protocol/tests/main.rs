//! The rules against a model of what they will meet. One file for each behaviour.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not in test functions, and may fail as tests do"
)]

mod attributes;
mod away;
mod candidates;
mod delivery;
mod devices;
mod first_call;
mod health;
mod hostile;
mod ice_restart;
mod interleavings;
mod manual;
mod media;
mod membership;
mod offering;
mod recovery;
mod turns;
mod two_ways;
mod versions;

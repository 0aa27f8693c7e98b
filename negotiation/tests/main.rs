//! The rules against a model of what they will meet. One file for each behaviour.

// The model is used from here only.
#![allow(unreachable_pub)]

mod candidates;
mod first_call;
mod ice_restart;
mod interleavings;
mod media;
mod membership;
mod model;
mod recovery;
mod turns;

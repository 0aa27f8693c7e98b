//! The rules against a model of what they will meet. One file for each behaviour.

// The model is used from here only.
#![allow(unreachable_pub)]

mod interleavings;
mod model;

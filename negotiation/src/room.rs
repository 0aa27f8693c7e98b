//! Who is here, and what is done for each of them.

use std::time::Duration;

use itodenwa_wire::{Member, Welcome};

use crate::event::{Input, Output};
use crate::time::Time;

/// How candidates reach the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IceMode {
    /// Trickle ICE (RFC 8838): each candidate is sent as soon as it is known.
    Trickle,
    /// Vanilla ICE: one complete description, sent when all candidates are gathered.
    Vanilla {
        /// After this time the description is sent with the candidates that there are.
        limit: Duration,
    },
}

/// How a room behaves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    /// Trickle or Vanilla ICE.
    pub ice: IceMode,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Room {}

impl Room {
    /// The room that the server let us into.
    #[must_use]
    pub fn new(config: Config, welcome: &Welcome, now: Time) -> Self { let _ = (config, welcome, now); Room {} }

    /// Takes a fact.
    pub fn handle(&mut self, now: Time, input: Input) { let _ = (now, input); }

    /// The next thing to do, until there is none.
    pub fn poll(&mut self) -> Option<Output> { None }

    /// When [`Input::Deadline`] is wanted.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> { None }

    /// Us.
    #[must_use]
    pub fn me(&self) -> Option<&Member> { None }
}

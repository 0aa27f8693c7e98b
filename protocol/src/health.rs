//! Whether a connection carries, and what is done when it does not: new ICE paths first, then a new connection.
//!
//! ```text
//! disconnected ── 2 s (leader), 5 s (follower) ──┐
//! failed, or silent ──────────── at once ────────┴─ ICE restart ── 15 s (leader), 20 s (follower) ── new connection
//! never connected ────────────── 15 s, 20 s ──────────────────────────────────────────────────────── new connection
//! failed again after an ICE restart ── 3 s, 5 s ──────────────────────────────────────────────────── new connection
//! silent after an ICE restart ── 3 s, 5 s from that restart, and 0 s, 1 s from the silence ─────────── new connection
//! ```
//!
//! The times run while both descriptions are set and nothing is being negotiated: neither remedy works without the other
//! side, and while it does not answer both wait for it.

use std::time::Duration;

use crate::event::ConnectionState;
use crate::time::Time;
use crate::turn::Role;

/// A silence so soon after an ICE restart is that restart's fault.
const RESTART_SHOWS_WITHIN: Duration = Duration::from_secs(10);

/// What may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// New ICE paths.
    Restart,
    /// A new connection.
    Renew,
}

/// How one connection does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Health {
    state: ConnectionState,
    /// It is connected, the browser says, and nothing comes.
    silent: bool,
    /// Since when it is as it is, or was negotiated for the first time or with new ICE credentials.
    since: Time,
    /// Whether it was connected before.
    was_good: bool,
    /// When new ICE credentials were agreed on last.
    restarted: Option<Time>,
}

impl Health {
    /// A connection that begins.
    pub(crate) fn new(now: Time) -> Self {
        Health { state: ConnectionState::New, silent: false, since: now, was_good: false, restarted: None }
    }

    /// The browser says how the connection is.
    pub(crate) fn changed(&mut self, now: Time, state: ConnectionState) {
        // From "disconnected" on it gets only worse, or good: the time runs from the beginning.
        let goes_on = !self.carries() && self.was_good && state != ConnectionState::Connected;
        self.state = state;
        if !goes_on {
            self.since = now;
        }
        self.was_good |= state == ConnectionState::Connected;
    }

    /// Whether anything comes through a connection that is said to be good.
    pub(crate) fn hears(&mut self, now: Time, something: bool) {
        if self.silent == something {
            self.silent = !something;
            self.since = now;
        }
    }

    /// Both descriptions are set: for the first time, or with new ICE credentials.
    pub(crate) fn negotiated(&mut self, now: Time, is_first: bool) {
        self.since = now;
        if !is_first {
            self.restarted = Some(now);
        }
    }

    /// What is due at which time, if nothing is being negotiated and nothing changes.
    pub(crate) fn remedy(&self, role: Role) -> Option<(Time, Remedy)> {
        let from = |start: Time, leader, follower| {
            start + Duration::from_secs(if role == Role::Leader { leader } else { follower })
        };
        let after = |leader, follower, remedy| Some((from(self.since, leader, follower), remedy));
        let restarted = self.restarted.filter(|at| self.since - *at < RESTART_SHOWS_WITHIN);
        match (self.state, restarted) {
            (ConnectionState::Connected, _) if !self.silent => None,
            // Silence took seconds to notice: what is left to wait for is only what a restart may need.
            (ConnectionState::Connected, Some(restarted)) => {
                Some((from(restarted, 3, 5).max(from(self.since, 0, 1)), Remedy::Renew))
            }
            // It does not come back by itself.
            (ConnectionState::Failed, Some(_)) => after(3, 5, Remedy::Renew),
            (_, Some(_)) => after(15, 20, Remedy::Renew),
            (ConnectionState::Connected | ConnectionState::Failed, None) => after(0, 0, Remedy::Restart),
            _ if self.was_good => after(2, 5, Remedy::Restart),
            _ => after(15, 20, Remedy::Renew),
        }
    }

    /// The clock's start moves forward by this.
    #[cfg(feature = "explore")]
    pub(crate) fn rebase(&mut self, by: Duration) {
        self.since = self.since - by;
        self.restarted = self.restarted.map(|at| at - by);
    }

    /// Whether it is connected, and something comes.
    pub(crate) fn carries(&self) -> bool {
        self.state == ConnectionState::Connected && !self.silent
    }
}

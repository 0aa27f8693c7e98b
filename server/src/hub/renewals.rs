//! When which member gets new ICE servers: before what it has expires.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use itodenwa_wire::IceServers;

use super::ConnectionId;

/// The connections of members whose ICE servers expire: one entry each at most.
#[derive(Debug, Default)]
pub(super) struct Renewals {
    at: HashMap<ConnectionId, Instant>,
    due: BTreeSet<(Instant, ConnectionId)>,
}

impl Renewals {
    /// These were given now: others follow at half of their life.
    pub(super) fn given(&mut self, now: Instant, to: ConnectionId, servers: &IceServers) {
        self.forget(to);
        if let Some(seconds) = servers.expires_in {
            let at = now + Duration::from_secs(seconds.into()).max(Duration::from_secs(2)) / 2;
            self.at.insert(to, at);
            self.due.insert((at, to));
        }
    }

    pub(super) fn forget(&mut self, connection: ConnectionId) {
        if let Some(at) = self.at.remove(&connection) {
            self.due.remove(&(at, connection));
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The next connection whose time has come.
    pub(super) fn next(&mut self, now: Instant) -> Option<ConnectionId> {
        let (_, connection) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
        self.forget(connection);
        Some(connection)
    }
}

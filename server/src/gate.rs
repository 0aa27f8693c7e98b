//! Who may open a WebSocket at all: limits on connections in number and in time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::Limits;
use crate::address::{NETWORKS, Network, Origin};
use crate::rate::Bucket;

/// How many connections there are, in all and of each origin and the networks that it is a part of.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: Limits,
    connections: usize,
    /// At most [`Gate::most_networks`].
    networks: HashMap<Network, Account>,
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Account {
    connections: usize,
    upgrades: Bucket,
}

/// Why somebody is not let in, and when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// This origin opens connections too fast, or has as many as it may have.
    TooMany(Duration),
    /// The server has as many as it may have.
    Full(Duration),
    /// The server stops, or is not in its cluster.
    GoingAway,
}

/// How long until it makes sense to look whether a connection was closed.
const UNTIL_ONE_CLOSES: Duration = Duration::from_secs(10);
/// How often all origins are gone through at most.
const SWEEP: Duration = Duration::from_secs(1);

impl Gate {
    pub(crate) fn new(limits: Limits) -> Self {
        Gate { limits, connections: 0, networks: HashMap::new(), swept: None }
    }

    /// Lets a connection in, which is to be [released](Gate::release) once, or says why not.
    pub(crate) fn admit(&mut self, now: Instant, origin: Origin) -> Result<(), Denied> {
        if self.connections >= self.limits.connections || !self.has_room_for(now, origin) {
            return Err(Denied::Full(UNTIL_ONE_CLOSES));
        }
        for (network, times) in origin.networks() {
            let account = self.networks.entry(network).or_insert_with(|| Account {
                connections: 0,
                upgrades: Bucket::new(now, self.limits.upgrade_rate * times, self.limits.upgrade_burst * times),
            });
            if !account.upgrades.has(now, 1) {
                return Err(Denied::TooMany(account.upgrades.wait_for(now, 1)));
            }
            account.upgrades.take(now, 1);
            if account.connections >= self.limits.connections_per_address * times {
                return Err(Denied::TooMany(UNTIL_ONE_CLOSES));
            }
        }
        self.count(origin, |connections| connections.saturating_add(1));
        self.connections += 1;
        Ok(())
    }

    /// What would be said to this origin now, without a connection of it.
    pub(crate) fn would_admit(&mut self, now: Instant, origin: Origin) -> Result<(), Denied> {
        if self.connections >= self.limits.connections {
            return Err(Denied::Full(UNTIL_ONE_CLOSES));
        }
        for (network, times) in origin.networks() {
            let Some(account) = self.networks.get_mut(&network) else { continue };
            if !account.upgrades.has(now, 1) {
                return Err(Denied::TooMany(account.upgrades.wait_for(now, 1)));
            }
            if account.connections >= self.limits.connections_per_address * times {
                return Err(Denied::TooMany(UNTIL_ONE_CLOSES));
            }
        }
        Ok(())
    }

    /// A connection that was let in is closed.
    pub(crate) fn release(&mut self, origin: Origin) {
        self.count(origin, |connections| connections.saturating_sub(1));
        self.connections = self.connections.saturating_sub(1);
    }

    fn count(&mut self, origin: Origin, change: impl Fn(usize) -> usize) {
        for (network, _) in origin.networks() {
            if let Some(account) = self.networks.get_mut(&network) {
                account.connections = change(account.connections);
            }
        }
    }

    /// Whether this origin is known or there is room for one more, if need be after forgetting those with nothing to
    /// remember: no connection, and a bucket as full as a new one.
    fn has_room_for(&mut self, now: Instant, origin: Origin) -> bool {
        let may_sweep = self.swept.is_none_or(|at| now.saturating_duration_since(at) >= SWEEP);
        if self.networks.len() + NETWORKS > self.most_networks() && may_sweep {
            self.swept = Some(now);
            self.networks.retain(|_, account| account.connections > 0 || !account.upgrades.is_full(now));
        }
        let is_known = origin.networks().all(|(network, _)| self.networks.contains_key(&network));
        is_known || self.networks.len() + NETWORKS <= self.most_networks()
    }

    /// Those with a connection, and as many again that had one a moment ago.
    fn most_networks(&self) -> usize {
        self.limits.connections.saturating_mul(2 * NETWORKS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(number: u32) -> Origin {
        std::net::IpAddr::from(number.to_be_bytes()).into()
    }

    fn gate() -> (Gate, Instant) {
        let limits = Limits {
            connections: 4,
            connections_per_address: 2,
            upgrade_rate: 1,
            upgrade_burst: 3,
            ..Limits::default()
        };
        (Gate::new(limits), tokio::time::Instant::now().into_std())
    }

    #[test]
    fn an_origin_has_so_many_connections_and_no_more() {
        let (mut gate, now) = gate();
        assert_eq!(gate.admit(now, origin(1)), Ok(()));
        assert_eq!(gate.admit(now, origin(1)), Ok(()));
        assert_eq!(gate.admit(now, origin(1)), Err(Denied::TooMany(UNTIL_ONE_CLOSES)));
        gate.release(origin(1));
        assert_eq!(gate.admit(now + Duration::from_secs(9), origin(1)), Ok(()));
    }

    #[test]
    fn an_origin_opens_them_so_fast_and_no_faster() {
        let (mut gate, now) = gate();
        for _ in 0..3 {
            assert_eq!(gate.admit(now, origin(1)), Ok(()));
            gate.release(origin(1));
        }
        assert_eq!(gate.admit(now, origin(1)), Err(Denied::TooMany(Duration::from_secs(1))));
        assert_eq!(gate.admit(now, origin(2)), Ok(()), "others notice nothing");
        assert_eq!(gate.admit(now + Duration::from_secs(1), origin(1)), Ok(()));
    }

    #[test]
    fn many_networks_of_one_owner_are_not_many_owners() {
        let limits =
            Limits { connections: 10_000, connections_per_address: 2, upgrade_rate: 1000, ..Limits::default() };
        let (mut gate, now) = (Gate::new(Limits { upgrade_burst: 1000, ..limits }), gate().1);
        let admitted = |gate: &mut Gate, networks: &mut dyn Iterator<Item = u128>| {
            let origins = networks.map(|number| {
                std::net::IpAddr::from(std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) | (number << 64))).into()
            });
            origins.filter(|origin| gate.admit(now, *origin).is_ok()).count()
        };
        assert_eq!(admitted(&mut gate, &mut (0..256)), 8, "of a /56");
        assert_eq!(admitted(&mut gate, &mut (0..256).map(|number| number << 8)), 24, "of its /48");
        assert_eq!(admitted(&mut gate, &mut (1..9).map(|number| number << 16)), 8, "others notice nothing");
    }

    #[test]
    fn the_server_has_so_many_and_no_more() {
        let (mut gate, now) = gate();
        for number in 0..4 {
            assert_eq!(gate.admit(now, origin(number)), Ok(()));
        }
        assert_eq!(gate.admit(now, origin(5)), Err(Denied::Full(UNTIL_ONE_CLOSES)));
        gate.release(origin(0));
        assert_eq!(gate.admit(now, origin(5)), Ok(()));
    }

    #[test]
    fn origins_are_forgotten_when_there_is_nothing_to_remember() {
        let (mut gate, now) = gate();
        for number in 0..1000 {
            let now = now + Duration::from_secs(2) * number;
            assert_eq!(gate.admit(now, origin(number)), Ok(()));
            gate.release(origin(number));
            assert!(gate.networks.len() <= 24);
        }
    }
}

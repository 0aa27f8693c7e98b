//! What the workers share: who may have an allocation, and how many there are. Locked when an allocation is made and when
//! it ends, never for a relayed packet.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::budget::Budget;
use super::limits::TurnLimits;
use crate::address::{Network, Origin};

/// So much of what may pass in a second may pass at once.
const BURST: Duration = Duration::from_secs(2);
/// What each packet costs besides what is in it: the headers of IPv4 and UDP. Without these empty ones would pass every limit.
const HEADERS: usize = 28;

/// Sessions and their allocations.
#[derive(Debug)]
pub struct Ledger {
    limits: TurnLimits,
    start: Instant,
    total: Budget,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    sessions: HashMap<Arc<str>, Session>,
    allocations: Counter,
    connections: Counter,
}

/// A member of a room.
#[derive(Debug)]
struct Session {
    allocations: usize,
    account: Arc<Account>,
}

/// What the allocations of a member share.
#[derive(Debug)]
struct Account {
    budget: Budget,
    closed: AtomicBool,
}

/// How many there are in all, and of each origin and the networks that it is a part of.
#[derive(Debug, Default)]
struct Counter {
    all: usize,
    /// Those that have one: [`NETWORKS`](crate::address::NETWORKS) for each at most.
    networks: HashMap<Network, usize>,
}

/// Why there is no allocation or connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// There is no such session: the member has left.
    Unknown,
    /// The session, its address or the network of that has as many as it may have.
    Quota,
    /// There are as many as there may be.
    Full,
}

/// The right to an allocation, given back when it is dropped.
#[derive(Debug)]
pub(super) struct AllocationPermit {
    ledger: Arc<Ledger>,
    session: Arc<str>,
    origin: Origin,
    account: Arc<Account>,
}

/// The right to a TCP connection, given back when it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    ledger: Arc<Ledger>,
    origin: Origin,
}

impl Ledger {
    /// A ledger without sessions.
    #[must_use]
    pub fn new(limits: TurnLimits, start: Instant) -> Self {
        let total = Budget::new(start, limits.turn_rate as u64, BURST, u64::MAX);
        Ledger { limits, start, total, counts: Mutex::default() }
    }

    /// From now on this session may have allocations.
    pub fn admit(&self, session: &str) {
        let TurnLimits { turn_session_rate: rate, turn_session_bytes: most, .. } = self.limits;
        self.counts().sessions.entry(session.into()).or_insert_with(|| Session {
            allocations: 0,
            account: Arc::new(Account {
                budget: Budget::new(self.start, rate as u64, BURST, most as u64),
                closed: AtomicBool::new(false),
            }),
        });
    }

    /// From now on it may not. Those it has are over: the workers have to look.
    pub fn dismiss(&self, session: &str) {
        if let Some(session) = self.counts().sessions.remove(session) {
            session.account.closed.store(true, Ordering::Release);
        }
    }

    /// How many allocations there are.
    #[must_use]
    pub fn allocations(&self) -> usize {
        self.counts().allocations.all
    }

    /// How many TCP connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.counts().connections.all
    }

    pub(super) fn allocate(self: &Arc<Self>, session: &str, origin: Origin) -> Result<AllocationPermit, Denied> {
        let mut counts = self.counts();
        let Counts { sessions, allocations, .. } = &mut *counts;
        let (name, _) = sessions.get_key_value(session).ok_or(Denied::Unknown)?;
        let name = Arc::clone(name);
        let session = sessions.get_mut(session).ok_or(Denied::Unknown)?;
        if session.allocations >= self.limits.turn_session_allocations {
            return Err(Denied::Quota);
        }
        allocations.take(origin, self.limits.turn_allocations, self.limits.turn_address_allocations)?;
        session.allocations += 1;
        Ok(AllocationPermit { ledger: Arc::clone(self), session: name, origin, account: Arc::clone(&session.account) })
    }

    pub(super) fn connect(self: &Arc<Self>, origin: Origin) -> Result<ConnectionPermit, Denied> {
        let TurnLimits { turn_connections, turn_address_connections, .. } = self.limits;
        self.counts().connections.take(origin, turn_connections, turn_address_connections)?;
        Ok(ConnectionPermit { ledger: Arc::clone(self), origin })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counters are right even if somebody panicked who had the lock.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counter {
    fn take(&mut self, origin: Origin, most: usize, of_origin: usize) -> Result<(), Denied> {
        if self.all >= most {
            return Err(Denied::Full);
        }
        let has = |network: &Network| self.networks.get(network).copied().unwrap_or_default();
        if origin.networks().any(|(network, times)| has(&network) >= of_origin.saturating_mul(times)) {
            return Err(Denied::Quota);
        }
        for (network, _) in origin.networks() {
            *self.networks.entry(network).or_default() += 1;
        }
        self.all += 1;
        Ok(())
    }

    fn give_back(&mut self, origin: Origin) {
        self.all = self.all.saturating_sub(1);
        for (network, _) in origin.networks() {
            decrease(&mut self.networks, network);
        }
    }
}

impl AllocationPermit {
    /// Whether the member has left.
    pub(super) fn is_over(&self) -> bool {
        self.account.closed.load(Ordering::Acquire)
    }

    /// Lets a packet of so many bytes pass, or not.
    pub(super) fn spend(&self, now: Instant, bytes: usize) -> bool {
        let bytes = bytes.saturating_add(HEADERS);
        self.account.budget.spend(now, bytes) && self.ledger.total.spend(now, bytes)
    }
}

impl Drop for AllocationPermit {
    fn drop(&mut self) {
        let mut counts = self.ledger.counts();
        counts.allocations.give_back(self.origin);
        // The same name may have come back meanwhile: its allocations are others.
        if let Some(session) = counts.sessions.get_mut(&self.session)
            && Arc::ptr_eq(&session.account, &self.account)
        {
            session.allocations = session.allocations.saturating_sub(1);
        }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.ledger.counts().connections.give_back(self.origin);
    }
}

fn decrease(counts: &mut HashMap<Network, usize>, network: Network) {
    if let Some(count) = counts.get_mut(&network) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn origin(last: u8) -> Origin {
        IpAddr::from([192, 0, 2, last]).into()
    }

    fn ledger() -> Arc<Ledger> {
        let limits = TurnLimits {
            turn_session_allocations: 2,
            turn_address_allocations: 3,
            turn_allocations: 5,
            turn_connections: 2,
            turn_address_connections: 1,
            ..TurnLimits::default()
        };
        Arc::new(Ledger::new(limits, tokio::time::Instant::now().into_std()))
    }

    #[test]
    fn allocations_are_counted_by_session_by_address_and_in_all() {
        let ledger = ledger();
        ["ann", "bob", "eve"].iter().for_each(|session| ledger.admit(session));
        let reserve = |session: &str, last| ledger.allocate(session, origin(last));
        assert_eq!(reserve("joe", 1).unwrap_err(), Denied::Unknown);
        let first = reserve("ann", 1).unwrap();
        let _second = reserve("ann", 2).unwrap();
        assert_eq!(reserve("ann", 3).unwrap_err(), Denied::Quota, "of the session");
        let _bobs = [reserve("bob", 1).unwrap(), reserve("bob", 1).unwrap()];
        assert_eq!(reserve("eve", 1).unwrap_err(), Denied::Quota, "of the address");
        let _fifth = reserve("eve", 2).unwrap();
        assert_eq!(reserve("eve", 3).unwrap_err(), Denied::Full);
        drop(first);
        assert!(reserve("ann", 3).is_ok());
        assert_eq!(ledger.allocations(), 4);
    }

    #[test]
    fn who_left_has_nothing_and_leaves_nothing() {
        let ledger = ledger();
        ledger.admit("ann");
        let permit = ledger.allocate("ann", origin(1)).unwrap();
        ledger.dismiss("ann");
        assert_eq!(ledger.allocate("ann", origin(1)).unwrap_err(), Denied::Unknown);
        ledger.admit("ann");
        let _another = ledger.allocate("ann", origin(1)).unwrap();
        drop(permit);
        assert_eq!(ledger.counts().sessions["ann"].allocations, 1);
        ledger.dismiss("ann");
        drop(_another);
        let counts = ledger.counts();
        assert!(counts.sessions.is_empty() && counts.allocations.networks.is_empty() && counts.allocations.all == 0);
    }

    #[test]
    fn many_networks_of_one_owner_are_not_many_owners() {
        let limits = TurnLimits { turn_address_connections: 2, turn_address_allocations: 2, ..TurnLimits::default() };
        let limits = TurnLimits { turn_session_allocations: 1000, ..limits };
        let ledger = Arc::new(Ledger::new(limits, tokio::time::Instant::now().into_std()));
        ledger.admit("ann");
        let origin = |number: u128| -> Origin {
            IpAddr::from(std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) | (number << 64))).into()
        };
        let (mut connections, mut allocations) = (Vec::new(), Vec::new());
        let mut taken = |numbers: &mut dyn Iterator<Item = u128>| {
            let before = (connections.len(), allocations.len());
            for number in numbers {
                connections.extend(ledger.connect(origin(number)));
                allocations.extend(ledger.allocate("ann", origin(number)));
            }
            (connections.len() - before.0, allocations.len() - before.1)
        };
        assert_eq!(taken(&mut (0..256)), (8, 8), "of a /56");
        assert_eq!(taken(&mut (0..256).map(|number| number << 8)), (24, 24), "of its /48");
        assert_eq!(taken(&mut (1..9).map(|number| number << 16)), (8, 8), "others notice nothing");
        connections.clear();
        allocations.clear();
        let counts = ledger.counts();
        assert_eq!((counts.connections.all, counts.allocations.all), (0, 0));
        assert!(counts.connections.networks.is_empty() && counts.allocations.networks.is_empty());
    }

    #[test]
    fn connections_are_counted() {
        let ledger = ledger();
        let permit = ledger.connect(origin(1)).unwrap();
        assert_eq!(ledger.connect(origin(1)).unwrap_err(), Denied::Quota);
        let _second = ledger.connect(origin(2)).unwrap();
        assert_eq!(ledger.connect(origin(3)).unwrap_err(), Denied::Full);
        drop(permit);
        assert!(ledger.connect(origin(3)).is_ok());
    }
}

//! The rules of the relay, without input and output: `handle(now, Input)`, `poll() -> Option<Output>`, `deadline()`.

mod request;
mod traffic;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::allocation::{Allocation, Opening};
use super::codec::{self, Packet};
use super::io::{AllocationId, Client, Family, Input, Moment, Output};
use super::rules::Rules;

/// The allocations of one worker.
pub struct Relay {
    rules: Arc<Rules>,
    /// The addresses that this computer has.
    local: Vec<IpAddr>,
    clients: HashMap<Client, AllocationId>,
    allocations: HashMap<AllocationId, Allocation>,
    /// Those that wait for their port.
    opening: HashMap<AllocationId, Opening>,
    expiries: BTreeSet<(Instant, AllocationId)>,
    allocated: u64,
    /// Indications so far: numbers them (RFC 8489, section 5; nobody answers, so nobody needs to guess).
    indications: u128,
    steps: VecDeque<Step>,
    /// What the steps send.
    buffer: Vec<u8>,
}

/// An output; what is sent is in the buffer.
#[derive(Debug)]
enum Step {
    ToClient { client: Client, bytes: Range<usize> },
    ToPeer { allocation: AllocationId, peer: SocketAddr, bytes: Range<usize> },
    Open { allocation: AllocationId, family: Family, even: bool },
    Close { allocation: AllocationId, relayed: SocketAddr },
}

impl Relay {
    /// A relay without allocations, on a computer with these addresses.
    #[must_use]
    pub fn new(rules: Arc<Rules>, local: Vec<IpAddr>) -> Self {
        Relay {
            rules,
            local,
            clients: HashMap::new(),
            allocations: HashMap::new(),
            opening: HashMap::new(),
            expiries: BTreeSet::new(),
            allocated: 0,
            indications: 0,
            steps: VecDeque::new(),
            buffer: Vec::new(),
        }
    }

    /// Takes a fact. What follows from it is [polled](Relay::poll).
    pub fn handle(&mut self, now: Moment, input: Input<'_>) {
        if self.steps.is_empty() {
            self.buffer.clear();
        }
        match input {
            Input::FromClient { client, packet } => match codec::read(packet) {
                Some(Packet::Channel { number, data }) => self.channel_data(now.at, client, number, data),
                Some(Packet::Message(message)) => self.message(now, client, &message),
                // Whoever it is need not know what this is.
                None => {}
            },
            Input::FromPeer { allocation, peer, payload } => self.peer_data(now.at, allocation, peer, payload),
            Input::Opened { allocation, port } => self.opened(now, allocation, port),
            Input::Gone(client) => {
                if let Some(id) = self.clients.get(&client).copied() {
                    self.end(id);
                }
            }
            Input::LocalAddresses(local) => self.local = local,
            Input::Dismissed => self.end_those_of_who_left(),
            Input::Deadline => self.end_expired(now.at),
        }
    }

    /// The next thing to do. Facts are given when there is none left.
    pub fn poll(&mut self) -> Option<Output<'_>> {
        let sent = |bytes| self.buffer.get(bytes).unwrap_or_default();
        Some(match self.steps.pop_front()? {
            Step::ToClient { client, bytes } => Output::ToClient { client, packet: sent(bytes) },
            Step::ToPeer { allocation, peer, bytes } => Output::ToPeer { allocation, peer, payload: sent(bytes) },
            Step::Open { allocation, family, even } => Output::Open { allocation, family, even },
            Step::Close { allocation, relayed } => {
                Output::Close { allocation, family: Family::of(relayed.ip()), port: relayed.port() }
            }
        })
    }

    /// When to come back with [`Input::Deadline`], if nothing else happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// How many allocations there are.
    #[must_use]
    pub fn allocations(&self) -> usize {
        self.allocations.len()
    }

    fn end(&mut self, id: AllocationId) {
        let Some(allocation) = self.allocations.remove(&id) else { return };
        self.clients.remove(&allocation.client);
        self.expiries.remove(&(allocation.expires, id));
        self.steps.push_back(Step::Close { allocation: id, relayed: allocation.relayed });
    }

    fn end_those_of_who_left(&mut self) {
        let over = self.allocations.iter().filter(|(_, allocation)| allocation.permit.is_over());
        let over: Vec<_> = over.map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.end(id));
    }

    fn end_expired(&mut self, now: Instant) {
        while let Some((_, id)) = self.expiries.first().copied().filter(|(at, _)| *at <= now) {
            self.expiries.pop_first();
            self.end(id);
        }
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("allocations", &self.allocations.len())
            .field("opening", &self.opening.len())
            .field("steps", &self.steps.len())
            .finish_non_exhaustive()
    }
}

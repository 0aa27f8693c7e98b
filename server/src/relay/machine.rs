//! The rules of the relay, without input and output: `handle(now, Input)`, `poll() -> Option<Output>`, `deadline()`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::TurnLimits;
use super::allocation::{Allocation, AllocationId};
use super::codec::{self, Packet};
use super::credentials::Secret;
use super::ledger::Ledger;
use super::nonce::Nonces;
use super::peers::Peers;
use super::request::Opening;

/// A moment, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// For what happens here.
    pub at: Instant,
    /// For what others were told: seconds since 1970.
    pub unix: u64,
}

/// Who asks: where its packets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client {
    /// How.
    pub transport: Transport,
    /// From where; never an IPv4 address in the form of an IPv6 address.
    pub address: SocketAddr,
}

/// How a client talks to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// In datagrams.
    Datagram,
    /// Over a connection, TLS or not, with a number that is never used twice.
    Stream(u64),
}

/// A fact for the relay.
#[derive(Debug)]
pub enum Input<'a> {
    /// A client sent a packet: one datagram, or one message of a stream.
    FromClient {
        /// Who.
        client: Client,
        /// What.
        packet: &'a [u8],
    },
    /// Somebody sent a datagram to an allocation's port.
    FromPeer {
        /// Whose port.
        allocation: AllocationId,
        /// Who.
        peer: SocketAddr,
        /// What.
        payload: &'a [u8],
    },
    /// What came of [`Output::Open`]: the port, if there is one.
    Opened {
        /// Whose.
        allocation: AllocationId,
        /// The port; none when none was free.
        port: Option<u16>,
    },
    /// A client's connection is closed.
    Gone(Client),
    /// Members [were dismissed](Ledger::dismiss).
    Dismissed,
    /// A moment that [`Relay::deadline`] named has come.
    Deadline,
}

/// Something to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// Send this to a client.
    ToClient {
        /// To whom.
        client: Client,
        /// What.
        packet: &'a [u8],
    },
    /// Send this to a peer, from the allocation's port.
    ToPeer {
        /// Whose port.
        allocation: AllocationId,
        /// To whom.
        peer: SocketAddr,
        /// What.
        payload: &'a [u8],
    },
    /// Open a port for an allocation, and tell it.
    Open {
        /// Whose.
        allocation: AllocationId,
        /// Of which kind.
        family: Family,
        /// Whether its number has to be even.
        even: bool,
    },
    /// Close the port of an allocation.
    Close {
        /// Whose.
        allocation: AllocationId,
        /// The port that [`Input::Opened`] told.
        port: u16,
    },
}

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// What all workers of a relay share.
#[derive(Debug)]
pub struct Rules {
    /// How much anybody may ask.
    pub limits: TurnLimits,
    /// Where allocations are, as peers know it.
    pub relayed_v4: Option<Ipv4Addr>,
    /// The same in IPv6.
    pub relayed_v6: Option<Ipv6Addr>,
    /// Whom clients may talk to.
    pub peers: Peers,
    /// What credentials are checked with.
    pub secret: Secret,
    pub(super) nonces: Nonces,
    /// Who may have how much.
    pub ledger: Arc<Ledger>,
}

/// The allocations of one worker.
pub struct Relay {
    pub(super) rules: Arc<Rules>,
    pub(super) clients: HashMap<Client, AllocationId>,
    pub(super) allocations: HashMap<AllocationId, Allocation>,
    /// Those that wait for their port.
    pub(super) opening: HashMap<AllocationId, Opening>,
    pub(super) expiries: BTreeSet<(Instant, AllocationId)>,
    pub(super) allocated: u64,
    /// Indications so far: numbers them (RFC 8489, section 5; nobody answers, so nobody needs to guess).
    pub(super) indications: u128,
    pub(super) steps: VecDeque<Step>,
    /// What the steps send.
    pub(super) buffer: Vec<u8>,
}

/// An output; what is sent is in the buffer.
#[derive(Debug)]
pub(super) enum Step {
    ToClient { client: Client, bytes: Range<usize> },
    ToPeer { allocation: AllocationId, peer: SocketAddr, bytes: Range<usize> },
    Open { allocation: AllocationId, family: Family, even: bool },
    Close { allocation: AllocationId, port: u16 },
}

impl Relay {
    /// A relay without allocations.
    #[must_use]
    pub fn new(rules: Arc<Rules>) -> Self {
        Relay {
            rules,
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
            Step::Close { allocation, port } => Output::Close { allocation, port },
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

    pub(super) fn end(&mut self, id: AllocationId) {
        let Some(allocation) = self.allocations.remove(&id) else { return };
        self.clients.remove(&allocation.client);
        self.expiries.remove(&(allocation.expires, id));
        self.steps.push_back(Step::Close { allocation: id, port: allocation.relayed.port() });
    }

    fn end_those_of_who_left(&mut self) {
        let over = self.allocations.iter().filter(|(_, allocation)| allocation.place.is_over());
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

impl Rules {
    /// Rules for allocations at these addresses. `nonces` is another secret, for this run only.
    #[must_use]
    pub fn new(
        limits: TurnLimits,
        relayed: &[IpAddr],
        peers: Peers,
        secret: Secret,
        nonces: Secret,
        start: Instant,
    ) -> Self {
        let ledger = Arc::new(Ledger::new(limits.clone(), start));
        Rules {
            limits,
            relayed_v4: relayed.iter().find_map(|ip| if let IpAddr::V4(v4) = ip { Some(*v4) } else { None }),
            relayed_v6: relayed.iter().find_map(|ip| if let IpAddr::V6(v6) = ip { Some(*v6) } else { None }),
            peers,
            secret,
            nonces: Nonces::new(nonces),
            ledger,
        }
    }

    pub(super) fn relayed(&self, family: Family) -> Option<IpAddr> {
        match family {
            Family::V4 => self.relayed_v4.map(IpAddr::V4),
            Family::V6 => self.relayed_v6.map(IpAddr::V6),
        }
    }
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Family::V4 } else { Family::V6 }
    }
}

impl Client {
    pub(super) fn is_stream(self) -> bool {
        matches!(self.transport, Transport::Stream(_))
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

//! What goes into the [`Relay`](super::Relay) and what comes out of it.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// Names an allocation. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllocationId(pub u64);

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
    /// In datagrams, to this address of this computer, as far as it is known. It is a part of what an allocation belongs to (RFC 8656,
    /// section 2.2).
    Datagram(Option<IpAddr>),
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
    /// The addresses that this computer has now.
    LocalAddresses(Vec<IpAddr>),
    /// Members [were dismissed](super::Ledger::dismiss).
    Dismissed,
    /// A moment that [`Relay::deadline`](super::Relay::deadline) named has come.
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
        /// Of which kind.
        family: Family,
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

/// An IPv4 address that is written as one of IPv6 is the IPv4 address.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

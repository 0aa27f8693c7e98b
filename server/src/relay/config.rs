//! What the relay is told at its start.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

use ipnet::IpNet;

use super::peers::PEER_PORTS;

/// What the relay is told at its start. See [`TurnConfig::new`].
#[derive(Debug, Clone, PartialEq)]
pub struct TurnConfig {
    /// Where to listen, for UDP and TCP; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Whether any other port will do when the port is taken.
    pub any_port: bool,
    /// The addresses of this computer as others know them, at most one of IPv4 and one of IPv6.
    pub addresses: Vec<IpAddr>,
    /// The name in TURN addresses, which a certificate has to have; without it they have the first address.
    pub host: Option<String>,
    /// The ports of allocations.
    pub ports: RangeInclusive<u16>,
    /// Networks that may be talked to although they are not the public internet.
    pub allow: Vec<IpNet>,
    /// The ports of other computers that may be talked to.
    pub peer_ports: RangeInclusive<u16>,
    /// How many threads relay; none: as many as there are processors, eight at most.
    pub workers: Option<NonZeroUsize>,
}

impl TurnConfig {
    /// Ports of allocations when nobody says others: the dynamic ones (RFC 6335, section 6).
    pub const PORTS: RangeInclusive<u16> = 49_152..=65_535;
    /// Where TURN servers are listened for (RFC 8656, section 3).
    pub const PORT: u16 = 3478;

    /// A relay that listens there and is known by this address.
    #[must_use]
    pub fn new(listen: SocketAddr, address: IpAddr) -> Self {
        TurnConfig {
            listen,
            any_port: false,
            addresses: vec![address],
            host: None,
            ports: TurnConfig::PORTS,
            allow: Vec::new(),
            peer_ports: PEER_PORTS,
            workers: None,
        }
    }
}

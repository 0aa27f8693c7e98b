//! How a room behaves.

use std::time::Duration;

use itodenwa_wire::Source;

/// How candidates reach the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IceMode {
    /// Trickle ICE (RFC 8838): each candidate is sent as soon as it is known.
    Trickle,
    /// Vanilla ICE: one complete description, sent when all candidates are gathered.
    Vanilla {
        /// After this time the description is sent with the candidates that there are; the others follow one by one.
        limit: Duration,
    },
}

/// Which candidates are used (`RTCIceTransportPolicy`; W3C WebRTC, section 4.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IceTransportPolicy {
    /// All.
    #[default]
    All,
    /// Those of relays alone: the others learn none of one's own addresses.
    Relay,
}

impl IceTransportPolicy {
    /// As the W3C has it: `all`, `relay`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            IceTransportPolicy::All => "all",
            IceTransportPolicy::Relay => "relay",
        }
    }
}

/// How a room behaves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    /// Trickle or Vanilla ICE.
    pub ice: IceMode,
    /// Our sources that are on from the beginning.
    pub on: Vec<Source>,
    /// Our sources that have a place in every connection from its first description on, whether they are on or not: to switch
    /// one of these on needs no negotiation.
    pub places: Vec<Source>,
}

impl Default for Config {
    fn default() -> Self {
        Config { ice: IceMode::Trickle, on: Vec::new(), places: Vec::new() }
    }
}

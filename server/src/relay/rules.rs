//! What all workers of a relay share.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Instant;

use super::credentials::Secret;
use super::io::Family;
use super::ledger::Ledger;
use super::limits::TurnLimits;
use super::nonce::Nonces;
use super::peers::Peers;
use super::source_budgets::SourceBudgets;

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
    /// How often it is answered what nobody has signed.
    pub(super) unauthenticated: SourceBudgets,
    /// Who may have how much.
    pub ledger: Arc<Ledger>,
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
        let unauthenticated = SourceBudgets::new(start, limits.turn_unauthenticated_rate);
        let ledger = Arc::new(Ledger::new(limits.clone(), start));
        Rules {
            limits,
            relayed_v4: relayed.iter().find_map(|ip| if let IpAddr::V4(v4) = ip { Some(*v4) } else { None }),
            relayed_v6: relayed.iter().find_map(|ip| if let IpAddr::V6(v6) = ip { Some(*v6) } else { None }),
            peers,
            secret,
            nonces: Nonces::new(nonces),
            unauthenticated,
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

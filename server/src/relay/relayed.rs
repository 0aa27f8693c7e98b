//! Where allocations are: as others know it, and here. Behind a one-to-one NAT these differ, and what one allocation sends to
//! another would have to come back from the NAT; few do that (hairpinning; RFC 4787, section 6). So it stays on this computer.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use super::ports::Ports;

/// The addresses of the allocations of one family.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relayed {
    /// What their sockets are bound to.
    pub(super) local: IpAddr,
    behind_nat: Option<Nat>,
}

#[derive(Debug, Clone, Copy)]
struct Nat {
    announced: IpAddr,
    loopback: IpAddr,
}

impl Relayed {
    /// An address that this computer does not have is that of a NAT.
    pub(super) fn of(announced: Option<IpAddr>, unspecified: IpAddr, loopback: IpAddr) -> Self {
        match announced {
            Some(announced) if UdpSocket::bind((announced, 0)).is_ok() => {
                Relayed { local: announced, behind_nat: None }
            }
            _ => Relayed { local: unspecified, behind_nat: announced.map(|announced| Nat { announced, loopback }) },
        }
    }

    /// Where to send what is for a peer.
    pub(super) fn way_to(&self, peer: SocketAddr) -> SocketAddr {
        match self.behind_nat {
            Some(Nat { announced, loopback }) if peer.ip() == announced => SocketAddr::new(loopback, peer.port()),
            _ => peer,
        }
    }

    /// Which peer has sent from there: only allocations come from this computer itself.
    pub(super) fn peer_at(&self, from: SocketAddr, ports: &Ports) -> SocketAddr {
        match self.behind_nat {
            Some(Nat { announced, loopback }) if from.ip() == loopback && ports.relays(from.port()) => {
                SocketAddr::new(announced, from.port())
            }
            _ => from,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn of(announced: &str) -> Relayed {
        Relayed::of(announced.parse().ok(), Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::LOCALHOST.into())
    }

    #[test]
    fn what_is_for_the_nats_address_stays_here() {
        // An address of documentation (RFC 5737), which no computer has.
        let (relayed, ports) = (of("203.0.113.10"), Ports::default());
        assert!(relayed.local.is_unspecified());
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert_eq!(relayed.way_to(at("203.0.113.10:50000")), at("127.0.0.1:50000"));
        assert_eq!(relayed.way_to(at("203.0.113.11:50000")), at("203.0.113.11:50000"));
        assert_eq!(relayed.peer_at(at("127.0.0.1:50000"), &ports), at("127.0.0.1:50000"), "nobody relays there");
        ports.claim(&(50_000..=50_000), 0, 1, |_| Some(())).unwrap();
        assert_eq!(relayed.peer_at(at("127.0.0.1:50000"), &ports), at("203.0.113.10:50000"));
    }

    #[test]
    fn an_own_address_is_used_as_it_is() {
        let relayed = of("127.0.0.1");
        assert_eq!(relayed.local, IpAddr::from(Ipv4Addr::LOCALHOST));
        let peer = "127.0.0.1:50000".parse().unwrap();
        assert_eq!(relayed.way_to(peer), peer);
    }
}

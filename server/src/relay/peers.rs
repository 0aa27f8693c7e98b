//! Whom clients may talk to through the relay: hosts of the public internet, and each other.
//!
//! What a relay lets out comes from the server's own network. Without these rules everybody who is in a room could talk to
//! what is behind its firewall (RFC 8656, section 21.1.4; CVE-2020-26262, CVE-2026-27624).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::io::Family;
use super::ports::Ports;

/// IPv4 networks that are not the public internet (RFC 6890).
pub const REFUSED_V4: [Ipv4Net; 11] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// The public internet of IPv6 (RFC 4291, section 2.4): nothing outside of it.
pub const GLOBAL_V6: Ipv6Net = v6([0x2000, 0], 3);

/// Networks within it in which an IPv4 address is hidden: Teredo and 6to4. (NAT64, 64:ff9b::/96, is outside.)
pub const REFUSED_V6: [Ipv6Net; 2] = [v6([0x2001, 0], 32), v6([0x2002, 0], 16)];

/// Whom clients may talk to through the relay.
#[derive(Debug)]
pub struct Peers {
    /// What may be talked to although it is not the public internet.
    pub allowed: Vec<IpNet>,
    /// Where allocations are, as others know it: of this computer's addresses the only ones that may be talked to. Those that it knows
    /// itself change, and are given with each question.
    pub announced: Vec<IpAddr>,
    /// Where the relay listens for clients.
    pub listens: Option<IpAddr>,
    /// The ports of other computers that may be talked to.
    pub peer_ports: RangeInclusive<u16>,
    /// The ports that allocations of IPv4 have: the only ones of this computer that may be talked to there.
    pub ports_v4: Ports,
    /// The same in IPv6: another service may have the same port of the other kind.
    pub ports_v6: Ports,
}

/// The ports that browsers have: not those of services (RFC 6335, section 6: 0 to 1023), of which DNS and NTP answer anybody.
pub const PEER_PORTS: RangeInclusive<u16> = 1024..=65_535;

impl Default for Peers {
    fn default() -> Self {
        Peers {
            allowed: Vec::new(),
            announced: Vec::new(),
            listens: None,
            peer_ports: PEER_PORTS,
            ports_v4: Ports::default(),
            ports_v6: Ports::default(),
        }
    }
}

impl Peers {
    /// Whether anything at this address may be talked to. `local`: the addresses that this computer has now.
    #[must_use]
    pub fn admit_address(&self, local: &[IpAddr], ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        if self.is_own(local, ip) {
            return self.announced.contains(&ip);
        }
        self.allowed.iter().any(|network| network.contains(&ip)) || is_public(ip)
    }

    /// Whether this may be talked to now. `local`: the addresses that this computer has now.
    #[must_use]
    pub fn admit(&self, local: &[IpAddr], peer: SocketAddr) -> bool {
        let ip = peer.ip().to_canonical();
        let is_admitted = match self.is_own(local, ip) {
            true => self.ports(Family::of(ip)).relays(peer.port()),
            false => peer.port() != 0 && self.peer_ports.contains(&peer.port()),
        };
        is_admitted && self.admit_address(local, ip)
    }

    /// The ports that allocations of this kind have.
    pub(super) fn ports(&self, family: Family) -> &Ports {
        match family {
            Family::V4 => &self.ports_v4,
            Family::V6 => &self.ports_v6,
        }
    }

    fn is_own(&self, local: &[IpAddr], ip: IpAddr) -> bool {
        self.announced.contains(&ip) || self.listens == Some(ip) || local.contains(&ip)
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => !REFUSED_V4.iter().any(|network| network.contains(&v4)),
        IpAddr::V6(v6) => GLOBAL_V6.contains(&v6) && !REFUSED_V6.iter().any(|network| network.contains(&v6)),
    }
}

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b]: [u16; 2], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn at(ip: IpAddr, port: u16) -> SocketAddr {
        SocketAddr::new(ip, port)
    }

    #[test]
    fn networks_are_refused_from_their_first_to_their_last_address() {
        let peers = Peers::default();
        for network in REFUSED_V4 {
            for v4 in [network.network(), network.broadcast()] {
                for ip in [IpAddr::from(v4), v4.to_ipv6_mapped().into(), v4.to_ipv6_compatible().into()] {
                    assert!(!peers.admit(&[], at(ip, 9000)) && !peers.admit_address(&[], ip), "{ip}");
                }
            }
        }
        for network in REFUSED_V6 {
            for ip in [network.network(), network.broadcast()] {
                assert!(!peers.admit(&[], at(ip.into(), 9000)) && !peers.admit_address(&[], ip.into()), "{ip}");
            }
        }
        for text in ["::", "::1", "64:ff9b::7f00:1", "fc00::1", "fe80::1", "ff02::1", "fec0::1", "100::1", "4000::"] {
            assert!(!peers.admit(&[], at(ip(text), 9000)), "{text}");
        }
    }

    #[test]
    fn the_public_internet_is_not_refused() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2001:1::1",
            "2606:4700::1111",
            "3fff:ffff::1",
        ] {
            assert!(Peers::default().admit(&[], at(ip(text), 9000)), "{text}");
        }
        assert!(!Peers::default().admit(&[], at(ip("1.1.1.1"), 0)));
    }

    #[test]
    fn services_have_no_port_that_may_be_talked_to() {
        let peers = Peers::default();
        for (port, admitted) in [(0, false), (53, false), (123, false), (1023, false), (1024, true), (65_535, true)] {
            assert_eq!(peers.admit(&[], at(ip("1.1.1.1"), port)), admitted, "{port}");
        }
        let all = Peers { peer_ports: 1..=65_535, ..Peers::default() };
        assert!(all.admit(&[], at(ip("1.1.1.1"), 53)) && !all.admit(&[], at(ip("1.1.1.1"), 0)));
    }

    #[test]
    fn a_lan_may_be_allowed() {
        let peers = Peers { allowed: vec!["192.168.7.0/24".parse().unwrap()], ..Peers::default() };
        assert!(
            peers.admit(&[], at(ip("192.168.7.255"), 9000)) && peers.admit(&[], at(ip("::ffff:192.168.7.1"), 9000))
        );
        assert!(!peers.admit(&[], at(ip("192.168.8.0"), 9000)));
    }

    #[test]
    fn this_computer_is_refused_but_for_its_allocations_where_others_know_them() {
        let announced = vec![ip("203.0.113.10"), ip("2001:db8::10")];
        let allowed = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let peers = Peers { announced, allowed, listens: Some(ip("198.51.100.1")), ..Peers::default() };
        let local = ["127.0.0.1", "10.0.0.7", "::1", "203.0.113.10", "203.0.113.11"].map(ip);
        let (port, ()) = peers.ports_v4.claim(&(50_000..=50_000), 0, 1, |_| Some(())).unwrap();
        for own in ["203.0.113.10", "::ffff:203.0.113.10"] {
            assert!(peers.admit(&local, at(ip(own), port)) && peers.admit_address(&local, ip(own)), "{own}");
            assert!(!peers.admit(&local, at(ip(own), 50_001)) && !peers.admit(&local, at(ip(own), 2200)), "{own}");
        }
        // A service may have the same port at another address of this computer.
        for own in ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.7", "203.0.113.11", "198.51.100.1", "::1"] {
            assert!(!peers.admit(&local, at(ip(own), port)) && !peers.admit_address(&local, ip(own)), "{own}");
        }
        // Or that of the other kind.
        let v6 = at(ip("2001:db8::10"), port);
        assert!(!peers.admit(&local, v6) && peers.admit_address(&local, v6.ip()));
        peers.ports_v6.claim(&(50_000..=50_000), 0, 1, |_| Some(())).unwrap();
        assert!(peers.admit(&local, v6));
        peers.ports_v4.release(port);
        assert!(!peers.admit(&local, at(ip("203.0.113.10"), port)) && peers.admit(&local, v6));
    }

    #[test]
    fn a_relay_for_this_computer_alone_is_known_at_its_loopback_address() {
        let peers = Peers { announced: vec![ip("127.0.0.1")], ..Peers::default() };
        let (port, ()) = peers.ports_v4.claim(&(50_000..=50_000), 0, 1, |_| Some(())).unwrap();
        let local = ["127.0.0.1", "10.0.0.7"].map(ip);
        assert!(peers.admit(&local, at(ip("127.0.0.1"), port)) && !peers.admit(&local, at(ip("10.0.0.7"), port)));
    }
}

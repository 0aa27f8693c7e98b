//! Where somebody comes from, as far as limits and logs are concerned.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// What counts as one origin: an IPv4 address, or the /64 network of an IPv6 address, of which everybody has 2⁶⁴.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Origin(match address.to_canonical() {
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
            v4 => v4,
        })
    }
}

/// Of how many networks an origin is a part, itself among them.
pub(crate) const NETWORKS: usize = 3;

impl Origin {
    /// The networks that an origin is a part of, each with how many times as much it may have as one origin. Who has a /64 of
    /// IPv6 often has a /56 or /48: 256 or 65 536 of them.
    pub(crate) fn networks(self) -> impl Iterator<Item = (Network, usize)> {
        let wider: &[(u8, usize)] = if self.0.is_ipv6() { &[(56, 4), (48, 16)] } else { &[] };
        let of = move |(length, times): (u8, usize)| match self.0 {
            IpAddr::V6(v6) => {
                let address = v6.to_bits() & (u128::MAX << (128 - u32::from(length)));
                (Network(Ipv6Addr::from_bits(address).into(), length), times)
            }
            v4 => (Network(v4, length), times),
        };
        std::iter::once((64, 1)).chain(wider.iter().copied()).map(of)
    }
}

/// An IPv4 address, or a network of IPv6 of some length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr, u8);

impl fmt::Display for Origin {
    /// For logs: without the part that names a household.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                write!(f, "{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(v6) => {
                let [a, b, c, ..] = v6.segments();
                write!(f, "{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::from(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn neighbours_of_a_network_are_one_origin_in_ipv6_only() {
        assert_eq!(origin("2001:db8:1:2::3"), origin("2001:db8:1:2:ffff::9"));
        assert_ne!(origin("2001:db8:1:2::3"), origin("2001:db8:1:3::3"));
        assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
        assert_eq!(origin("::ffff:192.0.2.1"), origin("192.0.2.1"));
    }

    #[test]
    fn an_origin_of_ipv6_is_part_of_wider_networks() {
        let wide = |text: &str| origin(text).networks().map(|(network, _)| network).collect::<Vec<_>>();
        let (one, other) = (wide("2001:db8:1:2::3"), wide("2001:db8:1:3::3"));
        assert_eq!((one.len(), NETWORKS), (3, 3));
        assert!(one[0] != other[0] && one[1] == other[1] && one[2] == other[2]);
        let far = wide("2001:db8:1:ff00::3");
        assert!(one[1] != far[1] && one[2] == far[2]);
        assert_eq!(wide("192.0.2.1").len(), 1);
    }

    #[test]
    fn logs_do_not_tell_who_it_was() {
        assert_eq!(origin("192.0.2.77").to_string(), "192.0.2.0/24");
        assert_eq!(origin("2001:db8:1:2::3").to_string(), "2001:db8:1::/48");
    }
}

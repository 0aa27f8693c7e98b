//! What a browser takes as an ICE server. It refuses a whole list for one mistake in it, so what it would refuse must not be
//! in a list (W3C WebRTC, section 4.4.1.6; RFC 7064, RFC 7065; and where browsers are stricter, as they are).

use std::fmt;
use std::net::Ipv6Addr;

use itodenwa_wire::IceServer;

/// Longest user name of TURN, in bytes (RFC 8489, section 14.3).
const USERNAME_BYTES: usize = 508;
/// Longest host (RFC 1035, section 2.3.4).
const HOST_BYTES: usize = 255;

/// Why a browser would refuse an ICE server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IceServerError {
    /// It has no addresses.
    NoUrls,
    /// The scheme is none of `stun`, `stuns`, `turn`, `turns`, in small letters.
    Scheme,
    /// What stands for the host is none.
    Host,
    /// What stands for the port is none.
    Port,
    /// A STUN server has nothing after its port.
    StunQuery,
    /// All that may follow is `?transport=udp` or `?transport=tcp`.
    TurnQuery,
    /// A TURN server without a user or without a credential.
    NoCredential,
    /// The user name is too long.
    LongUsername,
}

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IceScheme {
    Stun,
    Turn,
}

/// Checks an ICE server with all its addresses.
///
/// # Errors
/// [`IceServerError`]: why a browser would refuse it, and with it the list in which it is.
pub fn check_ice_server(server: &IceServer) -> Result<(), IceServerError> {
    if server.urls.is_empty() {
        return Err(IceServerError::NoUrls);
    }
    server.urls.iter().try_for_each(|url| check_with_credentials(url, server))
}

/// Checks one address of a server.
pub(super) fn check_with_credentials(url: &str, server: &IceServer) -> Result<(), IceServerError> {
    match (check_url(url)?, &server.username, &server.credential) {
        (IceScheme::Stun, ..) => Ok(()),
        (IceScheme::Turn, Some(username), Some(credential)) if !username.is_empty() && !credential.is_empty() => {
            if username.len() > USERNAME_BYTES {
                Err(IceServerError::LongUsername)
            } else {
                Ok(())
            }
        }
        (IceScheme::Turn, ..) => Err(IceServerError::NoCredential),
    }
}

/// Checks an address.
pub(crate) fn check_url(url: &str) -> Result<IceScheme, IceServerError> {
    let (scheme, rest) = url.split_once(':').ok_or(IceServerError::Scheme)?;
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let scheme = match (scheme, query) {
        ("stun" | "stuns", None) => IceScheme::Stun,
        ("turn" | "turns", None | Some("transport=udp" | "transport=tcp")) => IceScheme::Turn,
        ("stun" | "stuns", Some(_)) => return Err(IceServerError::StunQuery),
        ("turn" | "turns", Some(_)) => return Err(IceServerError::TurnQuery),
        _ => return Err(IceServerError::Scheme),
    };
    check_place(place)?;
    Ok(scheme)
}

/// `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
fn check_place(place: &str) -> Result<(), IceServerError> {
    let port = match place.strip_prefix('[') {
        Some(rest) => {
            let (ip, after) = rest.split_once(']').ok_or(IceServerError::Host)?;
            ip.parse::<Ipv6Addr>().map_err(|_| IceServerError::Host)?;
            match after.strip_prefix(':') {
                None if after.is_empty() => None,
                None => return Err(IceServerError::Host),
                port => port,
            }
        }
        None => {
            let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            if !(1..=HOST_BYTES).contains(&host.len()) || !host.bytes().all(plain) || host.starts_with('.') {
                return Err(IceServerError::Host);
            }
            port
        }
    };
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && matches!(port.parse(), Ok(1..=u16::MAX));
    if port.is_none_or(is_port) { Ok(()) } else { Err(IceServerError::Port) }
}

impl fmt::Display for IceServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IceServerError::NoUrls => "it has no addresses",
            IceServerError::Scheme => "its scheme is none of stun, stuns, turn, turns",
            IceServerError::Host => "it names no host: stun:HOST[:PORT] or turn:HOST[:PORT]",
            IceServerError::Port => "its port is no number from 1 to 65535",
            IceServerError::StunQuery => "a STUN server has nothing after its port: stun:HOST[:PORT]",
            IceServerError::TurnQuery => "after a TURN server there is ?transport=udp or ?transport=tcp, or nothing",
            IceServerError::NoCredential => "a TURN server needs a user and a credential, and neither is empty",
            IceServerError::LongUsername => "its user name has more than 508 bytes",
        })
    }
}

impl std::error::Error for IceServerError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_browsers_take() {
        for (url, scheme) in [
            ("stun:stun.example.org", IceScheme::Stun),
            ("stuns:stun.example.org:5349", IceScheme::Stun),
            ("stun:192.0.2.1:3478", IceScheme::Stun),
            ("turn:[2001:db8::1]", IceScheme::Turn),
            ("turn:[2001:db8::1]:3478?transport=udp", IceScheme::Turn),
            ("turns:turn_1.example.org:443?transport=tcp", IceScheme::Turn),
        ] {
            assert_eq!(check_url(url), Ok(scheme), "{url}");
        }
    }

    #[test]
    fn addresses_that_browsers_refuse() {
        use IceServerError::{Host, Port, Scheme, StunQuery, TurnQuery};
        for (url, why) in [
            ("", Scheme),
            ("example.org", Scheme),
            ("http://example.org", Scheme),
            ("STUN:example.org", Scheme),
            ("stun:", Host),
            ("stun::3478", Host),
            ("stun://example.org", Host),
            ("stun:user@example.org", Host),
            ("stun:example.org/path", Host),
            ("stun:exa mple.org", Host),
            ("stun:example.org ", Host),
            ("stun:例え.jp", Host),
            ("stun:[2001:db8::1", Host),
            ("stun:[example.org]", Host),
            ("stun:[::1]3478", Host),
            ("stun:2001:db8::1", Port),
            ("stun:example.org:", Port),
            ("stun:example.org:0", Port),
            ("stun:example.org:65536", Port),
            ("stun:example.org:+80", Port),
            ("stun:example.org:80#a", Port),
            ("stun:example.org:3478?transport=udp", StunQuery),
            ("stun:example.org?", StunQuery),
            ("turn:example.org?transport=tls", TurnQuery),
            ("turn:example.org?transport=UDP", TurnQuery),
            ("turn:example.org?transport=udp&ttl=1", TurnQuery),
            ("turn:example.org?", TurnQuery),
        ] {
            assert_eq!(check_url(url), Err(why), "{url}");
        }
    }

    #[test]
    fn a_turn_server_has_a_user_and_a_credential() {
        let check = |url: &str, username: Option<&str>, credential: Option<&str>| {
            let [username, credential] = [username, credential].map(|text| text.map(str::to_owned));
            check_ice_server(&IceServer { urls: vec![url.to_owned()], username, credential })
        };
        assert_eq!(check("turn:a", Some("u"), Some("c")), Ok(()));
        assert_eq!(check("stun:a", None, None), Ok(()));
        for (username, credential) in
            [(None, None), (Some("u"), None), (None, Some("c")), (Some(""), Some("c")), (Some("u"), Some(""))]
        {
            assert_eq!(check("turn:a", username, credential), Err(IceServerError::NoCredential));
        }
        let long = "u".repeat(509);
        assert_eq!(check("turns:a", Some(&long[1..]), Some("c")), Ok(()));
        assert_eq!(check("turns:a", Some(&long), Some("c")), Err(IceServerError::LongUsername));
        let none = IceServer { urls: Vec::new(), username: None, credential: None };
        assert_eq!(check_ice_server(&none), Err(IceServerError::NoUrls));
    }
}

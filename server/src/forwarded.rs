//! What a proxy says of a request: `X-Forwarded-For` and its like, and `Forwarded` (RFC 7239).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::HeaderMap;

/// Headers that proxies add. A request with one of them does not come from this computer alone, whatever its address is.
const BY_PROXIES: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// What a client counts as whose proxy says nothing that can be read: one client for all limits, and never this computer.
const UNREADABLE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Whether a proxy passed a request on.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    BY_PROXIES.iter().any(|name| headers.contains_key(*name))
}

/// The client's address, as the proxy right before us saw it; none if it says nothing. What was said before, by other proxies
/// or by the client itself, is not looked at.
pub(crate) fn client(headers: &HeaderMap) -> Option<IpAddr> {
    let last = |name: &str| headers.get_all(name).iter().next_back();
    let read = |value: &axum::http::HeaderValue, read: fn(&str) -> Option<IpAddr>| {
        Some(value.to_str().ok().and_then(read).unwrap_or(UNREADABLE))
    };
    last("x-forwarded-for")
        .and_then(|value| read(value, |list| address(list.rsplit(',').next()?)))
        .or_else(|| last("forwarded").and_then(|value| read(value, |list| address(&parameter(list, "for")?))))
}

/// The scheme and the host that the client asked for, each if the proxy says it.
pub(crate) fn asked_for(headers: &HeaderMap) -> (Option<String>, Option<String>) {
    let said = |name: &str, key: &str| {
        let last = |name: &str| headers.get_all(name).iter().next_back().and_then(|value| value.to_str().ok());
        let plain = last(name).and_then(|list| list.rsplit(',').next()).map(|value| value.trim().to_owned());
        plain.or_else(|| parameter(last("forwarded")?, key)).map(|value| value.to_ascii_lowercase())
    };
    (said("x-forwarded-proto", "proto"), said("x-forwarded-host", "host"))
}

/// A parameter of the last element of a list (RFC 7239, section 4), without its quotes.
fn parameter(list: &str, key: &str) -> Option<String> {
    let element = split(list, ',').pop()?;
    split(element, ';').into_iter().find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        name.trim().eq_ignore_ascii_case(key).then(|| quoted.unwrap_or(value).replace('\\', ""))
    })
}

/// Splits at a separator that is not within quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
    .collect()
}

/// An address as proxies write it: with or without a port, IPv6 with or without brackets, perhaps in quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(bracketed).or_else(with_port)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    fn from(name: &'static str, value: &'static str) -> String {
        client(&headers(&[(name, value)])).map_or_else(String::new, |address| address.to_string())
    }

    #[test]
    fn addresses_are_read_however_proxies_write_them() {
        for (value, expected) in [
            ("192.0.2.3", "192.0.2.3"),
            ("198.51.100.7:5000", "198.51.100.7"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("\"192.0.2.3\"", "192.0.2.3"),
            ("127.0.0.1, 192.0.2.3:80 ", "192.0.2.3"),
        ] {
            assert_eq!(from("x-forwarded-for", value), expected, "{value}");
        }
        for (value, expected) in [
            ("for=192.0.2.43", "192.0.2.43"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=127.0.0.1, for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("proto=https;host=\"a,for=127.0.0.1;b\"; for=198.51.100.17", "198.51.100.17"),
        ] {
            assert_eq!(from("forwarded", value), expected, "{value}");
        }
    }

    #[test]
    fn what_cant_be_read_is_never_this_computer() {
        for value in ["", "unknown", "_hidden", "127.0.0.1.", "localhost", "127.0.0.1,", "::1]", "192.0.2.1:99999", "1"]
        {
            assert_eq!(from("x-forwarded-for", value), "0.0.0.0", "{value}");
            assert!(is_forwarded(&headers(&[("x-forwarded-for", value)])));
        }
        for value in ["", "for", "for=unknown", "for=_gazonk", "by=127.0.0.1", "for=\"127.0.0.1", "for=::1;x"] {
            assert_ne!(from("forwarded", value), "127.0.0.1", "{value}");
            assert!(!from("forwarded", value).is_empty(), "{value}");
        }
        let mut map = HeaderMap::new();
        map.insert("x-forwarded-for", HeaderValue::from_bytes(b"127.0.0.1\xff").unwrap());
        assert_eq!(client(&map), Some(UNREADABLE));
        assert_eq!(client(&HeaderMap::new()), None);
    }

    #[test]
    fn the_last_header_is_the_proxys_word() {
        let both = headers(&[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "192.0.2.3")]);
        assert_eq!(client(&both), Some([192, 0, 2, 3].into()));
        let asked = headers(&[("x-forwarded-proto", "https"), ("x-forwarded-host", "Call.example.org")]);
        assert_eq!(asked_for(&asked), (Some("https".to_owned()), Some("call.example.org".to_owned())));
        let asked = headers(&[("forwarded", "for=192.0.2.1;proto=https;host=\"call.example.org:444\"")]);
        assert_eq!(asked_for(&asked), (Some("https".to_owned()), Some("call.example.org:444".to_owned())));
    }
}

//! What a proxy says of a request: `X-Forwarded-For` and its like, and `Forwarded` (RFC 7239).

use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use axum::http::HeaderMap;

/// What a client counts as whose proxy says nothing that can be read: one client for all limits, and never this computer.
const UNREADABLE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The client's address, as the proxy right before us saw it; none if it says nothing. What was said before, by other proxies
/// or by the client itself, is not looked at. A proxy writes one of the two headers and may hand the other one on as the client
/// wrote it: where they differ neither is believed.
pub(crate) fn client(headers: &HeaderMap) -> Option<IpAddr> {
    let plain = last(headers, "x-forwarded-for").map(|list| list.rsplit(',').next().and_then(address));
    let standard = last(headers, "forwarded").and_then(|list| match parameters(list, "for").as_deref() {
        Some([]) => None,
        Some([one]) => Some(address(one)),
        None | Some(_) => Some(None),
    });
    match (plain, standard) {
        (Some(plain), Some(standard)) if plain != standard => Some(UNREADABLE),
        (plain, standard) => plain.or(standard).map(|address| address.unwrap_or(UNREADABLE)),
    }
}

/// The last line of a header, which is the proxy's; what is no text is none that can be read.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(name).iter().next_back().map(|value| value.to_str().unwrap_or_default())
}

/// The scheme and the host that the client asked for, each if the proxy says it.
pub(crate) fn asked_for(headers: &HeaderMap) -> (Option<String>, Option<String>) {
    let said = |name: &str, key: &str| {
        let plain = last(headers, name).and_then(|list| list.rsplit(',').next()).map(|value| value.trim().to_owned());
        plain.or_else(|| parameter(last(headers, "forwarded")?, key)).map(|value| value.to_ascii_lowercase())
    };
    (said("x-forwarded-proto", "proto"), said("x-forwarded-host", "host"))
}

/// The port that the client asked for, if the proxy says it: some name the host without it.
pub(crate) fn asked_port(headers: &HeaderMap) -> Option<u16> {
    headers.get_all("x-forwarded-port").iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

/// A parameter that the last element of a list has once.
fn parameter(list: &str, key: &str) -> Option<String> {
    let mut values = parameters(list, key)?;
    values.pop().filter(|_| values.is_empty())
}

/// The values of a parameter in the last element of a list (RFC 7239, section 4), without their quotes. None if that is no list.
fn parameters(list: &str, key: &str) -> Option<Vec<String>> {
    let element = split(list, ',')?.pop()?;
    let pairs = split(element, ';')?.into_iter().filter_map(|pair| pair.trim().split_once('='));
    let named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(key)).map(|(_, value)| {
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        quoted.unwrap_or(value).replace('\\', "")
    });
    Some(named.collect())
}

/// Splits at a separator that is not within quotes (RFC 9110, section 5.6.4). None if a quote is not closed: what a client began
/// would reach into what its proxy adds.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = text.split(|c| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match c {
            '\\' if is_quoted => is_escaped = !was_escaped,
            '"' if !was_escaped => is_quoted = !is_quoted,
            c => return c == separator && !is_quoted,
        }
        false
    });
    let parts = parts.collect();
    (!is_quoted).then_some(parts)
}

/// An address as proxies write it: with or without a port, IPv6 with or without brackets and zone (RFC 4007, section 11), perhaps in
/// quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let ip = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((ip, "")) => ip,
        Some((ip, after)) => {
            after.strip_prefix(':')?.parse::<u16>().ok()?;
            ip
        }
        None => {
            return text
                .parse::<SocketAddrV4>()
                .map(|address| IpAddr::V4(*address.ip()))
                .ok()
                .or_else(|| without_zone(text));
        }
    };
    ip.contains(':').then(|| without_zone(ip)).flatten()
}

fn without_zone(ip: &str) -> Option<IpAddr> {
    let (ip, _) = ip.split_once('%').filter(|(ip, zone)| ip.contains(':') && !zone.is_empty()).unwrap_or((ip, ""));
    ip.parse::<IpAddr>().map(|ip| ip.to_canonical()).ok()
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
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:443", "fe80::1"),
            ("::ffff:192.0.2.3", "192.0.2.3"),
            ("[::ffff:192.0.2.3]:80", "192.0.2.3"),
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
        }
        for value in ["for=", "for=unknown", "for=_gazonk", "for=\"127.0.0.1", "for=127.0.0.1;for=127.0.0.1"] {
            assert_eq!(from("forwarded", value), "0.0.0.0", "{value}");
        }
        for value in ["", "for", "by=127.0.0.1", "for=192.0.2.1, proto=https"] {
            assert_eq!(from("forwarded", value), "", "it is not said: {value}");
        }
        let mut map = HeaderMap::new();
        map.insert("x-forwarded-for", HeaderValue::from_bytes(b"127.0.0.1\xff").unwrap());
        assert_eq!(client(&map), Some(UNREADABLE));
        assert_eq!(client(&HeaderMap::new()), None);
    }

    /// What the proxy adds comes after what the client wrote, in the same line.
    #[test]
    fn nothing_that_a_client_writes_hides_what_its_proxy_adds() {
        for own in [
            "for=127.0.0.1",
            "for=127.0.0.1;x=\"",
            "for=127.0.0.1;x=\"\\\"",
            "for=127.0.0.1;x=\"a\\",
            "for=127.0.0.1;x=\"a\"b\"",
            "for=127.0.0.1;\"",
            "\\\",for=127.0.0.1",
            "for=127.0.0.1;x=\\",
        ] {
            for added in ["for=192.0.2.3", "for=\"192.0.2.3:80\";proto=https"] {
                let mut map = HeaderMap::new();
                map.insert("forwarded", HeaderValue::try_from(format!("{own}, {added}")).unwrap());
                let client = client(&map).unwrap().to_string();
                assert!(["192.0.2.3", "0.0.0.0"].contains(&client.as_str()), "{own}, {added}: {client}");
            }
        }
    }

    #[test]
    fn of_two_headers_that_differ_neither_is_believed() {
        let both = |plain, standard| client(&headers(&[("x-forwarded-for", plain), ("forwarded", standard)]));
        assert_eq!(both("192.0.2.3", "for=192.0.2.3;proto=https"), Some([192, 0, 2, 3].into()));
        assert_eq!(both("192.0.2.3", "proto=https"), Some([192, 0, 2, 3].into()));
        for (plain, standard) in [("127.0.0.1", "for=192.0.2.3"), ("192.0.2.3", "for=_hidden"), ("", "for=192.0.2.3")] {
            assert_eq!(both(plain, standard), Some(UNREADABLE), "{plain} {standard}");
        }
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

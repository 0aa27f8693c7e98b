//! Which pages may connect.

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;

/// Where a page comes from (RFC 6454), as browsers write it: `https://example.org`, `http://localhost:5173`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebOrigin(String);

/// This is no origin of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoWebOrigin;

/// Whether a page may connect: with a list one that is on it, or that came from this server.
///
/// Only browsers say where a page comes from, and only for them it is of use: others could say what they like. So who says
/// nothing is let in.
pub(crate) fn may_connect(headers: &HeaderMap, allowed: &[WebOrigin]) -> bool {
    if allowed.is_empty() {
        return true;
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            let own = origin
                .split_once("://")
                .is_some_and(|(_, from)| host.is_some_and(|host| host.eq_ignore_ascii_case(from)));
            own || allowed.iter().any(|allowed| allowed.0 == origin)
        }),
        (Some(_), Some(_)) => false,
    }
}

impl FromStr for WebOrigin {
    type Err = NoWebOrigin;

    fn from_str(text: &str) -> Result<Self, NoWebOrigin> {
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or(NoWebOrigin)?;
        let usual_port = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => return Err(NoWebOrigin),
        };
        let valid = authority.parse::<Authority>().is_ok_and(|parsed| !parsed.host().is_empty());
        if !valid || authority.contains(['@', '*', '/']) {
            return Err(NoWebOrigin);
        }
        // Browsers leave the usual port out.
        Ok(WebOrigin(format!("{scheme}://{}", authority.strip_suffix(usual_port).unwrap_or(authority))))
    }
}

impl fmt::Display for NoWebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is no origin like https://example.org or http://localhost:5173, without a path")
    }
}

impl std::error::Error for NoWebOrigin {}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn may(origins: &[&'static str], host: &'static str) -> bool {
        let allowed = ["https://Example.org:443".parse().unwrap(), "http://localhost:5173".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_static(origin));
        }
        may_connect(&headers, &allowed)
    }

    #[test]
    fn pages_on_the_list_own_pages_and_programs_may() {
        assert!(may(&["https://example.org"], "call.example.org"));
        assert!(may(&["http://localhost:5173"], "127.0.0.1:8080"));
        assert!(may(&["http://127.0.0.1:8080"], "127.0.0.1:8080"));
        assert!(may(&["https://call.example.org"], "Call.example.org"));
        assert!(may(&[], "call.example.org"));
    }

    #[test]
    fn others_may_not() {
        for origin in [
            "http://example.org",
            "https://example.org:8443",
            "https://evil.example.org",
            "https://example.org.evil.example",
            "https://example.org@evil.example",
            "null",
            "",
        ] {
            assert!(!may(&[origin], "call.example.org"), "{origin}");
        }
        assert!(!may(&["https://example.org", "https://evil.example"], "call.example.org"));
        assert!(
            may_connect(&HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("null"))]), &[]),
            "without a list"
        );
    }

    #[test]
    fn what_is_no_origin_is_told() {
        for text in [
            "",
            "*",
            "example.org",
            "https://",
            "https://example.org/",
            "https://a@b",
            "https://*.example.org",
            "ws://a",
        ] {
            assert_eq!(text.parse::<WebOrigin>(), Err(NoWebOrigin), "{text}");
        }
        assert_eq!("http://[::1]:80".parse(), Ok(WebOrigin("http://[::1]".to_owned())));
    }
}

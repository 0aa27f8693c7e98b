//! Which pages may connect.

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;

use crate::forwarded::{asked_for, asked_port};

/// Where a page comes from (RFC 6454), as browsers write it: `https://example.org`, `http://localhost:5173`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebOrigin(String);

/// This is no origin of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoWebOrigin;

/// How this server is reached, as far as it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Own {
    /// It has TLS itself.
    pub(crate) tls: bool,
    /// A proxy that always says what it was asked for is before it.
    pub(crate) behind_proxy: bool,
}

/// Whether a page may connect: with a list one that is on it, or that came from this server.
///
/// Only browsers say where a page comes from, and only for them it is of use: others could say what they like. So a client that
/// says nothing is let in.
pub(crate) fn may_connect(headers: &HeaderMap, allowed: &[WebOrigin], own: Own) -> bool {
    if allowed.is_empty() {
        return true;
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => origin
            .to_str()
            .is_ok_and(|origin| own.is_own(headers, origin) || allowed.iter().any(|allowed| allowed.0 == origin)),
        (Some(_), Some(_)) => false,
    }
}

impl Own {
    /// Whether a page came from this server: by the same scheme, from the same host and port.
    fn is_own(self, headers: &HeaderMap, origin: &str) -> bool {
        let Some((scheme, from)) = origin.split_once("://") else { return false };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_ascii_lowercase);
        let (said_scheme, said_host) = if self.behind_proxy { asked_for(headers) } else { (None, None) };
        let is_scheme = match (said_scheme, self.tls) {
            (Some(said), _) => said == scheme,
            // A proxy that does not say it may have TLS or not.
            (None, false) if self.behind_proxy => matches!(scheme, "http" | "https"),
            (None, true) => scheme == "https",
            (None, false) => scheme == "http",
        };
        let from = from.to_ascii_lowercase();
        let port = if self.behind_proxy { asked_port(headers) } else { None };
        let is_host = |host: String| host == from || port.is_some_and(|port| format!("{host}:{port}") == from);
        is_scheme && said_host.or(host).is_some_and(is_host)
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

    const OWN: Own = Own { tls: false, behind_proxy: true };

    fn may(origins: &[&'static str], host: &'static str) -> bool {
        let allowed = ["https://Example.org:443".parse().unwrap(), "http://localhost:5173".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_static(origin));
        }
        may_connect(&headers, &allowed, OWN)
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
            may_connect(&HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("null"))]), &[], OWN),
            "without a list"
        );
    }

    #[test]
    fn the_own_page_has_the_own_scheme_and_the_host_that_the_proxy_was_asked_for() {
        let allowed = ["https://example.org".parse().unwrap()];
        let may = |origin: &'static str, own: Own, said: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("call.example.com"))]);
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            for (name, value) in said {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            may_connect(&headers, &allowed, own)
        };
        let (plain, tls) = (Own { tls: false, behind_proxy: false }, Own { tls: true, behind_proxy: false });
        assert!(may("http://call.example.com", plain, &[]) && may("https://call.example.com", tls, &[]));
        assert!(!may("https://call.example.com", plain, &[]) && !may("http://call.example.com", tls, &[]));
        assert!(!may("evil://call.example.com", OWN, &[]));
        let said = [("x-forwarded-proto", "https"), ("x-forwarded-host", "public.example")];
        assert!(may("https://public.example", OWN, &said) && !may("http://public.example", OWN, &said));
        assert!(!may("https://public.example", tls, &said), "without a proxy nobody is believed");
        let apart =
            [("x-forwarded-proto", "https"), ("x-forwarded-host", "public.example"), ("x-forwarded-port", "8443")];
        assert!(may("https://public.example:8443", OWN, &apart) && !may("https://public.example:8444", OWN, &apart));
        assert!(!may("https://public.example:8443", OWN, &said));
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

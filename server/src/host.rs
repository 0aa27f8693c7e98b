//! The name that a request asks for.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Answers those requests alone that name one host (RFC 9112, section 3.2). Others are read in one way by us and in another one by
/// what stands before us.
pub(crate) async fn one_host(request: Request, next: Next) -> Response {
    let is_old = request.version() < Version::HTTP_11 && !request.headers().contains_key(HOST);
    if is_old || host(request.headers()).is_some() {
        next.run(request).await
    } else {
        (StatusCode::BAD_REQUEST, "a request has one Host\n").into_response()
    }
}

/// The host and port of a request, if there is one `Host` and it is a name or an address.
pub(crate) fn host(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let host: Authority = host.to_str().ok()?.parse().ok()?;
    let port = host.as_str().strip_prefix(host.host())?;
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    Some(host).filter(|host| is_port && !host.host().is_empty() && !host.as_str().contains(','))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn one_name_or_address_is_a_host() {
        let read = |hosts: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_str(host).unwrap());
            }
            host(&headers).map(|host| host.to_string())
        };
        for good in ["a", "call.example.org", "call.example.org:8080", "127.0.0.1:1", "[::1]:443", "[::1]"] {
            assert_eq!(read(&[good]).as_deref(), Some(good));
        }
        for wrong in ["", "a b", "a,b", "user@a", "a/b", "a:", "a:99999", "a:b", ":80", "a\\b", "[::1", "\u{e4}"] {
            assert_eq!(read(&[wrong]), None, "{wrong}");
        }
        assert_eq!((read(&[]), read(&["a", "a"])), (None, None));
    }
}

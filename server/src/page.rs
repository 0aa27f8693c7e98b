//! The page inside the program: compressed when it was built, and kept by browsers for as long as it is the same.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The files of one version of the page.
pub(crate) struct Assets {
    /// The first part of the path of files that never change.
    version: &'static str,
    /// In the order of their paths.
    files: &'static [Asset],
}

/// One file.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    hash: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// How long a file may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// A year, which is for ever: its address has its version.
    ForEver,
    /// As long as it is asked for again each time, which costs little if it is the same.
    Asked,
}

/// Whether this program was built with the page.
pub(crate) fn is_embedded() -> bool {
    !EMBEDDED.files.is_empty()
}

/// Serves the page that is inside the program.
pub(crate) fn embedded() -> Router {
    Router::new()
        .fallback(async |request: Request| EMBEDDED.answer(request.method(), request.uri().path(), request.headers()))
}

impl Assets {
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
        }
        match self.find(path) {
            Some((asset, kept)) => asset.answer(kept, headers),
            None => (StatusCode::NOT_FOUND, "there is no such file\n").into_response(),
        }
    }

    fn find(&self, path: &str) -> Option<(&Asset, Kept)> {
        let path = path.strip_prefix('/')?;
        let versioned = path.strip_prefix(self.version).and_then(|rest| rest.strip_prefix('/'));
        let (path, kept) = match (versioned, path) {
            (Some(path), _) => (path, Kept::ForEver),
            (None, "") => ("index.html", Kept::Asked),
            (None, path) => (path, Kept::Asked),
        };
        let place = self.files.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
        Some((self.files.get(place)?, kept))
    }
}

impl Asset {
    fn answer(&self, kept: Kept, headers: &HeaderMap) -> Response {
        let accepts = |coding| accepts(headers, coding);
        let (coding, bytes) = match (self.brotli, self.gzip) {
            (Some(brotli), _) if accepts("br") => (Some("br"), brotli),
            (_, Some(gzip)) if accepts("gzip") => (Some("gzip"), gzip),
            _ => (None, self.plain),
        };
        let etag = format!("\"{}{}\"", self.hash, coding.map(|coding| format!("-{coding}")).unwrap_or_default());
        let cache = match kept {
            Kept::ForEver => "public, max-age=31536000, immutable",
            Kept::Asked => "no-cache",
        };
        let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|known| is_named(known, &etag));
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            // Hyper leaves the body out of the answer to HEAD.
            false => Response::new(Body::from(Bytes::from_static(bytes))),
        };
        let answer = response.headers_mut();
        answer.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = HeaderValue::try_from(etag) {
            answer.insert(ETAG, etag);
        }
        if !is_known {
            answer.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if let Some(coding) = coding {
                answer.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
        }
        response
    }
}

/// Whether a client names this coding (RFC 9110, section 12.5.3) and does not give it the weight of nothing.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let items = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    items.flat_map(|value| value.split(',')).any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding) && weight != Some(0.0)
    })
}

/// Whether a list of entity tags has this one, or is `*` (RFC 9110, section 13.1.2).
fn is_named(list: &HeaderValue, etag: &str) -> bool {
    let list = list.to_str().unwrap_or_default();
    list.trim() == "*" || list.split(',').any(|known| known.trim().trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    static ASSETS: Assets = Assets {
        version: "v1",
        files: &[
            Asset {
                path: "a/b.js",
                content_type: "text/javascript; charset=utf-8",
                hash: "77",
                plain: b"plain",
                brotli: Some(b"br"),
                gzip: Some(b"gz"),
            },
            Asset {
                path: "index.html",
                content_type: "text/html; charset=utf-8",
                hash: "88",
                plain: b"<!doctype html>",
                brotli: None,
                gzip: None,
            },
        ],
    };

    fn get(path: &str, headers: &[(axum::http::HeaderName, &'static str)]) -> Response {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect::<HeaderMap>();
        ASSETS.answer(&Method::GET, path, &headers)
    }

    fn header(response: &Response, name: axum::http::HeaderName) -> &str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn each_client_gets_what_it_understands() {
        for (accepted, coding, etag) in [
            ("gzip, deflate, br, zstd", "br", "\"77-br\""),
            ("gzip, deflate", "gzip", "\"77-gzip\""),
            ("br;q=0, gzip;q=0.5", "gzip", "\"77-gzip\""),
            ("br;q=0.0, gzip;q=0", "", "\"77\""),
            ("brotli, xgzip", "", "\"77\""),
            ("", "", "\"77\""),
        ] {
            let response = get("/a/b.js", &[(ACCEPT_ENCODING, accepted)]);
            let got = (header(&response, CONTENT_ENCODING), header(&response, ETAG));
            assert_eq!(got, (coding, etag), "{accepted}");
            assert_eq!(header(&response, VARY), "accept-encoding");
        }
    }

    #[test]
    fn what_has_its_version_in_its_address_is_kept_for_ever() {
        assert!(header(&get("/v1/a/b.js", &[]), CACHE_CONTROL).contains("immutable"));
        for path in ["/", "/index.html", "/a/b.js"] {
            assert_eq!(header(&get(path, &[]), CACHE_CONTROL), "no-cache", "{path}");
        }
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        for known in ["\"77-br\"", "\"1\", W/\"77-br\"", "*"] {
            let response = get("/a/b.js", &[(ACCEPT_ENCODING, "br"), (IF_NONE_MATCH, known)]);
            assert_eq!(
                (response.status(), header(&response, ETAG)),
                (StatusCode::NOT_MODIFIED, "\"77-br\""),
                "{known}"
            );
        }
        let other = get("/a/b.js", &[(ACCEPT_ENCODING, "br"), (IF_NONE_MATCH, "\"77\", \"77-gzip\"")]);
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[test]
    fn nothing_else_is_there() {
        for path in ["/v2/a/b.js", "/v1/", "/v1", "/a", "/a/", "/a/b.js/", "//a/b.js", "/../a/b.js", "/A/b.js", ""] {
            assert_eq!(get(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
        }
        let post = ASSETS.answer(&Method::POST, "/", &HeaderMap::new());
        assert_eq!((post.status(), header(&post, ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
    }

    #[test]
    fn the_page_inside_is_in_order() {
        assert!(EMBEDDED.files.is_sorted_by_key(|asset| asset.path));
        assert!(!is_embedded() || EMBEDDED.find("/").is_some());
    }
}

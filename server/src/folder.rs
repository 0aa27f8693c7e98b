//! A folder with the page, and nothing that is in it by chance: no hidden files, and nothing that a link leads to, unless it is asked for.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

/// The one folder with a dot that is meant to be read (RFC 8615).
const WELL_KNOWN: &str = ".well-known";

/// What becomes of symbolic links in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// They are as if they were not there.
    Hidden,
    /// They are what they lead to.
    Followed,
}

/// Serves a folder.
pub(crate) fn served(www: &Path, links: Links) -> Router {
    let files = ServeDir::new(www).precompressed_br().precompressed_gzip();
    Router::new().fallback_service(files).layer(from_fn_with_state((www.to_owned(), links), check))
}

async fn check(State((www, links)): State<(PathBuf, Links)>, request: Request, next: Next) -> Response {
    if is_of_the_page(&www, links, request.uri().path()).await {
        next.run(request).await
    } else {
        (StatusCode::NOT_FOUND, "there is no such file\n").into_response()
    }
}

/// Whether a path leads to a file of the page. What does not exist is the files' own concern.
async fn is_of_the_page(www: &Path, links: Links, path: &str) -> bool {
    let Some(path) = decoded(path) else { return false };
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.iter().any(|segment| segment.starts_with('.') && *segment != WELL_KNOWN) {
        return false;
    }
    if links == Links::Followed {
        return true;
    }
    let Ok(www) = tokio::fs::canonicalize(www).await else { return false };
    let named = www.join(segments.iter().collect::<PathBuf>());
    // The compressed variants, which are served in its place, may be links as little as the file itself.
    let compressed = ["br", "gz"].map(|ending| PathBuf::from(format!("{}.{ending}", named.display())));
    for file in [named].into_iter().chain(compressed) {
        if tokio::fs::canonicalize(&file).await.is_ok_and(|real| real != file) {
            return false;
        }
    }
    true
}

/// A path without percent-encoding (RFC 3986, section 2.1); none if that is no text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = path.bytes();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let byte = if byte == b'%' { u8::try_from(digit()? * 16 + digit()?).ok()? } else { byte };
        decoded.push(byte);
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_served() {
        assert_eq!(decoded("/%2egit/%C3%A4").as_deref(), Some("/.git/ä"));
        for wrong in ["/%", "/%2", "/%zz", "/%ff"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }
}

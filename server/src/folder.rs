//! A folder with the page, and nothing that is in it by chance: no hidden files, nothing but files, and nothing that a link leads
//! to unless that is asked for.

use std::io;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

/// The one folder with a dot that is meant to be read (RFC 8615).
const WELL_KNOWN: &str = ".well-known";
/// Systems take paths of so many bytes (`PATH_MAX`), with what is added to them here.
const PATH_BYTES: usize = 4000;

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
    let Ok(www) = tokio::fs::canonicalize(www).await else { return false };
    let named = www.join(segments.iter().collect::<PathBuf>());
    if named.as_os_str().len() > PATH_BYTES || !may_be_served(&named, links).await {
        return false;
    }
    // Of a folder it is its index that is served, and of both a compressed variant in their place.
    let is_folder = tokio::fs::metadata(&named).await.is_ok_and(|named| named.is_dir());
    let file = if is_folder { named.join("index.html") } else { named };
    let compressed = ["br", "gz"].map(|ending| PathBuf::from(format!("{}.{ending}", file.display())));
    for file in [file].into_iter().chain(compressed) {
        if !may_be_served(&file, links).await {
            return false;
        }
    }
    true
}

/// Whether this is a file or a folder, and no link unless links are followed; or nothing at all. Opening anything else, such as a
/// pipe, would wait for ever.
async fn may_be_served(path: &Path, links: Links) -> bool {
    match tokio::fs::canonicalize(path).await {
        Ok(real) if links == Links::Followed || real == path => {
            tokio::fs::metadata(&real).await.is_ok_and(|it| it.is_file() || it.is_dir())
        }
        Ok(_) => false,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
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

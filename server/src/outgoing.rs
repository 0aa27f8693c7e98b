//! Requests that the server itself makes, over HTTP.

use std::io;
use std::str::FromStr;

use axum::body::Body;
use axum::http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;

/// What makes them.
pub(crate) type HttpClient = Client<HttpsConnector<HttpConnector>, Body>;

/// It keeps so many connections open to each host between requests. It fails if the system trusts nobody.
pub(crate) fn http_client(kept_open: usize) -> io::Result<HttpClient> {
    let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(ring::default_provider())?;
    let connector = connector.https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(kept_open).build(connector))
}

/// An address with `https:`, or one of this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeUrl(Uri);

impl SafeUrl {
    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }
}

impl FromStr for SafeUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        match uri.scheme_str() {
            Some("https") if !host.is_empty() => Ok(SafeUrl(uri)),
            Some("http") if is_here => Ok(SafeUrl(uri)),
            _ => Err("it is neither https://… nor http:// on this computer".to_owned()),
        }
    }
}

//! Requests that the server itself makes, over HTTP.

use std::io;
use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// What makes them.
pub(crate) type HttpClient = Client<HttpsConnector<HttpConnector>, Body>;

/// For this address; it keeps so many connections open to each host between requests. It fails if the address is one with `https:` and the
/// system trusts nobody.
pub(crate) fn http_client(url: &SafeUrl, kept_open: usize) -> io::Result<HttpClient> {
    let connector = match url.0.scheme_str() {
        Some("http") => HttpsConnectorBuilder::new().with_tls_config(trusting_nobody()?),
        _ => HttpsConnectorBuilder::new().with_provider_and_native_roots(ring::default_provider())?,
    };
    let connector = connector.https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(kept_open).build(connector))
}

/// For what is not encrypted: a computer without certificates, as a container often is, can be asked all the same.
fn trusting_nobody() -> io::Result<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(io::Error::other)?;
    Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
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

#[cfg(test)]
mod tests {
    #[test]
    fn the_container_has_certificates() {
        let recipe = include_str!("../deploy/Containerfile");
        let (_, image) = recipe.rsplit_once("FROM ").unwrap();
        assert!(image.lines().any(|line| line.starts_with("RUN ") && line.contains("ca-certificates")), "{image}");
    }
}

//! Why a server could not start, with the flag that it is about.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::{fmt, io};

use crate::ice::IceServerError;
use crate::relay::TurnError;
use crate::tls::TlsError;

/// What to do about a missing page.
const NO_PAGE: &str = "this program was built without the page: run \"cargo xtask wasm\" before \"cargo build\", or give a folder with --www";

/// Why a server could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// It could not listen there.
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// It could not listen for those that read its numbers.
    Metrics {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The page's folder is none.
    Www {
        /// The folder.
        path: PathBuf,
    },
    /// There is no certificate to show.
    Tls(TlsError),
    /// The page is not inside this program.
    NoPage,
    /// An ICE server is given that browsers refuse: a TURN server without a user, for instance, and no secret to make one with.
    IceServer {
        /// Its addresses.
        url: String,
        /// Why.
        why: IceServerError,
    },
    /// The relay's name cannot be in an address.
    TurnHost {
        /// The name.
        host: String,
        /// Why.
        why: IceServerError,
    },
    /// The system trusts no certificates, so that ICE servers cannot be fetched.
    IceServersUrl(io::Error),
    /// The system trusts no certificates, so that nothing can be told to a webhook.
    Webhook(io::Error),
    /// The relay could not start.
    Turn(TurnError),
    /// The cluster could not be joined.
    #[cfg(feature = "redis")]
    Redis(crate::redis::JoinError),
    /// The system has no random numbers.
    Random(getrandom::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Listen { address, source } => {
                write!(f, "--listen: cannot listen at {address}: {source}")
            }
            StartError::Metrics { address, source } => write!(f, "--metrics: cannot listen at {address}: {source}"),
            StartError::Www { path } => write!(f, "--www: {} is not a folder", path.display()),
            StartError::Tls(error) => error.fmt(f),
            StartError::NoPage => f.write_str(NO_PAGE),
            StartError::IceServer { url, why: IceServerError::NoCredential } => {
                write!(
                    f,
                    "--ice-server: {url} needs a user and a credential, URL,USERNAME,CREDENTIAL, or --turn-secret"
                )
            }
            StartError::IceServer { url, why } => write!(f, "--ice-server: {url}: {why}"),
            StartError::TurnHost { host, why } => write!(f, "--turn-host: {host}: {why}"),
            StartError::IceServersUrl(source) => write!(f, "--ice-servers-url: {source}"),
            StartError::Webhook(source) => write!(f, "--webhook: {source}"),
            StartError::Turn(source) => write!(f, "{source}"),
            #[cfg(feature = "redis")]
            StartError::Redis(source) => source.fmt(f),
            StartError::Random(source) => write!(f, "the system has no random numbers: {source}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StartError::Listen { source, .. } | StartError::Metrics { source, .. } => Some(source),
            StartError::Www { .. } | StartError::NoPage => None,
            StartError::IceServer { why, .. } | StartError::TurnHost { why, .. } => Some(why),
            StartError::IceServersUrl(source) | StartError::Webhook(source) => Some(source),
            StartError::Tls(source) => Some(source),
            StartError::Turn(source) => source.source(),
            #[cfg(feature = "redis")]
            StartError::Redis(source) => std::error::Error::source(source),
            StartError::Random(source) => Some(source),
        }
    }
}

impl From<TlsError> for StartError {
    fn from(error: TlsError) -> Self {
        StartError::Tls(error)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_unit_tries_again_however_often_the_server_could_not_start() {
        let unit = include_str!("../deploy/itodenwa-server.service");
        let of_unit = unit.split_once("[Unit]").and_then(|(_, rest)| rest.split_once("[Service]")).unwrap().0;
        assert!(unit.lines().any(|line| line == "Restart=always"), "{unit}");
        // By default systemd gives up after five starts in ten seconds.
        assert!(of_unit.lines().any(|line| line == "StartLimitIntervalSec=0"), "{of_unit}");
    }
}

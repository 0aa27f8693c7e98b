//! The server as a whole: bound, then served, stopped or dropped.

use std::fmt;
use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;

use futures_util::future::join;
use itodenwa_wire::IceServers;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::accept::accept;
use crate::access::Access;
use crate::http::router;
use crate::hub::Hub;
use crate::switchboard::Switchboard;

/// A server that has its port and waits to be [served](Server::serve).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    config: Config,
}

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
    /// The page's folder is none.
    Www {
        /// The folder.
        path: PathBuf,
    },
    /// The system has no random numbers.
    Random(getrandom::Error),
}

impl Server {
    /// Listens at [`Config::listen`], or at the first free one of the [`Config::further_ports`] after it. From now on
    /// clients can connect; they are answered as soon as the server is served.
    ///
    /// # Errors
    /// [`StartError`] when no port is free, the page's folder is not there, or the system has no random numbers.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        if let Some(path) = config.www.as_ref().filter(|www| !www.is_dir()) {
            return Err(StartError::Www { path: path.clone() });
        }
        getrandom::u32().map_err(StartError::Random)?;
        let listener = listen(config.listen, config.further_ports).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen { address: config.listen, source })?;
        Ok(Server { listener, address, config })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves. The future never ends; dropping it ends everything at once.
    pub async fn serve(self) {
        self.serve_until(pending()).await;
    }

    /// Serves until `stop` is done. Then no more connections are accepted, everybody is told and closed
    /// (`server/going-away`, 1012), and the future ends when all are gone, after [`Limits::stop_timeout`] at the latest.
    ///
    /// [`Limits::stop_timeout`]: crate::Limits::stop_timeout
    pub async fn serve_until(self, stop: impl Future<Output = ()>) {
        let Server { listener, config, .. } = self;
        let ice_servers = IceServers { servers: config.ice_servers.clone(), expires_in: None };
        let hub = Hub::new(config.limits.clone(), Access::new(config.secrets.clone()), ice_servers, random);
        let (switchboard, calls) = Switchboard::new(config.limits.clone(), hub);
        let router = router(&config, calls);
        let stopping = CancellationToken::new();
        let mut work =
            pin!(join(accept(listener, router, &config, stopping.clone()), switchboard.run(stopping.clone())));
        tokio::select! {
            _ = &mut work => return,
            () = stop => {}
        }
        stopping.cancel();
        if timeout(config.limits.stop_timeout, work).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
}

/// The part of ids that is not to be guessed. It was there when the server started; should it ever be missing, ids are
/// still unique, by their sessions.
fn random() -> u32 {
    getrandom::u32().unwrap_or_else(|error| {
        tracing::error!(%error, "no random number");
        0
    })
}

async fn listen(address: SocketAddr, further_ports: u16) -> Result<TcpListener, StartError> {
    let mut candidate = address;
    loop {
        match TcpListener::bind(candidate).await {
            Ok(listener) => return Ok(listener),
            Err(source) => {
                let next = candidate.port().checked_add(1).filter(|port| port - address.port() <= further_ports);
                match next {
                    Some(port) if source.kind() == io::ErrorKind::AddrInUse => candidate.set_port(port),
                    _ => return Err(StartError::Listen { address: candidate, source }),
                }
            }
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Listen { address, source } => {
                write!(f, "--listen: cannot listen at {address}: {source}")
            }
            StartError::Www { path } => write!(f, "--www: {} is not a folder", path.display()),
            StartError::Random(source) => write!(f, "the system has no random numbers: {source}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StartError::Listen { source, .. } => Some(source),
            StartError::Www { .. } => None,
            StartError::Random(source) => Some(source),
        }
    }
}

//! The relay as a whole: started, told who may use it, dropped.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use mio::Waker;
use rustls::ServerConfig;

use super::config::TurnConfig;
use super::credentials::Secret;
use super::io::Family;
use super::ledger::Ledger;
use super::limits::TurnLimits;
use super::local_addresses::local_addresses;
use super::peers::Peers;
use super::relayed::Relayed;
use super::rules::Rules;
use super::sockets;
use super::worker::{Shared, Worker};
use crate::port::has_no_ipv6;
use crate::seldom::Seldom;

/// Most threads when nobody says how many.
const WORKERS: usize = 8;

/// A relay that works until it is dropped.
pub struct Service {
    shared: Arc<Shared>,
    address: SocketAddr,
    workers: Vec<(Arc<Waker>, Option<JoinHandle<()>>)>,
}

/// Why a relay could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum TurnError {
    /// It could not listen there.
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// It has no address of its own to tell, or several of one kind.
    Addresses,
    /// The system does not tell its addresses.
    LocalAddresses(io::Error),
    /// There are no ports between these.
    Ports,
    /// The system has no random numbers.
    Random(getrandom::Error),
    /// The system has no threads or no events.
    System(io::Error),
}

impl Service {
    /// Starts the relay, in threads of its own. With a TLS configuration, it takes TLS at the same port.
    ///
    /// # Errors
    /// [`TurnError`] when the configuration is wrong or the system refuses something.
    pub fn start(
        config: &TurnConfig,
        limits: TurnLimits,
        secret: Secret,
        tls: Option<Arc<ServerConfig>>,
    ) -> Result<Self, TurnError> {
        let of = |family| config.addresses.iter().filter(move |ip| Family::of(**ip) == family);
        let wrong = |ip: &IpAddr| ip.is_unspecified() || ip.is_multicast();
        let too_many = of(Family::V4).count() > 1 || of(Family::V6).count() > 1;
        if config.addresses.is_empty() || config.addresses.iter().any(wrong) || too_many {
            return Err(TurnError::Addresses);
        }
        if config.ports.is_empty() || config.ports.contains(&0) {
            return Err(TurnError::Ports);
        }
        let nonces = Secret::random().map_err(TurnError::Random)?;
        let workers = workers(config.workers);
        let (address, listeners) = listen(config, workers)?;
        // Without them it could not refuse what listens at them.
        let local = local_addresses().map_err(TurnError::LocalAddresses)?;
        let peers = Peers {
            allowed: config.allow.clone(),
            announced: config.addresses.iter().map(IpAddr::to_canonical).collect(),
            listens: Some(address.ip().to_canonical()),
            peer_ports: config.peer_ports.clone(),
            ..Peers::default()
        };
        let start = tokio::time::Instant::now().into_std();
        let rules = Rules::new(limits, &config.addresses, peers, secret, nonces, start);
        let shared = Arc::new(Shared {
            rules: Arc::new(rules),
            ports: config.ports.clone(),
            v4: Relayed::of(of(Family::V4).next().copied(), Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::LOCALHOST.into()),
            v6: Relayed::of(of(Family::V6).next().copied(), Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::LOCALHOST.into()),
            listens_v6: address.is_ipv6(),
            tls,
            without_port: Seldom::new(start),
            stop: AtomicBool::new(false),
        });
        let mut service = Service { shared, address, workers: Vec::new() };
        for listeners in listeners {
            let (worker, waker) =
                Worker::new(Arc::clone(&service.shared), listeners, local.clone()).map_err(TurnError::System)?;
            let thread = std::thread::Builder::new().name("relay".to_owned());
            let thread = thread.spawn(move || worker.run()).map_err(TurnError::System)?;
            service.workers.push((waker, Some(thread)));
        }
        Ok(service)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What credentials are made with.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.shared.rules.secret
    }

    /// Who may have how much, and has.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.shared.rules.ledger
    }

    /// Whether it takes TLS.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.shared.tls.is_some()
    }

    /// From now on this session may have allocations, with credentials for its name.
    pub fn admit(&self, session: &str) {
        self.shared.rules.ledger.admit(session);
    }

    /// From now on it may not, and those it has end.
    pub fn dismiss(&self, session: &str) {
        self.shared.rules.ledger.dismiss(session);
        self.wake();
    }

    fn wake(&self) {
        for (waker, _) in &self.workers {
            if let Err(error) = waker.wake() {
                tracing::error!(%error, "a thread of the relay does not wake");
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.wake();
        for thread in self.workers.iter_mut().filter_map(|(_, thread)| thread.take()) {
            if thread.join().is_err() {
                tracing::error!("a thread of the relay has failed");
            }
        }
    }
}

/// As many as there are processors, if the system can share a port among them.
fn workers(given: Option<NonZeroUsize>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(WORKERS);
    if sockets::SHARES { given.map_or_else(processors, NonZeroUsize::get) } else { 1 }
}

fn listen(config: &TurnConfig, workers: usize) -> Result<(SocketAddr, Vec<sockets::Listeners>), TurnError> {
    let listening = listen_by(config.listen, config.any_port, |address| sockets::listen(address, workers));
    listening.map_err(|(address, source)| TurnError::Listen { address, source })
}

/// At this address. If nobody asked for it, at every one of IPv4 where there is no IPv6, as the server itself does, and at any
/// port where this one is taken.
fn listen_by<T>(
    address: SocketAddr,
    is_default: bool,
    mut listen: impl FnMut(SocketAddr) -> io::Result<T>,
) -> Result<T, (SocketAddr, io::Error)> {
    let mut candidate = address;
    loop {
        match listen(candidate) {
            Ok(listening) => return Ok(listening),
            Err(error) if is_default && has_no_ipv6(candidate, &error) => {
                candidate.set_ip(Ipv4Addr::UNSPECIFIED.into());
            }
            Err(error) if is_default && error.kind() == io::ErrorKind::AddrInUse && candidate.port() != 0 => {
                candidate.set_port(0);
            }
            Err(error) => return Err((candidate, error)),
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("address", &self.address).finish_non_exhaustive()
    }
}

impl fmt::Display for TurnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TurnError::Listen { address, source } => write!(f, "--turn-listen: cannot listen at {address}: {source}"),
            TurnError::Addresses => {
                write!(
                    f,
                    "--turn-address: one address of this computer that others reach it at, or one of IPv4 and one of IPv6"
                )
            }
            TurnError::LocalAddresses(source) => {
                write!(
                    f,
                    "the relay cannot know the addresses of this computer and would let clients talk to it: {source} \
                     (systemd: RestrictAddressFamilies= needs AF_NETLINK; or --turn off)"
                )
            }
            TurnError::Ports => write!(f, "--turn-ports: it has no ports, or port 0"),
            TurnError::Random(source) => write!(f, "the system has no random numbers: {source}"),
            TurnError::System(source) => write!(f, "the relay cannot work: {source}"),
        }
    }
}

impl std::error::Error for TurnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TurnError::Listen { source, .. } | TurnError::LocalAddresses(source) | TurnError::System(source) => {
                Some(source)
            }
            TurnError::Random(source) => Some(source),
            TurnError::Addresses | TurnError::Ports => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A computer without IPv6, on which the port of TURN is taken.
    fn only_ipv4(address: SocketAddr) -> io::Result<SocketAddr> {
        match address {
            SocketAddr::V6(_) => Err(io::ErrorKind::AddrNotAvailable.into()),
            SocketAddr::V4(_) if address.port() == TurnConfig::PORT => Err(io::ErrorKind::AddrInUse.into()),
            SocketAddr::V4(_) => Ok(address),
        }
    }

    #[test]
    fn without_ipv6_the_relay_listens_as_the_server_does() {
        let listen = |address: &str, is_default| {
            let listening = listen_by(address.parse().unwrap(), is_default, only_ipv4);
            listening.map(|address| address.to_string()).map_err(|(address, _)| address.to_string())
        };
        assert_eq!(listen("[::]:3479", true), Ok("0.0.0.0:3479".to_owned()));
        assert_eq!(listen("[::]:3478", true), Ok("0.0.0.0:0".to_owned()), "both");
        assert_eq!(listen("[::]:3479", false), Err("[::]:3479".to_owned()), "who says where means it");
        assert_eq!(listen("0.0.0.0:3478", false), Err("0.0.0.0:3478".to_owned()));
        assert_eq!(listen("[2001:db8::1]:3479", true), Err("[2001:db8::1]:3479".to_owned()));
    }
}

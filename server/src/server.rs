//! The server as a whole: bound, then served, stopped or dropped.

use std::future::{Future, pending};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join4};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::accept::{HttpService, Https, accept};
use crate::access::Access;
use crate::cluster::{Bus, LocalBus, Registry};
use crate::connection_registry::ConnectionRegistry;
use crate::http::{metrics_alone, router, to_https};
use crate::hub::Hub;
use crate::ice::{self, Fetcher, Ice};
use crate::port::claim;
use crate::relay::Service;
use crate::relay::credentials::Secret;
use crate::start_error::StartError;
use crate::ticket::Tickets;
use crate::tls::{Certificate, addresses};
use crate::webhook::{self, Deliverer, Webhooks};
use crate::{Config, Page, TicketSecret, Tls};

/// How often files are looked at for a renewed certificate. It is renewed weeks before the old one expires.
const LOOK_FOR_RENEWED: Duration = Duration::from_secs(3600);

/// A server that has its port and waits to be [served](Server::serve).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    metrics: Option<TcpListener>,
    certificate: Option<Arc<Certificate>>,
    tls: Option<Arc<ServerConfig>>,
    config: Config,
    ice: Ice,
    /// What fetches ICE servers, and what came of the first time.
    fetcher: Option<(Fetcher, Option<Duration>)>,
    tickets: Tickets,
    bus: Box<dyn Bus>,
    registry: Box<dyn Registry>,
    webhooks: Option<(Webhooks, Deliverer)>,
}

impl Server {
    /// Listens at [`Config::listen`], or at the first free one of the [`Config::further_ports`] after it. From now on
    /// clients can connect; they are answered as soon as the server is served.
    ///
    /// # Errors
    /// [`StartError`] when no port is free, page or certificate are not there, or the system has no random numbers.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        match &config.page {
            Page::Folder(path) | Page::LinkedFolder(path) if !path.is_dir() => {
                return Err(StartError::Www { path: path.clone() });
            }
            Page::Embedded if !Page::is_embedded() => return Err(StartError::NoPage),
            _ => {}
        }
        let run = getrandom::u64().map_err(StartError::Random)?;
        let webhooks = config.webhook.clone().map(|webhook| webhook::start(webhook, run)).transpose();
        let webhooks = webhooks.map_err(StartError::Webhook)?;
        // While it joins a cluster it is not there for clients yet; alone it is at once, so that of two that start together each has a port.
        #[cfg(feature = "redis")]
        let is_late = config.redis.is_some();
        #[cfg(not(feature = "redis"))]
        let is_late = false;
        let (port, address) = claim(config.listen, config.further_ports, is_late)?;
        let metrics = match config.metrics {
            Some(address) => {
                Some(TcpListener::bind(address).await.map_err(|source| StartError::Metrics { address, source })?)
            }
            None => None,
        };
        let certificate = config.tls.clone().map(|tls| Certificate::new(tls, address)).transpose()?;
        let tls = certificate.as_ref().map(Certificate::server_config).transpose()?;
        let mut ice = start_ice(&config, certificate.as_deref(), tls.clone())?;
        let mut fetcher = None;
        if let Some(from) = config.ice_servers_url.clone() {
            let fetching = ice.fetching(from).map_err(StartError::IceServersUrl)?;
            // Who joins first shall have them, too. A failure has been told, and does not last.
            let first = fetching.once().await;
            fetcher = Some((fetching, first));
        }
        // The last step: others leave this node a part of the rooms as soon as it has joined.
        let Cluster { bus, registry, ticket_secret, membership } = cluster(&config).await?;
        let started = Tickets::start(ticket_secret.as_ref(), config.limits.ticket_lifetime)
            .map_err(StartError::Random)
            .and_then(|tickets| Ok((tickets, port.listen(address)?)));
        let (tickets, listener) = match started {
            Ok(started) => started,
            Err(error) => {
                // Without it nobody takes what comes, and nothing waits for that.
                drop(bus);
                membership.await;
                return Err(error);
            }
        };
        Ok(Server {
            listener,
            address,
            metrics,
            certificate,
            tls,
            config,
            ice,
            fetcher,
            tickets,
            bus,
            registry,
            webhooks,
        })
    }

    /// Makes it one of several that keep rooms together, over a way of one's own. They need the same [`Config::ticket_secret`].
    #[must_use]
    pub fn in_cluster(self, bus: impl Bus + 'static, registry: impl Registry + 'static) -> Self {
        Server { bus: Box::new(bus), registry: Box::new(registry), ..self }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` is, if it has a place of its own.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref()?.local_addr().ok()
    }

    /// Where a browser on this computer finds it; if it listens at every address, also where others find it.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let (ip, port) = (self.address.ip(), self.address.port());
        let ips = match ip {
            IpAddr::V4(v4) if v4.is_unspecified() => addresses(ip).into_iter().filter(IpAddr::is_ipv4).collect(),
            IpAddr::V6(v6) if v6.is_unspecified() => {
                addresses(ip).into_iter().filter(|ip| *ip != Ipv4Addr::LOCALHOST).collect()
            }
            ip => vec![ip],
        };
        ips.into_iter().map(|ip| format!("{scheme}://{}/", SocketAddr::new(ip, port))).collect()
    }

    /// The SHA-256 fingerprint of the certificate that it shows, as browsers write it. None without TLS.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        self.certificate.as_ref().map(|certificate| certificate.fingerprint())
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
        let Server {
            listener,
            metrics: numbers,
            certificate,
            tls,
            config,
            ice,
            fetcher,
            tickets,
            bus,
            registry,
            webhooks,
            ..
        } = self;
        let (webhooks, deliverer) = webhooks.unzip();
        let hub = Hub::new(config.limits.clone(), Access::new(config.secrets.clone()), ice, tickets, random);
        let (connections, messages) = ConnectionRegistry::new(config.limits.clone(), hub, (bus, registry), webhooks);
        let numbers_service = HttpService {
            router: metrics_alone(messages.clone()),
            https: None,
            request_timeout: config.limits.request_timeout,
            write_timeout: config.limits.write_timeout,
        };
        let service = HttpService {
            router: router(&config, messages, connections.is_in()),
            https: certificate
                .clone()
                .zip(tls)
                .map(|(certificate, tls)| Https { acceptor: TlsAcceptor::from(tls), redirect: to_https(certificate) }),
            request_timeout: config.limits.request_timeout,
            write_timeout: config.limits.write_timeout,
        };
        let stopping = CancellationToken::new();
        let numbers = async {
            if let Some(listener) = numbers {
                accept(listener, numbers_service, &config, stopping.clone()).await;
            }
        };
        let pages = accept(listener, service, &config, stopping.clone());
        // It ends when the registry has, and all was told.
        let telling = async {
            if let Some(deliverer) = deliverer {
                deliverer.run().await;
            }
        };
        let mut work = pin!(join4(pages, numbers, connections.run(stopping.clone()), telling));
        let fetching = async {
            match fetcher {
                Some((fetcher, first)) => fetcher.run(first).await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = &mut work => return,
            () = renew(certificate) => {}
            () = fetching => {}
            () = stop => {}
        }
        stopping.cancel();
        if timeout(config.limits.stop_timeout, work).await.is_err() {
            tracing::warn!("some connections or webhooks did not end in time");
        }
    }
}

/// The way to other nodes, if there may be any.
struct Cluster {
    bus: Box<dyn Bus>,
    registry: Box<dyn Registry>,
    /// What tickets are sealed with.
    ticket_secret: Option<TicketSecret>,
    /// Done when this node has left.
    membership: BoxFuture<'static, ()>,
}

async fn cluster(config: &Config) -> Result<Cluster, StartError> {
    #[cfg(feature = "redis")]
    if let Some(redis) = &config.redis {
        let joined = crate::cluster::redis::join(redis.clone(), config.ticket_secret.clone()).await;
        let crate::cluster::redis::Joined { bus, registry, secret, membership } = joined.map_err(StartError::Redis)?;
        return Ok(Cluster {
            bus: Box::new(bus),
            registry: Box::new(registry),
            ticket_secret: Some(secret),
            membership: Box::pin(async { drop(membership.await) }),
        });
    }
    let (bus, registry) = LocalBus::alone();
    Ok(Cluster {
        bus: Box::new(bus),
        registry: Box::new(registry),
        ticket_secret: config.ticket_secret.clone(),
        membership: Box::pin(async {}),
    })
}

/// Looks for a renewed certificate, for ever.
async fn renew(certificate: Option<Arc<Certificate>>) {
    let Some(certificate) = certificate else { return pending().await };
    loop {
        sleep(LOOK_FOR_RENEWED).await;
        // Two small files, once in an hour: not worth a thread.
        match certificate.refresh() {
            Ok(true) => tracing::info!(fingerprint = certificate.fingerprint(), "the certificate was renewed"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the old certificate is shown further"),
        }
    }
}

/// The ICE servers, and the relay among them.
fn start_ice(
    config: &Config,
    certificate: Option<&Certificate>,
    tls: Option<Arc<ServerConfig>>,
) -> Result<Ice, StartError> {
    for server in &config.ice_servers {
        ice::check_given(server, config.turn_secret.is_some())
            .map_err(|why| StartError::IceServer { url: server.urls.join(" "), why })?;
    }
    let secret = config.turn_secret.clone().map_or_else(Secret::random, Ok).map_err(StartError::Random)?;
    // Browsers take no certificate for TURN that a person would have to agree to.
    let tls = tls.filter(|_| matches!(config.tls, Some(Tls::Files { .. })));
    let has_tls = tls.is_some();
    let relay = match &config.turn {
        None => None,
        Some(turn) => {
            let service =
                Service::start(turn, config.turn_limits.clone(), secret.clone(), tls).map_err(StartError::Turn)?;
            tracing::info!(address = %service.address(), "relay");
            let host = turn.host.clone().or_else(|| turn.addresses.first().copied().map(ice::host));
            let host = host.unwrap_or_default();
            let is_named = certificate.is_some_and(|certificate| certificate.is_for(&host));
            if service.has_tls() && !is_named {
                tracing::warn!(
                    host,
                    "the certificate does not name the relay: there is no turns: for browsers; --turn-host is its name"
                );
            }
            let relay = ice::Relay::new(service, &host, is_named && has_tls);
            Some(relay.map_err(|why| StartError::TurnHost { host, why })?)
        }
    };
    Ok(Ice {
        given: config.ice_servers.clone(),
        secret,
        lifetime: config.turn_limits.turn_credential_lifetime,
        relay,
        fetched: None,
    })
}

/// The part of ids that is not to be guessed. It was there when the server started; should it ever be missing, ids are
/// still unique, by their sessions.
fn random() -> u32 {
    getrandom::u32().unwrap_or_else(|error| {
        tracing::error!(%error, "no random number");
        0
    })
}

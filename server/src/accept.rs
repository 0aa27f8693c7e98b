//! TCP connections: how many, and how long they may take to ask for something.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::address::{Network, Origin};
use crate::steady::Steady;
use crate::upgrade::Remote;

/// Most TCP connections that are no WebSockets yet, or never will be; further ones wait to be accepted.
pub(crate) const CONNECTIONS: usize = 4096;
/// Most of them of one origin, as a multiple of its WebSockets, a browser opens six for a page; and however many those are.
const PER_WEBSOCKET: usize = 8;
const PER_ORIGIN: usize = 256;
/// An origin may have this part of the places that are free: the fewer there are, the fewer it may have. Sixteen that take all
/// they may have leave 600 places, and forty leave 40.
const PART_OF_FREE: usize = 8;
/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// How a TLS connection begins: with a record of this type (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;
/// The pause after an error of `accept`, which mostly means that there are no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until it is told to stop, and serves them to their end; dropped, it ends them at once.
/// WebSockets are handed over: they do not count as connections here once they are upgraded.
pub(crate) async fn accept(listener: TcpListener, service: HttpService, config: &Config, stop: CancellationToken) {
    let limits = &config.limits;
    // A proxy brings everybody's connections: there it is the gate that tells people apart.
    let per_origin = match config.behind_proxy {
        true => usize::MAX,
        false => limits.connections_per_address.saturating_mul(PER_WEBSOCKET).min(PER_ORIGIN),
    };
    let mut connections = JoinSet::new();
    let mut places = Places { taken: 0, per_origin, networks: HashMap::new() };
    loop {
        let has_room = connections.len() < CONNECTIONS;
        tokio::select! {
            () = stop.cancelled() => break,
            Some(Ok(origin)) = connections.join_next() => places.release(origin),
            accepted = listener.accept(), if has_room => match accepted {
                Ok((stream, address)) => {
                    let origin = Origin::from(address.ip());
                    if !places.take(origin) {
                        tracing::debug!(%origin, "too many TCP connections");
                        continue;
                    }
                    let connection = service.clone().serve(stream, address.ip(), stop.clone());
                    connections.spawn(async move {
                        connection.await;
                        origin
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// What is done with a TCP connection.
#[derive(Clone)]
pub(crate) struct HttpService {
    pub(crate) router: Router,
    pub(crate) https: Option<Https>,
    pub(crate) request_timeout: Duration,
    pub(crate) write_timeout: Duration,
}

/// What is done where TLS is expected.
#[derive(Clone)]
pub(crate) struct Https {
    pub(crate) acceptor: TlsAcceptor,
    /// What answers those who speak HTTP all the same.
    pub(crate) redirect: Router,
}

impl HttpService {
    /// Serves one connection. Clients that go away or send no HTTP are no concern of ours, so its failures are not told.
    async fn serve(self, stream: TcpStream, address: IpAddr, stop: CancellationToken) {
        // Small messages are not held back to be sent with later ones. A failure costs only time.
        let _ = stream.set_nodelay(true);
        let Some(https) = &self.https else {
            return self.http(self.steady(stream), self.router.clone(), address, stop).await;
        };
        let secured = async {
            let mut first = [0];
            match stream.peek(&mut first).await {
                Ok(1) if first == [TLS_HANDSHAKE] => https.acceptor.accept(self.steady(stream)).await.ok().map(Ok),
                Ok(1) => Some(Err(stream)),
                _ => None,
            }
        };
        let secured = tokio::select! {
            secured = timeout(self.request_timeout, secured) => secured,
            () = stop.cancelled() => return,
        };
        match secured {
            Ok(Some(Ok(stream))) => self.http(stream, self.router.clone(), address, stop).await,
            Ok(Some(Err(plain))) => self.http(self.steady(plain), https.redirect.clone(), address, stop).await,
            Ok(None) | Err(_) => tracing::debug!(origin = %Origin::from(address), "no TLS"),
        }
    }

    /// Beneath TLS, which has taken what nobody has read yet.
    fn steady(&self, stream: TcpStream) -> Steady<TcpStream> {
        Steady::new(stream, self.write_timeout)
    }

    async fn http<S>(&self, stream: S, router: Router, address: IpAddr, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let routes = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Remote(address));
            routes.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.request_timeout)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        tokio::select! {
            _ = &mut connection => return,
            () = stop.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Who has how many of the places for connections that are no WebSockets.
#[derive(Debug)]
struct Places {
    taken: usize,
    per_origin: usize,
    /// Those with a connection: [`NETWORKS`](crate::address::NETWORKS) for each at most.
    networks: HashMap<Network, usize>,
}

impl Places {
    /// Whether an origin gets one more, which is to be released once.
    fn take(&mut self, origin: Origin) -> bool {
        let free = CONNECTIONS.saturating_sub(self.taken);
        if free == 0 {
            return false;
        }
        let may_have = match self.per_origin {
            usize::MAX => usize::MAX,
            most => most.min((free / PART_OF_FREE).max(1)),
        };
        let has = |network: &Network| self.networks.get(network).copied().unwrap_or_default();
        if origin.networks().any(|(network, times)| has(&network) >= may_have.saturating_mul(times)) {
            return false;
        }
        for (network, _) in origin.networks() {
            *self.networks.entry(network).or_default() += 1;
        }
        self.taken += 1;
        true
    }

    fn release(&mut self, origin: Origin) {
        for (network, _) in origin.networks() {
            if let Some(count) = self.networks.get_mut(&network) {
                *count -= 1;
                if *count == 0 {
                    self.networks.remove(&network);
                }
            }
        }
        self.taken = self.taken.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_place_for_another_one_when_many_are_greedy() {
        let mut places = Places { taken: 0, per_origin: PER_ORIGIN, networks: HashMap::new() };
        let origin = |number: u32| Origin::from(IpAddr::from(number.to_be_bytes()));
        for number in 0..40 {
            while places.take(origin(number)) {}
            assert!(number != 15 || places.taken <= CONNECTIONS - 600, "{}", places.taken);
        }
        assert!(places.taken <= CONNECTIONS - 36, "{}", places.taken);
        assert!(places.take(origin(1000)));
        places.release(origin(1000));
        for number in 0..40 {
            while places.networks.contains_key(&origin(number).networks().next().unwrap().0) {
                places.release(origin(number));
            }
        }
        assert!(places.taken == 0 && places.networks.is_empty());
    }
}

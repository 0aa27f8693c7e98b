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
use crate::address::Origin;
use crate::http::{Remote, to_https};

/// Most TCP connections that are no WebSockets yet, or never will be; further ones wait to be accepted.
const CONNECTIONS: usize = 4096;
/// Most TCP connections of one origin, as a multiple of its WebSockets: a browser opens six for a page.
const PER_WEBSOCKET: usize = 8;
/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// How a TLS connection begins: with a record of this type (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;
/// The pause after an error of `accept`, which mostly means that there are no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections until it is told to stop, and serves them to their end; dropped, it ends them at once.
/// WebSockets are handed over: they do not count as connections here once they are upgraded.
pub(crate) async fn accept(listener: TcpListener, doorway: Doorway, config: &Config, stop: CancellationToken) {
    let limits = &config.limits;
    // A proxy brings everybody's connections: there it is the gate that tells people apart.
    let per_origin = match config.behind_proxy {
        true => usize::MAX,
        false => limits.connections_per_address.saturating_mul(PER_WEBSOCKET),
    };
    let mut connections = JoinSet::new();
    let mut origins: HashMap<Origin, usize> = HashMap::new();
    loop {
        let has_room = connections.len() < CONNECTIONS;
        tokio::select! {
            () = stop.cancelled() => break,
            Some(Ok(origin)) = connections.join_next() => release(&mut origins, origin),
            accepted = listener.accept(), if has_room => match accepted {
                Ok((stream, address)) => {
                    let origin = Origin::from(address.ip());
                    let count = origins.entry(origin).or_default();
                    if *count >= per_origin {
                        tracing::debug!(%origin, "too many TCP connections");
                        continue;
                    }
                    *count += 1;
                    let connection = doorway.clone().serve(stream, address.ip(), stop.clone());
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
pub(crate) struct Doorway {
    pub(crate) router: Router,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) request_timeout: Duration,
}

impl Doorway {
    /// Serves one connection. Clients that go away or send no HTTP are no concern of ours, so its failures are not told.
    async fn serve(self, stream: TcpStream, address: IpAddr, stop: CancellationToken) {
        // Small messages are not held back to be sent with later ones. A failure costs only time.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return self.http(stream, self.router.clone(), address, stop).await };
        let secured = async {
            let mut first = [0];
            match stream.peek(&mut first).await {
                Ok(1) if first == [TLS_HANDSHAKE] => tls.accept(stream).await.ok().map(Ok),
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
            Ok(Some(Err(plain))) => self.http(plain, to_https(), address, stop).await,
            Ok(None) | Err(_) => tracing::debug!(origin = %Origin::from(address), "no TLS"),
        }
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

fn release(origins: &mut HashMap<Origin, usize>, origin: Origin) {
    if let Some(count) = origins.get_mut(&origin) {
        *count -= 1;
        if *count == 0 {
            origins.remove(&origin);
        }
    }
}

//! What is answered to HTTP requests: the page, `/ws`, `/healthz`, `/metrics`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, REFERRER_POLICY, RETRY_AFTER,
    SEC_WEBSOCKET_VERSION, STRICT_TRANSPORT_SECURITY, UPGRADE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use hyper::upgrade::OnUpgrade;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::address::Origin;
use crate::gate::Denied;
use crate::registry_message::RegistryMessage;
use crate::web_origin::may_connect;
use crate::{Config, Page, Tls, WebOrigin, page};

/// The address of the TCP connection that a request came over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remote(pub(crate) IpAddr);

/// Headers of every answer. The page runs its own scripts and wasm and nothing that came in as text; it may talk to any
/// signalling server, and no other page may show it in a frame. A room's address stays in the room: no referrer.
const HEADERS: [(HeaderName, HeaderValue); 8] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), microphone=(self), display-capture=(self), geolocation=()"),
    ),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws: wss:; \
             style-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
        ),
    ),
];

/// All routes.
pub(crate) fn router(config: &Config, registry: mpsc::Sender<RegistryMessage>) -> Router {
    let upgrades = Upgrades {
        registry: registry.clone(),
        behind_proxy: config.behind_proxy,
        origins: config.origins.clone().into(),
    };
    let metrics = Metrics { registry, behind_proxy: config.behind_proxy, public: config.public_metrics };
    let mut router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(measure).with_state(metrics))
        .route("/ws", get(upgrade).with_state(upgrades))
        .merge(page(&config.page));
    if let Some(Tls::Files { .. }) = config.tls {
        let always = HeaderValue::from_static("max-age=31536000");
        router = router.layer(SetResponseHeaderLayer::overriding(STRICT_TRANSPORT_SECURITY, always));
    }
    for (name, value) in HEADERS {
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    router
}

/// What is answered to HTTP where TLS is expected: the same address with TLS.
pub(crate) fn to_https() -> Router {
    Router::new().fallback(async |request: Request| {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = host.and_then(|host| host.parse::<Authority>().ok()).filter(|host| !host.as_str().contains('@'));
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        match host {
            Some(host) => Redirect::permanent(&format!("https://{host}{path}")).into_response(),
            None => (StatusCode::BAD_REQUEST, "use https\n").into_response(),
        }
    })
}

fn page(page: &Page) -> Router {
    match page {
        Page::Folder(www) => Router::new().fallback_service(ServeDir::new(www).precompressed_br().precompressed_gzip()),
        Page::Embedded => page::embedded(),
        Page::None => Router::new(),
    }
}

/// What the handler of `/ws` needs.
#[derive(Debug, Clone)]
struct Upgrades {
    registry: mpsc::Sender<RegistryMessage>,
    behind_proxy: bool,
    origins: Arc<[WebOrigin]>,
}

/// What the handler of `/metrics` needs.
#[derive(Debug, Clone)]
struct Metrics {
    registry: mpsc::Sender<RegistryMessage>,
    behind_proxy: bool,
    public: bool,
}

/// The numbers, for this computer unless they are for everybody.
async fn measure(State(Metrics { registry, behind_proxy, public }): State<Metrics>, request: Request) -> Response {
    if !public && !address(&request, behind_proxy).is_some_and(|address| address.to_canonical().is_loopback()) {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    }
    let (answer, answered) = oneshot::channel();
    let _ = registry.send(RegistryMessage::Measure(answer)).await;
    match answered.await {
        Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(_) => going_away(),
    }
}

/// The opening handshake (RFC 6455, section 4.2). Unless it is told otherwise any page may connect: there is nothing in a request, such as a cookie,
/// that would give it more rights than any other program has.
async fn upgrade(
    State(Upgrades { registry, behind_proxy, origins }): State<Upgrades>,
    mut request: Request,
) -> Response {
    let accepted = match create_response_with_body(&request, Body::empty) {
        Ok(accepted) => accepted,
        Err(error) => {
            let headers = [(UPGRADE, "websocket"), (SEC_WEBSOCKET_VERSION, "13")];
            return (StatusCode::UPGRADE_REQUIRED, headers, format!("{error}\n")).into_response();
        }
    };
    if !may_connect(request.headers(), &origins) {
        let _ = registry.send(RegistryMessage::WebOriginDenied).await;
        return (StatusCode::FORBIDDEN, "pages of this origin may not connect here\n").into_response();
    }
    let address = address(&request, behind_proxy);
    let (Some(upgrade), Some(address)) = (request.extensions_mut().remove::<OnUpgrade>(), address) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let (answer, answered) = oneshot::channel();
    // When the registry is gone, the answer fails as well.
    let _ = registry.send(RegistryMessage::Connect { origin: Origin::from(address), upgrade, answer }).await;
    match answered.await {
        Ok(Ok(())) => accepted,
        Ok(Err(Denied::TooMany(wait))) => {
            later(StatusCode::TOO_MANY_REQUESTS, "too many connections from this address\n", wait)
        }
        Ok(Err(Denied::Full(wait))) => later(StatusCode::SERVICE_UNAVAILABLE, "the server is full\n", wait),
        Err(_) => going_away(),
    }
}

fn going_away() -> Response {
    later(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down\n", Duration::from_secs(1))
}

/// Where a request comes from.
fn address(request: &Request, behind_proxy: bool) -> Option<IpAddr> {
    let remote = request.extensions().get::<Remote>().map(|remote| remote.0);
    behind_proxy.then(|| last_forwarded(request.headers())).flatten().or(remote)
}

/// Not now. Browsers do not show their pages why; for people with other tools.
fn later(status: StatusCode, why: &'static str, wait: Duration) -> Response {
    let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
    (status, [(RETRY_AFTER, HeaderValue::from(seconds))], why).into_response()
}

/// The address that the proxy right before us saw. Those before it in the list may be made up by the client.
fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_forwarded_address_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(last_forwarded(&headers), None);
        headers.append("x-forwarded-for", HeaderValue::from_static("1.1.1.1"));
        headers.append("x-forwarded-for", HeaderValue::from_static("2.2.2.2, 192.0.2.3"));
        assert_eq!(last_forwarded(&headers), Some([192, 0, 2, 3].into()));
        headers.append("x-forwarded-for", HeaderValue::from_static("nonsense"));
        assert_eq!(last_forwarded(&headers), None);
    }
}

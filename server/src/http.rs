//! What is answered to HTTP requests: the page, `/ws`, `/healthz`, `/metrics`, `/api`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tokio::sync::{mpsc, oneshot};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::folder::{self, Links};
use crate::host::{host, one_host};
use crate::metrics::ProcessReader;
use crate::registry_message::RegistryMessage;
use crate::tls::Certificate;
use crate::{Config, Page, Tls, api, page, upgrade};

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
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws: wss: http: https:; \
             style-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
        ),
    ),
];

/// All routes.
pub(crate) fn router(config: &Config, registry: mpsc::Sender<RegistryMessage>, is_in: Arc<AtomicBool>) -> Router {
    let upgrades = upgrade::routes(config, registry.clone());
    let api = api::routes(config.api_secret.clone(), registry.clone());
    let metrics = if config.public_metrics { metrics(registry) } else { Router::new() };
    let router = Router::new()
        .route("/healthz", get(async move || health(is_in.load(Ordering::Relaxed))))
        .merge(metrics)
        .merge(api)
        .merge(upgrades)
        .merge(page(&config.page))
        .layer(from_fn(one_host));
    // Outside of all: what refuses a request answers, too.
    match config.tls {
        Some(Tls::Files { .. }) => {
            let always = HeaderValue::from_static("max-age=31536000");
            with_headers(router).layer(SetResponseHeaderLayer::overriding(STRICT_TRANSPORT_SECURITY, always))
        }
        _ => with_headers(router),
    }
}

/// The same answers, with the headers of every one.
fn with_headers(router: Router) -> Router {
    let layer = |router: Router, (name, value): (HeaderName, HeaderValue)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, value))
    };
    HEADERS.into_iter().fold(router, layer)
}

/// The numbers at an address of their own.
pub(crate) fn metrics_alone(registry: mpsc::Sender<RegistryMessage>) -> Router {
    with_headers(metrics(registry))
}

/// The numbers. They have a port of their own unless everybody may read them: whether a request comes from this computer or from
/// a proxy on it, which need not say so, cannot be told.
fn metrics(registry: mpsc::Sender<RegistryMessage>) -> Router {
    let process = Arc::new(ProcessReader::default());
    Router::new().route("/metrics", get(async move || measure(&registry, &process).await))
}

/// What is answered to HTTP where TLS is expected: the same address with TLS, if the certificate is for its host.
pub(crate) fn to_https(certificate: Arc<Certificate>) -> Router {
    with_headers(Router::new().fallback(async move |request: Request| {
        let path = request.uri().path_and_query().map(|path| path.as_str()).filter(|path| path.starts_with('/'));
        let path = path.unwrap_or("/");
        match host(request.headers()) {
            // Somebody else's name is not repeated: what caches this answer would send others there.
            Some(host) if !certificate.is_for(host.host()) => {
                (StatusCode::MISDIRECTED_REQUEST, "the certificate is not for this host\n").into_response()
            }
            Some(host) => Redirect::permanent(&format!("https://{host}{path}")).into_response(),
            None => (StatusCode::BAD_REQUEST, "use https\n").into_response(),
        }
    }))
}

fn page(page: &Page) -> Router {
    match page {
        Page::Folder(www) => folder::served(www, Links::Hidden),
        Page::LinkedFolder(www) => folder::served(www, Links::Followed),
        Page::Embedded => page::embedded(),
        Page::None => Router::new(),
    }
}

/// Whether a balancer may send clients here.
fn health(is_in: bool) -> Response {
    if is_in {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not in the cluster\n").into_response()
    }
}

async fn measure(registry: &mpsc::Sender<RegistryMessage>, process: &ProcessReader) -> Response {
    let (answer, answered) = oneshot::channel();
    let _ = registry.send(RegistryMessage::Measure(answer)).await;
    match answered.await {
        Ok(numbers) => {
            let text = numbers.text(process.read().await);
            ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

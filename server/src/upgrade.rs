//! `/ws`: who may open a WebSocket, and `/ws/admission`, where a page learns why it may not.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, HeaderName, ORIGIN, RETRY_AFTER, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::upgrade::OnUpgrade;
use itodenwa_wire::{RefusalCode, ServerMessage, VISIT};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

use crate::address::Origin;
use crate::closing::Closing;
use crate::gate::Denied;
use crate::registry_message::RegistryMessage;
use crate::web_origin::{Own, may_connect};
use crate::{Config, WebOrigin, forwarded};

/// How much of an origin is logged, in bytes: names have 253 at most.
const LOGGED_ORIGIN: usize = 300;

/// The address of the TCP connection that a request came over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remote(pub(crate) IpAddr);

/// What the handlers need.
#[derive(Debug, Clone)]
struct Upgrades {
    registry: mpsc::Sender<RegistryMessage>,
    own: Own,
    origins: Arc<[WebOrigin]>,
}

/// Why a WebSocket is not opened.
#[derive(Debug)]
enum Refused {
    /// It is a page from elsewhere.
    WebOrigin,
    Denied(Denied),
    GoingAway,
}

/// The routes.
pub(crate) fn routes(config: &Config, registry: mpsc::Sender<RegistryMessage>) -> Router {
    let own = Own { tls: config.tls.is_some(), behind_proxy: config.behind_proxy };
    let upgrades = Upgrades { registry, own, origins: config.origins.clone().into() };
    Router::new().route("/ws", get(upgrade)).route("/ws/admission", get(admission)).with_state(upgrades)
}

/// Where a request comes from.
pub(crate) fn address(request: &Request, behind_proxy: bool) -> Option<IpAddr> {
    let remote = request.extensions().get::<Remote>().map(|remote| remote.0);
    behind_proxy.then(|| forwarded::client(request.headers())).flatten().or(remote)
}

/// The opening handshake (RFC 6455, section 4.2). Unless it is told otherwise any page may connect: there is nothing in a
/// request, such as a cookie, that would give it more rights than any other program has.
async fn upgrade(State(upgrades): State<Upgrades>, mut request: Request) -> Response {
    let accepted = match create_response_with_body(&request, Body::empty) {
        Ok(accepted) => accepted,
        Err(error) => {
            let headers = [(UPGRADE, "websocket"), (SEC_WEBSOCKET_VERSION, "13")];
            return (StatusCode::UPGRADE_REQUIRED, headers, format!("{error}\n")).into_response();
        }
    };
    if !is_unambiguous(&request) {
        return (StatusCode::BAD_REQUEST, "a handshake has one key, one version and no body\n").into_response();
    }
    if !may_connect(request.headers(), &upgrades.origins, upgrades.own) {
        let origin = request.headers().get(ORIGIN).map(HeaderValue::as_bytes).unwrap_or_default();
        let origin = origin.get(..LOGGED_ORIGIN).unwrap_or(origin).escape_ascii();
        // Everybody can make as many of these as they like: it is counted, and not told to who does not ask.
        tracing::debug!(%origin, "a page of another origin was refused; --allow-origin lets it in");
        let _ = upgrades.registry.send(RegistryMessage::WebOriginDenied).await;
        return Refused::WebOrigin.into_response();
    }
    let address = address(&request, upgrades.own.behind_proxy);
    let (Some(upgrade), Some(address)) = (request.extensions_mut().remove::<OnUpgrade>(), address) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let (answer, answered) = oneshot::channel();
    let origin = Origin::from(address);
    let visits = request.uri().query().is_some_and(|query| query.split('&').any(|part| part == VISIT));
    // When the registry is gone, the answer fails as well.
    let _ = upgrades.registry.send(RegistryMessage::Connect { origin, upgrade, visits, answer }).await;
    match answered.await {
        Ok(Ok(())) => accepted,
        Ok(Err(denied)) => Refused::Denied(denied).into_response(),
        Err(_) => Refused::GoingAway.into_response(),
    }
}

/// Whether a handshake says everything once, and ends where its head does.
fn is_unambiguous(request: &Request) -> bool {
    let is_once = |name| request.headers().get_all(name).iter().count() == 1;
    is_once(SEC_WEBSOCKET_KEY) && is_once(SEC_WEBSOCKET_VERSION) && request.body().is_end_stream()
}

/// Whether a WebSocket would be opened now. Browsers do not show their pages what an upgrade was refused with; this they do.
/// It costs nothing of what an address may have, and tells nobody more than an upgrade would.
async fn admission(State(upgrades): State<Upgrades>, request: Request) -> Response {
    let is_welcome = may_connect(request.headers(), &upgrades.origins, upgrades.own);
    let origin = address(&request, upgrades.own.behind_proxy).filter(|_| is_welcome).map(Origin::from);
    let mut response = match would_admit(&upgrades, origin).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refused.into_response(),
    };
    // Pages of other origins ask, too.
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    response
}

/// What an upgrade would be answered; `origin` is none for pages that may not connect.
async fn would_admit(upgrades: &Upgrades, origin: Option<Origin>) -> Result<(), Refused> {
    let origin = origin.ok_or(Refused::WebOrigin)?;
    let (answer, answered) = oneshot::channel();
    let _ = upgrades.registry.send(RegistryMessage::Admission { origin, answer }).await;
    answered.await.map_err(|_| Refused::GoingAway)?.map_err(Refused::Denied)
}

impl IntoResponse for Refused {
    /// With the refusal as it would come over the WebSocket.
    fn into_response(self) -> Response {
        let second = Duration::from_secs(1);
        let (status, code, message, wait) = match self {
            Refused::WebOrigin => {
                (StatusCode::FORBIDDEN, RefusalCode::OriginForbidden, "pages of this origin may not connect here", None)
            }
            Refused::Denied(Denied::TooMany(wait)) => (
                StatusCode::TOO_MANY_REQUESTS,
                RefusalCode::AddressTooMany,
                "there are too many connections from this network",
                Some(wait),
            ),
            Refused::Denied(Denied::Full(wait)) => {
                (StatusCode::SERVICE_UNAVAILABLE, RefusalCode::ServerFull, "the server is full", Some(wait))
            }
            Refused::Denied(Denied::GoingAway) | Refused::GoingAway => (
                StatusCode::SERVICE_UNAVAILABLE,
                RefusalCode::ServerGoingAway,
                "the server is shutting down, or is not in its cluster",
                Some(second),
            ),
        };
        let mut closing = Closing::refusing(code, message);
        if let Some(wait) = wait {
            closing = closing.retry(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX));
        }
        let refused = closing.refusal.map(ServerMessage::<()>::Refused);
        let text = refused.and_then(|refused| serde_json::to_string(&refused).ok()).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, "application/json")], text).into_response();
        if let Some(wait) = wait {
            let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

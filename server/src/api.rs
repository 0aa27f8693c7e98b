//! `/api`: rooms and members, for those who operate the servers and have the secret. Any node answers for all.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, put};
use itodenwa_wire::{PeerId, RoomName};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::Status;
use crate::operator::{Answer, NodeStatus, Question, RoomSummary};
use crate::registry_message::RegistryMessage;

/// How long the nodes may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Rooms in one answer, if no other number is asked for, and at most.
const ROOMS: (usize, usize) = (100, 1000);

/// What those who use the interface for operators have to say. Only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiSecret([u8; 32]);

/// The secret could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiSecretTooShort;

impl ApiSecret {
    /// Fewer bytes could be guessed.
    pub const MINIMUM_BYTES: usize = 16;

    /// By their hashes: how long that takes tells nothing of the secret.
    fn is(&self, said: &[u8]) -> bool {
        <[u8; 32]>::from(Sha256::digest(said)) == self.0
    }
}

impl FromStr for ApiSecret {
    type Err = ApiSecretTooShort;

    fn from_str(secret: &str) -> Result<Self, ApiSecretTooShort> {
        let is_long = secret.len() >= Self::MINIMUM_BYTES;
        if is_long { Ok(ApiSecret(Sha256::digest(secret).into())) } else { Err(ApiSecretTooShort) }
    }
}

impl fmt::Debug for ApiSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiSecret(…)")
    }
}

impl fmt::Display for ApiSecretTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has fewer than {} bytes", ApiSecret::MINIMUM_BYTES)
    }
}

impl std::error::Error for ApiSecretTooShort {}

/// What stands in a path, if it is text.
type InPath<T> = Result<Path<T>, PathRejection>;

type Registry = mpsc::Sender<RegistryMessage>;

/// The routes; without a secret there are none.
pub(crate) fn routes(secret: Option<ApiSecret>, registry: Registry) -> Router {
    let Some(secret) = secret else { return Router::new() };
    Router::new()
        .route("/api/status", get(status))
        .route("/api/rooms", get(rooms))
        .route(
            "/api/rooms/{room}",
            get(room).delete(async |registry, path| of_room(registry, path, Question::Close).await),
        )
        .route(
            "/api/rooms/{room}/members/{member}",
            delete(async |registry, path| of_one(registry, path, Question::Remove).await),
        )
        .route(
            "/api/rooms/{room}/lock",
            put(async |registry, path| of_room(registry, path, |room| Question::Lock(room, true)).await)
                .delete(async |registry, path| of_room(registry, path, |room| Question::Lock(room, false)).await),
        )
        .route(
            "/api/rooms/{room}/waiting-room",
            put(async |registry, path| of_room(registry, path, |room| Question::WaitingRoom(room, true)).await).delete(
                async |registry, path| of_room(registry, path, |room| Question::WaitingRoom(room, false)).await,
            ),
        )
        .route(
            "/api/rooms/{room}/waiting",
            get(waiting).put(async |registry, path| of_room(registry, path, |room| Question::Admit(room, None)).await),
        )
        .route(
            "/api/rooms/{room}/waiting/{id}",
            put(async |registry, path| of_one(registry, path, |room, id| Question::Admit(room, Some(id))).await)
                .delete(async |registry, path| of_one(registry, path, Question::TurnAway).await),
        )
        .route(
            "/api/openapi.json",
            get(async || ([(CONTENT_TYPE, "application/json")], include_str!("api/openapi.json"))),
        )
        .route("/api/{*other}", axum::routing::any(async || failure(StatusCode::NOT_FOUND, "there is no such path")))
        .method_not_allowed_fallback(async || failure(StatusCode::METHOD_NOT_ALLOWED, "not with this method"))
        .layer(from_fn_with_state(secret, authorize))
        .with_state(registry)
}

async fn authorize(State(secret): State<ApiSecret>, request: Request, next: Next) -> Response {
    let mut response = if is_authorized(request.headers(), &secret) {
        next.run(request).await
    } else {
        let mut response = failure(StatusCode::UNAUTHORIZED, "the secret is needed: Authorization: Bearer SECRET");
        response.headers_mut().insert(WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
        response
    };
    response.headers_mut().insert(CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    response
}

/// RFC 6750, section 2.1; the scheme in any case (RFC 9110, section 11.1).
fn is_authorized(headers: &HeaderMap, secret: &ApiSecret) -> bool {
    let said = headers.get(AUTHORIZATION).and_then(|header| header.as_bytes().split_at_checked("Bearer ".len()));
    said.is_some_and(|(scheme, said)| scheme.eq_ignore_ascii_case(b"Bearer ") && secret.is(said))
}

async fn status(State(registry): State<Registry>) -> Response {
    match ask(&registry, Question::Status).await {
        Ok(answers) => {
            let nodes = answers.into_iter().filter_map(|answer| match answer {
                Answer::Status(node) => Some(node),
                _ => None,
            });
            let mut nodes: Vec<NodeStatus> = nodes.collect();
            nodes.sort_unstable_by_key(|node| node.node);
            answer(&json!(Status { nodes }))
        }
        Err(response) => response,
    }
}

async fn rooms(State(registry): State<Registry>, request: Request) -> Response {
    let (after, limit) = match page(request.uri().query().unwrap_or_default()) {
        Ok(page) => page,
        Err(why) => return failure(StatusCode::BAD_REQUEST, why),
    };
    match ask(&registry, Question::Rooms(after, limit)).await {
        Ok(answers) => {
            let lists = answers.into_iter().filter_map(|answer| match answer {
                Answer::Rooms(rooms) => Some(rooms),
                _ => None,
            });
            let mut rooms: Vec<RoomSummary> = lists.flatten().collect();
            rooms.sort_unstable_by(|one, other| one.room.cmp(&other.room));
            rooms.truncate(limit);
            answer(&json!({ "rooms": rooms }))
        }
        Err(response) => response,
    }
}

async fn room(State(registry): State<Registry>, path: InPath<String>) -> Response {
    let Some(room) = path.ok().and_then(|Path(name)| RoomName::new(name).ok()) else {
        return failure(StatusCode::BAD_REQUEST, "not the name of a room");
    };
    match ask(&registry, Question::Room(room.clone())).await {
        Ok(answers) => match answers.into_iter().next() {
            Some(Answer::Room(members)) => answer(&json!({ "room": room, "members": members })),
            Some(_) => failure(StatusCode::NOT_FOUND, "nobody is in such a room"),
            None => unanswered(),
        },
        Err(response) => response,
    }
}

async fn waiting(State(registry): State<Registry>, path: InPath<String>) -> Response {
    let Some(room) = path.ok().and_then(|Path(name)| RoomName::new(name).ok()) else {
        return failure(StatusCode::BAD_REQUEST, "not the name of a room");
    };
    match ask(&registry, Question::Waiting(room.clone())).await {
        Ok(answers) => match answers.into_iter().next() {
            Some(Answer::Waiting(waiting)) => answer(&json!({ "room": room, "waiting": waiting })),
            Some(_) => failure(StatusCode::NOT_FOUND, "nobody is in such a room"),
            None => unanswered(),
        },
        Err(response) => response,
    }
}

/// Does something to a room.
async fn of_room(
    State(registry): State<Registry>,
    path: InPath<String>,
    question: impl FnOnce(RoomName) -> Question,
) -> Response {
    let Some(room) = path.ok().and_then(|Path(name)| RoomName::new(name).ok()) else {
        return failure(StatusCode::BAD_REQUEST, "not the name of a room");
    };
    done(&registry, question(room), "nobody is in such a room").await
}

/// Does something to somebody in a room, or who waits to be.
async fn of_one(
    State(registry): State<Registry>,
    path: InPath<(String, String)>,
    question: impl FnOnce(RoomName, PeerId) -> Question,
) -> Response {
    let read = |Path((name, id)): Path<(String, String)>| Some((RoomName::new(name).ok()?, id.parse().ok()?));
    let Some((room, id)) = path.ok().and_then(read) else {
        return failure(StatusCode::BAD_REQUEST, "not the name of a room, or not an id");
    };
    done(&registry, question(room, id), "there is nobody of that id").await
}

async fn done(registry: &Registry, question: Question, unknown: &str) -> Response {
    match ask(registry, question).await {
        Ok(answers) => match answers.first() {
            Some(Answer::Done) => StatusCode::NO_CONTENT.into_response(),
            Some(Answer::Full) => failure(StatusCode::CONFLICT, "the room has as many members as it may have"),
            Some(_) => failure(StatusCode::NOT_FOUND, unknown),
            None => unanswered(),
        },
        Err(response) => response,
    }
}

async fn ask(registry: &Registry, question: Question) -> Result<Vec<Answer>, Response> {
    let (to, answered) = oneshot::channel();
    let _ = registry.send(RegistryMessage::Ask(question, to)).await;
    timeout(PATIENCE, answered).await.ok().and_then(Result::ok).ok_or_else(unanswered)
}

/// `after=ROOM&limit=NUMBER`, both if one likes.
fn page(query: &str) -> Result<(Option<RoomName>, usize), &'static str> {
    let (mut after, mut limit) = (None, ROOMS.0);
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("after", name)) => after = Some(RoomName::new(name).map_err(|_| "after: not the name of a room")?),
            Some(("limit", number)) => {
                limit = number.parse().ok().filter(|limit| (1..=ROOMS.1).contains(limit)).ok_or("limit: 1 to 1000")?;
            }
            _ => return Err("there are after and limit"),
        }
    }
    Ok((after, limit))
}

fn answer(body: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn failure(status: StatusCode, why: &str) -> Response {
    (status, answer(&json!({ "error": why }))).into_response()
}

fn unanswered() -> Response {
    failure(StatusCode::SERVICE_UNAVAILABLE, "the servers that keep rooms do not all answer; try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_rooms_is_read() {
        assert_eq!(page(""), Ok((None, 100)));
        assert_eq!(page("limit=7&after=a-b"), Ok((RoomName::new("a-b").ok(), 7)));
        for wrong in ["limit=0", "limit=1001", "limit=x", "after=", "after=a%20b", "x=y", "limit"] {
            assert!(page(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_long_and_not_shown() {
        assert_eq!("0123456789abcde".parse::<ApiSecret>(), Err(ApiSecretTooShort));
        let secret: ApiSecret = "0123456789abcdef".parse().unwrap();
        assert!(secret.is(b"0123456789abcdef") && !secret.is(b"0123456789abcdeF") && !secret.is(b""));
        assert!(!format!("{secret:?}").contains("012"));
    }
}

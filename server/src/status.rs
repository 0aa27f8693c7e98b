//! The program's command `status`: what the servers of a cluster say of themselves, asked over `/api`.

use std::fmt::{self, Write};

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HeaderValue};
use axum::http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, timeout};

use crate::SafeUrl;
use crate::operator::NodeStatus;
use crate::outgoing::http_client;

/// How long the answer may take: longer than the servers wait for each other.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer, in bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

/// The nodes, as `/api/status` tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub(crate) nodes: Vec<NodeStatus>,
}

/// Why nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusError {
    /// The server was not reached, or said something else.
    Unreachable(String),
    /// It does not take the secret.
    Unauthorized,
    /// It has no `/api`: it was started without `--api-secret`, or is older.
    NoApi,
    /// It answers so.
    Failed(u16),
}

impl Status {
    /// Asks the server at this address, whose `--api-secret` this is, for all of its cluster.
    ///
    /// # Errors
    /// [`StatusError`], to be shown to a person.
    pub async fn ask(at: &SafeUrl, secret: &str) -> Result<Self, StatusError> {
        let asking = timeout(PATIENCE, ask(at, secret)).await;
        asking.unwrap_or_else(|_| Err(StatusError::Unreachable("no answer in time".to_owned())))
    }
}

async fn ask(at: &SafeUrl, secret: &str) -> Result<Status, StatusError> {
    let unreachable = |error: &dyn fmt::Display| StatusError::Unreachable(error.to_string());
    let place = format!("{}/api/status", at.uri().to_string().trim_end_matches('/'));
    let place: Uri = place.parse().map_err(|error| unreachable(&error))?;
    let mut authorization =
        HeaderValue::from_str(&format!("Bearer {secret}")).map_err(|_| StatusError::Unauthorized)?;
    authorization.set_sensitive(true);
    let request = Request::get(place).header(AUTHORIZATION, authorization).body(Body::empty());
    let request = request.map_err(|error| unreachable(&error))?;
    let client = http_client(at, 0).map_err(|error| unreachable(&error))?;
    let answer = client.request(request).await.map_err(|error| unreachable(&Deepest(&error)))?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Err(StatusError::Unauthorized),
        StatusCode::NOT_FOUND => return Err(StatusError::NoApi),
        status => return Err(StatusError::Failed(status.as_u16())),
    }
    let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await.map_err(|error| unreachable(&error))?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| unreachable(&error))
}

/// The first cause of an error, which says most.
struct Deepest<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Deepest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut error = self.0;
        while let Some(source) = error.source() {
            error = source;
        }
        write!(f, "{error}")
    }
}

impl fmt::Display for Status {
    /// A table: a line for each node, and one for all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![["node", "version", "connections", "rooms", "members"].map(str::to_owned)];
        let numbers = |node: &NodeStatus| [node.connections, node.rooms, node.members];
        for node in &self.nodes {
            let [connections, rooms, members] = numbers(node).map(|number| number.to_string());
            lines.push([node.node.0.to_string(), node.version.clone(), connections, rooms, members]);
        }
        let sum = |which: fn(&NodeStatus) -> usize| self.nodes.iter().map(which).sum::<usize>().to_string();
        let all = format!("all ({})", self.nodes.len());
        lines.push([all, String::new(), sum(|n| n.connections), sum(|n| n.rooms), sum(|n| n.members)]);
        let mut text = String::new();
        for [node, version, connections, rooms, members] in lines {
            writeln!(text, "{node:<10}  {version:<12}  {connections:>11}  {rooms:>7}  {members:>7}")?;
        }
        f.write_str(text.trim_end())
    }
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusError::Unreachable(why) => write!(f, "the server was not reached: {why}"),
            StatusError::Unauthorized => f.write_str("--api-secret: the server does not take this secret"),
            StatusError::NoApi => f.write_str("there is no /api/status: the server was started without --api-secret"),
            StatusError::Failed(status) => write!(f, "the server answers {status}"),
        }
    }
}

impl std::error::Error for StatusError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NodeId;

    #[test]
    fn it_is_a_table() {
        let node = |node, rooms| NodeStatus {
            node: NodeId(node),
            version: "0.1.0".to_owned(),
            connections: 10,
            rooms,
            members: 7,
        };
        let status = Status { nodes: vec![node(1, 3), node(65279, 1200)] };
        let text = status.to_string();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["node", "version", "connections", "rooms", "members"]);
        assert_eq!(lines[2], ["65279", "0.1.0", "10", "1200", "7"]);
        assert_eq!(lines[3], ["all", "(2)", "20", "1203", "14"]);
        assert!(text.lines().all(|line| line.len() == text.lines().next().unwrap().len()), "{text}");
    }
}

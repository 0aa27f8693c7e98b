//! A list of ICE servers that a service gives, fetched again before it expires.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt, Limited};
use itodenwa_wire::IceServer;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::list::{self, LeftOut, List};
use crate::outgoing::{HttpClient, SafeUrl, http_client};

/// Largest answer, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon after a failure it is tried again: twice as long after each, up to the second.
const RETRY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));
/// Shortest and longest life of a list, whatever it says.
const TTL: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(2 * 86_400));

/// Where lists come from.
#[derive(Clone, PartialEq)]
pub struct IceServersUrl {
    /// The address. Without TLS only on this computer: there are credentials in the list.
    pub url: SafeUrl,
    /// The header `Authorization`, if the service wants one: `Bearer …`, `Basic …`.
    pub authorization: Option<HeaderValue>,
    /// What is sent, by POST: JSON or a form. Without it the list is asked for by GET.
    pub body: Option<String>,
    /// How long a list may be used that does not say it itself (`ttl`).
    pub ttl: Duration,
}

/// The newest list, and until when it may be used. None came yet when that is None.
#[derive(Debug, Clone, Default)]
pub(crate) struct Newest {
    pub(super) servers: Vec<IceServer>,
    pub(super) until: Option<Instant>,
}

/// Fetches lists.
pub(crate) struct Fetcher {
    from: IceServersUrl,
    client: HttpClient,
    newest: watch::Sender<Newest>,
}

impl Fetcher {
    /// Makes ready to fetch. It fails if the address has `https:` and the system trusts nobody.
    pub(super) fn new(from: IceServersUrl) -> std::io::Result<(Self, watch::Receiver<Newest>)> {
        // Lists are fetched so seldom that no connection is worth keeping.
        let client = http_client(&from.url, 0)?;
        let (newest, receiver) = watch::channel(Newest::default());
        Ok((Fetcher { from, client, newest }, receiver))
    }

    /// Fetches one list. If it came: after how long the next one is due, at half of its life.
    pub(crate) async fn once(&self) -> Option<Duration> {
        let why = match timeout(PATIENCE, self.fetch()).await {
            Ok(Ok(List { servers, ttl, left_out })) => {
                for LeftOut { url, why } in left_out {
                    tracing::warn!(url, why, "--ice-servers-url: an ICE server that browsers refuse is left out");
                }
                let ttl = ttl.unwrap_or(self.from.ttl).clamp(TTL.0, TTL.1);
                self.newest.send_replace(Newest { servers, until: Some(Instant::now() + ttl) });
                return Some(ttl / 2);
            }
            Ok(Err(why)) => why,
            Err(_) => "no answer in time".to_owned(),
        };
        // Neither the address nor the answer: both may have secrets.
        tracing::warn!(why, "--ice-servers-url: no new ICE servers; the last ones are used on");
        None
    }

    /// Fetches lists for ever. `next`: what came of the first one.
    pub(crate) async fn run(self, mut next: Option<Duration>) {
        let mut retry = RETRY.0;
        loop {
            match next {
                Some(next) => {
                    retry = RETRY.0;
                    sleep(next).await;
                }
                None => {
                    sleep(retry).await;
                    retry = (2 * retry).min(RETRY.1);
                }
            }
            next = self.once().await;
        }
    }

    async fn fetch(&self) -> Result<List, String> {
        let IceServersUrl { url, authorization, body, .. } = &self.from;
        let mut request =
            Request::builder().uri(url.uri()).method(if body.is_some() { Method::POST } else { Method::GET });
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(body) = body {
            let is_json = body.starts_with('{');
            let kind = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
            request = request.header(CONTENT_TYPE, kind);
        }
        let body = Body::from(body.clone().unwrap_or_default());
        let request = request.body(body).map_err(|error| error.to_string())?;
        let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
        if !answer.status().is_success() {
            return Err(answer.status().to_string());
        }
        let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        list::read(&body).ok_or_else(|| "the answer has no ICE servers that a browser takes".to_owned())
    }
}

impl fmt::Debug for IceServersUrl {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServersUrl").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("from", &self.from).finish_non_exhaustive()
    }
}

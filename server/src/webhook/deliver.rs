//! Events on their way.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, USER_AGENT};
use axum::http::{Request, StatusCode};
use futures_util::future::join_all;
use http_body_util::{BodyExt, Limited};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::event::Delivery;
use super::{Counters, GIVE_UP, WebhookConfig};
use crate::outgoing::HttpClient;
use crate::seldom::Seldom;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon after a failure it is tried again: twice as long after each, up to the second. A random part of up to a half is left out.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// So much of an answer is read, and for so long, so that the connection can be used again.
const ANSWER_BYTES: usize = 64 * 1024;
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// Delivers what the rooms tell.
pub(crate) struct Deliverer {
    config: WebhookConfig,
    client: HttpClient,
    queues: Vec<mpsc::Receiver<Delivery>>,
    counters: Arc<Counters>,
    /// An application that takes no event is told once, and not for each of who comes and goes.
    dropped: Seldom,
}

/// Why an attempt failed.
enum Failure {
    /// It may be tried again.
    Passing(String),
    /// The application does not want it any more (410).
    Final,
}

impl Deliverer {
    pub(super) fn new(
        config: WebhookConfig,
        client: HttpClient,
        queues: Vec<mpsc::Receiver<Delivery>>,
        counters: Arc<Counters>,
    ) -> Self {
        Deliverer { config, client, queues, counters, dropped: Seldom::new(now()) }
    }

    /// Delivers until nothing more can be told, and all was.
    pub(crate) async fn run(mut self) {
        let queues = std::mem::take(&mut self.queues);
        let this = &self;
        join_all(queues.into_iter().map(|mut queue| async move {
            while let Some(delivery) = queue.recv().await {
                this.deliver(delivery).await;
            }
        }))
        .await;
    }

    async fn deliver(&self, delivery: Delivery) {
        let mut wait = RETRY.0;
        loop {
            let why = match self.attempt(&delivery).await {
                Ok(()) => {
                    self.counters.delivered.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(Failure::Passing(why)) if delivery.since.elapsed() + wait < GIVE_UP => why,
                Err(failure) => {
                    self.counters.failed.fetch_add(1, Ordering::Relaxed);
                    self.counters.dropped.fetch_add(1, Ordering::Relaxed);
                    let why = if let Failure::Passing(why) = failure { why } else { StatusCode::GONE.to_string() };
                    // Not the address, which may have a secret.
                    tracing::debug!(id = delivery.id, why, "--webhook: an event is dropped");
                    if let Some(events) = self.dropped.happened(now()) {
                        tracing::warn!(events, why, "--webhook: events are dropped");
                    }
                    return;
                }
            };
            self.counters.failed.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(id = delivery.id, why, "--webhook: an event is tried again");
            sleep(jittered(wait)).await;
            wait = (2 * wait).min(RETRY.1);
        }
    }

    async fn attempt(&self, Delivery { id, body, .. }: &Delivery) -> Result<(), Failure> {
        let passing = |error: &dyn fmt::Display| Failure::Passing(error.to_string());
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let signatures: Vec<_> = self.config.secrets.iter().map(|secret| secret.sign(id, timestamp, body)).collect();
        let request = Request::post(self.config.url.uri())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("itodenwa-server/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(Body::from(body.clone()))
            .map_err(|error| passing(&error))?;
        let answer = timeout(PATIENCE, self.client.request(request)).await;
        let answer = answer.map_err(|_| passing(&"no answer in time"))?.map_err(|error| passing(&error))?;
        let status = answer.status();
        // What else it says does not matter, nor whether it ever ends.
        let _ = timeout(ANSWER_TIME, Limited::new(answer.into_body(), ANSWER_BYTES).collect()).await;
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(Failure::Final),
            status => Err(passing(&status)),
        }
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

/// Those that failed together do not come again together.
fn jittered(wait: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or_default();
    wait - wait.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
}

impl fmt::Debug for Deliverer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliverer").finish_non_exhaustive()
    }
}

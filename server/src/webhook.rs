//! What happens in rooms, told to an application's own server by POST, signed: [Standard Webhooks](https://www.standardwebhooks.com) 1.0.
//!
//! ```text
//! hub --RoomEvent--> Webhooks (a lane for each room) --queue--> Deliverer --POST--> the application
//! ```
//!
//! What is of one room arrives in its order. Each event is tried until it was taken, for [`GIVE_UP`] at the longest; an
//! application that sees one twice knows it by its id.

mod deliver;
mod event;
mod secret;

use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use itodenwa_wire::RoomName;
use tokio::sync::mpsc;

use crate::SafeUrl;
use crate::outgoing::http_client;
pub(crate) use deliver::Deliverer;
use event::Delivery;
pub(crate) use event::{Person, RoomEvent};
pub use secret::{NoWebhookSecret, WebhookSecret};

/// Events of this many rooms are on their way at the same time.
const LANES: usize = 8;
/// Events that wait in a lane, of about 1 KiB at most; those that come when there are more are dropped and counted.
const LANE_EVENTS: usize = 512;
/// How long an event is tried.
const GIVE_UP: Duration = Duration::from_secs(15 * 60);

/// Where events are told.
#[derive(Clone, PartialEq)]
pub struct WebhookConfig {
    /// The address. Without TLS only on this computer: events have names of people.
    pub url: SafeUrl,
    /// What events are signed with, each: an application that changes its secret takes both for a while.
    pub secrets: Vec<WebhookSecret>,
}

/// What became of events since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WebhookCounts {
    pub(crate) delivered: u64,
    /// Attempts that failed, and were followed by another or by none.
    pub(crate) failed: u64,
    /// Events that nobody took in time, or that found too many before them.
    pub(crate) dropped: u64,
}

#[derive(Debug, Default)]
struct Counters {
    delivered: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

/// Where the rooms tell what happens. When it is dropped the deliverer ends, after it told the rest.
#[derive(Debug)]
pub(crate) struct Webhooks {
    lanes: Vec<mpsc::Sender<Delivery>>,
    /// What ids begin with: of this run alone.
    run: u64,
    told: u64,
    counters: Arc<Counters>,
}

/// Makes both ends ready. It fails if the address has `https:` and the system trusts nobody.
pub(crate) fn start(config: WebhookConfig, run: u64) -> io::Result<(Webhooks, Deliverer)> {
    let client = http_client(&config.url, LANES)?;
    let counters = Arc::<Counters>::default();
    let (lanes, queues) = (0..LANES).map(|_| mpsc::channel(LANE_EVENTS)).unzip();
    let webhooks = Webhooks { lanes, run, told: 0, counters: counters.clone() };
    Ok((webhooks, Deliverer::new(config, client, queues, counters)))
}

impl Webhooks {
    /// Never waits.
    pub(crate) fn tell(&mut self, event: RoomEvent) {
        self.told += 1;
        let id = format!("msg_{:016x}{:016x}", self.run, self.told);
        let lane = lane_of(event.room());
        let is_queued =
            Delivery::new(id, &event).and_then(|delivery| self.lanes.get(lane)?.try_send(delivery).ok()).is_some();
        if !is_queued {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn counts(&self) -> WebhookCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { delivered, failed, dropped } = &*self.counters;
        WebhookCounts { delivered: read(delivered), failed: read(failed), dropped: read(dropped) }
    }
}

/// The same for all events of a room.
fn lane_of(room: &RoomName) -> usize {
    (BuildHasherDefault::<DefaultHasher>::default().hash_one(room) % LANES as u64) as usize
}

impl fmt::Debug for WebhookConfig {
    /// Without what may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookConfig").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_place_is_dropped_and_counted() {
        let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".parse().unwrap();
        let config = WebhookConfig { url: "http://127.0.0.1:1/".parse().unwrap(), secrets: vec![secret] };
        let (mut webhooks, _deliverer) = start(config, 1).unwrap();
        for _ in 0..LANE_EVENTS + 3 {
            webhooks.tell(RoomEvent::Emptied { room: RoomName::new("a").unwrap() });
        }
        assert_eq!(webhooks.counts(), WebhookCounts { dropped: 3, ..WebhookCounts::default() });
    }
}

//! How the connection to a peer does, in numbers. Loaded when it is first asked for.

use std::time::Duration;

use futures_core::Stream;
use futures_util::stream;
pub use itodenwa_protocol::stats::{Amount, Candidate, Direction, Path, Quality, Reason, Stats, StreamStats};
use itodenwa_protocol::stats::{Meter, Report, Row};
use itodenwa_protocol::{ConnectionState, Time};
use itodenwa_wire::SourceMap;
use js_sys::{Map, Reflect};
use wasm_bindgen::JsValue;

use crate::connection::Connection;
use crate::dom::{Timer, spawn};
use crate::oneshot;
use crate::peer::Peer;
use crate::room_ref::{Inspection, Request};

/// Between two looks at a connection, at least: whoever asks sooner gets what was measured last.
const EVERY_MILLIS: u64 = 1000;

/// What was measured of the connection to a peer.
#[derive(Debug, Default)]
pub(crate) struct PeerStats {
    meter: Meter,
    last: Option<(Time, Stats)>,
    /// They wait for the same look.
    asking: Vec<oneshot::Sender<Option<Stats>>>,
}

impl Peer {
    /// How the connection to them does, as the browser measures it, and how good that is. However many ask: it is looked at once a second, at
    /// most. What goes by the second is over the time since the look before, so that the first has none of it.
    ///
    /// None if they were not connected yet. When there is none any more, what was last known, without rates: the totals of the call.
    pub async fn stats(&self) -> Option<Stats> {
        let Some(room) = self.place().0 else { return self.last_stats() };
        let now = room.clock.now();
        let (tell, wait) = oneshot::channel();
        let (known, is_first) = self.known_stats().change(|stats| match &stats.last {
            // A timer may be a little early.
            Some((at, last)) if now.as_millis().saturating_sub(at.as_millis()) < EVERY_MILLIS * 9 / 10 => {
                (Some(last.clone()), false)
            }
            _ => {
                stats.asking.push(tell);
                (None, stats.asking.len() == 1)
            }
        });
        if known.is_some() {
            return known;
        }
        if is_first {
            let peer = self.clone();
            // It goes on when whoever asked first does not wait any more: others do.
            spawn(async move {
                let measured = peer.measure().await;
                let is_connected = peer.state() == ConnectionState::Connected;
                let asking = peer.known_stats().change(|stats| {
                    match measured {
                        // One that is being made is not lost.
                        Some(_) if !is_connected && stats.last.is_none() => {}
                        Some((report, sources)) => {
                            let taken = stats.meter.take(report, &sources.sent, &sources.received, is_connected);
                            stats.last = Some((now, taken));
                        }
                        None => stats.last = stats.last.take().map(|(_, last)| (now, last.lost())),
                    }
                    std::mem::take(&mut stats.asking)
                });
                let last = peer.last_stats();
                asking.into_iter().for_each(|asking| asking.send(last.clone()));
            });
        }
        wait.await.ok().flatten()
    }

    /// The same each second, at once from when there is a connection, until they leave or the room is over. Dropped, it ends.
    pub fn watch_stats(&self) -> impl Stream<Item = Stats> + use<> {
        let peer = self.clone();
        stream::unfold((peer, false), async |(peer, is_later)| {
            if is_later {
                Timer::new(Duration::from_millis(EVERY_MILLIS)).await;
            }
            loop {
                let room = peer.place().0?;
                if !room.is_open() || !room.snapshot.peers.change(|peers| peers.contains(&peer)) {
                    return None;
                }
                drop(room);
                match peer.stats().await {
                    Some(stats) => return Some((stats, (peer, true))),
                    None => Timer::new(Duration::from_millis(EVERY_MILLIS)).await,
                }
            }
        })
    }

    fn last_stats(&self) -> Option<Stats> {
        self.known_stats().change(|stats| stats.last.as_ref().map(|(_, last)| last.clone()))
    }

    async fn measure(&self) -> Option<(Report, Sources)> {
        let (tell, wait) = oneshot::channel();
        let peer = self.clone();
        let inspection =
            Inspection(Box::new(move |connection| tell.send((connection.stats(), Sources::of(connection, &peer)))));
        self.place().0?.ask(Request::Inspect(self.id(), inspection));
        let (report, sources) = wait.await.ok()?;
        Some((read(&report.await?), sources))
    }
}

/// What the tracks of a connection are.
struct Sources {
    sent: SourceMap,
    received: SourceMap,
}

impl Sources {
    fn of(connection: &Connection, peer: &Peer) -> Self {
        Sources { sent: connection.sending(), received: peer.track_ids() }
    }
}

fn read(report: &Map) -> Report {
    let mut rows = Vec::new();
    report.for_each(&mut |row, _| rows.push(JsRow(row)));
    Report::read(rows)
}

struct JsRow(JsValue);

impl JsRow {
    fn get(&self, name: &str) -> Option<JsValue> {
        Reflect::get(&self.0, &name.into()).ok()
    }
}

impl Row for JsRow {
    fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.as_string()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_f64()
    }

    fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|member| member.is_truthy())
    }
}

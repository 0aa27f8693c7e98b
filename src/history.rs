//! What was said before somebody came. Each member keeps the last messages that it sent to everybody, and hands them itself to those who
//! come later: nobody can say anything in the name of somebody else, and the server has none of it.
//!
//! ```text
//! who comes                                  who was there
//!   | -- a channel for the purpose ----------> |   to each that the welcome names, once there is a connection
//!   | <----- [[ago, format, text], …] -------- |   those that were not sent to whoever asks, the oldest first
//! ```
//!
//! What somebody says now waits until it is known what they said before. Nothing but [`History::new`] leads here, so that programs that
//! keep no messages need not load it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::Duration;

use futures_util::future::{Either, select};
use itodenwa_protocol::Time;
use itodenwa_protocol::channel::Data;
use itodenwa_wire::limits::TEXT_BYTES;
use itodenwa_wire::{Format, PeerId};
use js_sys::{Array, JSON};
use wasm_bindgen::JsCast;

use crate::channel::{ChannelOptions, accept, open};
use crate::codec::Writer;
use crate::dom::{Clock, Timer, spawn};
use crate::error::ChannelError;
use crate::event::{Event, ReadText};
use crate::incoming::{HISTORY, Incoming, Keep};
use crate::payload::Payload;
use crate::peer::Peer;
use crate::room_ref::{Request, RoomRef};
use crate::snapshot::SnapshotCell;

/// Messages that are kept, and taken from one peer, at most.
const MESSAGES: usize = 50;
/// Bytes of all messages that are kept, as they are sent.
const BYTES: usize = 64 * 1024;
/// How often one peer may ask: connections break.
const ASKED: usize = 3;
/// Questions that are remembered, of everybody.
const QUESTIONS: usize = 256;
/// How long somebody's messages wait for what they said before, from when they took the question.
const WITHIN: Duration = Duration::from_secs(10);

/// That messages are kept for those who come later, for [`Join::history`](crate::Join::history).
#[derive(Debug)]
pub struct History(pub(crate) Rc<dyn Keep>);

impl History {
    /// The last so many messages of one's own to everybody, from 1 to 50, and 64 KiB in all.
    #[must_use]
    pub fn new(messages: usize) -> Self {
        History(Rc::new(Kept {
            most: messages.clamp(1, MESSAGES),
            clock: Clock::start(),
            said: SnapshotCell::default(),
            questions: SnapshotCell::default(),
            waiting: SnapshotCell::default(),
        }))
    }
}

struct Kept {
    most: usize,
    clock: Clock,
    said: SnapshotCell<VecDeque<Said>>,
    /// Who asked last.
    questions: SnapshotCell<VecDeque<PeerId>>,
    /// What peers say who are being asked. They have no place for more than is not read.
    waiting: SnapshotCell<Vec<(PeerId, Held)>>,
}

/// What a peer says while it is being asked what it said before.
type Held = Vec<(Event, ReadText)>;

/// A message, and who got it when it was said.
struct Said {
    at: Time,
    to: Vec<PeerId>,
    text: String,
    format: Format,
}

impl Keep for Kept {
    fn said(&self, to: &[(PeerId, Rc<Cell<usize>>)], text: String, format: Format) {
        let to = to.iter().map(|(peer, _)| *peer).collect();
        let said = Said { at: self.clock.now(), to, text, format };
        self.said.change(|kept| {
            kept.push_back(said);
            while kept.len() > self.most || kept.iter().map(|said| said.text.len()).sum::<usize>() > BYTES {
                kept.pop_front();
            }
        });
    }

    fn begin(self: Rc<Self>, room: Weak<RoomRef>, peers: Vec<PeerId>) {
        self.waiting.change(|waiting| waiting.extend(peers.iter().map(|peer| (*peer, Vec::new()))));
        for peer in peers {
            let room = Weak::clone(&room);
            spawn(async move {
                let known = |room: &RoomRef| room.snapshot.peers.get().into_iter().find(|known| known.id() == peer);
                let Some(known) = room.upgrade().and_then(|room| known(&room)) else { return };
                let earlier = ask(&known).await;
                if let Some(room) = room.upgrade() {
                    room.ask(Request::Earlier(peer, earlier));
                }
            });
        }
    }

    fn asked(&self, incoming: Incoming) {
        let peer = incoming.peer().id();
        let count = self.questions.change(|questions| {
            questions.push_back(peer);
            if questions.len() > QUESTIONS {
                questions.pop_front();
            }
            questions.iter().filter(|asked| **asked == peer).count()
        });
        let Ok(channel) = accept(&incoming) else { return };
        if count <= ASKED {
            let text = self.written(peer);
            // If it can't be sent, they are not there any more.
            spawn(async move {
                let _ = channel.send(text).await;
            });
        }
    }

    fn hold(&self, from: PeerId, event: Event, read: ReadText) -> Option<(Event, ReadText)> {
        self.waiting.change(|waiting| match waiting.iter_mut().find(|(peer, _)| *peer == from) {
            Some((_, held)) => {
                held.push((event, read));
                None
            }
            None => Some((event, read)),
        })
    }

    fn release(&self, peer: PeerId) -> Vec<(Event, ReadText)> {
        self.waiting.change(|waiting| {
            let place = waiting.iter().position(|(waits, _)| *waits == peer);
            place.map(|place| waiting.swap_remove(place).1).unwrap_or_default()
        })
    }
}

impl Kept {
    /// What this peer did not get when it was said.
    fn written(&self, peer: PeerId) -> String {
        let now = self.clock.now();
        let mut json = Writer::default();
        json.open('[');
        self.said.change(|kept| {
            for Said { at, text, format, .. } in kept.iter().filter(|said| !said.to.contains(&peer)) {
                json.open('[');
                json.number(u64::try_from((now - *at).as_millis()).unwrap_or(u64::MAX));
                json.text(format.as_str());
                json.text(text);
                json.close(']');
            }
        });
        json.close(']');
        json.finish()
    }
}

/// What somebody said before one came; nothing if they keep nothing, or do not say it in time.
async fn ask(peer: &Peer) -> Vec<Event> {
    for _ in 0..ASKED {
        let Ok(channel) = open(peer, "history", HISTORY, ChannelOptions::new()).await else { break };
        let answer = std::pin::pin!(channel.receive());
        match select(answer, Timer::new(WITHIN)).await {
            Either::Left((Ok(Some(Data::Text(text))), _)) => return read(peer, &text).unwrap_or_default(),
            Either::Left((Err(ChannelError::Lost), _)) => {}
            _ => break,
        }
    }
    Vec::new()
}

/// What came, as far as it is what may come. Each is as old as the one before it, or younger.
fn read(peer: &Peer, text: &str) -> Option<Vec<Event>> {
    let list = JSON::parse(text).ok()?.dyn_into::<Array>().ok()?;
    let mut youngest = f64::from(u32::MAX);
    let message = |item| {
        let item = Array::from(&item);
        youngest = item.get(0).as_f64().filter(|ago| *ago >= 0.0)?.min(youngest);
        let (format, text) = (Format::named(&item.get(1).as_string()?), item.get(2).as_string()?);
        let message =
            Some(text).filter(|text| text.len() <= TEXT_BYTES).and_then(|text| Payload::read(text, format))?;
        Some(Event::Earlier { from: peer.clone(), message, ago: Duration::from_millis(youngest as u64) })
    };
    Some(list.iter().take(MESSAGES).filter(Array::is_array).filter_map(message).collect())
}

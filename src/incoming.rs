//! What a peer opened and nobody accepted yet. Nothing is taken from it before: the other side has no credit.

use std::cell::Cell;
use std::fmt;
use std::rc::{Rc, Weak};

use itodenwa_protocol::file::FILE_PURPOSE;
use itodenwa_wire::{Format, PeerId};

use crate::connection::{Transport, end};
use crate::error::ChannelError;
use crate::event::{Event, ReadText};
use crate::oneshot;
use crate::peer::Peer;
use crate::room_ref::RoomRef;
use crate::snapshot::SnapshotCell;

/// What a data channel is for: its subprotocol (RFC 8832, section 8.2.2).
pub(crate) const CHANNEL: &str = "itodenwa.channel";
pub(crate) const REQUEST: &str = "itodenwa.request";
pub(crate) const VERIFICATION: &str = "itodenwa.verification";
pub(crate) const HISTORY: &str = "itodenwa.history";

/// What keeps own messages for those who come later. What it does is loaded with the join that wants it.
pub(crate) trait Keep {
    /// This was sent to everybody: to these.
    fn said(&self, to: &[(PeerId, Rc<Cell<usize>>)], text: String, format: Format);

    /// One is in the room: these were there before, and are asked.
    fn begin(self: Rc<Self>, room: Weak<RoomRef>, peers: Vec<PeerId>);

    /// Somebody asks.
    fn asked(&self, incoming: Incoming);

    /// Keeps what somebody says who is being asked; gives it back otherwise.
    fn hold(&self, from: PeerId, event: Event, read: ReadText) -> Option<(Event, ReadText)>;

    /// What somebody said while they were being asked. They are not any more.
    fn release(&self, peer: PeerId) -> Vec<(Event, ReadText)>;
}

impl fmt::Debug for dyn Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}

/// The transfers that go on through another channel. What they do is loaded with the first one.
pub(crate) trait Resume {
    /// The next channel that this peer opens for this.
    fn wait(&self, peer: PeerId, purpose: &str) -> oneshot::Receiver<Incoming>;

    /// Gives a channel to the transfer that waits for it; back if there is none.
    fn resume(&self, incoming: Incoming) -> Option<Incoming>;

    /// A peer left, and resumes nothing.
    fn left(&self, peer: PeerId);
}

impl fmt::Debug for dyn Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resume")
    }
}

/// A data channel of a peer. When the last clone is dropped without being accepted it is refused.
#[derive(Clone)]
pub(crate) struct Incoming(Rc<Inner>);

/// What was told and is not dropped yet: so many, at most; more of them are told again. One whose connection is lost goes on through the
/// channel that its peer opens for the same on the next one, and is not told again.
const OFFERED: usize = 128;

#[derive(Default)]
pub(crate) struct Offered(SnapshotCell<Vec<Weak<Inner>>>);

impl Offered {
    /// Told, unless it was before.
    fn tell(&self, incoming: Incoming) -> Option<Incoming> {
        let mut known = None;
        self.0.change(|offered| {
            offered.retain(|weak| match weak.upgrade() {
                Some(inner) => {
                    if inner.goes_on_as(&incoming.0) {
                        known = Some(inner);
                    }
                    true
                }
                None => false,
            });
            if known.is_none() && offered.len() < OFFERED {
                offered.push(Rc::downgrade(&incoming.0));
            }
        });
        let Some(known) = known else { return Some(incoming) };
        known.transport.set(incoming.take());
        None
    }
}

impl fmt::Debug for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Offered")
    }
}

struct Inner {
    peer: Peer,
    label: String,
    purpose: String,
    transport: Cell<Option<Transport>>,
}

impl Incoming {
    pub(crate) fn peer(&self) -> &Peer {
        &self.0.peer
    }

    pub(crate) fn label(&self) -> &str {
        &self.0.label
    }

    /// What the channel is for, and what is told of it with that.
    pub(crate) fn purpose(&self) -> &str {
        &self.0.purpose
    }

    /// Nobody took it, and its connection is lost.
    pub(crate) fn is_lost(&self) -> bool {
        self.0.is_lost()
    }

    /// None if a clone was accepted already.
    pub(crate) fn take(&self) -> Option<Transport> {
        self.0.transport.take()
    }

    pub(crate) fn refuse(&self) {
        if let Some(transport) = self.take() {
            end(&Rc::new(transport));
        }
    }
}

impl Inner {
    fn is_lost(&self) -> bool {
        let transport = self.transport.take();
        let is_lost = transport.as_ref().is_some_and(|transport| transport.slot.ended() == Some(ChannelError::Lost));
        self.transport.set(transport);
        is_lost
    }

    /// This is the same channel, on another connection.
    fn goes_on_as(&self, other: &Inner) -> bool {
        self.is_lost()
            && self.peer.id() == other.peer.id()
            && self.purpose == other.purpose
            && self.label == other.label
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(transport) = self.transport.take() {
            end(&Rc::new(transport));
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A channel that a peer opened. Accept it, or drop it: then it is refused.
#[derive(Debug, Clone)]
pub struct IncomingChannel(pub(crate) Incoming);

/// A question of a peer. Accept it, or drop it: then it is refused.
#[derive(Debug, Clone)]
pub struct IncomingRequest(pub(crate) Incoming);

/// A file that a peer offers. Accept it, or drop it: then it is refused.
#[derive(Debug, Clone)]
pub struct IncomingFile(pub(crate) Incoming);

/// A peer compares words. Answer it, or drop it: then it is refused.
#[derive(Debug, Clone)]
pub struct IncomingVerification(pub(crate) Incoming);

/// The event of a data channel that a peer opened; none if it was told on a connection that is lost, a transfer waits for it, or this
/// version does not know what it is for.
pub(crate) fn event(room: &RoomRef, peer: Peer, transport: Transport) -> Option<Event> {
    let (label, purpose) = (transport.channel.label(), transport.channel.protocol());
    let incoming = Incoming(Rc::new(Inner { peer, label, purpose, transport: Cell::new(Some(transport)) }));
    let incoming = room.offered.tell(incoming)?;
    match incoming.purpose() {
        CHANNEL => Some(Event::Channel(IncomingChannel(incoming))),
        HISTORY => {
            if let Some(history) = &room.history {
                history.asked(incoming);
            }
            None
        }
        REQUEST => Some(Event::Request(IncomingRequest(incoming))),
        VERIFICATION => Some(Event::Verification(IncomingVerification(incoming))),
        purpose if purpose.starts_with(FILE_PURPOSE) => {
            let incoming = match room.resumptions.get() {
                Some(resumptions) => resumptions.resume(incoming)?,
                None => incoming,
            };
            Some(Event::File(IncomingFile(incoming)))
        }
        _ => None,
    }
}

impl IncomingChannel {
    /// Whose.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.0.peer()
    }

    /// Its name, as the other side chose it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.label()
    }

    /// Says that it is not wanted.
    pub fn refuse(&self) {
        self.0.refuse();
    }
}

impl IncomingRequest {
    /// Whose.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.0.peer()
    }

    /// What is asked for, as the other side calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.label()
    }

    /// Says that it is not answered.
    pub fn refuse(&self) {
        self.0.refuse();
    }
}

impl IncomingFile {
    /// Whose.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.0.peer()
    }
}

impl IncomingVerification {
    /// Whose.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.0.peer()
    }
}

//! The way from handles to the driver.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::rc::Rc;

use itodenwa_protocol::sending::Limits;
use itodenwa_wire::{
    ClientMessage, DisplayName, Format, Pass, PeerId, RefusalCode, RoomName, Source, Ticket, WaitingRoom,
};

use crate::connection::Connection;
use crate::dom::Clock;
use crate::error::SendError;
use crate::event::Event;
use crate::incoming::{Keep, Offered, Resume};
use crate::local_media::LocalHandle;
use crate::message::Message;
use crate::oneshot;
use crate::outgoing::{Outgoing, Place};
use crate::payload::Payload;
use crate::queue::Sender;
use crate::room_snapshot::Snapshot;
use crate::snapshot::SnapshotCell;

/// Requests that wait, at most. The driver takes them as soon as the application's code returns to the browser.
pub(crate) const REQUESTS: usize = 1024;

/// What a handle asks of the driver, beside what concerns local media.
#[derive(Debug)]
pub(crate) enum Request {
    Text {
        to: PeerId,
        text: String,
        format: Format,
        outgoing: Outgoing,
    },
    /// What is sent of a source, to one or to everybody.
    Limit {
        peer: Option<PeerId>,
        source: Source,
        limits: Limits,
    },
    /// Tell what was written.
    Share,
    RestartIce(PeerId),
    /// Look at the connection to a peer; it is dropped if there is none.
    Inspect(PeerId, Inspection),
    /// To the server; whoever is named is called as they are here.
    Say(ClientMessage),
    Open(PeerId, Opening),
    /// What a peer said before one came is known.
    Earlier(PeerId, Vec<Event>),
}

/// What is to be done with the connection to a peer as soon as there is one; without it if too many wait for that. It is dropped if
/// there is none to come.
pub(crate) struct Opening(pub(crate) Open);

type Open = Box<dyn FnOnce(Option<&Connection>)>;

/// What looks at a connection.
pub(crate) struct Inspection(pub(crate) Box<dyn FnOnce(&Connection)>);

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inspection")
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening")
    }
}

/// The handles' end. When it is closed, or the last handle drops it, the driver hangs up.
#[derive(Debug)]
pub(crate) struct RoomRef {
    pub(crate) requests: Sender<Request>,
    pub(crate) local: LocalHandle,
    pub(crate) room: RoomName,
    /// Changes when a session is over and a new one begins.
    pub(crate) me: Cell<PeerId>,
    pub(crate) name: SnapshotCell<Option<DisplayName>>,
    pub(crate) naming: Naming,
    /// Of the protocol, as it is spoken with the server now.
    pub(crate) version: Cell<u32>,
    pub(crate) pass: Option<Pass>,
    pub(crate) is_locked: Cell<bool>,
    pub(crate) waiting_room: SnapshotCell<WaitingRoom>,
    /// How often everybody is being recorded at this moment.
    pub(crate) recordings: Cell<u32>,
    /// The newest one of the session.
    pub(crate) ticket: SnapshotCell<Option<Ticket>>,
    pub(crate) texts: Cell<u32>,
    /// That of the steps.
    pub(crate) clock: Clock,
    pub(crate) snapshot: Snapshot,
    /// Channels that peers opened.
    pub(crate) offered: Offered,
    /// Files that come, since there was one.
    pub(crate) resumptions: OnceCell<Box<dyn Resume>>,
    /// Messages for those who come later.
    pub(crate) history: Option<Rc<dyn Keep>>,
}

/// The change of one's own name that is being made, if there is one.
#[derive(Default)]
pub(crate) struct Naming {
    /// Done when the one that was asked for last is.
    pub(crate) last: Cell<Option<oneshot::Receiver<()>>>,
    /// Waits for the server.
    pub(crate) waits: Cell<Option<oneshot::Sender<Option<RefusalCode>>>>,
}

impl Naming {
    /// The server said what one is called, or refused to.
    pub(crate) fn answered(&self, refused: Option<RefusalCode>) {
        if let Some(waits) = self.waits.take() {
            waits.send(refused);
        }
    }
}

impl fmt::Debug for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Naming")
    }
}

impl RoomRef {
    /// False if the room is over.
    pub(crate) fn ask(&self, request: Request) -> bool {
        self.requests.send(request).is_ok()
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.requests.is_closed()
    }

    /// Sends a message to all of these, or to none; each with how many messages wait for it. What is for everybody may be kept.
    pub(crate) fn send(
        &self,
        to: &[(PeerId, Rc<Cell<usize>>)],
        payload: Payload,
        is_for_all: bool,
    ) -> Result<Message, SendError> {
        let (text, format) = payload.write()?;
        if !self.is_open() {
            return Err(SendError::Closed);
        }
        if to.is_empty() {
            return Err(SendError::Nobody);
        }
        let places: Option<Vec<Place>> = to.iter().map(|(_, waiting)| Place::take(waiting)).collect();
        let places = places.ok_or(SendError::QueueFull)?;
        let id = self.texts.get().wrapping_add(1);
        self.texts.set(id);
        let mut delivered = Vec::new();
        for ((peer, _), place) in to.iter().zip(places) {
            let (done, wait) = oneshot::channel();
            delivered.push(wait);
            let outgoing = Outgoing { id, delivered: done, _place: place };
            // If it is not taken, its drop says that it is not delivered.
            self.ask(Request::Text { to: *peer, text: text.clone(), format, outgoing });
        }
        if let Some(history) = self.history.as_ref().filter(|_| is_for_all) {
            history.said(to, text, format);
        }
        Ok(Message::new(id, delivered))
    }
}

//! What a room tells.

mod queue;
mod trouble;

use std::time::Duration;

use itodenwa_protocol::ConnectionState;
use itodenwa_protocol::timeline::Entry;
use itodenwa_wire::{LeaveReason, Source, WaitingRoom};

pub use queue::Events;
pub(crate) use queue::{EventSender, LOSSY, Lossy, Overflow, ReadText, channel};
pub use trouble::Trouble;

use crate::error::{Error, MediaError};
use crate::incoming::{IncomingChannel, IncomingFile, IncomingRequest, IncomingVerification};
use crate::json::Json;
use crate::media::Settings;
use crate::payload::Payload;
use crate::peer::Peer;

/// Something that happened in a room.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// Somebody came in, or was there before us.
    Joined(Peer),
    /// Somebody is gone, and so are the views of them.
    Left(Peer, LeaveReason),
    /// The connection to a peer changed its state (W3C WebRTC, section 4.3.3).
    Connection {
        /// Whose.
        peer: Peer,
        /// The state.
        state: ConnectionState,
    },
    /// Somebody vanished from the server and is still at the other end of the connection, or is back: nothing else of theirs changes.
    /// Whoever is away and falls silent has left.
    Away {
        /// Who.
        peer: Peer,
        /// Whether the server does not know them.
        away: bool,
    },
    /// Somebody has another name, [`Peer::name`], or none any more. None is oneself: [`Me::name`](crate::Me::name).
    Renamed(Option<Peer>),
    /// A source of a peer went on or off. It is on once, until it is off.
    Media {
        /// Whose.
        peer: Peer,
        /// What.
        source: Source,
        /// On or off.
        on: bool,
    },
    /// An own camera or microphone could not be had, or was taken away. It is off; the room goes on.
    MediaFailed {
        /// Which.
        source: Source,
        /// Why.
        error: MediaError,
    },
    /// An own source has a track: it is on, another device was chosen, or one that was unplugged is replaced. Here is what it
    /// really is.
    Device {
        /// Which.
        source: Source,
        /// What it is.
        settings: Settings,
    },
    /// The system silenced an own source, as a phone does when it rings, or gave it back; so is what goes off, or gets another track. Nothing
    /// need be done. The JavaScript package tells the others of what lasts for two seconds, by the attribute `interrupted`.
    Interrupted {
        /// Which.
        source: Source,
        /// Whether it is silenced.
        interrupted: bool,
    },
    /// Devices were connected or taken away: [`devices`](crate::devices()) are others now.
    DevicesChanged,
    /// A peer began to speak, or was quiet for a while. How loud they are now is [`Peer::level`].
    Speaking {
        /// Whose.
        peer: Peer,
        /// Whether they speak.
        speaking: bool,
    },
    /// Another peer is the one to look at: the loudest of those who speak. They stay it when nobody speaks; none when they left.
    Speaker(Option<Peer>),
    /// Somebody wrote. Show it as text, never as HTML.
    Text {
        /// Who.
        from: Peer,
        /// What.
        text: String,
    },
    /// An application sent a value.
    Json {
        /// Whose.
        from: Peer,
        /// What.
        value: Json,
    },
    /// An application sent bytes.
    Bytes {
        /// Whose.
        from: Peer,
        /// What.
        bytes: Vec<u8>,
    },
    /// What somebody said to everybody before one came ([`Join::history`](crate::Join::history)). They say how long ago that was.
    Earlier {
        /// Who: they hand it over themselves.
        from: Peer,
        /// What. Show a text as text, never as HTML.
        message: Payload,
        /// How long before now, never longer than the one before it.
        ago: Duration,
    },
    /// Somebody else wrote an attribute: one of their own, or one of the room. Left out while very many events wait to be read;
    /// [`Peer::attributes`] and [`Handle::room_attributes`](crate::Handle::room_attributes) have what holds.
    Attribute {
        /// Whose; none is the room.
        peer: Option<Peer>,
        /// Which.
        key: String,
        /// The value; none if it was removed.
        value: Option<Json>,
    },
    /// An own message reached a peer's application. Left out while very many events wait to be read;
    /// [`Message::delivered`](crate::Message::delivered) knows it, too.
    Delivered {
        /// Whose.
        peer: Peer,
        /// The [`Message::id`](crate::Message::id).
        id: u32,
    },
    /// A peer opened a channel: accept it, or it is refused when the event is dropped.
    Channel(IncomingChannel),
    /// A peer asks something: answer it, or it is refused when the event is dropped.
    Request(IncomingRequest),
    /// A peer offers a file: accept it, or it is refused when the event is dropped.
    File(IncomingFile),
    /// A peer wants to compare words with the person ([`Peer::verification`](crate::Peer::verification)): answer it, and show what comes of
    /// it, or it is refused when the event is dropped.
    Verification(IncomingVerification),
    /// A step of a call, as it happens. Also kept in [`Handle::steps`](crate::Handle::steps).
    Step(Entry),
    /// Something went wrong. The room goes on.
    Trouble(Trouble),
    /// The connection to the server was lost, or is back. Calls go on meanwhile; who comes or goes is told when it is back.
    Signaling(SignalingState),
    /// The waiting room was switched on or off, or others wait in it to be let in: [`Handle::set_waiting_room`](crate::Handle::set_waiting_room).
    /// Who waits is told to those who may let them in. How it is in the beginning says
    /// [`Handle::waiting_room`](crate::Handle::waiting_room).
    Waiting(WaitingRoom),
    /// Somebody who may do so asks for the microphone to be switched off ([`Peer::ask_to_mute`](crate::Peer::ask_to_mute)). It is no more
    /// than asked: show it, with who asks and what switches it off ([`Handle::microphone`](crate::Handle::microphone)).
    AskedToMute {
        /// Who; none if they are not known here.
        by: Option<Peer>,
    },
    /// Somebody who may do so took one's raised hand down ([`Peer::lower_hand`](crate::Peer::lower_hand)): the own attribute `hand` is
    /// removed.
    HandLowered {
        /// Who; none if they are not known here.
        by: Option<Peer>,
    },
    /// Newcomers are kept out from now on, or no longer: [`Handle::lock`](crate::Handle::lock). How it is in the beginning says
    /// [`Handle::is_locked`](crate::Handle::is_locked).
    Locked(bool),
    /// The browser does not play somebody before the person touches the page: call [`Handle::resume`](crate::Handle::resume), or that of
    /// the preview, when they do.
    Blocked {
        /// Whom; none is one's own picture.
        peer: Option<Peer>,
    },
    /// The room is over; the last event. None when the application left.
    Closed(Option<Error>),
}

/// What an application may want to know of its own devices, whatever they are for.
#[derive(Debug)]
pub(crate) enum LocalEvent {
    /// A source has a track: a new one, or again the one that was kept silent.
    Device { source: Source, settings: Settings },
    /// A source could not be had, or was taken away.
    MediaFailed { source: Source, error: MediaError },
    /// The system silenced a source, or gave it back.
    Interrupted { source: Source, interrupted: bool },
    /// There are other devices now.
    DevicesChanged,
}

/// An application's event that may be about its own devices.
pub(crate) trait FromLocal: Lossy + Sized {
    /// None if this application is not told such a thing.
    fn from_local(event: LocalEvent) -> Option<Self>;
}

impl FromLocal for Event {
    fn from_local(event: LocalEvent) -> Option<Self> {
        Some(match event {
            LocalEvent::Device { source, settings } => Event::Device { source, settings },
            LocalEvent::MediaFailed { source, error } => Event::MediaFailed { source, error },
            LocalEvent::Interrupted { source, interrupted } => Event::Interrupted { source, interrupted },
            LocalEvent::DevicesChanged => Event::DevicesChanged,
        })
    }
}

/// How the server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignalingState {
    /// It is.
    Connected,
    /// It is not, and is tried again and again.
    Reconnecting,
}

impl SignalingState {
    /// The name in JavaScript: `connected`, `reconnecting`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SignalingState::Connected => "connected",
            SignalingState::Reconnecting => "reconnecting",
        }
    }
}

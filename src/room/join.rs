//! What is wanted of a room that one joins.

mod entering;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use itodenwa_protocol::{IceMode, IceTransportPolicy};
use itodenwa_wire::{IceServer, Source, Ticket, Token};
use web_sys::MediaStream;

pub(super) use entering::{PLACES, has_text};

use super::Room;
use super::offering::Offering;
use super::prepared::Prepared;
use crate::error::Error;
use crate::history::History;
use crate::incoming::Keep;
use crate::key::RoomKey;
use crate::media::{CameraOptions, DeviceConstraints, MicrophoneOptions, ScreenOptions};
use crate::preview::Preview;
use crate::signaling::{Seal, Signaling};

/// What is wanted of a room; made by [`Room::join`], awaited to join.
#[must_use = "nothing happens until it is awaited"]
pub struct Join {
    room: String,
    name: Option<String>,
    token: Option<Token>,
    former: Option<Ticket>,
    unless_recorded: bool,
    seal: Option<Box<dyn Seal>>,
    history: Option<Rc<dyn Keep>>,
    waits: Box<dyn Fn(Duration)>,
    server: Option<String>,
    sources: Vec<Source>,
    constraints: Vec<DeviceConstraints>,
    media: Option<MediaStream>,
    preview: Option<Preview>,
    adaptive: bool,
    ice: IceMode,
    ice_servers: Vec<IceServer>,
    policy: IceTransportPolicy,
    signaling: Option<Box<dyn Signaling>>,
    prepared: Option<Offering>,
}

impl Room {
    /// Joins a room, which is made by who comes first. Await what this gives, after saying what else is wanted. Dropped before it is done,
    /// it leaves nobody in the room and no device on.
    ///
    /// The name is 1 to 64 characters of `A-Z a-z 0-9 _ -`.
    #[must_use = "nothing happens until it is awaited"]
    pub fn join(room: impl Into<String>) -> Join {
        Join::new(room.into())
    }
}

impl Join {
    pub(crate) fn new(room: String) -> Self {
        Join {
            room,
            name: None,
            token: None,
            former: None,
            unless_recorded: false,
            seal: None,
            history: None,
            waits: Box::new(|_| {}),
            server: None,
            sources: Vec::new(),
            constraints: Vec::new(),
            media: None,
            preview: None,
            adaptive: true,
            ice: IceMode::Trickle,
            ice_servers: Vec::new(),
            policy: IceTransportPolicy::All,
            signaling: None,
            prepared: None,
        }
    }

    /// What the others see: up to 256 bytes of text. White space alone, as an empty form gives it, is no name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What lets one in, where a server asks for it: a JSON Web Token for this room, made by the application's own server.
    /// It goes to the signalling server in a message, never in an address.
    pub fn token(mut self, token: impl Into<Token>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// For somebody who was in this room before, as before a reload of the page: [`Handle::ticket`](crate::Handle::ticket) of then. It
    /// lets one in although the room is [locked](crate::Handle::lock) or others have to wait, for an hour unless the server is set otherwise, and unless one was
    /// removed.
    pub fn former(mut self, ticket: Ticket) -> Self {
        self.former = Some(ticket);
        self
    }

    /// Not into a call that is being recorded: the join fails with `room/recorded`, nobody in the room hears of it, and no device was
    /// switched on. So the person can be asked before, and joins without this if they agree. In the room whoever
    /// [records](crate::Handle::record) has to tell the others.
    ///
    /// A session that goes on after an interruption is not asked again. Only what this library records is known; a server that is older than
    /// this lets everybody in.
    pub fn unless_recorded(mut self) -> Self {
        self.unless_recorded = true;
        self
    }

    /// With a key, which all members have from elsewhere, as in the part of an invitation's address that no server is sent (behind the
    /// `#`). What they say to each other through the server is sealed with it: see [`RoomKey`]. Who comes with another key, or with
    /// none, is in the room and not connected, which is told as `peer/key-differs`.
    pub fn key(mut self, key: RoomKey) -> Self {
        self.seal = Some(key.0);
        self
    }

    /// Keeps the last messages that one sends to everybody, and gives them to those who come later and join with this, too; and gets those that
    /// others keep: [`Event::Earlier`](crate::Event::Earlier), once, in their order, before anything that the same peer says now. Each gives its own,
    /// straight to whoever comes: what those said who have left is not had, nor what was said to one alone. A message is given as long as
    /// it is among the last.
    pub fn history(mut self, history: History) -> Self {
        self.history = Some(history.0);
        self
    }

    /// `told` hears that one has to wait until somebody in the room lets one in ([`Handle::set_waiting_room`](crate::Handle::set_waiting_room)),
    /// and for how long at most: to be said to the person. The join goes on: it succeeds when one is let in, and fails with `room/refused`
    /// or, after that time, with `room/unanswered`. Who gives up drops it. It hears so again after an interruption, in which one lost one's
    /// place. Meanwhile nobody is seen or heard, and those who may let one in see nothing but the name.
    pub fn on_wait(mut self, told: impl Fn(Duration) + 'static) -> Self {
        self.waits = Box::new(told);
        self
    }

    /// The signalling server: `wss://example.org/ws`, its page (`https://example.org/`), or its host (`example.org:8080`). Without it,
    /// or with nothing but white space: `ws` beside the page (`document.baseURI`).
    pub fn server(mut self, address: impl Into<String>) -> Self {
        self.server = Some(address.into());
        self
    }

    /// With the camera on. One that can't be had does not stop the join: it is [`Event::MediaFailed`](crate::Event::MediaFailed).
    pub fn camera(mut self) -> Self {
        self.sources.push(Source::Camera);
        self
    }

    /// With the microphone on. One that can't be had does not stop the join: it is [`Event::MediaFailed`](crate::Event::MediaFailed).
    pub fn microphone(mut self) -> Self {
        self.sources.push(Source::Microphone);
        self
    }

    /// What camera is wanted, now or when it is switched on later.
    pub fn camera_options(mut self, options: CameraOptions) -> Self {
        self.constraints.push(DeviceConstraints::Camera(options));
        self
    }

    /// What microphone is wanted, now or when it is switched on later.
    pub fn microphone_options(mut self, options: MicrophoneOptions) -> Self {
        self.constraints.push(DeviceConstraints::Microphone(options));
        self
    }

    /// How a screen is to be shared later.
    pub fn screen_options(mut self, options: ScreenOptions) -> Self {
        self.constraints.push(DeviceConstraints::Screen(options));
        self
    }

    /// With tracks of the application instead of devices: the first of sound as microphone, the first of pictures as
    /// camera. They are never stopped here. [`Handle::publish`](crate::Handle::publish) takes more of them, under names of their own, and at
    /// any time.
    pub fn media(mut self, stream: MediaStream) -> Self {
        self.media = Some(stream);
        self
    }

    /// With the camera and microphone of a preview, as they are there: on if they are on or asked for, off if they are off, whatever else
    /// is said of them. Nobody is asked again, and the preview is over; also when the server can't be reached or refuses. It goes on where a join fails
    /// before it asks for devices: what is said of the room is not valid, or somebody [records](Self::unless_recorded). Whoever waits for one of its
    /// switches gets [`MediaError::Closed`](crate::MediaError::Closed); what can't be had is told by the room.
    pub fn preview(mut self, preview: &Preview) -> Self {
        self.preview = Some(preview.clone());
        self
    }

    /// Without it, what is sent follows what is shown: each of the others tells how large one is shown there, and gets no more than
    /// that; and when the machine or the network is at its limit for long, less is sent. With `false` all of it is left to the
    /// browser. An element that is not in the page, as a video that is drawn elsewhere, and what [`Peer::track`](crate::Peer::track)
    /// gives, get it as large as it is; pictures that nobody shows or reads are not sent.
    pub fn adaptive(mut self, adaptive: bool) -> Self {
        self.adaptive = adaptive;
        self
    }

    /// How candidates reach the others. Without it: [`IceMode::Trickle`].
    pub fn ice(mut self, mode: IceMode) -> Self {
        self.ice = mode;
        self
    }

    /// STUN and TURN servers, beside those that the signalling server gives.
    pub fn ice_servers(mut self, servers: Vec<IceServer>) -> Self {
        self.ice_servers = servers;
        self
    }

    /// [`IceTransportPolicy::Relay`] for those who hide their address: nothing but candidates of a relay are found and told to the
    /// others, so that they see the relay's address and no other. It needs a TURN server; without one nobody is reached
    /// ([`Verdict::RelayRequired`](crate::Verdict::RelayRequired)). The signalling and the TURN server still see from where one comes.
    pub fn ice_transport_policy(mut self, policy: IceTransportPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Another way of signalling than the WebSocket of itodenwa's server, or one that was opened before
    /// ([`visit`](crate::signaling::WebSocketSignaling::visit)).
    pub fn signaling(mut self, signaling: impl Signaling + 'static) -> Self {
        self.signaling = Some(Box::new(signaling));
        self
    }

    /// With what was [prepared](Room::prepare): its way to the server is the one that is used.
    pub fn prepared(mut self, prepared: Prepared) -> Self {
        let (signaling, offering) = prepared.taken();
        self.prepared = offering;
        self.signaling(signaling)
    }
}

impl IntoFuture for Join {
    type Output = Result<Room, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Room, Error>>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(Box::new(self).join())
    }
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("room", &self.room).field("name", &self.name).finish_non_exhaustive()
    }
}

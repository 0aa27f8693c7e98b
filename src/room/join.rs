use std::cell::{Cell, OnceCell};
use std::fmt;
use std::future::{Future, IntoFuture, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use itodenwa_protocol as machine;
use itodenwa_protocol::{IceMode, IceTransportPolicy};
use itodenwa_wire::Source;
use itodenwa_wire::{
    ClientMessage, DisplayName, IceServer, InvalidId, OLDEST_VERSION, PROTOCOL_VERSION, RoomName, Ticket, Token,
    Welcome,
};
use web_sys::MediaStream;

use super::Room;
use super::endpoint::{Parts, RoomEndpoint};
use crate::dom::spawn;
use crate::dom::{Clock, Timer, global};
use crate::driver::{self, Core};
use crate::error::{Error, SignalingError};
use crate::event::{self, LocalEvent};
use crate::history::History;
use crate::incoming::Keep;
use crate::key::RoomKey;
use crate::local_media::LocalMedia;
use crate::media::{CameraOptions, DeviceConstraints, MicrophoneOptions, ScreenOptions};
use crate::preview::Preview;
use crate::queue::queue;
use crate::room_ref::{Naming, REQUESTS, RoomRef};
use crate::room_snapshot::Snapshot;
use crate::signaling::{Seal, Signaling, WebSocketSignaling, welcome};
use crate::snapshot::SnapshotCell;

/// What is switched on without a negotiation. What is shared gets its place when it is shared: few calls have it.
const PLACES: [Source; 2] = [Source::Microphone, Source::Camera];
/// How long the join waits for camera and microphone, so that they are on from the beginning. A person who takes longer to allow them is
/// in the room meanwhile.
const DEVICES: Duration = Duration::from_secs(2);

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
    waits: Option<Box<dyn Fn(Duration)>>,
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
            waits: None,
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
        self.waits = Some(Box::new(told));
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
    /// is said of them. Nobody is asked again, and the preview is over; also when the join fails. Whoever waits for one of its switches gets
    /// [`MediaError::Closed`](crate::MediaError::Closed); what can't be had is told by the room.
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
    /// ([`WebSocketSignaling::visit`]).
    pub fn signaling(mut self, signaling: impl Signaling + 'static) -> Self {
        self.signaling = Some(Box::new(signaling));
        self
    }

    async fn join(self) -> Result<Room, Error> {
        let room_name = RoomName::new(self.room).map_err(Error::Room)?;
        let name = match self.name.map(DisplayName::new) {
            // Forms give a text also where nothing was entered.
            None | Some(Err(InvalidId::Empty)) => None,
            Some(name) => Some(name.map_err(Error::Name)?),
        };
        if global("RTCPeerConnection").is_undefined() {
            return Err(Error::Unsupported);
        }
        let mut signaling = match (self.signaling, self.server.filter(has_text)) {
            (Some(signaling), _) => signaling,
            (None, Some(address)) => Box::new(WebSocketSignaling::connect(address)?),
            (None, None) => Box::new(WebSocketSignaling::connect(WebSocketSignaling::own_server()?)?),
        };

        if let Some(seal) = self.seal {
            signaling = seal.seal(room_name.as_str().to_owned(), signaling).await?;
        }

        let clock = Clock::start();
        let join = ClientMessage::Join(itodenwa_wire::Join {
            version: OLDEST_VERSION,
            max_version: Some(PROTOCOL_VERSION),
            room: room_name.clone(),
            name,
            token: self.token,
            resume: None,
            former: self.former,
            unless_recorded: self.unless_recorded,
        });
        let waits = |time| {
            if let Some(told) = &self.waits {
                told(time);
            }
        };
        signaling.send(&join)?;
        let mut entering: Entering<'_> = Box::pin(welcome(&mut signaling, waits));
        // A person that is to be asked first has nothing on before; otherwise devices and server are waited for at the same time.
        if self.unless_recorded {
            entering = Box::pin(ready(Ok(entering.await?)));
        }
        let handed_over = match self.preview {
            Some(preview) => preview.hand_over().await,
            None => None,
        };
        // What was handed over is on, off, or asked for, as it is.
        let is_new = handed_over.is_none();
        let mut media = handed_over.map_or_else(LocalMedia::new, Ok)?;
        let local = media.new_handle();
        for constraints in self.constraints {
            if media.devices.track(constraints.source()).is_none() {
                media.devices.choose(constraints, None);
            }
        }
        if let Some(given) = &self.media {
            media.devices.take(given);
        }
        if is_new {
            media.devices.start(Source::ALL.into_iter().filter(|source| self.sources.contains(source)).collect());
        }
        let mut failed = Vec::new();
        let welcome = with_devices(entering, media.settle(&mut failed)).await?;
        let (events, stream) = event::channel();
        let mut core = Core::new(clock, media, events);
        for (source, error) in failed {
            core.tell_local(LocalEvent::MediaFailed { source, error });
        }
        let (request, requests) = queue(REQUESTS);
        let snapshot = Snapshot::default();
        let room = Rc::new(RoomRef {
            resumptions: OnceCell::new(),
            history: self.history,
            requests: request,
            local: local.clone(),
            room: room_name,
            me: Cell::new(welcome.me.id),
            name: SnapshotCell::new(welcome.me.name.clone()),
            naming: Naming::default(),
            version: Cell::new(welcome.version),
            pass: welcome.me.pass.clone(),
            is_locked: Cell::new(welcome.locked),
            waiting_room: SnapshotCell::new(welcome.waiting_room.clone()),
            recordings: Cell::new(0),
            ticket: SnapshotCell::new(welcome.ticket.clone()),
            texts: Cell::new(0),
            clock,
            snapshot: snapshot.clone(),
        });
        let before = welcome.members.iter().map(|member| member.id).collect();
        let may_publish = welcome.me.pass.as_ref().is_none_or(|pass| pass.publish);
        let places = if may_publish { PLACES.to_vec() } else { Vec::new() };
        let config = machine::Config { ice: self.ice, on: core.media.devices.on(), places };
        let machine = machine::Room::new(config, &welcome, core.clock.now());
        let endpoint = RoomEndpoint::new(Parts {
            core,
            machine,
            signaling,
            snapshot: snapshot.clone(),
            room: Rc::downgrade(&room),
            local,
            adaptive: self.adaptive,
            own_servers: self.ice_servers,
            server_servers: welcome.ice_servers.servers,
            policy: self.policy,
        });
        spawn(driver::run(endpoint, requests));
        if let Some(history) = &room.history {
            Rc::clone(history).begin(Rc::downgrade(&room), before);
        }
        Ok(Room::new(room, snapshot, stream))
    }
}

impl IntoFuture for Join {
    type Output = Result<Room, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Room, Error>>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.join())
    }
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("room", &self.room).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the server answers. In a box: so that it may have been waited for already.
type Entering<'a> = Pin<Box<dyn Future<Output = Result<Welcome, SignalingError>> + 'a>>;

/// Comes in while the devices are asked for. A join that fails does not wait for them.
async fn with_devices(entering: Entering<'_>, settling: impl Future<Output = ()>) -> Result<Welcome, SignalingError> {
    let settling = pin!(settling);
    match select(entering, select(settling, Timer::new(DEVICES))).await {
        Either::Left((welcome, devices)) => {
            if welcome.is_ok() {
                let _ = devices.await;
            }
            welcome
        }
        Either::Right((_, entering)) => entering.await,
    }
}

/// Forms give a text also where nothing was entered.
#[expect(clippy::ptr_arg, reason = "it filters options of strings")]
fn has_text(text: &String) -> bool {
    !text.trim().is_empty()
}

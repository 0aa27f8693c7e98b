//! Coming into a room.

use std::cell::{Cell, OnceCell};
use std::future::{Future, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use itodenwa_protocol as machine;
use itodenwa_protocol::FirstOffer;
use itodenwa_wire::limits::MESSAGE_BYTES;
use itodenwa_wire::{
    ClientMessage, DisplayName, InvalidId, OLDEST_VERSION, PROTOCOL_VERSION, RoomName, Source, Welcome,
};

use super::Join;
use crate::codec::write_body;
use crate::dom::spawn;
use crate::dom::{Clock, Timer, global};
use crate::driver::{self, Core};
use crate::error::{Error, SignalingError};
use crate::event::{self, Event, Events, LocalEvent};
use crate::incoming::Offered;
use crate::local_media::{LocalHandle, LocalMedia};
use crate::media::Devices;
use crate::queue::queue;
use crate::room::Room;
use crate::room::endpoint::{Parts, RoomEndpoint};
use crate::room::offering::{Offering, nothing_on};
use crate::room_ref::{Naming, REQUESTS, RoomRef};
use crate::room_snapshot::Snapshot;
use crate::signaling::{Signaling, WebSocketSignaling, welcome};
use crate::snapshot::SnapshotCell;

/// What is switched on without a negotiation. What is shared gets its place when it is shared: few calls have it.
pub(in crate::room) const PLACES: [Source; 2] = [Source::Microphone, Source::Camera];
/// A join brings an offer if description, token and ticket have so many bytes together: written as JSON, and with all else, it is as large
/// as every server reads. What is sealed takes a third more.
const OFFER_FITS: usize = MESSAGE_BYTES / 4 * 3;
const SEALED_OFFER_FITS: usize = OFFER_FITS / 4 * 3;
/// How long the join waits for camera and microphone, so that they are on from the beginning. A person who takes longer to allow them is
/// in the room meanwhile.
const DEVICES: Duration = Duration::from_secs(2);

impl Join {
    pub(super) async fn join(mut self: Box<Self>) -> Result<Room, Error> {
        let mut join = self.message()?;
        let mut signaling = self.way()?;
        let room = join.room.clone();
        let fits = if self.seal.is_some() { SEALED_OFFER_FITS } else { OFFER_FITS };
        if let Some(seal) = self.seal.take() {
            signaling = seal.seal(self.room.clone(), signaling).await?;
        }

        let clock = Clock::start();
        // A person that is to be asked first has nothing on before; otherwise devices and server are waited for at the same time.
        let (mut entered, mut offering) = (None, None);
        if self.unless_recorded {
            if let Some(devices) = nothing_on() {
                offering = self.offering(&devices, &mut join, fits).await;
            }
            entered = Some(enter(&mut signaling, join.clone(), &*self.waits).await?);
        }
        let handed_over = match self.preview.take() {
            Some(preview) => preview.hand_over().await,
            None => None,
        };
        let (mut media, local) = self.local_media(handed_over)?;
        let entering = match entered {
            Some(welcome) => Box::pin(ready(Ok(welcome))),
            None => {
                offering = self.offering(&media.devices, &mut join, fits).await;
                enter(&mut signaling, join, &*self.waits)
            }
        };
        let mut failed = Vec::new();
        let welcome = with_devices(entering, media.settle(&mut failed)).await?;
        let (events, stream) = event::channel();
        let mut core = Core::new(clock, media, events);
        for (source, error) in failed {
            core.tell_local(LocalEvent::MediaFailed { source, error });
        }
        Ok(self.entered(room, (core, local), stream, signaling, welcome, offering))
    }

    /// What is said to the server.
    fn message(&mut self) -> Result<itodenwa_wire::Join, Error> {
        let room = RoomName::new(self.room.clone()).map_err(Error::Room)?;
        let name = match self.name.take().map(DisplayName::new) {
            // Forms give a text also where nothing was entered.
            None | Some(Err(InvalidId::Empty)) => None,
            Some(name) => Some(name.map_err(Error::Name)?),
        };
        Ok(itodenwa_wire::Join {
            version: OLDEST_VERSION,
            max_version: Some(PROTOCOL_VERSION),
            room,
            name,
            token: self.token.take(),
            resume: None,
            former: self.former.take(),
            unless_recorded: self.unless_recorded,
            offer: Vec::new(),
        })
    }

    /// The way to the server, which may be there already.
    fn way(&mut self) -> Result<Box<dyn Signaling>, Error> {
        if global("RTCPeerConnection").is_undefined() {
            return Err(Error::Unsupported);
        }
        Ok(match (self.signaling.take(), self.server.take().filter(has_text)) {
            (Some(signaling), _) => signaling,
            (None, Some(address)) => Box::new(WebSocketSignaling::connect(address)?),
            (None, None) => Box::new(WebSocketSignaling::connect(WebSocketSignaling::own_server()?)?),
        })
    }

    /// Own devices, which are being asked for then, and the handle of the room to them.
    fn local_media(&mut self, handed_over: Option<LocalMedia>) -> Result<(LocalMedia, LocalHandle), Error> {
        // What was handed over is on, off, or asked for, as it is.
        let is_new = handed_over.is_none();
        let mut media = handed_over.map_or_else(LocalMedia::new, Ok)?;
        // It sees what happens from now on.
        let local = media.new_handle();
        for constraints in std::mem::take(&mut self.constraints) {
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
        Ok((media, local))
    }

    /// An offer for whoever is in the room, if it is one: the one that was [prepared](Join::prepared), or a new one. It goes with the join if it
    /// fits. In a box: so that it may be waited for at two places.
    fn offering<'a>(
        &'a mut self,
        devices: &'a Devices,
        join: &'a mut itodenwa_wire::Join,
        fits: usize,
    ) -> Pin<Box<dyn Future<Output = Brought> + 'a>> {
        Box::pin(async move {
            let config = machine::Config { ice: self.ice, on: devices.on(), places: PLACES.to_vec() };
            let send = FirstOffer::send(&config)?;
            let prepared = self.prepared.take().filter(|prepared| prepared.carries(&send));
            let mut offering = prepared.or_else(|| Offering::begin(send, devices))?;
            let offer = offering.made(&config).await?;
            bring(join, &offer, fits);
            Some(Box::new((offering, offer)))
        })
    }

    /// The server let us in.
    fn entered(
        self: Box<Self>,
        name: RoomName,
        (core, local): (Core<Event>, LocalHandle),
        stream: Events,
        signaling: Box<dyn Signaling>,
        welcome: Welcome,
        offering: Brought,
    ) -> Room {
        let (request, requests) = queue(REQUESTS);
        let snapshot = Snapshot::default();
        let room = Rc::new(RoomRef {
            offered: Offered::default(),
            resumptions: OnceCell::new(),
            history: self.history,
            requests: request,
            local: local.clone(),
            room: name,
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
            clock: core.clock,
            snapshot: snapshot.clone(),
        });
        let before = welcome.members.iter().map(|member| member.id).collect();
        let may_publish = welcome.me.pass.as_ref().is_none_or(|pass| pass.publish);
        let places = if may_publish { PLACES.to_vec() } else { Vec::new() };
        let config = machine::Config { ice: self.ice, on: core.media.devices.on(), places };
        let (offering, offer) = offering.filter(|_| welcome.me.offered.is_some()).map(|offering| *offering).unzip();
        let machine = machine::Room::offering(config, &welcome, offer, core.clock.now());
        let endpoint = RoomEndpoint::new(Parts {
            core,
            machine,
            signaling,
            offering,
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
        Room::new(room, snapshot, stream)
    }
}

/// What a join brings, if it brings an offer.
type Brought = Option<Box<(Offering, FirstOffer)>>;

/// What the server answers. In a box: so that it may have been waited for already.
type Entering<'a> = Pin<Box<dyn Future<Output = Result<Welcome, SignalingError>> + 'a>>;

fn enter<'a>(
    signaling: &'a mut Box<dyn Signaling>,
    join: itodenwa_wire::Join,
    waits: &'a dyn Fn(Duration),
) -> Entering<'a> {
    Box::pin(async move {
        signaling.send(&ClientMessage::Join(join))?;
        welcome(signaling, waits).await
    })
}

/// The offer goes with the join if there is room for it.
fn bring(join: &mut itodenwa_wire::Join, offer: &FirstOffer, fits: usize) {
    let token = join.token.as_ref().map_or(0, |token| token.as_str().len());
    let former = join.former.as_ref().map_or(0, |ticket| ticket.as_str().len());
    if token + former + offer.sdp().len() <= fits {
        join.offer.extend(offer.bodies().map(|body| write_body(&body)));
    }
}

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
pub(in crate::room) fn has_text(text: &String) -> bool {
    !text.trim().is_empty()
}

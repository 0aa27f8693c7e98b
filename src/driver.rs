//! The one task of a room: it owns the machine, the connections, the tracks and the signalling.

mod incoming;
mod listening;
mod outgoing;
mod peers;
mod sending;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use futures_util::StreamExt;
use itodenwa_protocol as machine;
use itodenwa_protocol::ActiveSpeaker;
use itodenwa_protocol::sending::Limits;
use itodenwa_protocol::{ConnectionId, Input, Time, TroubleCode};
use itodenwa_wire::{ClientMessage, IceServer, PeerId, Refusal, ServerMessage, Source};
use litemap::LiteMap;
use wasm_bindgen::JsCast;

use crate::connection::ConnectionEvent;
use crate::dom::{Clock, Listener, Timer, global};
use crate::error::{Error, SignalingError};
use crate::event::{Event, EventSender, Overflow, ReadText, Trouble};
use crate::media::{DeviceEvent, Devices, listen_for_changes};
use crate::peer::Peer;
use crate::queue::{Receiver, Sender};
use crate::room_ref::{Request, RoomRef};
use crate::room_snapshot::Snapshot;
use crate::signaling::{Signaling, flush};
use crate::view::{Blocked, Views};
use listening::Ticker;
use peers::Peers;

/// What the browser may tell before the driver takes it, at most. Each of its callbacks tells one thing or two, and the driver
/// runs after it.
pub(crate) const BROWSER_EVENTS: usize = 4096;
/// Steps that are kept.
const STEPS: usize = 512;

/// What the browser tells the driver. Every callback and every settled promise puts one here and does no more, and the
/// driver takes it before the browser runs the next one: the queue stays as short as what one callback tells.
#[derive(Debug)]
pub(crate) enum BrowserEvent {
    Device(DeviceEvent),
    Connection {
        peer: PeerId,
        connection: ConnectionId,
        event: ConnectionEvent,
    },
    Blocked(PeerId),
    DevicesChanged,
    /// It is time to look at the levels.
    Listen,
    /// It is time to look at what is shown.
    Look,
    /// The page is shown, or not any more.
    Visible,
    PageHide,
}

/// What a driver is made of.
pub(crate) struct Parts {
    pub(crate) machine: machine::Room,
    pub(crate) clock: Clock,
    pub(crate) signaling: Box<dyn Signaling>,
    pub(crate) requests: Receiver<Request>,
    pub(crate) browser_events: Receiver<BrowserEvent>,
    pub(crate) notify: Sender<BrowserEvent>,
    pub(crate) events: EventSender,
    pub(crate) snapshot: Snapshot,
    pub(crate) link: Weak<RoomRef>,
    pub(crate) devices: Devices,
    /// Whether what is sent follows what is shown.
    pub(crate) adaptive: bool,
    pub(crate) own_servers: Vec<IceServer>,
    pub(crate) server_servers: Vec<IceServer>,
}

pub(crate) struct Driver {
    parts: Parts,
    peers: Peers,
    views: Views,
    voices: ActiveSpeaker,
    ticker: Option<Ticker>,
    looking: Option<Ticker>,
    looks: u32,
    /// For everybody.
    limits: LiteMap<Source, Limits>,
    blocked: Blocked,
    timer: Option<(Time, Timer)>,
    /// What the server refused last: why it may close the socket.
    refusal: Option<Refusal>,
    /// Why the room is over, when it is.
    end: Option<End>,
    _listeners: Vec<Listener>,
}

/// Why a room is over; without an error it was left on purpose.
struct End(Option<Error>);

enum Wakeup {
    Deadline,
    BrowserEvent(BrowserEvent),
    Read(Vec<ReadText>),
    Request(Option<Request>),
    Message(Option<Result<ServerMessage, SignalingError>>),
}

impl Driver {
    pub(crate) fn new(parts: Parts) -> Self {
        let notify = parts.notify.clone();
        let blocked: Blocked = Rc::new(move |peer| {
            let _ = notify.send(BrowserEvent::Blocked(peer));
        });
        let notify = parts.notify.clone();
        let devices = listen_for_changes(move || {
            let _ = notify.send(BrowserEvent::DevicesChanged);
        });
        let visibility = listen_for_visibility(&parts.notify);
        let listeners = listen_for_page_hide(&parts.notify).into_iter().chain(devices).chain(visibility).collect();
        let peers = Peers::default();
        Driver {
            parts,
            peers,
            views: Views::default(),
            voices: ActiveSpeaker::default(),
            ticker: None,
            looking: None,
            looks: 0,
            limits: LiteMap::new(),
            blocked,
            timer: None,
            refusal: None,
            end: None,
            _listeners: listeners,
        }
    }

    pub(crate) async fn run(mut self) {
        for source in Source::ALL {
            self.tell_settings(source);
        }
        let end = loop {
            self.carry_out();
            if let Some(end) = self.end.take() {
                break end;
            }
            match self.wakeup().await {
                Wakeup::Deadline => {
                    self.handle(Input::Deadline);
                    self.acknowledge();
                }
                Wakeup::BrowserEvent(notice) => self.notice(notice),
                Wakeup::Read(texts) => self.read(texts),
                Wakeup::Request(Some(request)) => self.request(request),
                Wakeup::Request(None) => self.end(None),
                Wakeup::Message(message) => self.message(message),
            }
        };
        self.hang_up(end).await;
    }

    /// The next thing that happens. Deadlines come first, so that no flood starves them.
    async fn wakeup(&mut self) -> Wakeup {
        self.set_timer();
        poll_fn(|cx| self.poll_wakeup(cx)).await
    }

    fn poll_wakeup(&mut self, cx: &mut Context<'_>) -> Poll<Wakeup> {
        if let Some((_, timer)) = &mut self.timer
            && Pin::new(timer).poll(cx).is_ready()
        {
            self.timer = None;
            return Poll::Ready(Wakeup::Deadline);
        }
        if let Poll::Ready(Some(notice)) = self.parts.browser_events.poll_next_unpin(cx) {
            return Poll::Ready(Wakeup::BrowserEvent(notice));
        }
        if let Poll::Ready(texts) = self.parts.events.poll_read(cx) {
            return Poll::Ready(Wakeup::Read(texts));
        }
        if let Poll::Ready(request) = self.parts.requests.poll_next_unpin(cx) {
            return Poll::Ready(Wakeup::Request(request));
        }
        self.parts.signaling.poll_next_unpin(cx).map(Wakeup::Message)
    }

    fn set_timer(&mut self) {
        let texts = self.peers.deadline().map(|(at, _)| at);
        let deadline = self.parts.machine.deadline().into_iter().chain(texts).min();
        if self.timer.as_ref().map(|(set, _)| *set) != deadline {
            let now = self.parts.clock.now();
            self.timer = deadline.map(|deadline| (deadline, Timer::new(deadline - now)));
        }
    }

    fn handle(&mut self, input: Input) {
        self.parts.machine.handle(self.parts.clock.now(), input);
    }

    fn end(&mut self, error: Option<Error>) {
        self.end.get_or_insert(End(error));
    }

    fn tell(&mut self, event: Event) {
        if let Err(Overflow) = self.parts.events.push(event) {
            self.end(Some(Error::Unread));
        }
    }

    fn trouble(&mut self, peer: &Peer, code: TroubleCode, detail: String) {
        self.tell(Event::Trouble(Trouble { peer: Some(peer.clone()), code: code.as_str(), detail }));
    }

    /// Says bye, closes everything, and only then tells that it is over: last to the handles that wait for the requests' end.
    async fn hang_up(mut self, End(error): End) {
        self.handle(Input::Leave);
        self.carry_out();
        // If it can't be sent the server notices that the socket is closed.
        let _ = self.parts.signaling.send(&ClientMessage::Leave);
        flush(&mut self.parts.signaling).await;
        let Driver { parts, peers, views, ticker, looking, .. } = self;
        let Parts { events, snapshot, devices, signaling, requests, .. } = parts;
        drop((peers, views, ticker, looking, devices, signaling));
        snapshot.peers.change(Vec::clear);
        events.close(Event::Closed(error));
        drop(requests);
    }
}

/// A page that is shown again wants pictures at once.
fn listen_for_visibility(notify: &Sender<BrowserEvent>) -> Option<Listener> {
    let document: web_sys::Document = global("document").dyn_into().ok()?;
    let notify = notify.clone();
    Some(Listener::new(&document, "visibilitychange", move |_| {
        let _ = notify.send(BrowserEvent::Visible);
    }))
}

/// A page that goes away leaves on purpose: the others need not wait until they miss it.
fn listen_for_page_hide(notify: &Sender<BrowserEvent>) -> Option<Listener> {
    let window: web_sys::Window = global("window").dyn_into().ok()?;
    let notify = notify.clone();
    Some(Listener::new(&window, "pagehide", move |_| {
        let _ = notify.send(BrowserEvent::PageHide);
    }))
}

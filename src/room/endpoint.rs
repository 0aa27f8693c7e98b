//! A room as its driver runs it: it owns the machine, the connections, the tracks and the signaling.

mod attributes;
mod incoming;
mod listening;
mod outgoing;
mod peers;
mod sending;

use std::rc::Weak;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use itodenwa_protocol as machine;
use itodenwa_protocol::attributes::Changes;
use itodenwa_protocol::sending::Limits;
use itodenwa_protocol::{ActiveSpeaker, IceTransportPolicy};
use itodenwa_protocol::{Input, Time, TroubleCode};
use itodenwa_wire::{ClientMessage, IceServer, Refusal, Source};
use litemap::LiteMap;
use wasm_bindgen::JsCast;
use web_sys::MediaStream;

use super::offering::Offering;
use crate::browser_event::{BrowserEvent, ConnectionKey, PageEvent};
use crate::connection::ConnectionEvent;
use crate::dom::{Listener, global};
use crate::driver::{Core, Endpoint};
use crate::error::Error;
use crate::event::{Event, ReadText, Trouble};
use crate::local_media::{LocalChange, LocalHandle};
use crate::peer::Peer;
use crate::queue::Sender;
use crate::room_ref::{Request, RoomRef};
use crate::room_snapshot::Snapshot;
use crate::signaling::{Signaling, flush};
use crate::stream_kind::StreamKind;
use crate::subject::Subject;
use listening::Ticker;
use peers::Peers;

/// Steps that are kept.
const STEPS: usize = 512;

/// What a room is made of.
pub(super) struct Parts {
    pub(super) core: Core<Event>,
    pub(super) machine: machine::Room,
    pub(super) signaling: Box<dyn Signaling>,
    /// The connection whose offer went with the join, if somebody got it.
    pub(super) offering: Option<Offering>,
    pub(super) snapshot: Snapshot,
    /// For the handles that it makes of peers.
    pub(super) room: Weak<RoomRef>,
    pub(super) local: LocalHandle,
    /// Whether what is sent follows what is shown.
    pub(super) adaptive: bool,
    pub(super) own_servers: Vec<IceServer>,
    pub(super) server_servers: Vec<IceServer>,
    pub(super) policy: IceTransportPolicy,
}

pub(super) struct RoomEndpoint {
    parts: Parts,
    peers: Peers,
    voices: ActiveSpeaker,
    ticker: Option<Ticker>,
    looking: Option<Ticker>,
    looks: u32,
    /// For everybody.
    limits: LiteMap<Source, Limits>,
    /// What the server refused last: why it may close the socket.
    refusal: Option<Refusal>,
    changes: Changes,
    _listeners: Vec<Listener>,
}

impl RoomEndpoint {
    pub(super) fn new(parts: Parts) -> Self {
        let notify = parts.core.media.notify();
        // A page that is shown again wants pictures at once.
        let visibility = listen_for("document", "visibilitychange", PageEvent::Visible, &notify);
        let resumed = listen_for("document", "resume", PageEvent::Resumed, &notify);
        // A page that goes away leaves, and the others need not wait until they miss it. The browser may show it again.
        let hide = listen_for("window", "pagehide", PageEvent::Hide, &notify);
        let endpoint = RoomEndpoint {
            parts,
            peers: Peers::default(),
            voices: ActiveSpeaker::default(),
            ticker: None,
            looking: None,
            looks: 0,
            limits: LiteMap::new(),
            refusal: None,
            changes: Changes::default(),
            _listeners: [visibility, resumed, hide].into_iter().flatten().collect(),
        };
        endpoint.note_relay();
        endpoint
    }

    fn handle(&mut self, input: Input) {
        self.parts.machine.handle(self.parts.core.clock.now(), input);
    }

    fn end(&mut self, error: Option<Error>) {
        self.parts.core.end(error);
    }

    fn tell(&mut self, event: Event) {
        self.parts.core.tell(event);
    }

    fn trouble(&mut self, peer: &Peer, code: TroubleCode, detail: String) {
        self.tell(Event::Trouble(Trouble::peer(peer, code, detail)));
    }
}

impl Endpoint for RoomEndpoint {
    type Event = Event;
    type Request = Request;

    fn core(&mut self) -> &mut Core<Event> {
        &mut self.parts.core
    }

    fn deadline(&self) -> Option<Time> {
        let texts = self.peers.deadline().map(|(at, _)| at);
        let changes = self.parts.snapshot.attributes.change(|attributes| attributes.deadline(&self.changes));
        [self.parts.machine.deadline(), texts, changes].into_iter().flatten().min()
    }

    fn on_deadline(&mut self) {
        self.handle(Input::Deadline);
        self.acknowledge();
        self.share();
    }

    fn on_request(&mut self, request: Request) {
        self.request(request);
    }

    fn on_local(&mut self, change: LocalChange) {
        let (source, on) = match change {
            LocalChange::On(source) | LocalChange::Unmuted(source) => (source, Some(true)),
            LocalChange::Off(source) => (source, Some(false)),
            LocalChange::Replaced(source) => (source, None),
        };
        // First how it is sent: an encoder that is set up anew while it starts has its first picture later.
        self.retune();
        self.peers.replace(source, self.parts.core.media.devices.track(source));
        if let Some(on) = on {
            self.handle(Input::SetSource { source, on });
        }
    }

    fn on_connection(&mut self, connection: ConnectionKey, event: ConnectionEvent) {
        if let ConnectionKey::Peer(peer, connection) = connection {
            self.connection_event(peer, connection, event);
        }
    }

    fn on_blocked(&mut self, subject: Subject) {
        let peer = match subject {
            Subject::Peer(peer) => self.peers.peer(peer),
            Subject::Me | Subject::Remote => None,
        };
        // A peer that has left meanwhile is not missed.
        if peer.is_some() || subject == Subject::Me {
            self.tell(Event::Blocked { peer });
        }
    }

    fn on_page(&mut self, event: PageEvent) {
        match event {
            PageEvent::Listen => self.listen(),
            PageEvent::Look => self.look_again(),
            PageEvent::Visible => self.look(),
            PageEvent::Resumed => self.parts.core.media.views.unfreeze(),
            PageEvent::Hide => self.end(Some(Error::PageHidden)),
        }
    }

    fn on_read(&mut self, texts: Vec<ReadText>) {
        self.read(texts);
    }

    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.parts.signaling.poll_next_unpin(cx).map(|message| self.message(message))
    }

    fn stream(&self, of: Subject, kind: StreamKind) -> Option<MediaStream> {
        if let Subject::Peer(peer) = of { self.peers.stream(peer, kind) } else { None }
    }

    fn carry_out(&mut self) {
        self.take_outputs();
    }

    /// Says bye, closes everything, and only then tells that it is over.
    async fn hang_up(mut self, error: Option<Error>) {
        self.handle(Input::Leave);
        self.take_outputs();
        // If it can't be sent the server notices that the socket is closed.
        let _ = self.parts.signaling.send(&ClientMessage::Leave);
        flush(&mut self.parts.signaling).await;
        let RoomEndpoint { parts, peers, ticker, looking, _listeners, .. } = self;
        let Parts { core, snapshot, signaling, .. } = parts;
        peers.end_channels();
        drop((peers, ticker, looking, _listeners, signaling));
        snapshot.peers.change(Vec::clear);
        core.close(Event::Closed(error));
    }
}

fn listen_for(target: &str, kind: &'static str, event: PageEvent, notify: &Sender<BrowserEvent>) -> Option<Listener> {
    let target: web_sys::EventTarget = global(target).dyn_into().ok()?;
    let notify = notify.clone();
    Some(Listener::new(&target, kind, move |_| {
        let _ = notify.send(BrowserEvent::Page(event));
    }))
}

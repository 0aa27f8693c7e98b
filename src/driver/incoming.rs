//! What comes in: requests, messages, and what the browser tells.

use itodenwa_protocol::delivery::{Delivery as TextDelivery, Received};
use itodenwa_protocol::{Input, Report, TroubleCode};
use itodenwa_wire::limits::DESCRIPTION_MESSAGE_BYTES;
use itodenwa_wire::{
    Body, ClientMessage, Delivery, Frame, IceServer, Left, Packet, PeerId, Refusal, RefusalCode, ServerMessage, Source,
    Welcome,
};

use super::{BrowserEvent, Driver};
use crate::codec::{Malformed, read_body};
use crate::connection::ConnectionEvent;
use crate::error::SignalingError;
use crate::event::{Event, ReadText, SignalingState, Trouble};
use crate::media::{Change, DeviceEvent};
use crate::outgoing::Outgoing;
use crate::room_ref::Request;
use crate::stream_kind::StreamKind;
use crate::view::Attached;

impl Driver {
    pub(super) fn request(&mut self, request: Request) {
        match request {
            Request::SetSource { source, on, done } => {
                let change = self.parts.devices.set(source, on, done);
                self.changed(change);
            }
            Request::Choose { wish, done } => self.parts.devices.choose(wish, done),
            Request::Text { to, text, outgoing } => {
                if let Err(why) = self.peers.send_text(self.parts.clock.now(), to, text, outgoing) {
                    self.channel_refused(to, why);
                }
            }
            Request::Limit { peer, source, limits } => self.limit(peer, source, limits),
            Request::Audible(id) => {
                if let Some(peer) = self.peers.peer(id) {
                    self.views.set_audible(id, peer.audible());
                }
            }
            Request::Loudspeaker(device) => self.views.set_loudspeaker(device),
            Request::RestartIce(peer) => self.handle(Input::RestartIce(peer)),
            Request::Remove(peer) => {
                if let Err(error) = self.parts.signaling.send(&ClientMessage::Remove(peer)) {
                    self.signaling_ended(error);
                }
            }
            Request::Attach { who, kind, element, made } => {
                let stream = match who {
                    None => Some(self.parts.devices.stream(kind)),
                    Some(id) => self.peers.stream(id, kind),
                };
                if let Some(stream) = stream {
                    let audible = who.and_then(|id| self.peers.peer(id)).map(|peer| peer.audible());
                    self.views.attach(Attached { who, kind, element, made, stream, audible }, &self.blocked);
                }
            }
            Request::Detach(element) => self.views.detach(&element),
            Request::Resume => self.views.resume(&self.blocked),
        }
    }

    pub(super) fn message(&mut self, message: Option<Result<ServerMessage, SignalingError>>) {
        match message {
            Some(Ok(ServerMessage::Joined { member, .. })) => self.handle(Input::Joined(member)),
            Some(Ok(ServerMessage::Left { id, reason, .. })) => self.handle(Input::Left(Left { id, reason })),
            Some(Ok(ServerMessage::Signal(delivery))) => self.delivery(delivery),
            Some(Ok(ServerMessage::IceServers(servers))) => self.renew_servers(servers.servers),
            // A packet crossed with the news that its receiver left.
            Some(Ok(ServerMessage::Refused(Refusal { code: RefusalCode::PeerUnknown, .. }))) => {}
            Some(Ok(ServerMessage::Refused(refusal))) => {
                let error = SignalingError::Refused(refusal.clone());
                // What one may not do closes nothing.
                self.refusal = Some(refusal).filter(|refusal| refusal.code != RefusalCode::TokenForbidden);
                self.tell(Event::Trouble(Trouble::signaling(&error)));
            }
            Some(Ok(ServerMessage::Roster(roster))) => self.handle(Input::Roster(roster.members)),
            Some(Ok(ServerMessage::Welcome(welcome))) => self.back(welcome),
            Some(Ok(ServerMessage::Ticket(_) | ServerMessage::Pong(_))) => {}
            Some(Err(SignalingError::Away(_))) => self.tell(Event::Signaling(SignalingState::Reconnecting)),
            Some(Err(error @ SignalingError::Malformed(_))) => self.tell(Event::Trouble(Trouble::signaling(&error))),
            Some(Err(error)) => self.signaling_ended(error),
            None => self.signaling_ended(SignalingError::Lost("it ended".into())),
        }
    }

    /// For new connections, and for those that there are when they look for paths again.
    pub(super) fn renew_servers(&mut self, servers: Vec<IceServer>) {
        self.parts.server_servers = servers;
        self.peers.renew(&self.ice_servers());
    }

    /// The signalling was away: the session goes on, or we are somebody new.
    fn back(&mut self, mut welcome: Welcome) {
        self.renew_servers(std::mem::take(&mut welcome.ice_servers.servers));
        if let Some(link) = self.parts.link.upgrade() {
            link.me.set(welcome.me.id);
        }
        self.handle(Input::Welcome(welcome));
        self.peers.suspect();
        self.tell(Event::Signaling(SignalingState::Connected));
    }

    pub(super) fn signaling_ended(&mut self, error: SignalingError) {
        let error = self.refusal.take().map_or(error, SignalingError::Refused);
        self.end(Some(error.into()));
    }

    fn delivery(&mut self, Delivery { from, packet }: Delivery) {
        let Packet { from_epoch, to_epoch, seq, ack, body } = packet;
        // What can't be read is still consumed in its place: otherwise the sender would send it again for ever.
        let body = body.map(|text| {
            if text.len() > DESCRIPTION_MESSAGE_BYTES {
                Body::Unknown
            } else {
                read_body(&text).unwrap_or(Body::Unknown)
            }
        });
        self.handle(Input::Packet { from, packet: Packet { from_epoch, to_epoch, seq, ack, body } });
    }

    pub(super) fn notice(&mut self, notice: BrowserEvent) {
        match notice {
            BrowserEvent::Device(notice) => {
                let is_captured = matches!(notice, DeviceEvent::Captured(_));
                let change = self.parts.devices.notice(notice);
                if let (true, Change::On(source) | Change::Replaced(source)) = (is_captured, &change) {
                    self.tell_settings(*source);
                }
                self.changed(change);
            }
            BrowserEvent::DevicesChanged => self.tell(Event::DevicesChanged),
            BrowserEvent::Connection { peer, connection, event: ConnectionEvent::Report(report) } => {
                if report == Report::ChannelOpen
                    && let Err(why) = self.peers.channel_opened(self.parts.clock.now(), peer, connection)
                {
                    self.channel_refused(peer, why);
                }
                let is_negotiated = matches!(report, Report::AnswerSet | Report::AnswerMade { .. });
                self.handle(Input::Report { peer, connection, report });
                if is_negotiated {
                    self.peers.apply(peer);
                }
            }
            BrowserEvent::Connection { peer, connection, event: ConnectionEvent::Frame(frame) } => {
                if self.peers.is_current(peer, connection) {
                    self.frame(peer, frame);
                }
            }
            BrowserEvent::Blocked(peer) => {
                if let Some(peer) = self.peers.peer(peer) {
                    self.tell(Event::Blocked { peer });
                }
            }
            BrowserEvent::Connection { peer, connection, event: ConnectionEvent::Limited(is_limited) } => {
                if self.peers.is_current(peer, connection) {
                    self.peers.strained(peer, is_limited);
                }
            }
            BrowserEvent::Connection { peer, event: ConnectionEvent::CodecRefused(codec), .. } => {
                let peer = self.peers.peer(peer);
                self.tell(Event::Trouble(Trouble { peer, code: "sending/codec", detail: codec }));
            }
            BrowserEvent::Listen => self.listen(),
            BrowserEvent::Look => self.look_again(),
            BrowserEvent::Visible => self.look(),
            BrowserEvent::PageHide => self.end(None),
        }
    }

    fn frame(&mut self, from: PeerId, frame: Result<Frame, Malformed>) {
        let Some(peer) = self.peers.peer(from) else { return };
        let now = self.parts.clock.now();
        match frame {
            Ok(Frame::Stream(stream)) => {
                self.with_texts(from, |texts| texts.announced(stream));
            }
            Ok(Frame::Ack(number)) => {
                if let Some(Received::Delivered(texts)) = self.with_texts(from, |texts| texts.acknowledged(number)) {
                    for Outgoing { id, delivered, .. } in texts {
                        delivered.send(());
                        self.tell(Event::Delivered { peer: peer.clone(), id });
                    }
                }
            }
            Ok(Frame::Shown(_)) if !self.parts.adaptive => {}
            Ok(Frame::Shown(tiles)) => self.peers.shown(from, &tiles),
            // Not acknowledged either: it comes again through the next channel.
            Ok(Frame::Text(_)) if !self.parts.events.has_room() => {}
            Ok(Frame::Text(text)) => {
                if let Some(Received::Text { text, receipt }) = self.with_texts(from, |texts| texts.receive(now, text))
                {
                    let read = ReadText { from: Some(from), receipt };
                    self.parts.events.push_text(Event::Text { from: peer, text }, read);
                }
            }
            Ok(Frame::Heartbeat) => {}
            Err(why) => self.trouble(&peer, TroubleCode::PacketMalformed, why.to_string()),
        }
    }

    /// The application read these texts.
    pub(super) fn read(&mut self, read: Vec<ReadText>) {
        for ReadText { from, receipt } in &read {
            if let Some(texts) = from.and_then(|from| self.peers.texts(from)) {
                texts.read(*receipt);
            }
        }
        for from in read.iter().filter_map(|text| text.from) {
            self.with_texts(from, |_| ());
        }
    }

    /// Says of texts what waited for its time.
    pub(super) fn acknowledge(&mut self) {
        while let Some((_, peer)) = self.peers.deadline().filter(|(at, _)| *at <= self.parts.clock.now()) {
            self.with_texts(peer, |_| ());
        }
    }

    /// Lets the delivery of texts with a peer act, and sends what follows.
    fn with_texts<R>(&mut self, peer: PeerId, act: impl FnOnce(&mut TextDelivery<Outgoing>) -> R) -> Option<R> {
        let result = self.peers.texts(peer).map(act);
        if let Err(why) = self.peers.flush(self.parts.clock.now(), peer) {
            self.channel_refused(peer, why);
        }
        result
    }

    /// The browser did not take a frame: its buffer is full, or the channel is closing. The text waits for the next channel.
    fn channel_refused(&mut self, peer: PeerId, why: String) {
        if let Some(peer) = self.peers.peer(peer) {
            self.trouble(&peer, TroubleCode::PeerSilent, why);
        }
    }

    fn changed(&mut self, change: Change) {
        match change {
            Change::None => {}
            Change::On(source) => self.switched(source, true),
            Change::Replaced(source) => {
                self.peers.replace(source, self.parts.devices.track(source));
                if !source.is_audio() {
                    self.views.renew(None, self.parts.devices.stream(StreamKind::of(source)), &self.blocked);
                }
                self.retune();
            }
            Change::Off(source) => self.switched(source, false),
            Change::Interrupted(source, interrupted) => self.tell(Event::Interrupted { source, interrupted }),
            Change::Failed(source, error) => self.tell(Event::MediaFailed { source, error }),
            Change::Ended(source, error) => {
                self.switched(source, false);
                self.tell(Event::MediaFailed { source, error });
            }
        }
    }

    /// What a new track really is.
    pub(super) fn tell_settings(&mut self, source: Source) {
        if let Some(settings) = self.parts.devices.settings(source) {
            self.parts.snapshot.settings.change(|known| known.insert(source, settings.clone()));
            self.tell(Event::Device { source, settings });
        }
    }

    fn switched(&mut self, source: Source, on: bool) {
        let settings = self.parts.devices.settings(source).filter(|_| on);
        self.parts.snapshot.settings.change(|known| match settings {
            Some(settings) => known.insert(source, settings),
            None => known.remove(&source),
        });
        self.peers.replace(source, self.parts.devices.track(source));
        self.views.play(None, &self.blocked);
        self.handle(Input::SetSource { source, on });
        self.retune();
        if source == Source::Screen && !on && self.parts.devices.stop_screen_audio() {
            self.switched(Source::ScreenAudio, false);
        }
    }
}

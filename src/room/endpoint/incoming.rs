//! What comes in: requests, messages, and what connections tell.

use itodenwa_protocol::delivery::{Delivery as TextDelivery, Received};
use itodenwa_protocol::{ConnectionId, Input, Report, TroubleCode, Way};
use itodenwa_wire::limits::DESCRIPTION_MESSAGE_BYTES;
use itodenwa_wire::{
    Ask, Asked, Body, ClientMessage, Epoch, Frame, IceServer, Left, Packet, PeerId, Refusal, RefusalCode, SEALED,
    ServerMessage, Signal, Ticket, WaitingRoom, Welcome, Wish,
};

use super::RoomEndpoint;
use crate::codec::{Malformed, read_body, write_body};
use crate::connection::ConnectionEvent;
use crate::error::SignalingError;
use crate::event::{Event, ReadText, SignalingState, Trouble};
use crate::incoming;
use crate::outgoing::Outgoing;
use crate::payload::Payload;
use crate::peer::Peer;
use crate::room_ref::Request;

/// The attribute of a member that has raised the hand.
const HAND: &str = "hand";

impl RoomEndpoint {
    pub(super) fn request(&mut self, request: Request) {
        match request {
            Request::Text { to, text, format, outgoing } => {
                if let Err(why) = self.peers.send_text(self.parts.core.clock.now(), to, (text, format), outgoing) {
                    self.channel_refused(to, why);
                }
            }
            Request::Share => self.share(),
            Request::Limit { peer, source, limits } => self.limit(peer, source, limits),
            Request::RestartIce(peer) => self.handle(Input::RestartIce(peer)),
            Request::Inspect(peer, inspection) => self.peers.inspect(peer, inspection),
            Request::Say(message) => self.say(message),
            Request::Open(peer, opening) => self.peers.open(peer, opening),
            Request::Earlier(peer, earlier) => {
                earlier.into_iter().for_each(|event| self.tell(event));
                self.release(peer);
            }
        }
    }

    fn say(&mut self, mut message: ClientMessage) {
        if let ClientMessage::Remove(peer) | ClientMessage::Ask(Ask { to: Some(peer), .. }) = &mut message {
            *peer = self.parts.machine.server_id(*peer);
        }
        if let Err(error) = self.parts.signaling.send(&message) {
            self.signaling_ended(error);
        }
    }

    fn ticket(&self, ticket: Option<Ticket>) {
        if let Some(room) = self.parts.room.upgrade() {
            room.ticket.change(|known| *known = ticket);
        }
    }

    /// Whoever changes the own name looks what came of it.
    fn named(&self, refused: Option<RefusalCode>) {
        if let Some(room) = self.parts.room.upgrade() {
            room.naming.answered(refused);
        }
    }

    /// Newcomers are kept out, or not.
    fn locked(&mut self, locked: bool) {
        if self.parts.room.upgrade().is_some_and(|room| room.is_locked.replace(locked) != locked) {
            self.tell(Event::Locked(locked));
        }
    }

    fn waiting(&mut self, waiting_room: WaitingRoom) {
        let is_news = self.parts.room.upgrade().is_some_and(|room| {
            room.waiting_room.change(|known| std::mem::replace(known, waiting_room.clone()) != waiting_room)
        });
        if is_news {
            self.tell(Event::Waiting(waiting_room));
        }
    }

    /// Somebody who may do so asks for something. A hand is taken down here, so that whoever asks need not ask twice.
    fn asked(&mut self, Asked { what, from }: Asked) {
        let by = self.at_server(from);
        match what {
            Wish::Mute => self.tell(Event::AskedToMute { by }),
            Wish::LowerHand => {
                if self.parts.snapshot.attributes.change(|attributes| attributes.unset(HAND)) {
                    self.share();
                }
                self.tell(Event::HandLowered { by });
            }
            // Of a later version.
            _ => {}
        }
    }

    /// Whom the server calls so now.
    fn at_server(&self, id: PeerId) -> Option<Peer> {
        self.parts.machine.key_of(id).and_then(|key| self.peers.peer(key))
    }

    pub(super) fn message(&mut self, message: Option<Result<ServerMessage, SignalingError>>) {
        match message {
            Some(Ok(ServerMessage::Joined { member, .. })) => self.handle(Input::Joined(member)),
            Some(Ok(ServerMessage::Renamed { member, .. })) => {
                let is_me = member.id == self.parts.machine.me().id;
                self.handle(Input::Joined(member));
                if is_me {
                    self.named(None);
                }
            }
            Some(Ok(ServerMessage::Left { id, reason, .. })) => self.handle(Input::Left(Left { id, reason })),
            Some(Ok(ServerMessage::Signal(delivery))) => self.packet(delivery.from, Way::Server, delivery.packet),
            Some(Ok(ServerMessage::IceServers(servers))) => self.renew_servers(servers.servers),
            // A packet crossed with the news that its receiver left.
            Some(Ok(ServerMessage::Refused(Refusal { code: RefusalCode::PeerUnknown, .. }))) => {}
            Some(Ok(ServerMessage::Refused(Refusal {
                code: code @ (RefusalCode::NameInvalid | RefusalCode::NameFixed),
                ..
            }))) => self.named(Some(code)),
            Some(Ok(ServerMessage::Refused(refusal))) => {
                let error = SignalingError::Refused(refusal.clone());
                // What one may not do closes nothing.
                self.refusal = Some(refusal)
                    .filter(|refusal| !matches!(refusal.code, RefusalCode::TokenForbidden | RefusalCode::RoomFull));
                self.tell(Event::Trouble(Trouble::signaling(&error)));
            }
            Some(Ok(ServerMessage::Roster(roster))) => self.handle(Input::Roster(roster.members)),
            Some(Ok(ServerMessage::Locked(locked))) => self.locked(locked),
            Some(Ok(ServerMessage::WaitingRoom(waiting_room))) => self.waiting(waiting_room),
            Some(Ok(ServerMessage::Asked(asked))) => self.asked(asked),
            Some(Ok(ServerMessage::Welcome(welcome))) => self.back(welcome),
            Some(Ok(ServerMessage::Ticket(ticket))) => self.ticket(Some(ticket)),
            Some(Ok(ServerMessage::Pong(_) | ServerMessage::Wait(_))) => {}
            Some(Err(SignalingError::Away(_))) => {
                self.parts.snapshot.reach.is_server_away.set(true);
                self.tell(Event::Signaling(SignalingState::Reconnecting));
            }
            Some(Err(error @ SignalingError::Malformed(_))) => self.tell(Event::Trouble(Trouble::signaling(&error))),
            Some(Err(SignalingError::Packet(from, why))) => {
                if let Some(peer) = self.at_server(from) {
                    self.malformed(&peer, why);
                }
            }
            Some(Err(SignalingError::Sealed(from))) => self.other_key(self.at_server(from)),
            Some(Err(error)) => self.signaling_ended(error),
            None => self.signaling_ended(SignalingError::Lost("it ended".into())),
        }
    }

    /// For new connections, and for those that there are when they look for paths again.
    pub(super) fn renew_servers(&mut self, servers: Vec<IceServer>) {
        self.parts.server_servers = servers;
        self.peers.renew(&self.ice_servers());
        self.note_relay();
    }

    /// Whether there is a TURN server (RFC 7065).
    pub(super) fn note_relay(&self) {
        let is_relay = |server: &IceServer| server.urls.iter().any(|url| url.starts_with("turn"));
        let reach = &self.parts.snapshot.reach;
        reach.policy.set(self.parts.policy);
        reach.has_relay.set(self.ice_servers().iter().any(is_relay));
    }

    /// The signalling was away: the session goes on, or we are somebody new.
    fn back(&mut self, mut welcome: Welcome) {
        self.renew_servers(std::mem::take(&mut welcome.ice_servers.servers));
        if let Some(room) = self.parts.room.upgrade() {
            room.me.set(welcome.me.id);
            room.version.set(welcome.version);
        }
        self.locked(welcome.locked);
        self.waiting(std::mem::take(&mut welcome.waiting_room));
        self.ticket(welcome.ticket.clone());
        self.handle(Input::Welcome(welcome));
        // What was refused before does not say why this session ends.
        self.refusal = None;
        // What was said of it may have been lost.
        self.named(None);
        self.peers.suspect();
        self.parts.snapshot.reach.is_server_away.set(false);
        self.tell(Event::Signaling(SignalingState::Connected));
    }

    pub(super) fn signaling_ended(&mut self, error: SignalingError) {
        let error = self.refusal.take().map_or(error, SignalingError::Refused);
        self.end(Some(error.into()));
    }

    /// Told once of each: they go on trying. What is said to them, outside the order, lets them find the same.
    fn other_key(&mut self, peer: Option<Peer>) {
        if let Some(peer) = peer
            && !peer.set_other_key()
        {
            let to = self.parts.machine.server_id(peer.id());
            let (from_epoch, to_epoch) = (Epoch::of_session(self.parts.machine.me().session), Epoch::new(0));
            let packet = Packet { from_epoch, to_epoch, seq: 0, ack: 0, body: Some(write_body(&Body::Hello)) };
            self.say(ClientMessage::Signal(Signal { to, packet }));
            self.trouble(&peer, TroubleCode::KeyDiffers, String::new());
        }
    }

    /// What somebody said that is nothing: told each time less often, as they may say it as fast as they can.
    fn malformed(&mut self, peer: &Peer, why: String) {
        if self.peers.is_told_nonsense(peer.id()) {
            self.trouble(peer, TroubleCode::PacketMalformed, why);
        }
    }

    fn packet(&mut self, from: PeerId, way: Way, packet: Packet) {
        if packet.body.as_ref().is_some_and(|body| body.starts_with(SEALED)) {
            return self.other_key(match way {
                Way::Server => self.at_server(from),
                Way::Channel(_) => self.peers.peer(from),
            });
        }
        let Packet { from_epoch, to_epoch, seq, ack, body } = packet;
        // What can't be read is still consumed in its place: otherwise the sender would send it again for ever.
        let body = body.map(|text| {
            if text.len() > DESCRIPTION_MESSAGE_BYTES {
                Body::Unknown
            } else {
                read_body(&text).unwrap_or(Body::Unknown)
            }
        });
        self.handle(Input::Packet { from, way, packet: Packet { from_epoch, to_epoch, seq, ack, body } });
    }

    pub(super) fn connection_event(&mut self, peer: PeerId, connection: ConnectionId, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Report(report) => {
                if report == Report::ChannelOpen
                    && let Err(why) = self.peers.channel_opened(self.parts.core.clock.now(), peer, connection)
                {
                    self.channel_refused(peer, why);
                }
                if report == Report::ChannelOpen && self.peers.is_current(peer, connection) {
                    self.share_all(peer);
                }
                let is_negotiated = matches!(report, Report::AnswerSet | Report::AnswerMade { .. });
                self.handle(Input::Report { peer, connection, report });
                if is_negotiated {
                    self.peers.apply(peer);
                }
            }
            _ if !self.peers.is_current(peer, connection) => {}
            ConnectionEvent::Frame(frame) => self.frame(peer, connection, frame),
            ConnectionEvent::Channel(transport) => {
                let told = self.parts.room.upgrade().zip(self.peers.peer(peer));
                if let Some(event) = told.and_then(|(room, peer)| incoming::event(&room, peer, transport)) {
                    self.tell(event);
                }
            }
            ConnectionEvent::Limited(is_limited) => self.peers.strained(peer, is_limited),
            // Found each time that something is set.
            ConnectionEvent::CodecRefused(codec) => {
                if let Some(peer) = self.peers.refuses(peer, &codec) {
                    self.tell(Event::Trouble(Trouble::codec(Some(peer), codec)));
                }
            }
        }
    }

    fn frame(&mut self, from: PeerId, connection: ConnectionId, frame: Result<Frame, Malformed>) {
        let Some(peer) = self.peers.peer(from) else { return };
        let now = self.parts.core.clock.now();
        match frame {
            Ok(Frame::Stream(stream)) => {
                if stream.packets {
                    self.handle(Input::Report { peer: from, connection, report: Report::ReadsPackets });
                }
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
            Ok(Frame::Text(_)) if !self.parts.core.events.has_room() => {}
            Ok(Frame::Text(text)) => {
                let received = self.with_texts(from, |texts| texts.receive(now, text));
                if let Some(Received::Text { text, format, receipt }) = received {
                    let read = ReadText { from: Some(from), receipt };
                    self.payload(peer, Payload::read(text, format), read);
                }
            }
            Ok(Frame::Packet(packet)) => self.packet(from, Way::Channel(connection), packet),
            Ok(Frame::Attribute(attribute)) => self.attribute(peer, attribute),
            Ok(Frame::Heartbeat) => {}
            Err(why) => self.malformed(&peer, why.to_string()),
        }
    }

    /// A message for the application. What it can't have is consumed in its place, so that nothing waits for it.
    fn payload(&mut self, from: Peer, payload: Option<Payload>, read: ReadText) {
        let event = match payload {
            Some(Payload::Text(text)) => Event::Text { from, text },
            Some(Payload::Json(value)) => Event::Json { from, value },
            Some(Payload::Bytes(bytes)) => Event::Bytes { from, bytes },
            None => {
                self.read(vec![read]);
                return self.malformed(&from, "not understood: the message".into());
            }
        };
        let room = self.parts.room.upgrade();
        let told = match room.as_deref().and_then(|room| room.history.as_ref()).zip(read.from) {
            Some((history, from)) => history.hold(from, event, read),
            None => Some((event, read)),
        };
        if let Some((event, read)) = told {
            self.parts.core.events.push_text(event, read);
        }
    }

    /// What somebody said does not wait any more for what they said before.
    pub(super) fn release(&mut self, peer: PeerId) {
        if let Some(room) = self.parts.room.upgrade()
            && let Some(history) = &room.history
        {
            for (event, read) in history.release(peer) {
                self.parts.core.events.push_text(event, read);
            }
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
        while let Some((_, peer)) = self.peers.deadline().filter(|(at, _)| *at <= self.parts.core.clock.now()) {
            self.with_texts(peer, |_| ());
        }
    }

    /// Lets the delivery of texts with a peer act, and sends what follows.
    fn with_texts<R>(&mut self, peer: PeerId, act: impl FnOnce(&mut TextDelivery<Outgoing>) -> R) -> Option<R> {
        let result = self.peers.texts(peer).map(act);
        if let Err(why) = self.peers.flush(self.parts.core.clock.now(), peer) {
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
}

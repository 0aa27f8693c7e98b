//! Everybody in the room, with what the browser has for each: connection, stream, texts.

use itodenwa_protocol::delivery::Delivery;
use itodenwa_protocol::sending::{Limits, RenderedSize};
use itodenwa_protocol::{ConnectionId, Time};
use itodenwa_wire::{Format, Frame, IceServer, Packet, PeerId, Source};
use litemap::LiteMap;
use web_sys::{MediaStream, MediaStreamTrack};

use super::listening::AudioLevel;
use super::sending::{self, Sending};
use crate::connection::{CHANNELS, Connection};
use crate::error::ChannelError;
use crate::media::Devices;
use crate::media::Track;
use crate::outgoing::Outgoing;
use crate::peer::Peer;
use crate::room_ref::{Inspection, Opening};
use crate::stream_kind::StreamKind;

#[derive(Default)]
pub(super) struct Peers {
    states: LiteMap<PeerId, PeerState>,
}

struct PeerState {
    peer: Peer,
    connection: Option<(ConnectionId, Connection)>,
    /// The control channel of the connection is open.
    open: bool,
    tracks: LiteMap<Source, Track>,
    voice: Option<AudioLevel>,
    sending: Sending,
    texts: Delivery<Outgoing>,
    /// Channels that wait for a connection.
    openings: Vec<Opening>,
    /// What they said that is nothing.
    nonsense: u32,
    /// The codec of which it was told last that it can't be sent to them.
    refused: String,
}

impl Peers {
    pub(super) fn enter(&mut self, peer: Peer) {
        // Not to be met twice, also not by a page that was loaded anew.
        let stream = (js_sys::Math::random() * 2f64.powi(32)) as u32;
        let state = PeerState {
            peer: peer.clone(),
            connection: None,
            open: false,
            tracks: LiteMap::new(),
            voice: None,
            sending: Sending::default(),
            texts: Delivery::new(stream).beside_packets(),
            openings: Vec::new(),
            nonsense: 0,
            refused: String::new(),
        };
        self.states.insert(peer.id(), state);
    }

    pub(super) fn leave(&mut self, id: PeerId) -> Option<Peer> {
        self.states.remove(&id).map(|state| {
            state.end_channels(ChannelError::PeerGone);
            state.peer
        })
    }

    /// They said something that is nothing. Whether that is told: the first, second, fourth, … time.
    pub(super) fn is_told_nonsense(&mut self, id: PeerId) -> bool {
        self.states.get_mut(&id).is_some_and(|state| {
            state.nonsense = state.nonsense.saturating_add(1);
            state.nonsense.is_power_of_two()
        })
    }

    /// Who does not take a codec, if that is news.
    pub(super) fn refuses(&mut self, id: PeerId, codec: &str) -> Option<Peer> {
        let state = self.states.get_mut(&id).filter(|state| state.refused != codec)?;
        codec.clone_into(&mut state.refused);
        Some(state.peer.clone())
    }

    pub(super) fn peer(&self, id: PeerId) -> Option<Peer> {
        self.states.get(&id).map(|state| state.peer.clone())
    }

    pub(super) fn stream(&self, id: PeerId, kind: StreamKind) -> Option<MediaStream> {
        self.states.get(&id)?.peer.shown(kind)
    }

    // Connections. A peer has one; whatever another one still says is dropped.

    pub(super) fn connect(&mut self, peer: PeerId, id: ConnectionId, connection: Connection) {
        if let Some(state) = self.states.get_mut(&peer) {
            state.close_channel();
            state.connection = Some((id, connection));
            state.sending.set_stale();
            for opening in std::mem::take(&mut state.openings) {
                state.open(opening);
            }
        }
    }

    pub(super) fn disconnect(&mut self, peer: PeerId, id: ConnectionId) {
        if let Some(state) = self.states.get_mut(&peer)
            && state.connection.as_ref().is_some_and(|(known, _)| *known == id)
        {
            state.close_channel();
            state.connection = None;
        }
    }

    pub(super) fn connection(&mut self, peer: PeerId, id: ConnectionId) -> Option<&mut Connection> {
        let (known, connection) = self.states.get_mut(&peer)?.connection.as_mut()?;
        (*known == id).then_some(connection)
    }

    /// Whether the control channel of this connection takes a packet.
    pub(super) fn send_packet(&self, id: ConnectionId, packet: &Packet) -> bool {
        let mut connections = self.states.values().filter_map(|state| state.connection.as_ref());
        connections.any(|(known, connection)| *known == id && connection.send_packet(packet))
    }

    /// Shows the connection to them, if there is one.
    pub(super) fn inspect(&self, peer: PeerId, inspection: Inspection) {
        if let Some((_, connection)) = self.states.get(&peer).and_then(|state| state.connection.as_ref()) {
            (inspection.0)(connection);
        }
    }

    pub(super) fn renew(&mut self, servers: &[IceServer]) {
        for (_, connection) in
            self.states.iter_mut().map(|(_, state)| state).filter_map(|state| state.connection.as_mut())
        {
            connection.renew(servers);
        }
    }

    /// The network may be another one.
    pub(super) fn suspect(&self) {
        for (_, connection) in self.states.values().filter_map(|state| state.connection.as_ref()) {
            connection.suspect();
        }
    }

    pub(super) fn is_current(&self, peer: PeerId, id: ConnectionId) -> bool {
        let current = self.states.get(&peer).and_then(|state| state.connection.as_ref());
        current.is_some_and(|(known, _)| *known == id)
    }

    /// Opens a data channel, when there is a connection. If the peer is gone, whoever waits is told by the drop.
    pub(super) fn open(&mut self, peer: PeerId, opening: Opening) {
        if let Some(state) = self.states.get_mut(&peer) {
            state.open(opening);
        }
    }

    /// The room is over.
    pub(super) fn end_channels(&self) {
        self.states.values().for_each(|state| state.end_channels(ChannelError::RoomClosed));
    }

    /// Sends this track for the source from now on, to everybody.
    pub(super) fn replace(&self, source: Source, track: Option<&MediaStreamTrack>) {
        for (_, connection) in self.states.values().filter_map(|state| state.connection.as_ref()) {
            connection.replace(source, track);
        }
    }

    // Media of others.

    pub(super) fn media_on(&mut self, peer: PeerId, id: ConnectionId, source: Source, mid: &str) -> Option<Peer> {
        let receiver = self.connection(peer, id)?.receiver(mid)?;
        let state = self.states.get_mut(&peer).filter(|state| state.peer.may_publish())?;
        let stream = state.peer.shown(StreamKind::of(source))?;
        state.tracks.insert(source, Track::received(receiver.track(), &stream));
        state.peer.set_media(source, Some(receiver.track()));
        if source == Source::Microphone {
            state.voice = Some(AudioLevel::new(receiver));
        }
        Some(state.peer.clone())
    }

    pub(super) fn media_off(&mut self, peer: PeerId, source: Source) -> Option<Peer> {
        let state = self.states.get_mut(&peer)?;
        state.tracks.remove(&source)?;
        if source == Source::Microphone {
            state.voice = None;
        }
        state.peer.set_media(source, None);
        state.sending.forget(source);
        Some(state.peer.clone())
    }

    /// Whether there is anybody to be heard.
    pub(super) fn has_voices(&self) -> bool {
        self.states.values().any(|state| state.voice.is_some())
    }

    /// How loud everybody is who is heard.
    pub(super) fn levels(&mut self) -> Vec<(Peer, f64)> {
        let states = self.states.iter_mut().map(|(_, state)| state);
        states.filter_map(|state| Some((state.peer.clone(), state.voice.as_mut()?.level()))).collect()
    }

    // What is sent to others.

    pub(super) fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    pub(super) fn set_stale(&mut self) {
        self.states.iter_mut().map(|(_, state)| state).for_each(|state| state.sending.set_stale());
    }

    pub(super) fn limit(&mut self, peer: PeerId, source: Source, limits: Limits) {
        if let Some(state) = self.states.get_mut(&peer) {
            state.sending.limit(source, limits);
        }
    }

    /// Somebody says how they show what we send.
    pub(super) fn shown(&mut self, peer: PeerId, tiles: &[(Source, u32, u32)]) {
        if let Some(state) = self.states.get_mut(&peer) {
            state.sending.shown(tiles);
        }
    }

    /// The browser says whether it is at its limit with somebody.
    pub(super) fn strained(&mut self, peer: PeerId, is_limited: bool) {
        if let Some(state) = self.states.get_mut(&peer) {
            state.sending.looked(is_limited);
        }
    }

    /// Senders are others after a negotiation.
    pub(super) fn apply(&self, peer: PeerId) {
        if let Some((_, connection)) = self.states.get(&peer).and_then(|state| state.connection.as_ref()) {
            connection.apply();
        }
    }

    /// Asks the browser whether it is at its limit.
    pub(super) fn look_at_strain(&self) {
        for (_, connection) in self.states.values().filter_map(|state| state.connection.as_ref()) {
            connection.look();
        }
    }

    /// It was looked at what is shown, as every [`LOOK_EVERY`](sending::LOOK_EVERY).
    pub(super) fn looked(&mut self) {
        let open = self.states.iter_mut().map(|(_, state)| state).filter(|state| state.open);
        open.filter_map(|state| state.connection.as_mut()).for_each(|(_, connection)| connection.looked());
    }

    /// Tells everybody how they are shown, and sends them what is to be sent now.
    pub(super) fn look(
        &mut self,
        devices: &Devices,
        own: &LiteMap<Source, Limits>,
        adaptive: bool,
        show: impl Fn(PeerId, StreamKind) -> Option<RenderedSize>,
    ) {
        for (id, state) in &mut self.states {
            if state.open && adaptive {
                let own = |source: &Source| matches!(source, Source::Own(own) if !own.is_audio());
                let news = state.sending.news(state.tracks.keys().copied().filter(own), |kind| {
                    if state.peer.is_read(kind) { Some(RenderedSize::Unknown) } else { show(*id, kind) }
                });
                // A full buffer or a closing channel: it is told with the next look.
                if !news.is_empty() && state.send(&sending::frame(&news)).is_ok() {
                    state.sending.told(news);
                }
            }
            if let Some((_, connection)) = &mut state.connection {
                state.sending.tune(connection, devices, own);
            }
        }
    }

    // Attributes.

    /// Tells one of them, or everybody. What a channel does not take is told through the next one, as is everything then.
    pub(super) fn tell(&self, to: Option<PeerId>, frame: &Frame) {
        for (_, state) in self.states.iter().filter(|(id, state)| state.open && to.is_none_or(|to| to == **id)) {
            let _ = state.send(frame);
        }
    }

    // Texts.

    /// A message to send. If the peer is gone, whoever waits for its delivery is told by the drop.
    pub(super) fn send_text(
        &mut self,
        now: Time,
        to: PeerId,
        (text, format): (String, Format),
        outgoing: Outgoing,
    ) -> Result<(), String> {
        let Some(state) = self.states.get_mut(&to) else { return Ok(()) };
        // As many as have a place have one there, too.
        let _ = state.texts.send(text, format, outgoing);
        state.flush(now)
    }

    pub(super) fn channel_opened(&mut self, now: Time, peer: PeerId, id: ConnectionId) -> Result<(), String> {
        if !self.is_current(peer, id) {
            return Ok(());
        }
        let Some(state) = self.states.get_mut(&peer) else { return Ok(()) };
        state.open = true;
        state.sending.begin_anew();
        state.texts.channel_opened();
        state.flush(now)
    }

    /// The delivery of texts from and to this peer.
    pub(super) fn texts(&mut self, peer: PeerId) -> Option<&mut Delivery<Outgoing>> {
        self.states.get_mut(&peer).map(|state| &mut state.texts)
    }

    /// Sends what is to be said of texts.
    pub(super) fn flush(&mut self, now: Time, peer: PeerId) -> Result<(), String> {
        self.states.get_mut(&peer).map_or(Ok(()), |state| state.flush(now))
    }

    /// When something is to be said of texts although nothing happens, and to whom.
    pub(super) fn deadline(&self) -> Option<(Time, PeerId)> {
        self.states.iter().filter_map(|(id, state)| Some((state.texts.deadline()?, *id))).min()
    }
}

impl PeerState {
    fn open(&mut self, opening: Opening) {
        match &self.connection {
            Some((_, connection)) => (opening.0)(Some(connection)),
            None if self.openings.len() < CHANNELS => self.openings.push(opening),
            None => (opening.0)(None),
        }
    }

    fn end_channels(&self, why: ChannelError) {
        if let Some((_, connection)) = &self.connection {
            connection.end_channels(why);
        }
    }

    fn close_channel(&mut self) {
        self.open = false;
        self.texts.channel_closed();
    }

    fn flush(&mut self, now: Time) -> Result<(), String> {
        while let Some(frame) = self.texts.poll(now) {
            self.send(&frame).inspect_err(|_| self.texts.channel_closed())?;
        }
        Ok(())
    }

    fn send(&self, frame: &Frame) -> Result<(), String> {
        match &self.connection {
            Some((_, connection)) => connection.send(frame),
            None => Ok(()),
        }
    }
}

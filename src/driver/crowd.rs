//! Everybody in the room, with what the browser has for each: connection, stream, texts.

use itodenwa_protocol::ConnectionId;
use itodenwa_protocol::delivery::Delivery;
use itodenwa_protocol::sending::{Limits, RenderedSize};
use itodenwa_wire::{Frame, IceServer, PeerId, Source};
use litemap::LiteMap;
use web_sys::{MediaStream, MediaStreamTrack};

use super::listening::Ear;
use super::sending::{self, Sending};
use crate::connection::Connection;
use crate::media::Devices;
use crate::media::Track;
use crate::outgoing::Outgoing;
use crate::peer::Peer;
use crate::view::Sight;

#[derive(Default)]
pub(super) struct Crowd {
    members: LiteMap<PeerId, Member>,
    /// How many came in: names the texts to each.
    entered: u32,
}

struct Member {
    peer: Peer,
    connection: Option<(ConnectionId, Connection)>,
    /// The control channel of the connection is open.
    open: bool,
    stream: MediaStream,
    screen: MediaStream,
    tracks: LiteMap<Source, Track>,
    voice: Option<Ear>,
    sending: Sending,
    texts: Delivery<Outgoing>,
}

impl Crowd {
    /// False if the browser has no stream to give, which none that has connections does.
    pub(super) fn enter(&mut self, peer: Peer) -> bool {
        let (Ok(stream), Ok(screen)) = (MediaStream::new(), MediaStream::new()) else { return false };
        self.entered = self.entered.wrapping_add(1);
        let member = Member {
            peer: peer.clone(),
            connection: None,
            open: false,
            stream,
            screen,
            tracks: LiteMap::new(),
            voice: None,
            sending: Sending::default(),
            texts: Delivery::new(self.entered),
        };
        self.members.insert(peer.id(), member);
        true
    }

    pub(super) fn leave(&mut self, id: PeerId) -> Option<Peer> {
        self.members.remove(&id).map(|member| member.peer)
    }

    pub(super) fn peer(&self, id: PeerId) -> Option<Peer> {
        self.members.get(&id).map(|member| member.peer.clone())
    }

    pub(super) fn stream(&self, id: PeerId, sight: Sight) -> Option<&MediaStream> {
        self.members.get(&id).map(|member| member.stream(sight))
    }

    // Connections. A peer has one; whatever another one still says is dropped.

    pub(super) fn connect(&mut self, peer: PeerId, id: ConnectionId, connection: Connection) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.close_channel();
            member.connection = Some((id, connection));
            member.sending.set_stale();
        }
    }

    pub(super) fn disconnect(&mut self, peer: PeerId, id: ConnectionId) {
        if let Some(member) = self.members.get_mut(&peer)
            && member.connection.as_ref().is_some_and(|(known, _)| *known == id)
        {
            member.close_channel();
            member.connection = None;
        }
    }

    pub(super) fn connection(&mut self, peer: PeerId, id: ConnectionId) -> Option<&mut Connection> {
        let (known, connection) = self.members.get_mut(&peer)?.connection.as_mut()?;
        (*known == id).then_some(connection)
    }

    pub(super) fn renew(&mut self, servers: &[IceServer]) {
        for (_, connection) in
            self.members.iter_mut().map(|(_, member)| member).filter_map(|member| member.connection.as_mut())
        {
            connection.renew(servers);
        }
    }

    /// The network may be another one.
    pub(super) fn doubt(&self) {
        for (_, connection) in self.members.values().filter_map(|member| member.connection.as_ref()) {
            connection.doubt();
        }
    }

    pub(super) fn is_current(&self, peer: PeerId, id: ConnectionId) -> bool {
        let current = self.members.get(&peer).and_then(|member| member.connection.as_ref());
        current.is_some_and(|(known, _)| *known == id)
    }

    /// Sends this track for the source from now on, to everybody.
    pub(super) fn replace(&self, source: Source, track: Option<&MediaStreamTrack>) {
        for (_, connection) in self.members.values().filter_map(|member| member.connection.as_ref()) {
            connection.replace(source, track);
        }
    }

    // Media of others.

    pub(super) fn media_on(&mut self, peer: PeerId, id: ConnectionId, source: Source, mid: &str) -> Option<Peer> {
        let receiver = self.connection(peer, id)?.receiver(mid)?;
        let member = self.members.get_mut(&peer).filter(|member| member.peer.may_publish())?;
        member.tracks.insert(source, Track::received(receiver.track(), member.stream(Sight::of(source))));
        if source == Source::Microphone {
            member.voice = Some(Ear::new(receiver));
        }
        member.peer.set_media(source, true);
        Some(member.peer.clone())
    }

    pub(super) fn media_off(&mut self, peer: PeerId, source: Source) -> Option<Peer> {
        let member = self.members.get_mut(&peer)?;
        member.tracks.remove(&source)?;
        if source == Source::Microphone {
            member.voice = None;
        }
        member.peer.set_media(source, false);
        Some(member.peer.clone())
    }

    /// Whether there is anybody to be heard.
    pub(super) fn has_voices(&self) -> bool {
        self.members.values().any(|member| member.voice.is_some())
    }

    /// How loud everybody is who is heard.
    pub(super) fn levels(&mut self) -> Vec<(Peer, f64)> {
        let members = self.members.iter_mut().map(|(_, member)| member);
        members.filter_map(|member| Some((member.peer.clone(), member.voice.as_mut()?.level()))).collect()
    }

    // What is sent to others.

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn set_stale(&mut self) {
        self.members.iter_mut().map(|(_, member)| member).for_each(|member| member.sending.set_stale());
    }

    pub(super) fn limit(&mut self, peer: PeerId, source: Source, limits: Limits) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.sending.limit(source, limits);
        }
    }

    /// Somebody says how they show what we send.
    pub(super) fn shown(&mut self, peer: PeerId, tiles: &[(Source, u32, u32)]) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.sending.shown(tiles);
        }
    }

    /// The browser says whether it is at its limit with somebody.
    pub(super) fn strained(&mut self, peer: PeerId, is_limited: bool) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.sending.looked(is_limited);
        }
    }

    /// Senders are others after a negotiation.
    pub(super) fn apply(&self, peer: PeerId) {
        if let Some((_, connection)) = self.members.get(&peer).and_then(|member| member.connection.as_ref()) {
            connection.apply();
        }
    }

    /// Asks the browser whether it is at its limit.
    pub(super) fn look_at_strain(&self) {
        for (_, connection) in self.members.values().filter_map(|member| member.connection.as_ref()) {
            connection.look();
        }
    }

    /// Tells everybody how they are shown, and sends them what is to be sent now.
    pub(super) fn look(
        &mut self,
        devices: &Devices,
        own: &LiteMap<Source, Limits>,
        adaptive: bool,
        show: impl Fn(PeerId, Sight) -> Option<RenderedSize>,
    ) {
        for (id, member) in &mut self.members {
            if member.open && adaptive {
                let news = member.sending.news(|sight| show(*id, sight));
                // A full buffer or a closing channel: it is told with the next look.
                if !news.is_empty() && member.send(&sending::frame(&news)).is_ok() {
                    member.sending.told(news);
                }
            }
            if let Some((_, connection)) = &mut member.connection {
                member.sending.tune(connection, devices, own);
            }
        }
    }

    // Texts.

    /// A text to send. If the peer is gone, whoever waits for its delivery is told by the drop.
    pub(super) fn send_text(&mut self, to: PeerId, text: String, outgoing: Outgoing) -> Result<(), String> {
        let Some(member) = self.members.get_mut(&to) else { return Ok(()) };
        // As many as have a place have one there, too.
        let _ = member.texts.send(text, outgoing);
        member.flush()
    }

    pub(super) fn channel_opened(&mut self, peer: PeerId, id: ConnectionId) -> Result<(), String> {
        if !self.is_current(peer, id) {
            return Ok(());
        }
        let Some(member) = self.members.get_mut(&peer) else { return Ok(()) };
        member.open = true;
        member.sending.begin_anew();
        member.texts.channel_opened();
        member.flush()
    }

    /// The delivery of texts from and to this peer.
    pub(super) fn texts(&mut self, peer: PeerId) -> Option<&mut Delivery<Outgoing>> {
        self.members.get_mut(&peer).map(|member| &mut member.texts)
    }

    /// Sends what is to be said of texts.
    pub(super) fn flush(&mut self, peer: PeerId) -> Result<(), String> {
        self.members.get_mut(&peer).map_or(Ok(()), Member::flush)
    }
}

impl Member {
    fn stream(&self, sight: Sight) -> &MediaStream {
        match sight {
            Sight::Person => &self.stream,
            Sight::Screen => &self.screen,
        }
    }

    fn close_channel(&mut self) {
        self.open = false;
        self.texts.channel_closed();
    }

    fn flush(&mut self) -> Result<(), String> {
        while let Some(frame) = self.texts.poll() {
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

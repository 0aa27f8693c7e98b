//! What goes out: packets, commands, and what the application is told.

use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use itodenwa_protocol as machine;
use itodenwa_protocol::timeline::Entry;
use itodenwa_protocol::{Command, ConnectionId, Input, Output, Report, Way};
use itodenwa_wire::{Body, ClientMessage, IceServer, Packet, PeerId, Signal, Source};

use super::{RoomEndpoint, STEPS};
use crate::browser_event::{BrowserEvent, ConnectionKey};
use crate::codec::write_body;
use crate::connection::Connection;
use crate::error::Exception;
use crate::event::Event;
use crate::peer::Peer;
use crate::stream_kind::StreamKind;
use crate::subject::Subject;

impl RoomEndpoint {
    /// What others wait for goes first: browsers take a millisecond or more for a command.
    pub(super) fn take_outputs(&mut self) {
        loop {
            let mut others = Vec::new();
            while let Some(output) = self.parts.machine.poll() {
                if matches!(output, Output::Send { .. }) {
                    self.output(output);
                } else {
                    others.push(output);
                }
            }
            if others.is_empty() {
                return;
            }
            others.into_iter().for_each(|output| self.output(output));
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Send { to, way, packet } => self.send(to, way, packet),
            Output::Command { peer, connection, command } => self.command(peer, connection, command),
            Output::Event(event) => self.event(event),
            Output::Entry(entry) => self.step(entry),
        }
    }

    /// What a channel does not take goes over the server.
    fn send(&mut self, to: PeerId, way: Way, packet: Packet<Body>) {
        let Packet { from_epoch, to_epoch, seq, ack, body } = packet;
        let packet = Packet { from_epoch, to_epoch, seq, ack, body: body.as_ref().map(write_body) };
        if let Way::Channel(connection) = way
            && self.peers.send_packet(connection, &packet)
        {
            return;
        }
        if let Err(error) = self.parts.signaling.send(&ClientMessage::Signal(Signal { to, packet })) {
            self.signaling_ended(error);
        }
    }

    fn command(&mut self, peer: PeerId, id: ConnectionId, command: Command) {
        match command {
            Command::Open => {
                let notify = self.parts.core.media.notify();
                let tell = Rc::new(move |event| {
                    let _ = notify.send(BrowserEvent::Connection(ConnectionKey::Peer(peer, id), event));
                });
                match Connection::open(&self.ice_servers(), self.parts.policy, self.may_send_to(peer), tell) {
                    Ok(mut connection) => {
                        connection.execute(Command::Open, &self.parts.core.media.devices);
                        self.peers.connect(peer, id, connection);
                        self.look();
                    }
                    Err(Exception { name, message }) => {
                        let report = Report::Refused { name, message };
                        self.handle(Input::Report { peer, connection: id, report });
                    }
                }
            }
            Command::SetLocalOffer => {
                let Some(offering) = self.parts.offering.take() else { return };
                let key = ConnectionKey::Peer(peer, id);
                let (mut connection, sdp) = offering.goes_on(key, self.parts.core.media.notify());
                let way = (self.ice_servers(), self.parts.policy);
                connection.set_local_offer(&sdp, way, self.may_send_to(peer), &self.parts.core.media.devices);
                self.peers.connect(peer, id, connection);
                self.look();
            }
            Command::Close => self.peers.disconnect(peer, id),
            command => {
                if let Some(connection) = self.peers.connection(peer, id) {
                    connection.execute(command, &self.parts.core.media.devices);
                }
            }
        }
    }

    /// The server's, and our own.
    pub(super) fn ice_servers(&self) -> Vec<IceServer> {
        [&self.parts.server_servers[..], &self.parts.own_servers].concat()
    }

    /// Whether the tokens of both let media pass.
    fn may_send_to(&self, peer: PeerId) -> bool {
        let me = &self.parts.machine.me().pass;
        let may_get = self.peers.peer(peer).is_none_or(|peer| peer.may_subscribe());
        me.as_ref().is_none_or(|pass| pass.publish) && may_get
    }

    fn event(&mut self, event: machine::Event) {
        match event {
            machine::Event::Joined(member) => {
                let now = self.parts.core.clock.now();
                let peer = Peer::new(member, now, self.parts.local.clone(), Weak::clone(&self.parts.room));
                self.peers.enter(peer.clone());
                self.set_looking();
                self.parts.snapshot.peers.change(|peers| peers.push(peer.clone()));
                self.tell(Event::Joined(peer));
            }
            machine::Event::Left(left) => {
                self.parts.snapshot.attributes.change(|attributes| attributes.left());
                self.parts.core.media.remove(left.id);
                if let Some(room) = self.parts.room.upgrade()
                    && let Some(resumptions) = room.resumptions.get()
                {
                    resumptions.left(left.id);
                }
                self.release(left.id);
                if let Some(peer) = self.peers.leave(left.id) {
                    self.set_looking();
                    self.parts.snapshot.peers.change(|peers| peers.retain(|known| *known != peer));
                    self.unheard(left.id, true);
                    self.tell(Event::Left(peer, left.reason));
                }
            }
            machine::Event::Away { peer, is_away: away } => {
                if let Some(peer) = self.peers.peer(peer) {
                    peer.set_away(away);
                    self.tell(Event::Away { peer, away });
                }
            }
            machine::Event::Renamed { peer: None, name } => {
                if let Some(room) = self.parts.room.upgrade() {
                    room.name.change(|known| *known = name);
                }
                self.tell(Event::Renamed(None));
            }
            machine::Event::Renamed { peer: Some(peer), name } => {
                if let Some(peer) = self.peers.peer(peer) {
                    peer.set_name(name);
                    self.tell(Event::Renamed(Some(peer)));
                }
            }
            machine::Event::Connection { peer, state } => {
                if let Some(peer) = self.peers.peer(peer) {
                    peer.set_state(state);
                    self.tell(Event::Connection { peer, state });
                }
            }
            machine::Event::MediaOn { peer, connection, source, mid } => {
                if let Some(peer) = self.peers.media_on(peer, connection, source, &mid) {
                    self.set_ticker();
                    self.parts.core.media.views.play(Subject::Peer(peer.id()));
                    self.tell(Event::Media { peer, source, on: true });
                }
            }
            machine::Event::MediaOff { peer, source } => {
                if let Some(peer) = self.peers.media_off(peer, source) {
                    if source == Source::Microphone {
                        peer.set_level(0.0);
                        self.unheard(peer.id(), false);
                    }
                    let kind = StreamKind::of(source);
                    if matches!(source, Source::Own(_)) && self.parts.core.media.views.tile(peer.id(), kind).is_none() {
                        peer.forget(kind);
                    }
                    self.tell(Event::Media { peer, source, on: false });
                }
            }
            machine::Event::Trouble(trouble) => {
                if let Some(peer) = self.peers.peer(trouble.peer) {
                    self.trouble(&peer, trouble.code, trouble.detail);
                }
            }
        }
    }

    fn step(&mut self, entry: Entry) {
        self.parts.snapshot.steps.change(|steps: &mut VecDeque<Entry>| {
            if steps.len() >= STEPS {
                steps.pop_front();
            }
            steps.push_back(entry.clone());
        });
        self.tell(Event::Step(entry));
    }
}

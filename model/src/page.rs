//! One browser page: a room, its connections, and what its application was told.

use std::collections::{BTreeMap, BTreeSet};

use itodenwa_protocol::timeline::Entry;
use itodenwa_protocol::{Command, ConnectionId, Event, IceMode, Input, Room, Time, TroubleCode};
use itodenwa_wire::{Member, PeerId, Source, Welcome};

use crate::browser::{Connection, Profile};
use crate::live::{Live, Operation};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    pub room: Room,
    pub ice: IceMode,
    pub profile: Profile,
    /// It reads packets from control channels. The first versions did not.
    pub reads_packets: bool,
    pub connections: BTreeMap<ConnectionId, Live>,
    pub closed: BTreeMap<ConnectionId, PeerId>,
    /// The connection whose offer went with the join.
    pub offering: Option<Connection>,
    /// Packets that were sent, in a [`World`](crate::World).
    pub sent: usize,
    /// Those of them that went over the server.
    pub relayed: usize,
    /// The place of the last packet in order, to whomever.
    pub said: u32,
    /// The application left, or the page was reloaded.
    pub gone: bool,
    /// When [`Room::deadline`] wants to be woken, and when a throttled timer does it.
    pub deadline: Option<Time>,
    pub wake: Option<Time>,
    pub timeline: Vec<Entry>,
    pub events: Vec<Event>,
    pub media: BTreeMap<PeerId, BTreeMap<Source, (ConnectionId, String)>>,
    pub members: BTreeMap<PeerId, Member>,
    /// Whom the server does not know, as the application was told.
    pub away: BTreeSet<PeerId>,
    /// The signalling reaches nobody, and nobody reaches this page by it.
    pub unreachable: bool,
    /// What the browser refused of its own accord: a fault of the machine, or of a peer that sends nonsense.
    pub refusals: Vec<String>,
    /// The next operations of these kinds fail, for no fault of anybody.
    pub failing: Vec<Operation>,
}

impl Page {
    pub fn new(room: Room, ice: IceMode, profile: Profile) -> Self {
        Page {
            room,
            ice,
            profile,
            reads_packets: true,
            connections: BTreeMap::new(),
            closed: BTreeMap::new(),
            offering: None,
            sent: 0,
            relayed: 0,
            said: 0,
            gone: false,
            deadline: None,
            wake: None,
            timeline: Vec::new(),
            events: Vec::new(),
            media: BTreeMap::new(),
            members: BTreeMap::new(),
            away: BTreeSet::new(),
            unreachable: false,
            refusals: Vec::new(),
            failing: Vec::new(),
        }
    }

    /// The signalling is back after a gap, in the same session and with the same members.
    pub fn signaling_back(&self) -> Input {
        Input::Welcome(Welcome::new(self.room.me().clone(), self.room.members().cloned().collect()))
    }

    pub fn id(&self) -> PeerId {
        self.room.me().id
    }

    /// The id by which the application knows somebody whom the server calls so.
    pub fn key_of(&self, peer: PeerId) -> PeerId {
        self.members.keys().copied().find(|key| self.room.server_id(*key) == peer).unwrap_or(peer)
    }

    /// The one connection to this peer.
    pub fn with(&self, peer: PeerId) -> Option<(ConnectionId, &Live)> {
        let peer = self.key_of(peer);
        self.connections.iter().find(|(_, live)| live.peer == peer).map(|(id, live)| (*id, live))
    }

    /// The steps so far with this peer.
    pub fn steps(&self, peer: PeerId) -> Vec<&'static str> {
        self.timeline.iter().filter(|entry| entry.peer == peer).map(|entry| entry.step.name()).collect()
    }

    pub fn troubles(&self) -> Vec<TroubleCode> {
        let code = |event: &Event| match event {
            Event::Trouble(trouble) => Some(trouble.code),
            _ => None,
        };
        self.events.iter().filter_map(code).collect()
    }

    /// The sources of this peer that are on, as the application was told.
    pub fn sees(&self, peer: PeerId) -> Vec<Source> {
        self.media.get(&self.key_of(peer)).map(|media| media.keys().copied().collect()).unwrap_or_default()
    }

    /// Takes a command: the rules that hold whatever it is.
    pub fn begin(&mut self, peer: PeerId, id: ConnectionId, command: &Command, number: u32) {
        assert!(!self.closed.contains_key(&id), "{command:?} for a closed connection");
        if matches!(command, Command::Open | Command::SetLocalOffer) {
            assert!(self.with(peer).is_none(), "a second connection to {peer}");
            let browser = match command {
                Command::SetLocalOffer => self.offering.take().expect("no offer went with the join, or it was used"),
                _ => Connection::new(self.profile, number),
            };
            let live = Live::new(peer, browser);
            assert!(self.connections.insert(id, live).is_none(), "{id:?} is used twice");
            return;
        }
        let live = self.connections.get_mut(&id).expect("a command for a connection that was never opened");
        assert!(!live.in_flight, "{command:?} while another operation is in flight");
        live.in_flight = command.is_waited_for();
    }

    /// What the application is told has to make sense.
    pub fn observe(&mut self, event: Event) {
        match &event {
            Event::Joined(member) => {
                assert!(self.members.insert(member.id, member.clone()).is_none(), "{} joined twice", member.id);
            }
            Event::Left(left) => {
                assert!(self.members.remove(&left.id).is_some(), "{} left and was not there", left.id);
                assert!(self.media.get(&left.id).is_none_or(BTreeMap::is_empty), "media of {} who left", left.id);
                self.away.remove(&left.id);
            }
            Event::Renamed { .. } => {}
            Event::Away { peer, is_away } => {
                assert!(self.members.contains_key(peer), "{peer} is away and was not there");
                let changed = if *is_away { self.away.insert(*peer) } else { self.away.remove(peer) };
                assert!(changed, "{peer} is told to be as before");
            }
            Event::MediaOn { peer, connection, source, mid } => {
                assert!(self.members.contains_key(peer), "media of {peer}, who is not there");
                assert!(self.connections.contains_key(connection), "media of a connection that is not there");
                let seen = self.media.entry(*peer).or_default().insert(*source, (*connection, mid.clone()));
                assert!(seen.is_none(), "{source} of {peer} is on twice");
            }
            Event::MediaOff { peer, source } => {
                let seen = self.media.get_mut(peer).and_then(|media| media.remove(source));
                assert!(seen.is_some(), "{source} of {peer} is off and was not on");
            }
            Event::Connection { .. } | Event::Trouble(_) => {}
        }
        self.events.push(event);
    }
}

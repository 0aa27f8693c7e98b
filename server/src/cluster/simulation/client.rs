//! Somebody with a browser: comes in, comes back, says numbers, and looks at what it hears.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use itodenwa_wire::{ClientMessage, Join, PROTOCOL_VERSION, PeerId, Resume, RoomName, ServerMessage, Signal, Ticket};
use serde_json::value::RawValue;

use crate::packet::Opaque;

/// Somebody.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) room: RoomName,
    /// It would like to be in the room.
    pub(super) is_wanted: bool,
    /// The connection that it has.
    pub(super) socket: Option<u64>,
    /// When it joined on that.
    pub(super) asked: Instant,
    /// Who it is, as of the last welcome, whether or not it is connected.
    pub(super) me: Option<PeerId>,
    /// It is in the room by the connection that it has.
    pub(super) is_in: bool,
    pub(super) ticket: Option<Ticket>,
    /// Signals of this session that came.
    signals: u32,
    pub(super) roster: BTreeSet<PeerId>,
    pub(super) version: u32,
    said: u32,
    /// The last number of each sender.
    heard: BTreeMap<PeerId, u32>,
    pub(super) heard_in_all: usize,
}

/// What it does next by itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    None,
    /// It missed something, and comes again.
    Reconnect,
}

impl Client {
    pub(super) fn new(room: RoomName, now: Instant) -> Self {
        Client {
            room,
            is_wanted: true,
            socket: None,
            asked: now,
            me: None,
            is_in: false,
            ticket: None,
            signals: 0,
            roster: BTreeSet::new(),
            version: 0,
            said: 0,
            heard: BTreeMap::new(),
            heard_in_all: 0,
        }
    }

    pub(super) fn join(&self) -> ClientMessage<Opaque> {
        let resume = self.ticket.clone().map(|ticket| Resume { ticket, signals: self.signals });
        ClientMessage::Join(Join {
            version: PROTOCOL_VERSION,
            max_version: None,
            room: self.room.clone(),
            name: None,
            token: None,
            resume,
            former: None,
            unless_recorded: false,
            offer: Vec::new(),
        })
    }

    /// The next number, to one of the others.
    pub(super) fn say(&mut self, whom: usize) -> Option<ClientMessage<Opaque>> {
        let others: Vec<_> = self.roster.iter().filter(|id| Some(**id) != self.me).collect();
        let to = **others.get(whom.checked_rem(others.len())?)?;
        self.said += 1;
        let packet = RawValue::from_string(self.said.to_string()).ok()?;
        Some(ClientMessage::Signal(Signal { to, packet }))
    }

    pub(super) fn ping(&self) -> ClientMessage<Opaque> {
        ClientMessage::Ping(self.signals)
    }

    /// Without a connection.
    pub(super) fn disconnected(&mut self) {
        self.socket = None;
        self.is_in = false;
    }

    pub(super) fn leave(&mut self) {
        self.is_wanted = false;
        self.ticket = None;
    }

    /// Hears something; an error is a property that does not hold.
    pub(super) fn hear(&mut self, message: &ServerMessage<Opaque>) -> Result<Reaction, String> {
        match message {
            ServerMessage::Welcome(welcome) => {
                if self.me != Some(welcome.me.id) {
                    self.heard.clear();
                }
                self.me = Some(welcome.me.id);
                self.is_in = true;
                self.ticket.clone_from(&welcome.ticket);
                self.signals = welcome.signals;
                self.roster = welcome.members.iter().map(|member| member.id).chain([welcome.me.id]).collect();
                self.version = welcome.roster;
                if self.roster.len() != welcome.members.len() + 1 {
                    return Err(format!("twice in a room: {:?}", welcome.members));
                }
            }
            ServerMessage::Joined { member, roster } => {
                self.roster.insert(member.id);
                return Ok(self.is_next(*roster));
            }
            ServerMessage::Left { id, roster, .. } => {
                self.roster.remove(id);
                return Ok(self.is_next(*roster));
            }
            ServerMessage::Roster(roster) => {
                self.roster = roster.members.iter().map(|member| member.id).chain(self.me).collect();
                self.version = roster.version;
            }
            ServerMessage::Signal(delivery) => {
                let number: u32 = delivery.packet.get().parse().map_err(|_| "no number".to_owned())?;
                self.signals = self.signals.wrapping_add(1);
                self.heard_in_all += 1;
                let last = self.heard.insert(delivery.from, number).unwrap_or(0);
                if number <= last {
                    return Err(format!("twice or out of order: {number} after {last} from {}", delivery.from));
                }
            }
            ServerMessage::Ticket(ticket) => self.ticket = Some(ticket.clone()),
            _ => {}
        }
        Ok(Reaction::None)
    }

    fn is_next(&mut self, version: u32) -> Reaction {
        let expected = self.version.wrapping_add(1);
        self.version = version;
        if version == expected { Reaction::None } else { Reaction::Reconnect }
    }
}

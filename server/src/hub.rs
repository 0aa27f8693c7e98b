//! The rules of the rooms, without input and output: `handle(now, Input)`, `poll() -> Option<Output>`, `deadline()`.
//!
//! Rooms are made by who comes first and kept a while when they are empty, so that their session numbers go on rising.
//! Everything is addressed to a connection. Who is where and how to reach a connection are the two questions that more
//! than one server would answer differently: the first is [`Hub`]'s map of rooms, the second is left to its owner.

mod closing;
mod renewals;
mod room;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::time::{Instant, SystemTime};

use itodenwa_wire::limits::ROOM_PEERS;
use itodenwa_wire::{
    ClientMessage, Delivery, Identity, Join, LeaveReason, Left, PeerId, RefusalCode, RoomName, ServerMessage, Signal,
    Welcome,
};

pub use closing::Closing;
use renewals::Renewals;
use room::Room;

use crate::Limits;
use crate::access::Access;
use crate::ice::IceSource;
use crate::metrics::Census;

/// Names one connection. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// A fact for the hub. `P` is a packet, which nothing here looks at.
#[derive(Debug)]
pub enum Input<P> {
    /// A connection was made.
    Connected(ConnectionId),
    /// It said something, or something that is refused.
    Received(ConnectionId, Result<ClientMessage<P>, Closing>),
    /// It does not read what it is sent, and its queue is full.
    Overflowed(ConnectionId),
    /// It is gone.
    Disconnected(ConnectionId, LeaveReason),
    /// A moment that [`Hub::deadline`] named has come.
    Deadline,
    /// The server stops: everybody is sent away.
    Stop,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output<P> {
    /// Send this to this connection.
    Send(ConnectionId, ServerMessage<P>),
    /// Close this connection. The hub has forgotten it.
    Close(ConnectionId, Closing),
}

/// Rooms, members, ids.
pub struct Hub<P> {
    limits: Limits,
    access: Access,
    ice: Box<dyn IceSource + Send>,
    renewals: Renewals,
    random: Box<dyn FnMut() -> u32 + Send>,
    connections: HashMap<ConnectionId, Connection>,
    rooms: HashMap<RoomName, Room>,
    /// The empty ones among the rooms, by when they are forgotten.
    empty: BTreeSet<(Instant, RoomName)>,
    outputs: VecDeque<Output<P>>,
    stopping: bool,
}

/// What a connection is.
#[derive(Debug)]
enum Connection {
    /// It has not joined yet.
    Visitor,
    /// It is a member of a room.
    Member { room: RoomName, id: PeerId, malformed: usize },
}

impl<P> Hub<P> {
    /// A hub without rooms. `access` says who may come in, `ice` gives members their ICE servers, `random` makes the part of ids that is not to be guessed.
    pub fn new(
        limits: Limits,
        access: Access,
        ice: impl IceSource + Send + 'static,
        random: impl FnMut() -> u32 + Send + 'static,
    ) -> Self {
        Hub {
            limits,
            access,
            ice: Box::new(ice),
            renewals: Renewals::default(),
            random: Box::new(random),
            connections: HashMap::new(),
            rooms: HashMap::new(),
            empty: BTreeSet::new(),
            outputs: VecDeque::new(),
            stopping: false,
        }
    }

    /// Takes a fact. What follows from it is [polled](Hub::poll).
    pub fn handle(&mut self, now: Instant, input: Input<P>) {
        self.forget_rooms(now);
        self.renew_ice_servers(now);
        match input {
            Input::Connected(from) if self.stopping => self.send_away(from),
            Input::Connected(from) => {
                self.connections.insert(from, Connection::Visitor);
            }
            Input::Received(from, received) => self.received(now, from, received),
            Input::Overflowed(from) => {
                let closing = Closing::refusing(RefusalCode::QueueFull, "the queue is full: read faster").retry(1000);
                self.close(now, from, closing);
            }
            Input::Disconnected(from, reason) => self.remove(now, from, reason),
            Input::Deadline => {}
            Input::Stop => self.stop(),
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output<P>> {
        self.outputs.pop_front()
    }

    /// When to come back with [`Input::Deadline`], if nothing else happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        [self.empty.first().map(|(at, _)| *at), self.renewals.deadline()].into_iter().flatten().min()
    }

    /// How many connections, members and rooms there are.
    #[must_use]
    pub fn census(&self) -> Census {
        let is_member = |connection: &&Connection| matches!(connection, Connection::Member { .. });
        Census {
            connections: self.connections.len(),
            members: self.connections.values().filter(is_member).count(),
            rooms: self.rooms.len() - self.empty.len(),
        }
    }

    fn received(&mut self, now: Instant, from: ConnectionId, received: Result<ClientMessage<P>, Closing>) {
        match (self.connections.get_mut(&from), received) {
            // What was on its way when the connection was closed.
            (None, _) => {}
            (Some(Connection::Visitor), Ok(ClientMessage::Join(join))) => self.join(now, from, join),
            (Some(Connection::Visitor), Ok(_)) => {
                self.close(now, from, Closing::refusing(RefusalCode::JoinExpected, "the first message is a join"));
            }
            (Some(Connection::Visitor), Err(closing)) => self.close(now, from, closing),
            (Some(Connection::Member { .. }), Ok(ClientMessage::Signal(signal))) => self.signal(from, signal),
            (Some(Connection::Member { .. }), Ok(ClientMessage::Remove(who))) => self.remove_member(now, from, who),
            (Some(Connection::Member { .. }), Ok(ClientMessage::Ping(number))) => {
                self.outputs.push_back(Output::Send(from, ServerMessage::Pong(number)));
            }
            (Some(Connection::Member { .. }), Ok(ClientMessage::Leave)) => {
                self.outputs.push_back(Output::Close(from, Closing::NORMAL));
                self.remove(now, from, LeaveReason::Left);
            }
            (Some(Connection::Member { malformed, .. }), received) => {
                let closing = match received {
                    Ok(_) => Closing::refusing(RefusalCode::JoinTwice, "this connection has joined a room already"),
                    Err(closing) => closing,
                };
                *malformed += 1;
                if closing.is_final() || *malformed > self.limits.malformed_messages {
                    self.close(now, from, closing);
                } else if let Some(refusal) = closing.refusal {
                    self.outputs.push_back(Output::Send(from, ServerMessage::Refused(refusal)));
                }
            }
        }
    }

    fn join(&mut self, now: Instant, from: ConnectionId, join: Join) {
        // Before anything that depends on the rooms, so that nothing is told of them to who may not come in.
        let guest = match self.access.admit(&join, SystemTime::now()) {
            Ok(guest) => guest,
            Err(closing) => return self.close(now, from, closing),
        };
        if let Some(pass) = &guest.pass {
            self.make_way(now, &join.room, &pass.identity);
        }
        if !self.rooms.contains_key(&join.room) && self.rooms.len() >= self.limits.rooms {
            let closing = Closing::refusing(RefusalCode::ServerFull, "the server has as many rooms as it may have");
            return self.close(now, from, closing.retry(60_000));
        }
        let room = self.rooms.entry(join.room.clone()).or_default();
        let kept_until = room.kept_until();
        let Some(me) = room.enter(from, guest, self.limits.room_peers.clamp(1, ROOM_PEERS), (self.random)()) else {
            let message = format!("the room has {} members, and may not have more", room.len());
            return self.close(now, from, Closing::refusing(RefusalCode::RoomFull, message));
        };
        if let Some(at) = kept_until {
            self.empty.remove(&(at, join.room.clone()));
        }
        let members = room.others(me.id).map(|other| other.member.clone()).collect();
        let ice_servers = self.ice.servers(&join.room, me.id);
        self.renewals.given(now, from, &ice_servers);
        let welcome = Welcome { me: me.clone(), members, ice_servers };
        self.outputs.push_back(Output::Send(from, ServerMessage::Welcome(welcome)));
        for other in room.others(me.id) {
            self.outputs.push_back(Output::Send(other.connection, ServerMessage::Joined(me.clone())));
        }
        self.connections.insert(from, Connection::Member { room: join.room, id: me.id, malformed: 0 });
    }

    /// The newest one of an identity stays.
    fn make_way(&mut self, now: Instant, room: &RoomName, identity: &Identity) {
        let older = self.rooms.get(room).and_then(|room| room.with_identity(identity));
        if let Some(older) = older {
            let closing = Closing::refusing(RefusalCode::IdentityReplaced, "the same identity came in again");
            self.send_off(now, older, closing, LeaveReason::Replaced);
        }
    }

    fn remove_member(&mut self, now: Instant, from: ConnectionId, who: PeerId) {
        let Some(Connection::Member { room, id, .. }) = self.connections.get(&from) else { return };
        let Some(room) = self.rooms.get(room) else { return };
        let may = room.member(*id).and_then(|me| me.pass.as_ref()).is_some_and(|pass| pass.admin);
        let refusal = if !may {
            closing::refusal(RefusalCode::TokenForbidden, "only who has a token that says so may remove others")
        } else if let Some(connection) = room.connection(who).filter(|_| who != *id) {
            let closing = Closing::refusing(RefusalCode::MemberRemoved, "somebody who may do so removed this member");
            return self.send_off(now, connection, closing, LeaveReason::Removed);
        } else {
            closing::refusal(RefusalCode::PeerUnknown, format!("{who} is not in the room"))
        };
        self.outputs.push_back(Output::Send(from, ServerMessage::Refused(refusal)));
    }

    fn send_off(&mut self, now: Instant, who: ConnectionId, closing: Closing, reason: LeaveReason) {
        self.outputs.push_back(Output::Close(who, closing));
        self.remove(now, who, reason);
    }

    fn signal(&mut self, from: ConnectionId, signal: Signal<P>) {
        let Some(Connection::Member { room, id, .. }) = self.connections.get(&from) else { return };
        let addressee =
            self.rooms.get(room).and_then(|room| room.others(*id).find(|other| other.member.id == signal.to));
        self.outputs.push_back(match addressee {
            Some(other) => {
                let delivery = Delivery { from: *id, packet: signal.packet };
                Output::Send(other.connection, ServerMessage::Signal(delivery))
            }
            // Somebody may have left while the signal was on its way: that is nobody's fault.
            None => {
                let refusal = closing::refusal(RefusalCode::PeerUnknown, format!("{} is not in the room", signal.to));
                Output::Send(from, ServerMessage::Refused(refusal))
            }
        });
    }

    fn close(&mut self, now: Instant, from: ConnectionId, closing: Closing) {
        if self.connections.contains_key(&from) {
            self.send_off(now, from, closing, LeaveReason::Refused);
        }
    }

    /// Forgets a connection, and tells those who were in a room with it.
    fn remove(&mut self, now: Instant, from: ConnectionId, reason: LeaveReason) {
        let Some(Connection::Member { room: name, id, .. }) = self.connections.remove(&from) else { return };
        self.renewals.forget(from);
        self.ice.dismiss(&name, id);
        let Some(room) = self.rooms.get_mut(&name) else { return };
        if let Some(at) = room.leave(id, now + self.limits.room_kept) {
            self.empty.insert((at, name));
        } else {
            for other in room.others(id) {
                self.outputs.push_back(Output::Send(other.connection, ServerMessage::Left(Left { id, reason })));
            }
        }
    }

    /// Members get new ICE servers before what they have expires.
    fn renew_ice_servers(&mut self, now: Instant) {
        while let Some(to) = self.renewals.next(now) {
            let Some(Connection::Member { room, id, .. }) = self.connections.get(&to) else { continue };
            let servers = self.ice.servers(room, *id);
            self.renewals.given(now, to, &servers);
            self.outputs.push_back(Output::Send(to, ServerMessage::IceServers(servers)));
        }
    }

    fn forget_rooms(&mut self, now: Instant) {
        while self.empty.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, name)) = self.empty.pop_first() {
                self.rooms.remove(&name);
            }
        }
    }

    fn stop(&mut self) {
        self.stopping = true;
        self.renewals = Renewals::default();
        self.rooms.clear();
        self.empty.clear();
        for connection in std::mem::take(&mut self.connections).into_keys() {
            self.send_away(connection);
        }
    }

    /// Each is told another time to come back, so that they do not all come at once.
    fn send_away(&mut self, connection: ConnectionId) {
        let closing = Closing::refusing(RefusalCode::ServerGoingAway, "the server is shutting down");
        let retry_after = 500 + (self.random)() % 2500;
        self.outputs.push_back(Output::Close(connection, closing.retry(retry_after)));
    }
}

impl<P> fmt::Debug for Hub<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("connections", &self.connections.len())
            .field("rooms", &self.rooms.len())
            .field("empty", &self.empty.len())
            .field("stopping", &self.stopping)
            .finish_non_exhaustive()
    }
}

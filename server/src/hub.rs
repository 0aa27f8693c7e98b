//! The rules of the rooms, without input and output: `handle(now, Input)`, `poll() -> Option<Output>`, `deadline()`.
//!
//! Rooms are made by who comes first and kept a while when they are empty, so that their session numbers go on rising.
//! A member is not its connection: who loses one is waited for, and goes on with the session on the next one (`sessions`).
//! Everything is addressed to a connection, which may be one of [another node](crate::cluster).

mod asking;
mod events;
mod inherited;
#[cfg(test)]
mod inspection;
mod io;
mod lock;
mod moving;
mod offering;
mod operating;
mod outbox;
mod pace;
mod receiving;
mod recorded;
mod removals;
mod removing;
mod renaming;
mod renewals;
mod replay;
mod room;
mod sessions;
mod waiting;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use itodenwa_wire::{LeaveReason, PeerId, RefusalCode, RoomName, ServerMessage};

pub use crate::closing::{Closing, Ending};
pub use crate::node::ConnectionId;
pub use crate::packet::Packet;
use events::EventSink;
use inherited::Inherited;
pub use io::{Input, Output};
use lock::Lock;
use moving::{MovedAway, Released};
use outbox::Outbox;
pub(crate) use removals::Removal;
use removals::Removals;
use renewals::Renewals;
use replay::Capacity;
use room::Room;

use crate::Limits;
use crate::access::Access;
use crate::ice::IceSource;
use crate::metrics::Census;
use crate::ticket::Tickets;

/// Rooms, members, ids.
pub struct Hub<P> {
    limits: Limits,
    access: Access,
    kept: Arc<Capacity>,
    ice: Box<dyn IceSource + Send>,
    renewals: Renewals,
    moved_away: MovedAway,
    released: Released,
    inherited: Inherited,
    removals: Removals,
    tickets: Tickets,
    /// When signals are looked for that nobody counts.
    looks_for_old: Instant,
    /// When rooms came here last from another run of the server.
    moved: Instant,
    random: Box<dyn FnMut() -> u32 + Send>,
    connections: HashMap<ConnectionId, ConnectionState>,
    rooms: HashMap<RoomName, Room<P>>,
    due: BTreeSet<(Instant, Due)>,
    outputs: VecDeque<Output<P>>,
    events: EventSink,
    stopping: bool,
}

/// What a connection is.
#[derive(Debug)]
enum ConnectionState {
    /// It has not joined yet.
    Visitor,
    /// It waits to be let into a room.
    Waiting { room: RoomName, id: PeerId },
    /// It is a member of a room.
    Member { room: RoomName, id: PeerId, version: u32, malformed: usize },
}

/// What is done at some time unless it is taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// An empty room is forgotten.
    Forget(RoomName),
    /// A member that lost its connection is not waited for any longer.
    Part(RoomName, PeerId),
    /// Members of a former run of the server are not waited for any longer.
    Settle(RoomName),
    /// Who was in a room when another node kept it, and is not back, is not waited for any longer.
    Inherited(RoomName),
    /// Members are told of their room's lock.
    TellLock(RoomName),
    /// Members are told who waits to be let in.
    TellWaiting(RoomName),
    /// Members are told what one of them is called now.
    TellName(RoomName, PeerId),
    /// Somebody waited to be let in for as long as one may.
    Unanswered(RoomName, PeerId),
}

impl<P: Packet> Hub<P> {
    /// A hub without rooms. `access` says who may come in, `ice` gives members their ICE servers, `random` makes the part of
    /// ids that is not to be guessed.
    pub fn new(
        limits: Limits,
        access: Access,
        ice: impl IceSource + Send + 'static,
        tickets: Tickets,
        random: impl FnMut() -> u32 + Send + 'static,
    ) -> Self {
        Hub {
            kept: Arc::new(Capacity::of(&limits)),
            limits,
            access,
            ice: Box::new(ice),
            renewals: Renewals::default(),
            moved_away: MovedAway::default(),
            released: Released::default(),
            inherited: Inherited::default(),
            removals: Removals::default(),
            looks_for_old: tickets.started(),
            moved: tickets.started(),
            tickets,
            random: Box::new(random),
            connections: HashMap::new(),
            rooms: HashMap::new(),
            due: BTreeSet::new(),
            outputs: VecDeque::new(),
            events: EventSink::default(),
            stopping: false,
        }
    }

    /// Takes a fact. What follows from it is [polled](Hub::poll).
    pub fn handle(&mut self, now: Instant, input: Input<P>) {
        self.tickets.compare_clocks(now);
        self.do_what_is_due(now);
        self.renew_ice_servers(now);
        self.dismiss_moved(now);
        self.removals.forget_expired(now);
        self.forget_old_signals(now);
        match input {
            Input::Connected(from) if self.stopping => self.send_away(from, "the server is shutting down"),
            Input::Connected(from) => {
                self.connections.insert(from, ConnectionState::Visitor);
            }
            Input::Received(from, received) => self.received(now, from, received),
            Input::Unknown(from) => {
                // The first message is a join in every version; whatever else there may be does not concern this one.
                if let Some(ConnectionState::Visitor) = self.connections.get(&from) {
                    self.refuse(now, from, join_expected());
                }
            }
            Input::Overflowed(from) => self.overflowed(now, from),
            Input::Taken(from) => self.taken(from),
            Input::Disconnected(from, ending) => self.remove(now, from, ending),
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
        let due = self.due.first().map(|(at, _)| *at);
        [due, self.renewals.deadline(), self.moved_away.deadline()].into_iter().flatten().min()
    }

    /// How many connections, members and rooms there are.
    #[must_use]
    pub fn census(&self) -> Census {
        let is_member = |connection: &&ConnectionState| matches!(connection, ConnectionState::Member { .. });
        Census {
            connections: self.connections.len(),
            members: self.connections.values().filter(is_member).count(),
            rooms: self.rooms.values().filter(|room| room.len() > 0).count(),
        }
    }

    fn send(&mut self, to: ConnectionId, message: ServerMessage<P>) {
        self.outputs.push_back(Output::Send(to, Arc::new(message)));
    }

    /// Closes a connection for what it did.
    fn refuse(&mut self, now: Instant, from: ConnectionId, closing: Closing) {
        self.close(now, from, closing, Ending::ForGood(LeaveReason::Refused));
    }

    fn close(&mut self, now: Instant, from: ConnectionId, closing: Closing, ending: Ending) {
        if self.connections.contains_key(&from) {
            self.outputs.push_back(Output::Close(from, closing));
            self.remove(now, from, ending);
        }
    }

    /// Forgets a connection. Its member is waited for if it was only the connection that broke.
    fn remove(&mut self, now: Instant, from: ConnectionId, ending: Ending) {
        let (room, id) = match self.connections.remove(&from) {
            Some(ConnectionState::Member { room, id, .. }) => (room, id),
            Some(ConnectionState::Waiting { room, id }) => return self.waits_no_longer(now, &room, id),
            Some(ConnectionState::Visitor) | None => return,
        };
        self.renewals.forget(from);
        match ending {
            Ending::ForGood(reason) => self.part(now, &room, id, reason),
            Ending::Broken { last_received } => {
                self.wait_for(now, room, id, last_received + self.limits.resume_window, None)
            }
            Ending::Dropped => {
                let until = now + self.limits.resume_after_end.min(self.limits.resume_window);
                self.wait_for(now, room, id, until, Some(now));
            }
        }
    }

    /// Somebody is out of a room: those who are in it are told. Whoever [replaces](LeaveReason::Replaced) somebody comes in at
    /// once, so that the room is not empty between the two.
    fn part(&mut self, now: Instant, name: &RoomName, id: PeerId, reason: LeaveReason) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        let Some(member) = room.leave(id) else { return };
        if reason == LeaveReason::Gone {
            room.remember_gone(&member);
        }
        self.ice.dismiss(name, id);
        let left = Arc::new(ServerMessage::Left { id, reason, roster: room.roster() });
        self.outputs.extend(room.connected().map(|(connection, _)| Output::Send(connection, left.clone())));
        self.tell_left(name, (&member).into(), reason);
        if reason == LeaveReason::Removed {
            self.remember_removal(now, name, id, member.pass.map(|pass| pass.identity));
        }
        if reason != LeaveReason::Replaced {
            self.after_the_last_one(now, name);
        }
    }

    /// If nobody is in a room any more, what was said of it is over.
    fn after_the_last_one(&mut self, now: Instant, name: &RoomName) {
        let Some(room) = self.rooms.get_mut(name).filter(|room| room.len() == 0) else { return };
        room.lock = Lock::default();
        room.forget_gone();
        self.nobody_is_in(now, name);
        self.leave_empty(now, name);
    }

    /// A room in which nobody is, and where nobody waits, is forgotten before long.
    fn leave_empty(&mut self, now: Instant, name: &RoomName) {
        let until = now + self.limits.room_kept;
        if let Some(room) = self.rooms.get_mut(name).filter(|room| !room.is_in_use() && room.kept_until.is_none()) {
            room.kept_until = Some(until);
            self.due.insert((until, Due::Forget(name.clone())));
        }
    }

    fn do_what_is_due(&mut self, now: Instant) {
        while self.due.first().is_some_and(|(at, _)| *at <= now) {
            match self.due.pop_first() {
                Some((_, Due::Forget(name))) => self.forget_empty(&name),
                Some((_, Due::Part(name, id))) => self.part(now, &name, id, LeaveReason::Gone),
                Some((_, Due::Settle(name))) => self.settle(&name),
                Some((_, Due::Inherited(name))) => self.inherited_are_due(now, &name),
                Some((at, Due::TellLock(name))) => self.tell_lock(at.max(now), &name),
                Some((at, Due::TellWaiting(name))) => self.tell_waiting(at.max(now), &name),
                Some((at, Due::TellName(name, id))) => self.tell_name(at.max(now), &name, id),
                Some((_, Due::Unanswered(name, id))) => self.unanswered(now, &name, id),
                None => {}
            }
        }
    }

    /// Members get new ICE servers before what they have expires.
    fn renew_ice_servers(&mut self, now: Instant) {
        while let Some(to) = self.renewals.next(now) {
            let Some(ConnectionState::Member { room, id, .. }) = self.connections.get(&to) else { continue };
            let servers = self.ice.servers(room, *id);
            self.renewals.given(now, to, &servers);
            self.outputs.push_back(Output::Send(to, Arc::new(ServerMessage::IceServers(servers))));
        }
    }

    fn forget_empty(&mut self, name: &RoomName) {
        match self.rooms.get_mut(name) {
            Some(room) if room.is_in_use() => room.kept_until = None,
            _ => self.forget(name),
        }
    }

    fn forget(&mut self, name: &RoomName) {
        if let Some(at) = self.rooms.remove(name).and_then(|room| room.settles) {
            self.due.remove(&(at, Due::Settle(name.clone())));
        }
    }
}

/// The signals that a connection is handed now.
fn to_send<P: Packet>(connection: ConnectionId, outbox: &mut Outbox<P>) -> Vec<Output<P>> {
    let mut outputs: Vec<_> =
        std::iter::from_fn(|| outbox.next()).map(|signal| Output::Send(connection, signal)).collect();
    if outbox.wants_mark() {
        outputs.push(Output::Mark(connection));
    }
    outputs
}

fn join_expected() -> Closing {
    Closing::refusing(RefusalCode::JoinExpected, "the first message is a join")
}

impl<P> fmt::Debug for Hub<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("connections", &self.connections.len())
            .field("rooms", &self.rooms.len())
            .field("due", &self.due.len())
            .field("stopping", &self.stopping)
            .finish_non_exhaustive()
    }
}

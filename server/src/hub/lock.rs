//! The lock of a room: newcomers are kept out.
//!
//! | who comes into a locked room | |
//! |---|---|
//! | a member that resumes its session, also one of a former run of the server | gets in |
//! | who was a member and has a ticket of it still, unless it was removed | gets in |
//! | an identity that is in the room, and a token with `roomAdmin` | gets in |
//! | anybody else | `room/locked` |
//!
//! It begins with a member that may do so and ends in the same way, or when nobody is in the room any more. Tickets carry it, so that a
//! room that moves stays locked as soon as the first member is back; who comes before that is let in.

use std::sync::Arc;
use std::time::Instant;

use itodenwa_wire::{Join, PeerId, RefusalCode, RoomName, ServerMessage};

use super::pace::Pace;
use super::room::Room;
use super::{Closing, ConnectionId, ConnectionState, Due, Hub, Output, Packet};
use crate::access::Admitted;
use crate::closing;
use crate::ticket::Claims;

/// The first version whose clients know of locks.
const TOLD_SINCE: u32 = 2;

/// Whether newcomers are kept out of a room.
#[derive(Debug, Default)]
pub(super) struct Lock {
    /// What was said last; none if nobody said anything in this run of the server.
    said: Option<bool>,
    pace: Pace,
}

/// What who may not come in is told.
pub(super) fn locked() -> Closing {
    Closing::refusing(RefusalCode::RoomLocked, "the room is locked")
}

impl Lock {
    pub(super) fn is_on(&self) -> bool {
        self.said == Some(true)
    }
}

impl<P: Packet> Hub<P> {
    /// A member locks its room, or unlocks it.
    pub(super) fn lock(&mut self, now: Instant, from: ConnectionId, on: bool) {
        if let Some((name, _)) = self.moderator(from, "lock the room") {
            self.set_lock(now, &name, on);
        }
    }

    /// The room and the id of a member that may do such things: where tokens are needed, with one that says so. Anybody else is refused.
    pub(super) fn moderator(&mut self, from: ConnectionId, what: &str) -> Option<(RoomName, PeerId)> {
        let Some(ConnectionState::Member { room: name, id, .. }) = self.connections.get(&from) else { return None };
        let (name, id) = (name.clone(), *id);
        let me = self.rooms.get_mut(&name)?.occupant(id)?;
        if self.access.moderates(&me.member) {
            return Some((name, id));
        }
        let why = format!("only who has a token that says so may {what}");
        self.send(from, ServerMessage::Refused(closing::refusal(RefusalCode::TokenForbidden, why)));
        None
    }

    /// It counts at once, and members are told as soon as they may be. False if there is no such room.
    pub(super) fn set_lock(&mut self, now: Instant, name: &RoomName, on: bool) -> bool {
        let Some(Room { lock, .. }) = self.rooms.get_mut(name).filter(|room| room.len() > 0) else { return false };
        let was_on = lock.is_on();
        lock.said = Some(on);
        if was_on == on {
            return true;
        }
        if let Some(at) = lock.pace.changed(now) {
            if at > now {
                self.due.insert((at, Due::TellLock(name.clone())));
            } else {
                self.tell_lock(now, name);
            }
        }
        true
    }

    /// Tells all members, with new tickets: the old ones say otherwise.
    pub(super) fn tell_lock(&mut self, now: Instant, name: &RoomName) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.lock.pace.told(now);
        let locked = Arc::new(ServerMessage::Locked(room.lock.is_on()));
        for (connection, _) in room.connected() {
            if self.connections.get(&connection).is_some_and(|state| state.speaks(TOLD_SINCE)) {
                self.outputs.push_back(Output::Send(connection, locked.clone()));
            }
        }
        self.renew_tickets(now, name);
    }

    /// All members get new tickets: the old ones say otherwise of the room.
    pub(super) fn renew_tickets(&mut self, now: Instant, name: &RoomName) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        let rules = room.rules();
        let connected: Vec<_> = room.connected().collect();
        for (connection, id) in connected {
            let Some(occupant) = self.rooms.get_mut(name).and_then(|room| room.occupant(id)) else { continue };
            occupant.ticketed = now;
            if let Some(ticket) = self.tickets.seal(now, name, &occupant.member, rules) {
                self.send(connection, ServerMessage::Ticket(ticket));
            }
        }
    }

    /// Whether somebody is known in the room, and not only to themselves; `claims` is the ticket that they would resume with.
    pub(super) fn is_known(&self, now: Instant, join: &Join, admitted: &Admitted, claims: Option<&Claims>) -> bool {
        let former = join.former.as_ref().and_then(|ticket| self.tickets.open(now, ticket));
        let former = former.as_ref().filter(|former| former.room == join.room);
        let has_been_here = claims.or(former).is_some_and(|claims| !self.removals.has(claims));
        let is_in = |identity| self.rooms.get(&join.room).is_some_and(|room| room.with_identity(identity).is_some());
        has_been_here || admitted.pass.as_ref().is_some_and(|pass| pass.admin || is_in(&pass.identity))
    }

    pub(super) fn is_locked(&self, name: &RoomName) -> bool {
        self.rooms.get(name).is_some_and(|room| room.lock.is_on())
    }

    /// A member of a former run is back, and says that the room was locked then. What was said in this run is newer.
    pub(super) fn locked_before(&mut self, now: Instant, name: &RoomName, was_locked: bool) {
        if was_locked && self.rooms.get(name).is_some_and(|room| room.lock.said.is_none()) {
            self.set_lock(now, name, true);
        }
    }
}

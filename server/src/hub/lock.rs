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
use std::time::{Duration, Instant};

use itodenwa_wire::{Join, PeerId, RefusalCode, RoomName, ServerMessage};

use super::room::Room;
use super::{ConnectionId, ConnectionState, Due, Hub, Output, Packet};
use crate::access::{Access, Admitted};
use crate::closing;
use crate::ticket::Claims;

/// Members are told no more often than this, however often it changes: it is one message that makes many.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// The first version whose clients know of locks.
const TOLD_SINCE: u32 = 2;

/// Whether newcomers are kept out of a room.
#[derive(Debug, Default)]
pub(super) struct Lock {
    /// What was said last; none if nobody said anything in this run of the server.
    said: Option<bool>,
    /// When members were told last.
    told: Option<Instant>,
    /// They are to be told.
    is_due: bool,
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
        if me.member.pass.as_ref().map_or(self.access == Access::Open, |pass| pass.admin) {
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
        if was_on == on || lock.is_due {
            return true;
        }
        let at = lock.told.map_or(now, |told| told + TELL_EVERY);
        if at > now {
            lock.is_due = true;
            self.due.insert((at, Due::TellLock(name.clone())));
        } else {
            self.tell_lock(now, name);
        }
        true
    }

    /// Tells all members, with new tickets: the old ones say otherwise.
    pub(super) fn tell_lock(&mut self, now: Instant, name: &RoomName) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.lock.told = Some(now);
        room.lock.is_due = false;
        let is_on = room.lock.is_on();
        let locked = Arc::new(ServerMessage::Locked(is_on));
        let connected: Vec<_> = room.connected().collect();
        for (connection, id) in connected {
            if self.connections.get(&connection).is_some_and(|state| state.speaks(TOLD_SINCE)) {
                self.outputs.push_back(Output::Send(connection, locked.clone()));
            }
            let Some(occupant) = self.rooms.get_mut(name).and_then(|room| room.occupant(id)) else { continue };
            occupant.ticketed = now;
            if let Some(ticket) = self.tickets.seal(now, name, &occupant.member, is_on) {
                self.send(connection, ServerMessage::Ticket(ticket));
            }
        }
    }

    /// Whether the lock keeps somebody out; `claims` is the ticket that they would resume with.
    pub(super) fn is_locked_out(
        &self,
        now: Instant,
        join: &Join,
        admitted: &Admitted,
        claims: Option<&Claims>,
    ) -> bool {
        let Some(room) = self.rooms.get(&join.room).filter(|room| room.lock.is_on()) else { return false };
        let former = join.former.as_ref().and_then(|ticket| self.tickets.open(now, ticket));
        let former = former.as_ref().filter(|former| former.room == join.room);
        let has_been_here = claims.or(former).is_some_and(|claims| !self.removals.has(claims));
        let may_anyway =
            admitted.pass.as_ref().is_some_and(|pass| pass.admin || room.with_identity(&pass.identity).is_some());
        !has_been_here && !may_anyway
    }

    /// A member of a former run is back, and says that the room was locked then. What was said in this run is newer.
    pub(super) fn locked_before(&mut self, now: Instant, name: &RoomName, was_locked: bool) {
        if was_locked && self.rooms.get(name).is_some_and(|room| room.lock.said.is_none()) {
            self.set_lock(now, name, true);
        }
    }
}

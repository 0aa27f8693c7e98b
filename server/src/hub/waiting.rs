//! The waiting room of a room: who comes waits until somebody who may do so lets them in.
//!
//! | who comes while it is on | |
//! |---|---|
//! | a member that resumes its session, also one of a former run of the server | gets in |
//! | who was a member and has a ticket of it still, unless it was removed | gets in |
//! | an identity that is in the room, and a token with `roomAdmin` | gets in |
//! | where no tokens are needed: the first one in the room | gets in |
//! | a client that knows of no waiting rooms | `room/locked` |
//! | an identity that was refused here since it was switched on | `room/refused` |
//! | anybody else, while fewer wait than may | waits |
//!
//! Who waits is in no roster, gets no ticket and hears of nobody. Those who may let somebody in are told who waits, by name and identity.
//! It is over for who waits when they are let in or refused, when they leave or their connection breaks, and when their time is over
//! (`room/unanswered`).
//!
//! It is on because a member that may do so said so, or from the beginning, by [`Limits::waiting_rooms`](crate::Limits::waiting_rooms). When
//! the last one who may let in is gone, who waits goes on waiting, and whoever comes and may do so finds them. What a member said ends
//! when nobody is in the room any more: unless waiting rooms are always on, who waits then is sent away (`room/unanswered`). Switched off, it
//! lets in everybody who waits, or nobody if the room is locked (`room/locked`). Tickets carry it as they carry the [lock](super::lock).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use itodenwa_wire::{
    Applicant, Identity, Join, LeaveReason, PeerId, Refusal, RefusalCode, RoomName, ServerMessage, Wait, WaitingRoom,
};

use super::lock::locked;
use super::pace::Pace;
use super::room::Room;
use super::{Closing, ConnectionId, ConnectionState, Due, Ending, Hub, Output, Packet};
use crate::access::{Access, Admitted};
use crate::closing;
use crate::limits::Limits;

/// Identities that were refused in a room, at most: the oldest are forgotten.
const REFUSED: usize = 64;
const FULL: &str = "the room has as many members as it may have";
/// The first version whose clients know of waiting rooms.
pub(super) const TOLD_SINCE: u32 = 3;

/// Who waits to be let into a room.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Whether it was switched on or off last; none if nobody said anything in this run of the server.
    pub(super) said: Option<bool>,
    /// In the order in which they came. At most [`Limits::waiting_peers`].
    waiting: Vec<Newcomer>,
    refused: VecDeque<Identity>,
    pace: Pace,
    /// What those heard last who may let nobody in.
    told_on: bool,
    /// Members have tickets that may say otherwise.
    tickets_are_old: bool,
}

/// Somebody who waits.
#[derive(Debug)]
struct Newcomer {
    id: PeerId,
    connection: ConnectionId,
    version: u32,
    admitted: Admitted,
    unless_recorded: bool,
    until: Instant,
}

impl Waiting {
    pub(super) fn is_on(&self, limits: &Limits) -> bool {
        self.said.unwrap_or(limits.waiting_rooms)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How it is: those who may let somebody in are told who waits.
    pub(super) fn summary(&self, limits: &Limits, may_admit: bool) -> WaitingRoom {
        let waiting = if may_admit { self.applicants().collect() } else { Vec::new() };
        WaitingRoom { on: self.is_on(limits), waiting }
    }

    pub(super) fn applicants(&self) -> impl Iterator<Item = Applicant> {
        self.waiting.iter().map(|newcomer| Applicant {
            id: newcomer.id,
            name: newcomer.admitted.name.clone(),
            identity: newcomer.admitted.identity().cloned(),
        })
    }

    pub(super) fn connections(&self) -> impl Iterator<Item = (ConnectionId, PeerId, Instant)> {
        self.waiting.iter().map(|newcomer| (newcomer.connection, newcomer.id, newcomer.until))
    }

    fn remember_refusal(&mut self, identity: Identity) {
        self.refused.retain(|known| *known != identity);
        self.refused.push_back(identity);
        if self.refused.len() > REFUSED {
            self.refused.pop_front();
        }
    }

    #[cfg(test)]
    pub(super) fn is_bounded(&self, limits: &Limits) -> bool {
        self.waiting.len() <= limits.waiting_peers && self.refused.len() <= REFUSED
    }
}

impl<P: Packet> Hub<P> {
    /// A member switches the waiting room on or off.
    pub(super) fn wait(&mut self, now: Instant, from: ConnectionId, on: bool) {
        if let Some((name, _)) = self.moderator(from, "switch the waiting room") {
            self.set_waiting(now, &name, on);
        }
    }

    /// False if there is no such room.
    pub(super) fn set_waiting(&mut self, now: Instant, name: &RoomName, on: bool) -> bool {
        let Some(room) = self.rooms.get_mut(name).filter(|room| room.is_in_use()) else { return false };
        let was_on = room.waiting.is_on(&self.limits);
        room.waiting.said = Some(on);
        if !on {
            room.waiting.refused.clear();
        }
        if was_on != on {
            room.waiting.tickets_are_old = true;
            self.waiting_changed(now, name);
        }
        if !on {
            let closing = if self.is_locked(name) {
                locked()
            } else {
                let _ = self.let_in(now, name, None);
                // The room has not so many places.
                Closing::refusing(RefusalCode::RoomFull, FULL)
            };
            self.send_away_waiting(now, name, |_| true, closing);
        }
        true
    }

    /// A member of a former run is back, and knows what was said then. What was said in this run is newer.
    pub(super) fn waited_before(&mut self, now: Instant, name: &RoomName, said: Option<bool>) {
        if let Some(on) = said
            && self.rooms.get(name).is_some_and(|room| room.waiting.said.is_none())
        {
            self.set_waiting(now, name, on);
        }
    }

    /// A member lets somebody in, or everybody who waits.
    pub(super) fn admit(&mut self, now: Instant, from: ConnectionId, who: Option<PeerId>) {
        let Some((name, _)) = self.moderator(from, "let somebody in") else { return };
        if let Err(refusal) = self.let_in(now, &name, who) {
            self.send(from, ServerMessage::Refused(refusal));
        }
    }

    /// A member refuses somebody who waits.
    pub(super) fn turn_away(&mut self, now: Instant, from: ConnectionId, who: PeerId) {
        let Some((name, _)) = self.moderator(from, "refuse somebody") else { return };
        if !self.refuse_waiting(now, &name, who) {
            self.send(from, ServerMessage::Refused(not_waiting(who)));
        }
    }

    /// Lets in who is meant, in the order in which they came. Who finds no place goes on waiting.
    pub(super) fn let_in(&mut self, now: Instant, name: &RoomName, who: Option<PeerId>) -> Result<(), Refusal> {
        let is_meant = |(_, id, _): &(ConnectionId, PeerId, Instant)| who.is_none_or(|who| who == *id);
        let room = self.rooms.get(name);
        let those: Vec<_> = room.into_iter().flat_map(|room| room.waiting.connections()).filter(is_meant).collect();
        if let Some(who) = who.filter(|_| those.is_empty()) {
            return Err(not_waiting(who));
        }
        for (_, id, _) in those {
            if self.is_full(now, name) {
                return Err(closing::refusal(RefusalCode::RoomFull, FULL));
            }
            self.let_one_in(now, name, id);
        }
        self.leave_empty(now, name);
        Ok(())
    }

    fn let_one_in(&mut self, now: Instant, name: &RoomName, id: PeerId) {
        let Some(newcomer) = self.take_waiting(now, name, id) else { return };
        let Newcomer { connection, version, admitted, unless_recorded, .. } = newcomer;
        self.connections.insert(connection, ConnectionState::Visitor);
        if unless_recorded && self.rooms.get(name).is_some_and(Room::is_recorded) {
            let closing = Closing::refusing(RefusalCode::RoomRecorded, "somebody in the room records the call");
            return self.refuse(now, connection, closing);
        }
        self.come_in(now, (connection, version), name, admitted, None, Vec::new());
    }

    /// False if nobody of that id waits.
    pub(super) fn refuse_waiting(&mut self, now: Instant, name: &RoomName, who: PeerId) -> bool {
        let Some(waiting) = self.rooms.get_mut(name).map(|room| &mut room.waiting) else { return false };
        let Some(newcomer) = waiting.waiting.iter().find(|newcomer| newcomer.id == who) else { return false };
        if let Some(identity) = newcomer.admitted.identity().cloned() {
            waiting.remember_refusal(identity);
        }
        self.send_away_waiting(now, name, |id| id == who, refused());
        true
    }

    /// Whether somebody new has to wait; or why they may not even do that. `is_known` to those in the room, by a ticket or their token.
    pub(super) fn has_to_wait(
        &self,
        name: &RoomName,
        admitted: &Admitted,
        is_known: bool,
        version: u32,
    ) -> Result<bool, Closing> {
        let room = self.rooms.get(name);
        let is_on = room.map_or(self.limits.waiting_rooms, |room| room.waiting.is_on(&self.limits));
        // Somebody has to be the first where nobody has to say who they are.
        let is_first = self.access == Access::Open && room.is_none_or(|room| room.len() == 0);
        if !is_on || is_known || is_first {
            return Ok(false);
        }
        if version < TOLD_SINCE {
            return Err(Closing::refusing(
                RefusalCode::RoomLocked,
                "people are let into the room one by one, which this client does not know",
            ));
        }
        let Some(waiting) = room.map(|room| &room.waiting) else { return Ok(true) };
        if admitted.identity().is_some_and(|identity| waiting.refused.contains(identity)) {
            return Err(refused());
        }
        if waiting.waiting.len() >= self.limits.waiting_peers {
            return Err(Closing::refusing(RefusalCode::RoomFull, "as many wait to be let in as may").retry(10_000));
        }
        Ok(true)
    }

    /// Somebody waits from now on.
    pub(super) fn begin_to_wait(
        &mut self,
        now: Instant,
        (from, version): (ConnectionId, u32),
        join: &Join,
        admitted: Admitted,
    ) {
        let name = &join.room;
        // The newest one of an identity waits.
        if let Some(identity) = admitted.identity() {
            let closing = Closing::refusing(RefusalCode::IdentityReplaced, "the same identity came in again");
            let room = self.rooms.get(name);
            let same = |newcomer: &&Newcomer| newcomer.admitted.identity() == Some(identity);
            if let Some(older) =
                room.and_then(|room| room.waiting.waiting.iter().find(same)).map(|newcomer| newcomer.id)
            {
                self.send_away_waiting(now, name, |id| id == older, closing);
            }
        }
        // After that: without the older one the room may be empty, and would be forgotten.
        if let Err(closing) = self.make_room(now, name) {
            return self.refuse(now, from, closing);
        }
        let until = now + self.limits.waiting_time;
        let Some(room) = self.rooms.get_mut(name) else { return };
        // Not to be guessed, and no two at once.
        let id = std::iter::repeat_with(|| PeerId::new(u64::from((self.random)()) << 32 | u64::from((self.random)())))
            .find(|id| room.waiting.waiting.iter().all(|newcomer| newcomer.id != *id));
        let Some(id) = id else { return };
        let unless_recorded = join.unless_recorded;
        room.waiting.waiting.push(Newcomer { id, connection: from, version, admitted, unless_recorded, until });
        self.due.insert((until, Due::Unanswered(name.clone(), id)));
        self.connections.insert(from, ConnectionState::Waiting { room: name.clone(), id });
        let seconds = u32::try_from(self.limits.waiting_time.as_secs()).unwrap_or(u32::MAX);
        self.send(from, ServerMessage::Wait(Wait { seconds }));
        self.waiting_changed(now, name);
    }

    /// Nobody answered in time.
    pub(super) fn unanswered(&mut self, now: Instant, name: &RoomName, who: PeerId) {
        let closing = Closing::refusing(RefusalCode::RoomUnanswered, "nobody let this one in");
        self.send_away_waiting(now, name, |id| id == who, closing);
    }

    /// Nobody is in the room any more: what was said of it is over, and with it waits nobody any longer, unless all rooms are like that.
    pub(super) fn nobody_is_in(&mut self, now: Instant, name: &RoomName) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.waiting.said = None;
        room.waiting.refused.clear();
        room.waiting.told_on = false;
        if !self.limits.waiting_rooms {
            let closing = Closing::refusing(RefusalCode::RoomUnanswered, "nobody is in the room any more");
            self.send_away_waiting(now, name, |_| true, closing);
        }
    }

    /// Somebody who waits is gone by themselves.
    pub(super) fn waits_no_longer(&mut self, now: Instant, name: &RoomName, id: PeerId) {
        self.take_waiting(now, name, id);
        self.leave_empty(now, name);
    }

    /// False if nobody waits who is meant.
    pub(super) fn send_away_waiting(
        &mut self,
        now: Instant,
        name: &RoomName,
        is_meant: impl Fn(PeerId) -> bool,
        closing: Closing,
    ) -> bool {
        let waiting = self.rooms.get(name).into_iter().flat_map(|room| room.waiting.connections());
        let those: Vec<_> = waiting.filter(|(_, id, _)| is_meant(*id)).map(|(connection, ..)| connection).collect();
        for connection in &those {
            self.close(now, *connection, closing.clone(), Ending::ForGood(LeaveReason::Refused));
        }
        !those.is_empty()
    }

    /// Takes somebody out of those who wait.
    fn take_waiting(&mut self, now: Instant, name: &RoomName, id: PeerId) -> Option<Newcomer> {
        let waiting = &mut self.rooms.get_mut(name)?.waiting.waiting;
        let place = waiting.iter().position(|newcomer| newcomer.id == id)?;
        let newcomer = waiting.remove(place);
        self.due.remove(&(newcomer.until, Due::Unanswered(name.clone(), id)));
        self.waiting_changed(now, name);
        Some(newcomer)
    }

    fn waiting_changed(&mut self, now: Instant, name: &RoomName) {
        let Some(at) = self.rooms.get_mut(name).and_then(|room| room.waiting.pace.changed(now)) else { return };
        if at > now {
            self.due.insert((at, Due::TellWaiting(name.clone())));
        } else {
            self.tell_waiting(now, name);
        }
    }

    /// Tells members how it is, with new tickets if the old ones say otherwise; who waits, only those who may let them in.
    pub(super) fn tell_waiting(&mut self, now: Instant, name: &RoomName) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.waiting.pace.told(now);
        let is_on = room.waiting.is_on(&self.limits);
        let tickets_are_old = std::mem::take(&mut room.waiting.tickets_are_old);
        let is_news = std::mem::replace(&mut room.waiting.told_on, is_on) != is_on;
        let [all, little] =
            [true, false].map(|may| Arc::new(ServerMessage::WaitingRoom(room.waiting.summary(&self.limits, may))));
        for occupant in room.occupants() {
            let Some(connection) = occupant.presence.connection() else { continue };
            if !self.connections.get(&connection).is_some_and(|state| state.speaks(TOLD_SINCE)) {
                continue;
            }
            if self.access.moderates(&occupant.member) {
                self.outputs.push_back(Output::Send(connection, all.clone()));
            } else if is_news {
                self.outputs.push_back(Output::Send(connection, little.clone()));
            }
        }
        if tickets_are_old {
            self.renew_tickets(now, name);
        }
    }
}

fn refused() -> Closing {
    Closing::refusing(RefusalCode::RoomRefused, "somebody who may do so did not let this one in")
}

fn not_waiting(who: PeerId) -> Refusal {
    closing::refusal(RefusalCode::PeerUnknown, format!("{who} does not wait to be let in"))
}

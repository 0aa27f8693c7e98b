//! How somebody comes in: new, on a further connection, or from a former run of the server.
//!
//! | who comes with a ticket | becomes |
//! |---|---|
//! | a member, with a connection or waited for | that member; an older connection is closed and hears no more |
//! | a member of another run of the server, soon after the rooms moved here, into a room that is younger than the resume window | that member |
//! | the same with a ticket of this run, of before the room moved to another node from where it comes back | that member |
//! | anybody else, also who was [removed](super::removals) | somebody new |
//!
//! Rooms move here when the server starts, and when a node comes or goes. Later nobody has a reason to come from another run
//! but who was sent away there, and has a ticket still.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use itodenwa_wire::limits::ROOM_PEERS;
use itodenwa_wire::{
    Join, LeaveReason, Member, PROTOCOL_VERSION, PROTOCOL_VERSIONS, PeerId, RefusalCode, RoomName, Roster,
    ServerMessage, Welcome,
};

use super::lock::locked;
use super::room::{Presence, Room};
use super::{Closing, ConnectionId, ConnectionState, Due, Hub, Output, Packet};
use crate::access::{Access, Admitted};
use crate::ticket::Claims;

/// A connection that joins, and the version of the protocol that is used on it.
type Joining = (ConnectionId, u32);

impl<P: Packet> Hub<P> {
    pub(super) fn join(&mut self, now: Instant, from: ConnectionId, join: Join) {
        // Whoever got this far speaks one that we speak, too.
        let version = join.common_version(PROTOCOL_VERSIONS).unwrap_or(PROTOCOL_VERSION);
        let claims = join.resume.as_ref().and_then(|resume| self.tickets.open(now, &resume.ticket));
        let claims = claims.filter(|claims| claims.room == join.room);
        let signals = join.resume.as_ref().map_or(0, |resume| resume.signals);
        if let Some(claims) = &claims
            && self.resume(now, (from, version), claims, signals)
        {
            return;
        }
        // Before anything that depends on the rooms, so that nothing is told of them to who may not come in.
        let may_come_back = claims.as_ref().is_some_and(|claims| self.may_come_back(now, claims));
        let before = claims.as_ref().map(|claims| claims.rules).unwrap_or_default();
        let (admitted, former) = match claims {
            Some(Claims { id, session, name, pass, .. }) if may_come_back => {
                (Admitted { name, pass }, Some((id, session)))
            }
            claims => match self.admitted(now, &join, claims.as_ref(), version) {
                Ok((admitted, true)) => return self.begin_to_wait(now, (from, version), &join, admitted),
                Ok((admitted, false)) => (admitted, None),
                Err(closing) => return self.refuse(now, from, closing),
            },
        };
        let is_former = former.is_some();
        if self.come_in(now, (from, version), &join.room, admitted, former, join.offer) && is_former {
            self.locked_before(now, &join.room, before.locked);
            self.waited_before(now, &join.room, before.waiting_room);
        }
    }

    /// As whom somebody new comes in, and whether it has to wait for that; or why not, the first reason that holds.
    fn admitted(
        &self,
        now: Instant,
        join: &Join,
        claims: Option<&Claims>,
        version: u32,
    ) -> Result<(Admitted, bool), Closing> {
        let admitted = self.access.admit(join, SystemTime::now(), self.limits.name_graphemes)?;
        let is_known = self.is_known(now, join, &admitted, claims);
        if self.is_locked(&join.room) && !is_known {
            return Err(locked());
        }
        let waits = self.has_to_wait(&join.room, &admitted, is_known, version)?;
        if self.is_to_be_asked(join) {
            return Err(Closing::refusing(RefusalCode::RoomRecorded, "somebody in the room records the call"));
        }
        Ok((admitted, waits))
    }

    /// Somebody comes in who may, perhaps as a member of a former run. Otherwise it is told why not.
    pub(super) fn come_in(
        &mut self,
        now: Instant,
        from: Joining,
        name: &RoomName,
        Admitted { name: called, pass }: Admitted,
        former: Option<(PeerId, u32)>,
        offer: Vec<String>,
    ) -> bool {
        let replaces = pass.as_ref().is_some_and(|pass| {
            let of_here = self.make_way(now, name, &pass.identity);
            self.replace_inherited(name, &pass.identity, former.map(|(id, _)| id)) || of_here
        });
        let entered = self.enter(
            now,
            from,
            name.clone(),
            |room, random| match former {
                Some((id, session)) => Some((Member { id, session, name: called, pass, offered: None }, true)),
                None => Some((room.newcomer(Admitted { name: called, pass }, random)?, false)),
            },
            offer,
        );
        if let Err(closing) = entered {
            if replaces {
                self.tell_if_emptied(name);
            }
            self.after_the_last_one(now, name);
            self.refuse(now, from.0, closing);
            return false;
        }
        true
    }

    /// Whether nobody else gets a place in a room.
    pub(super) fn is_full(&self, now: Instant, name: &RoomName) -> bool {
        let is_full = |room: &Room<P>| room.len() >= self.most() && room.seat_of_the_gone(now).is_none();
        self.rooms.get(name).is_some_and(is_full)
    }

    fn most(&self) -> usize {
        self.limits.room_peers.clamp(1, ROOM_PEERS)
    }

    /// A room of this name, which is made if there is none, and is not forgotten.
    pub(super) fn make_room(&mut self, now: Instant, name: &RoomName) -> Result<(), Closing> {
        if !self.rooms.contains_key(name) && self.rooms.len() >= self.limits.rooms {
            let closing = Closing::refusing(RefusalCode::ServerFull, "the server has as many rooms as it may have");
            return Err(closing.retry(60_000));
        }
        let removed = self.removals.last_session(name);
        let room = self.rooms.entry(name.clone()).or_insert_with(|| Room::new(now));
        // Ids go on rising also when the room was forgotten meanwhile: who comes now is nobody who was removed.
        room.go_on_above(removed);
        if let Some(at) = room.kept_until.take() {
            self.due.remove(&(at, Due::Forget(name.clone())));
        }
        Ok(())
    }

    /// Goes on with a session on this connection; the newest one wins. False if there is no such session here.
    fn resume(&mut self, now: Instant, from: Joining, claims: &Claims, signals: u32) -> bool {
        let Some(room) = self.rooms.get_mut(&claims.room) else { return false };
        let Some(occupant) = room.occupant(claims.id).filter(|occupant| occupant.member.session == claims.session)
        else {
            return false;
        };
        occupant.outbox.disconnected();
        occupant.outbox.replay.seen(signals);
        occupant.outbox.replay.sent_again();
        match std::mem::replace(&mut occupant.presence, Presence::Here(from.0)) {
            Presence::Here(old) => {
                self.connections.remove(&old);
                self.renewals.forget(old);
                let closing = Closing::refusing(RefusalCode::SessionReplaced, "the session goes on on another socket");
                self.outputs.push_back(Output::Close(old, closing));
            }
            Presence::Away { until, .. } => {
                self.due.remove(&(until, Due::Part(claims.room.clone(), claims.id)));
            }
        }
        self.welcome(now, from, claims.room.clone(), claims.id);
        true
    }

    /// Whether a ticket is from another run of the server, whose members its room still waits for. The first one back may need
    /// all of the window, and those who come after it have theirs: so it is twice that, in all.
    fn may_come_back(&self, now: Instant, claims: &Claims) -> bool {
        let is_let_in = claims.pass.is_some() || self.access == Access::Open;
        let released = self.released.since(&claims.room);
        let is_from_before = || released.is_some_and(|since| self.tickets.was_made_by(claims, since));
        is_let_in
            && now < self.may_come_back_until(&claims.room)
            && (!self.tickets.is_own(claims) || is_from_before())
            && !self.removals.has(claims)
    }

    /// Until when members of another run may come back to a room.
    pub(super) fn may_come_back_until(&self, room: &RoomName) -> Instant {
        let window = self.limits.resume_window;
        let in_all = self.moved + 2 * window;
        self.rooms.get(room).map_or(in_all, |room| in_all.min(room.opened + window))
    }

    /// Lets somebody into a room, and tells those who are in it. `who` says with a member whether it is of a former run.
    fn enter(
        &mut self,
        now: Instant,
        from: Joining,
        name: RoomName,
        who: impl FnOnce(&Room<P>, u32) -> Option<(Member, bool)>,
        offer: Vec<String>,
    ) -> Result<(), Closing> {
        let most = self.most();
        let seat = self.rooms.get(&name).filter(|room| room.len() >= most).and_then(|room| room.seat_of_the_gone(now));
        if let Some((gone, until)) = seat {
            self.due.remove(&(until, Due::Part(name.clone(), gone)));
            self.part(now, &name, gone, LeaveReason::Gone);
        }
        self.make_room(now, &name)?;
        let receiver = self.receiver(&name, from.1, &offer);
        let Some(room) = self.rooms.get_mut(&name) else { return Ok(()) };
        let member = if room.len() < most { who(room, (self.random)()) } else { None };
        let Some((mut member, is_former)) = member else {
            let message = format!("the room has {} members, and may not have more", room.len());
            return Err(Closing::refusing(RefusalCode::RoomFull, message));
        };
        if is_former && room.settles.is_none() {
            let at = room.opened + self.limits.resume_window;
            room.settles = Some(at);
            self.due.insert((at, Due::Settle(name.clone())));
        }
        let receiver = receiver.filter(|_| !is_former);
        member.offered = receiver.as_ref().map(|receiver| receiver.session);
        let id = member.id;
        let came = member.clone();
        room.enter(now, from.0, member.clone(), self.kept.clone());
        let joined = Arc::new(ServerMessage::Joined { member, roster: room.roster() });
        self.welcome(now, from, name.clone(), id);
        if let Some(room) = self.rooms.get(&name) {
            let others = room.connected().filter(|(_, other)| *other != id);
            self.outputs.extend(others.map(|(connection, _)| Output::Send(connection, joined.clone())));
        }
        if let Some(receiver) = receiver {
            self.hand_over(now, from.0, &came, &receiver, offer);
        }
        if is_former {
            self.came_back(&name, &came);
        } else {
            self.tell_joined(&name, &came);
        }
        Ok(())
    }

    /// Tells a member how the room is, and what it missed.
    fn welcome(&mut self, now: Instant, (from, version): Joining, name: RoomName, id: PeerId) {
        let Some(room) = self.rooms.get_mut(&name) else { return };
        let members = room.others(id).map(|other| other.member.clone()).collect();
        let (roster, settling, rules) = (room.roster(), room.settles.is_some(), room.rules());
        let waiting = [false, true].map(|may| room.waiting.summary(&self.limits, may));
        let Some(occupant) = room.occupant(id) else { return };
        let [little, all] = waiting;
        occupant.ticketed = now;
        let ice_servers = self.ice.servers(&name, id);
        self.renewals.given(now, from, &ice_servers);
        let welcome = Welcome {
            version,
            me: occupant.member.clone(),
            members,
            roster,
            settling,
            locked: rules.locked,
            waiting_room: if self.access.moderates(&occupant.member) { all } else { little },
            signals: occupant.outbox.replay.before(),
            ticket: self.tickets.seal(now, &name, &occupant.member, rules),
            ice_servers,
        };
        self.outputs.push_back(Output::Send(from, Arc::new(ServerMessage::Welcome(welcome))));
        let missed = occupant.outbox.replay.signals().map(|signal| Output::Send(from, signal.clone()));
        self.outputs.extend(missed);
        self.connections.insert(from, ConnectionState::Member { room: name, id, version, malformed: 0 });
    }

    /// A member's connection broke: it may come back until then.
    pub(super) fn wait_for(
        &mut self,
        now: Instant,
        name: RoomName,
        id: PeerId,
        until: Instant,
        ended: Option<Instant>,
    ) {
        if until <= now {
            return self.part(now, &name, id, LeaveReason::Gone);
        }
        if let Some(occupant) = self.rooms.get_mut(&name).and_then(|room| room.occupant(id)) {
            occupant.outbox.disconnected();
            occupant.presence = Presence::Away { until, ended };
            self.due.insert((until, Due::Part(name, id)));
        }
    }

    /// Nobody of a former run is waited for any longer: who is missing now is gone.
    pub(super) fn settle(&mut self, name: &RoomName) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.settles = None;
        for (connection, id) in room.connected() {
            let members = room.others(id).map(|other| other.member.clone()).collect();
            let roster = Roster { version: room.roster(), members };
            self.outputs.push_back(Output::Send(connection, Arc::new(ServerMessage::Roster(roster))));
        }
    }
}

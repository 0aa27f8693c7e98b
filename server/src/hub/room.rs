//! One room: who is in it, and how many came before.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use itodenwa_wire::{Identity, Member, PeerId};

use super::asking::AskedLast;
use super::lock::Lock;
use super::outbox::Outbox;
use super::pace::Pace;
use super::replay::Capacity;
use super::waiting::Waiting;
use super::{ConnectionId, Packet};
use crate::access::Admitted;
use crate::operator::MemberSummary;
use crate::ticket::Rules;

/// How long a member whose socket was seen to end has its seat in a full room: a client that lives is back before.
const SEAT_KEPT: Duration = Duration::from_secs(5);
/// Those that are gone and still known, at most.
const GONE: usize = 64;

/// One room. At most as many members as the hub lets in, so that going through them is cheap.
#[derive(Debug)]
pub(super) struct Room<P> {
    /// In the order of their ids, which is that of joining.
    occupants: Vec<Occupant<P>>,
    /// Those of whom nothing was heard any more, while somebody is in: the others may be connected to them still. The oldest are forgotten.
    gone: VecDeque<(PeerId, Option<Identity>)>,
    /// The highest session that was given.
    sessions: u32,
    /// The version of the roster: how often somebody came or went, or changed the name.
    roster: u32,
    /// When the room was made.
    pub(super) opened: Instant,
    /// Until when members of a former run of the server are waited for, if some came back already.
    pub(super) settles: Option<Instant>,
    /// Whether newcomers are kept out.
    pub(super) lock: Lock,
    /// Who waits to be let in.
    pub(super) waiting: Waiting,
    /// When the room is forgotten; none while somebody is in it, or waits to be.
    pub(super) kept_until: Option<Instant>,
}

/// A member and how to reach it.
#[derive(Debug)]
pub(super) struct Occupant<P> {
    pub(super) member: Member,
    pub(super) presence: Presence,
    pub(super) outbox: Outbox<P>,
    /// When its newest ticket was made.
    pub(super) ticketed: Instant,
    /// It says that it records the call.
    pub(super) records: bool,
    pub(super) asked: AskedLast,
    /// When the others were told of its name.
    pub(super) named: Pace,
}

/// Whether a member has a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It has this one.
    Here(ConnectionId),
    /// It lost it, and is waited for.
    Away {
        /// For so long.
        until: Instant,
        /// When its socket was seen to end, if it was.
        ended: Option<Instant>,
    },
}

impl Presence {
    pub(super) fn connection(self) -> Option<ConnectionId> {
        match self {
            Presence::Here(connection) => Some(connection),
            Presence::Away { .. } => None,
        }
    }
}

impl<P: Packet> Room<P> {
    pub(super) fn new(now: Instant) -> Self {
        Room {
            occupants: Vec::new(),
            gone: VecDeque::new(),
            sessions: 0,
            roster: 0,
            opened: now,
            settles: None,
            lock: Lock::default(),
            waiting: Waiting::default(),
            kept_until: None,
        }
    }

    /// Who comes next, unless 2³² came before.
    ///
    /// Sessions rise with each join, and stand in the upper half of the id: ids rise in the order of joining, so of each
    /// pair the one who was there first leads. The lower half is random, so that ids are not to be guessed.
    pub(super) fn newcomer(&self, admitted: Admitted, random: u32) -> Option<Member> {
        let session = self.sessions.checked_add(1)?;
        let id = PeerId::new(u64::from(session) << 32 | u64::from(random));
        Some(Member { id, session, name: admitted.name, pass: admitted.pass, offered: None })
    }

    /// So many sessions were given in a room of this name.
    pub(super) fn go_on_above(&mut self, session: u32) {
        self.sessions = self.sessions.max(session);
    }

    /// Lets somebody in: a newcomer, or a member of a former run of the server.
    pub(super) fn enter(&mut self, now: Instant, connection: ConnectionId, member: Member, kept: Arc<Capacity>) {
        self.sessions = self.sessions.max(member.session);
        self.roster = self.roster.wrapping_add(1);
        self.kept_until = None;
        let place = self.occupants.partition_point(|occupant| occupant.member.id < member.id);
        let presence = Presence::Here(connection);
        let outbox = Outbox::new(kept);
        let (records, asked, named) = (false, AskedLast::default(), Pace::default());
        self.occupants.insert(place, Occupant { member, presence, outbox, ticketed: now, records, asked, named });
    }

    /// Lets somebody out who was in.
    pub(super) fn leave(&mut self, id: PeerId) -> Option<Member> {
        let place = self.occupants.iter().position(|occupant| occupant.member.id == id)?;
        let Occupant { member, .. } = self.occupants.remove(place);
        self.occupants.iter_mut().for_each(|occupant| occupant.outbox.forget(id));
        self.roster = self.roster.wrapping_add(1);
        Some(member)
    }

    /// Somebody is out who did not say so.
    pub(super) fn remember_gone(&mut self, member: &Member) {
        self.gone.push_back((member.id, member.pass.as_ref().map(|pass| pass.identity.clone())));
        if self.gone.len() > GONE {
            self.gone.pop_front();
        }
    }

    /// Takes one of those that are gone, which changes what the others know of the room.
    pub(super) fn take_gone(&mut self, id: PeerId) -> Option<(PeerId, Option<Identity>)> {
        let place = self.gone.iter().position(|(gone, _)| *gone == id)?;
        self.roster = self.roster.wrapping_add(1);
        self.gone.remove(place)
    }

    /// Nobody is in who could be connected to anybody.
    pub(super) fn forget_gone(&mut self) {
        self.gone.clear();
    }

    /// What somebody is called is told with the next version of the roster.
    pub(super) fn renamed(&mut self) -> u32 {
        self.roster = self.roster.wrapping_add(1);
        self.roster
    }

    pub(super) fn occupant(&mut self, id: PeerId) -> Option<&mut Occupant<P>> {
        self.occupants.iter_mut().find(|occupant| occupant.member.id == id)
    }

    pub(super) fn occupants(&self) -> impl Iterator<Item = &Occupant<P>> {
        self.occupants.iter()
    }

    /// Whether somebody is in it, or waits to be.
    pub(super) fn is_in_use(&self) -> bool {
        !self.occupants.is_empty() || !self.waiting.is_empty()
    }

    /// What members said of it.
    pub(super) fn rules(&self) -> Rules {
        Rules { locked: self.lock.is_on(), waiting_room: self.waiting.said }
    }

    /// Everybody but this one.
    pub(super) fn others(&self, id: PeerId) -> impl Iterator<Item = &Occupant<P>> {
        self.occupants.iter().filter(move |occupant| occupant.member.id != id)
    }

    /// The one with this identity, if there is one.
    pub(super) fn with_identity(&self, identity: &Identity) -> Option<(PeerId, Presence)> {
        let has =
            |occupant: &&Occupant<P>| occupant.member.pass.as_ref().is_some_and(|pass| pass.identity == *identity);
        self.occupants.iter().find(has).map(|occupant| (occupant.member.id, occupant.presence))
    }

    /// Whether somebody records the call.
    pub(super) fn is_recorded(&self) -> bool {
        self.occupants.iter().any(|occupant| occupant.records)
    }

    /// Everybody who has a socket.
    pub(super) fn connected(&self) -> impl Iterator<Item = (ConnectionId, PeerId)> {
        self.occupants.iter().filter_map(|occupant| Some((occupant.presence.connection()?, occupant.member.id)))
    }

    /// Everybody, for those who operate the server.
    pub(super) fn summaries(&self) -> impl Iterator<Item = MemberSummary> {
        self.occupants.iter().map(|Occupant { member, presence, .. }| MemberSummary {
            id: member.id,
            name: member.name.clone(),
            identity: member.pass.as_ref().map(|pass| pass.identity.clone()),
            connected: presence.connection().is_some(),
        })
    }

    /// Those who are meant, and whether they have a socket.
    pub(super) fn those(&self, is_meant: impl Fn(&Member) -> bool) -> Vec<(PeerId, Presence)> {
        let those = self.occupants.iter().filter(|occupant| is_meant(&occupant.member));
        those.map(|occupant| (occupant.member.id, occupant.presence)).collect()
    }

    /// Everybody, and whether they have a socket.
    pub(super) fn presences(&self) -> impl Iterator<Item = (PeerId, Presence)> {
        self.occupants.iter().map(|occupant| (occupant.member.id, occupant.presence))
    }

    /// In a full room: who has been away longest of those whose socket was seen to end, and until when it would be waited for.
    pub(super) fn seat_of_the_gone(&self, now: Instant) -> Option<(PeerId, Instant)> {
        let gone = self.occupants.iter().filter_map(|occupant| match occupant.presence {
            Presence::Away { until, ended: Some(ended) } => Some((ended, until, occupant.member.id)),
            _ => None,
        });
        let (_, until, id) = gone.min().filter(|(ended, ..)| now.saturating_duration_since(*ended) >= SEAT_KEPT)?;
        Some((id, until))
    }

    /// Of those who have a socket: what was sent to them long ago and is not counted.
    pub(super) fn forget_old_signals(&mut self) {
        let here = self.occupants.iter_mut().filter(|occupant| occupant.presence.connection().is_some());
        here.for_each(|occupant| occupant.outbox.replay.forget_old());
    }

    /// Nobody new finds a place any more.
    #[cfg(test)]
    pub(super) fn gave_every_session(&mut self) {
        self.sessions = u32::MAX;
    }

    #[cfg(test)]
    pub(super) fn is_bounded(&self, limits: &crate::Limits) -> bool {
        self.occupants.iter().all(|occupant| occupant.outbox.is_bounded(limits))
            && self.waiting.is_bounded(limits)
            && self.gone.len() <= GONE
    }

    pub(super) fn len(&self) -> usize {
        self.occupants.len()
    }

    pub(super) fn roster(&self) -> u32 {
        self.roster
    }
}

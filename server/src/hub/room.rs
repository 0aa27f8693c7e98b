//! One room: who is in it, and how many came before.

use std::time::Instant;

use itodenwa_wire::{Identity, Member, PeerId};

use super::ConnectionId;
use crate::access::Guest;

/// One room. At most as many members as `enter` is told, so that going through them is cheap.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// In the order of joining.
    occupants: Vec<Occupant>,
    /// How often somebody joined: the newest member's session.
    sessions: u32,
    /// When the room is forgotten; none while somebody is in it.
    kept_until: Option<Instant>,
}

/// A member and how to reach it.
#[derive(Debug)]
pub(super) struct Occupant {
    pub(super) connection: ConnectionId,
    pub(super) member: Member,
}

impl Room {
    /// Lets somebody in, unless the room is full (or 2³² came before).
    ///
    /// Sessions rise with each join, and stand in the upper half of the id: ids rise in the order of joining, so of each
    /// pair the one who was there first leads. The lower half is random, so that ids are not to be guessed.
    pub(super) fn enter(&mut self, connection: ConnectionId, guest: Guest, most: usize, random: u32) -> Option<Member> {
        if self.occupants.len() >= most {
            return None;
        }
        let session = self.sessions.checked_add(1)?;
        self.sessions = session;
        self.kept_until = None;
        let id = PeerId::new(u64::from(session) << 32 | u64::from(random));
        let member = Member { id, session, name: guest.name, pass: guest.pass };
        self.occupants.push(Occupant { connection, member: member.clone() });
        Some(member)
    }

    /// Lets somebody out. If that was the last one, the room is kept until `kept_until`, which is returned.
    pub(super) fn leave(&mut self, id: PeerId, kept_until: Instant) -> Option<Instant> {
        self.occupants.retain(|occupant| occupant.member.id != id);
        self.kept_until = self.occupants.is_empty().then_some(kept_until);
        self.kept_until
    }

    /// Everybody but this one, in the order of joining.
    pub(super) fn others(&self, id: PeerId) -> impl Iterator<Item = &Occupant> {
        self.occupants.iter().filter(move |occupant| occupant.member.id != id)
    }

    pub(super) fn connection(&self, id: PeerId) -> Option<ConnectionId> {
        self.occupants.iter().find(|occupant| occupant.member.id == id).map(|occupant| occupant.connection)
    }

    pub(super) fn member(&self, id: PeerId) -> Option<&Member> {
        self.occupants.iter().map(|occupant| &occupant.member).find(|member| member.id == id)
    }

    /// The connection of the one with this identity, if there is one.
    pub(super) fn with_identity(&self, identity: &Identity) -> Option<ConnectionId> {
        let has = |occupant: &&Occupant| occupant.member.pass.as_ref().is_some_and(|pass| pass.identity == *identity);
        self.occupants.iter().find(has).map(|occupant| occupant.connection)
    }

    pub(super) fn len(&self) -> usize {
        self.occupants.len()
    }

    pub(super) fn kept_until(&self) -> Option<Instant> {
        self.kept_until
    }
}

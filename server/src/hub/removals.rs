//! Members that were removed and may have a ticket still.
//!
//! They are remembered apart from their rooms: a room moves to another node, or is forgotten, long before its tickets expire. What is
//! new is [polled](super::Hub::poll_removal), for the other nodes.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use itodenwa_wire::{Identity, LeaveReason, Member, PeerId, RefusalCode, RoomName};

use super::{Closing, Hub, Packet};
use crate::ticket::Claims;

/// As many of one room; the oldest are forgotten.
const OF_ONE_ROOM: usize = 64;
/// As many in all; those are forgotten that would be first.
const IN_ALL: usize = 16_384;
/// How much nodes' clocks may differ: by theirs tickets expire.
const CLOCKS_DIFFER: Duration = Duration::from_secs(60);

/// Somebody was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Removal {
    pub(crate) room: RoomName,
    pub(crate) id: PeerId,
    /// If it had one, tickets of its older sessions are worth nothing either.
    pub(crate) identity: Option<Identity>,
    /// When the last ticket has expired.
    pub(crate) until: Instant,
}

/// Those of all rooms. At most [`OF_ONE_ROOM`] and [`IN_ALL`].
#[derive(Debug, Default)]
pub(super) struct Removals {
    rooms: HashMap<RoomName, VecDeque<Removal>>,
    due: BTreeSet<(Instant, RoomName, PeerId)>,
    /// What the other nodes are to be told. Drained after each input, which makes no more than a room has members.
    news: VecDeque<Removal>,
}

impl Removal {
    /// Whether somebody with this id and identity is meant.
    fn is_of(&self, id: PeerId, identity: Option<&Identity>) -> bool {
        // Ids rise in the order of joining: who came again after the removal is another matter.
        self.id == id || id < self.id && identity.is_some() && self.identity.as_ref() == identity
    }
}

impl Removals {
    /// Whether a ticket is of somebody who was removed.
    pub(super) fn has(&self, claims: &Claims) -> bool {
        let identity = claims.pass.as_ref().map(|pass| &pass.identity);
        self.rooms.get(&claims.room).is_some_and(|those| those.iter().any(|removal| removal.is_of(claims.id, identity)))
    }

    /// The highest session of somebody who was removed from this room; ids have it in their upper half.
    pub(super) fn last_session(&self, room: &RoomName) -> u32 {
        let those = self.rooms.get(room).into_iter().flatten();
        those.map(|removal| (removal.id.get() >> 32) as u32).max().unwrap_or_default()
    }

    pub(super) fn forget_expired(&mut self, now: Instant) {
        while self.due.first().is_some_and(|(at, ..)| *at <= now) {
            self.forget_first();
        }
    }

    /// False if it is known.
    fn add(&mut self, removal: Removal) -> bool {
        let those = self.rooms.entry(removal.room.clone()).or_default();
        if those.iter().any(|known| known.id == removal.id) {
            return false;
        }
        self.due.insert((removal.until, removal.room.clone(), removal.id));
        those.push_back(removal);
        if those.len() > OF_ONE_ROOM
            && let Some(Removal { room, id, until, .. }) = those.pop_front()
        {
            self.due.remove(&(until, room, id));
        }
        while self.due.len() > IN_ALL {
            self.forget_first();
        }
        true
    }

    fn forget_first(&mut self) {
        let Some((_, room, id)) = self.due.pop_first() else { return };
        if let Some(those) = self.rooms.get_mut(&room) {
            those.retain(|removal| removal.id != id);
            if those.is_empty() {
                self.rooms.remove(&room);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn is_bounded(&self) -> bool {
        self.due.len() <= IN_ALL
            && self.rooms.values().all(|those| those.len() <= OF_ONE_ROOM && !those.is_empty())
            && self.rooms.values().map(VecDeque::len).sum::<usize>() == self.due.len()
            && self.news.is_empty()
    }
}

impl<P: Packet> Hub<P> {
    /// The next removal that the other nodes have to know, before anything that follows from it.
    pub(crate) fn poll_removal(&mut self) -> Option<Removal> {
        self.removals.news.pop_front()
    }

    /// All that are known, as they expire.
    pub(crate) fn removals(&self) -> impl Iterator<Item = &Removal> {
        let those = |(_, room, id): &(Instant, RoomName, PeerId)| {
            self.removals.rooms.get(room)?.iter().find(|removal| removal.id == *id)
        };
        self.removals.due.iter().filter_map(those)
    }

    /// Another node knows of these. Whoever came in here before this was known is sent out.
    pub(crate) fn learn_removals(&mut self, now: Instant, removals: Vec<Removal>) {
        for removal in removals.into_iter().filter(|removal| removal.until > now) {
            if !self.removals.add(removal.clone()) {
                continue;
            }
            let Some(room) = self.rooms.get(&removal.room) else { continue };
            for (id, presence) in room.those(|member| is_meant(&removal, member)) {
                let closing =
                    Closing::refusing(RefusalCode::MemberRemoved, "somebody who may do so removed this member");
                self.send_off(now, &removal.room, id, presence, closing, LeaveReason::Removed);
            }
        }
    }

    /// Somebody was removed here.
    pub(super) fn remember_removal(&mut self, now: Instant, room: &RoomName, id: PeerId, identity: Option<Identity>) {
        let removal =
            Removal { room: room.clone(), id, identity, until: now + self.limits.ticket_lifetime + CLOCKS_DIFFER };
        if self.removals.add(removal.clone()) {
            self.removals.news.push_back(removal);
        }
    }
}

fn is_meant(removal: &Removal, member: &Member) -> bool {
    removal.is_of(member.id, member.pass.as_ref().map(|pass| &pass.identity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removal(room: usize, id: u64, until: Instant) -> Removal {
        Removal { room: RoomName::new(format!("r{room}")).unwrap(), id: PeerId::new(id), identity: None, until }
    }

    #[test]
    fn they_are_bounded_and_end_with_the_tickets() {
        let now = tokio::time::Instant::now().into_std();
        let mut removals = Removals::default();
        for id in 0..100 {
            assert!(removals.add(removal(0, id, now + Duration::from_secs(id))));
        }
        assert!(!removals.add(removal(0, 99, now)), "known");
        assert_eq!(removals.rooms.values().flatten().map(|removal| removal.id.get()).min(), Some(36));
        for number in 0..20_000 {
            removals.add(removal(1 + number, 1, now + Duration::from_secs(1000 + number as u64)));
            assert!(removals.due.len() <= IN_ALL);
        }
        assert!(removals.is_bounded() && removals.due.len() == IN_ALL);
        removals.forget_expired(now + Duration::from_secs(20_998));
        assert!(removals.is_bounded() && removals.due.len() == 1);
        removals.forget_expired(now + Duration::from_secs(20_999));
        assert!(removals.rooms.is_empty() && removals.due.is_empty());
    }
}

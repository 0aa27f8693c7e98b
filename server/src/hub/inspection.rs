//! What tests see of a hub.

use std::collections::BTreeMap;

use itodenwa_wire::{PeerId, RoomName};

use super::{ConnectionId, Hub, Packet};

impl<P: Packet> Hub<P> {
    /// Who is in which room, with a connection or waited for.
    pub(crate) fn seats(&self) -> Vec<(RoomName, PeerId, Option<ConnectionId>)> {
        let mut seats: Vec<_> = self
            .rooms
            .iter()
            .flat_map(|(name, room)| room.presences().map(|(id, presence)| (name.clone(), id, presence.connection())))
            .collect();
        seats.sort_unstable();
        seats
    }

    /// The version of a room's roster.
    pub(crate) fn roster(&self, room: &RoomName) -> Option<u32> {
        self.rooms.get(room).map(|room| room.roster())
    }

    /// Connections that it knows.
    pub(crate) fn known(&self) -> Vec<ConnectionId> {
        let mut known: Vec<_> = self.connections.keys().copied().collect();
        known.sort_unstable();
        known
    }

    /// Whether somebody who is known to be removed is in a room.
    pub(crate) fn has_removed(&self) -> bool {
        self.removals().any(|removal| {
            self.rooms.get(&removal.room).is_some_and(|room| room.presences().any(|(id, _)| id == removal.id))
        })
    }

    /// What grows beyond its bound, if anything does: of members' queues as `limits` has it.
    pub(crate) fn unbounded(&self, limits: &crate::Limits) -> Option<&'static str> {
        let members: usize = self.rooms.values().map(|room| room.len()).sum();
        // Of a room: that it is forgotten, settles, or tells of its lock.
        // Of one that was inherited: that nobody is waited for any longer.
        let is_due_bounded = self.due.len() <= members + 3 * self.rooms.len() + self.inherited.rooms().count();
        let has_small = |room: &super::Room<P>| room.is_bounded(limits);
        [
            ("outputs", self.outputs.is_empty()),
            ("removals", self.removals.is_bounded()),
            ("deadlines", is_due_bounded),
            ("people who may come back", self.inherited.is_bounded(limits)),
            ("rooms that others keep", self.released.rooms().len() <= limits.rooms),
            ("members who moved away", self.moved_away.len() <= limits.connections + 1),
            ("signals for a member", self.rooms.values().all(has_small)),
        ]
        .into_iter()
        .find_map(|(what, is_bounded)| (!is_bounded).then_some(what))
    }

    /// All that what it does depends on.
    pub(crate) fn fingerprint(&self) -> String
    where
        P: std::fmt::Debug,
    {
        let connections: BTreeMap<_, _> = self.connections.iter().collect();
        let rooms: BTreeMap<_, _> = self.rooms.iter().collect();
        let mut removals: Vec<_> = self.removals().map(|removal| (&removal.room, removal.id)).collect();
        removals.sort_unstable();
        let since = |room: &RoomName| self.released.since(room);
        let released: Vec<_> = self.released.rooms().into_iter().map(|room| (room, since(room))).collect();
        format!("{connections:?} {rooms:?} {:?} {removals:?} {:?} {released:?}", self.due, self.moved)
    }
}

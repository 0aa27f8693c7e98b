//! What is told outside of what happens in the rooms that are kept here, if somebody wants it.
//!
//! Whoever goes on with a session, here or on another node, neither left nor joined. Who does not come back to a room that moved here
//! left ([`inherited`](super::inherited)); so the node that would keep a room next is told who is in it ([`Hub::poll_changed`]).

use std::collections::{BTreeSet, VecDeque};

use itodenwa_wire::{LeaveReason, Member, RoomName};

use super::{Hub, Packet};
use crate::webhook::{Person, RoomEvent};

/// What is to be told. Drained after each input, which makes no more events than a room has members, and one.
#[derive(Debug, Default)]
pub(super) struct EventSink {
    is_wanted: bool,
    queue: VecDeque<RoomEvent>,
    /// Rooms into or out of which somebody went. Drained after each input.
    changed: BTreeSet<RoomName>,
}

impl<P: Packet> Hub<P> {
    /// From now on what happens is told.
    pub(crate) fn tell_events(&mut self) {
        self.events.is_wanted = true;
    }

    pub(crate) fn tells_events(&self) -> bool {
        self.events.is_wanted
    }

    /// How many rooms a node may keep.
    pub(crate) fn most_rooms(&self) -> usize {
        self.limits.rooms
    }

    /// A room in which others are now than before, if that is told.
    pub(crate) fn poll_changed(&mut self) -> Option<RoomName> {
        self.events.changed.pop_first()
    }

    /// The next event to tell.
    pub(crate) fn poll_event(&mut self) -> Option<RoomEvent> {
        self.events.queue.pop_front()
    }

    pub(super) fn tell_joined(&mut self, room: &RoomName, member: &Member) {
        let members = self.members_of(room);
        self.events.changed(room);
        self.events.tell(|| RoomEvent::Joined { room: room.clone(), member: member.into(), members });
    }

    pub(super) fn tell_left(&mut self, room: &RoomName, member: Person, reason: LeaveReason) {
        self.tell_left_of(room, member, reason, 0);
    }

    /// The same, while so many more are about to be told of.
    pub(super) fn tell_left_of(&mut self, room: &RoomName, member: Person, reason: LeaveReason, more: usize) {
        let members = self.members_of(room) + more;
        self.events.changed(room);
        self.events.tell(|| RoomEvent::Left { room: room.clone(), member, reason, members });
        // Whoever replaces somebody comes in at once.
        if more == 0 && reason != LeaveReason::Replaced {
            self.tell_if_emptied(room);
        }
    }

    pub(super) fn tell_if_emptied(&mut self, room: &RoomName) {
        if self.members_of(room) == 0 {
            self.events.tell(|| RoomEvent::Emptied { room: room.clone() });
        }
    }

    /// With those who may come back.
    fn members_of(&self, room: &RoomName) -> usize {
        self.rooms.get(room).map_or(0, |room| room.len()) + self.inherited.of(room).len()
    }
}

impl EventSink {
    pub(super) fn changed(&mut self, room: &RoomName) {
        if self.is_wanted {
            self.changed.insert(room.clone());
        }
    }

    fn tell(&mut self, event: impl FnOnce() -> RoomEvent) {
        if self.is_wanted {
            self.queue.push_back(event());
        }
    }
}

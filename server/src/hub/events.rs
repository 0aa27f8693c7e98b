//! What is told outside of what happens in the rooms that are kept here, if somebody wants it.
//!
//! Whoever goes on with a session, here or on another node, neither left nor joined.

use std::collections::VecDeque;

use itodenwa_wire::{LeaveReason, Member, RoomName};

use super::{Hub, Packet};
use crate::webhook::RoomEvent;

/// What is to be told. Drained after each input, which makes no more events than a room has members, and one.
#[derive(Debug, Default)]
pub(super) struct EventSink {
    is_wanted: bool,
    queue: VecDeque<RoomEvent>,
}

impl<P: Packet> Hub<P> {
    /// From now on what happens is told.
    pub(crate) fn tell_events(&mut self) {
        self.events.is_wanted = true;
    }

    /// The next event to tell.
    pub(crate) fn poll_event(&mut self) -> Option<RoomEvent> {
        self.events.queue.pop_front()
    }

    pub(super) fn tell_joined(&mut self, room: &RoomName, member: &Member) {
        let members = self.members_of(room);
        self.events.tell(|| RoomEvent::Joined { room: room.clone(), member: member.into(), members });
    }

    pub(super) fn tell_left(&mut self, room: &RoomName, member: &Member, reason: LeaveReason) {
        let members = self.members_of(room);
        self.events.tell(|| RoomEvent::Left { room: room.clone(), member: member.into(), reason, members });
        if members == 0 {
            self.events.tell(|| RoomEvent::Emptied { room: room.clone() });
        }
    }

    fn members_of(&self, room: &RoomName) -> usize {
        self.rooms.get(room).map_or(0, |room| room.len())
    }
}

impl EventSink {
    fn tell(&mut self, event: impl FnOnce() -> RoomEvent) {
        if self.is_wanted {
            self.queue.push_back(event());
        }
    }
}

//! Members of rooms that another node kept until now, and who are not back yet: as that node told, should it go.
//!
//! They are known only so that it can be told of those who do not come back ([`events`](super::events)): whoever comes in does so by
//! its ticket, as it would without this, and who is here has no place in the room that somebody else could not take.

use std::collections::HashMap;
use std::time::Instant;

use itodenwa_wire::limits::ROOM_PEERS;
use itodenwa_wire::{Identity, LeaveReason, Member, PeerId, RoomName};

use super::{Due, Hub, Packet};
use crate::webhook::Person;

/// By their rooms, of which there are no more than a node may keep, with no more than a room may have.
#[derive(Debug, Default)]
pub(super) struct Inherited(HashMap<RoomName, Inheritance>);

#[derive(Debug)]
struct Inheritance {
    /// Those who are not back. Nobody when all are; until then it is known who was in the room and who was not.
    people: Vec<Person>,
    /// When it is looked whether they may come back still.
    due: Instant,
}

impl Inherited {
    pub(super) fn of(&self, room: &RoomName) -> &[Person] {
        self.0.get(room).map_or(&[], |inheritance| &inheritance.people)
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = &RoomName> {
        self.0.keys()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    #[cfg(test)]
    pub(super) fn is_bounded(&self, limits: &crate::Limits) -> bool {
        self.0.len() <= limits.rooms && self.0.values().all(|of| of.people.len() <= ROOM_PEERS)
    }
}

impl<P: Packet> Hub<P> {
    /// Another node kept a room with these people, and does no longer; this one keeps it now.
    pub(crate) fn inherit(&mut self, room: &RoomName, people: Vec<Person>) {
        let is_here = |person: &Person| {
            self.rooms.get(room).is_some_and(|room| room.occupants().any(|one| one.member.id == person.id))
        };
        let people: Vec<_> = people.into_iter().filter(|person| !is_here(person)).take(ROOM_PEERS).collect();
        self.forget_inherited(room);
        if self.inherited.0.len() >= self.limits.rooms {
            return;
        }
        let due = self.may_come_back_until(room);
        self.due.insert((due, Due::Inherited(room.clone())));
        self.inherited.0.insert(room.clone(), Inheritance { people, due });
        // Whoever keeps the room after this one has to know them, too.
        self.events.changed(room);
    }

    /// Everybody who is in a room, or may come back to it.
    pub(crate) fn people_of(&self, room: &RoomName) -> Vec<Person> {
        let here = self.rooms.get(room).into_iter().flat_map(|room| room.occupants()).map(|one| (&one.member).into());
        here.chain(self.inherited.of(room).iter().cloned()).collect()
    }

    /// Rooms with somebody in them, or somebody who may come back, in any order.
    pub(crate) fn peopled_rooms(&self) -> Vec<RoomName> {
        let peopled = self.rooms.iter().filter(|(_, room)| room.len() > 0).map(|(name, _)| name);
        let is_peopled = |name: &&RoomName| self.rooms.get(*name).is_some_and(|room| room.len() > 0);
        let awaited = self.inherited.rooms().filter(|name| !is_peopled(name) && !self.inherited.of(name).is_empty());
        peopled.chain(awaited).cloned().collect()
    }

    /// Somebody is back with a ticket of another node: it neither left nor joined, unless that one had told that it left.
    pub(super) fn came_back(&mut self, room: &RoomName, member: &Member) {
        let is_known = self.inherited.0.contains_key(room);
        if self.take_inherited(room, |person| person.id == member.id).is_empty() {
            if is_known {
                return self.tell_joined(room, member);
            }
            // Nothing was heard of that node. The one that keeps the room after this one has to know.
            self.events.changed(room);
        }
    }

    /// The newest one of an identity stays: who is not back, and comes as somebody new, was replaced. `back` is not meant.
    /// False if nobody was.
    pub(super) fn replace_inherited(&mut self, room: &RoomName, identity: &Identity, back: Option<PeerId>) -> bool {
        let is_older = |person: &Person| person.identity.as_ref() == Some(identity) && Some(person.id) != back;
        let older = self.take_inherited(room, is_older);
        let replaces = !older.is_empty();
        for person in older {
            self.tell_left(room, person, LeaveReason::Replaced);
        }
        replaces
    }

    /// Who is not back by now does not come back, unless rooms have moved again meanwhile.
    pub(super) fn inherited_are_due(&mut self, now: Instant, room: &RoomName) {
        let due = self.may_come_back_until(room);
        if due > now {
            if let Some(inheritance) = self.inherited.0.get_mut(room) {
                inheritance.due = due;
                self.due.insert((due, Due::Inherited(room.clone())));
            }
            return;
        }
        let mut gone = self.inherited.0.remove(room).map(|inheritance| inheritance.people).unwrap_or_default();
        while !gone.is_empty() {
            let person = gone.remove(0);
            self.tell_left_of(room, person, LeaveReason::Gone, gone.len());
        }
    }

    /// Takes these out of those who are not back.
    fn take_inherited(&mut self, room: &RoomName, is_meant: impl Fn(&Person) -> bool) -> Vec<Person> {
        let Some(inheritance) = self.inherited.0.get_mut(room) else { return Vec::new() };
        let (those, others) = std::mem::take(&mut inheritance.people).into_iter().partition(is_meant);
        inheritance.people = others;
        those
    }

    pub(super) fn forget_inherited(&mut self, room: &RoomName) {
        if let Some(Inheritance { due, .. }) = self.inherited.0.remove(room) {
            self.due.remove(&(due, Due::Inherited(room.clone())));
        }
    }
}

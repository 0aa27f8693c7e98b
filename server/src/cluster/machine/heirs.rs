//! Who is in a room, told to the node that would keep it next, so that it can tell of those who never come back.
//!
//! By rendezvous hashing that node is known beforehand: it is the home node if the one that keeps the room goes. It is told at each
//! change, and another one when nodes come or go. A node that hands a room over because another one has started tells that one. All
//! this only where what happens in rooms is told outside ([webhooks](crate::webhook)); sessions go on without it.

use std::collections::{BTreeMap, HashMap};

use itodenwa_wire::RoomName;
use itodenwa_wire::limits::ROOM_PEERS;
use serde::{Deserialize, Serialize};

use super::{Node, NodeBody, NodeId, NodeMessage};
use crate::webhook::Person;

/// Rooms in one message between nodes.
const ROOMS: usize = 50;

/// Who is in a room, or may come back to it; nobody if it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomPeople {
    room: RoomName,
    people: Vec<Person>,
}

/// What is known of rooms in case that a node goes.
#[derive(Debug, Default)]
pub(super) struct Heirs {
    /// Of rooms that are kept here: which node was told who is in them. No more than there are rooms.
    told: HashMap<RoomName, NodeId>,
    /// Rooms that this node would keep next. No more than a node may keep.
    spare: HashMap<RoomName, Spare>,
}

/// A room that another node keeps.
#[derive(Debug)]
struct Spare {
    keeper: NodeId,
    people: Vec<Person>,
    /// Messages of the one that keeps it were lost since, and it did not say this again.
    is_stale: bool,
}

impl Heirs {
    /// Messages from or to this node were lost. What it said before is kept until it has said all again: it may be gone.
    pub(super) fn lost(&mut self, node: NodeId) {
        self.told.retain(|_, heir| *heir != node);
        self.spare.values_mut().filter(|spare| spare.keeper == node).for_each(|spare| spare.is_stale = true);
    }

    /// Since messages were lost this node has said all again.
    pub(super) fn all_said(&mut self, node: NodeId) {
        self.spare.retain(|_, spare| spare.keeper != node || !spare.is_stale);
    }

    #[cfg(test)]
    pub(super) fn is_bounded(&self, rooms: usize) -> bool {
        self.told.len() <= rooms && self.spare.len() <= rooms
    }
}

impl Node {
    /// After each input: others are in these rooms now than before.
    pub(super) fn tell_of_changes(&mut self) {
        let changed: Vec<_> = std::iter::from_fn(|| self.hub.poll_changed()).collect();
        self.tell_heirs(changed);
    }

    /// Other nodes may be the next ones for rooms that are kept here.
    pub(super) fn tell_new_heirs(&mut self) {
        if !self.hub.tells_events() {
            return;
        }
        let mut rooms = self.hub.peopled_rooms();
        rooms.retain(|room| self.heirs.told.get(room).copied() != self.homes.next_home_node(room));
        rooms.sort_unstable();
        self.tell_heirs(rooms);
    }

    /// These rooms were kept here, with these people.
    pub(super) fn hand_over(&mut self, rooms: Vec<(RoomName, Vec<Person>)>) {
        let mut news = BTreeMap::<_, Vec<_>>::new();
        for (room, people) in rooms {
            self.heirs.told.remove(&room);
            news.entry(self.homes.home_node(&room)).or_default().push(RoomPeople { room, people });
        }
        self.send_people(news);
    }

    /// Nodes came, or this one is gone: what it kept is kept here now. What another node would keep next is not known here any longer.
    pub(super) fn sort_spares(&mut self, gone: Option<NodeId>) {
        let mut elsewhere = Vec::new();
        let mut spare: Vec<_> = std::mem::take(&mut self.heirs.spare).into_iter().collect();
        spare.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (room, spare) in spare {
            let home = self.homes.home_node(&room);
            if home == spare.keeper && self.homes.next_home_node(&room) == Some(self.me) {
                self.heirs.spare.insert(room, spare);
            } else if gone == Some(spare.keeper) && home == self.me {
                self.hub.inherit(&room, spare.people);
            } else if gone == Some(spare.keeper) {
                // Another one has come at the same moment.
                elsewhere.push((room, spare.people));
            }
        }
        self.drain_hub();
        self.hand_over(elsewhere);
    }

    /// Another node says who is in a room that it keeps, or kept until now.
    pub(super) fn learn_people(&mut self, from: NodeId, rooms: Vec<RoomPeople>) {
        if !self.hub.tells_events() {
            return;
        }
        for RoomPeople { room, mut people } in rooms {
            self.heirs.spare.remove(&room);
            people.truncate(ROOM_PEERS);
            let home = self.homes.home_node(&room);
            let is_next = home == from && self.homes.next_home_node(&room) == Some(self.me);
            if home == self.me {
                self.hub.inherit(&room, people);
            } else if is_next && !people.is_empty() && self.heirs.spare.len() < self.hub.most_rooms() {
                self.heirs.spare.insert(room, Spare { keeper: from, people, is_stale: false });
            }
        }
        self.drain_hub();
    }

    fn tell_heirs(&mut self, rooms: Vec<RoomName>) {
        let mut news = BTreeMap::<_, Vec<_>>::new();
        // What has another home by now is handed over before long.
        for room in rooms.into_iter().filter(|room| self.homes.home_node(room) == self.me) {
            let (people, heir) = (self.hub.people_of(&room), self.homes.next_home_node(&room));
            match heir.filter(|_| !people.is_empty()) {
                Some(heir) => self.heirs.told.insert(room.clone(), heir),
                None => self.heirs.told.remove(&room),
            };
            if let Some(heir) = heir {
                news.entry(heir).or_default().push(RoomPeople { room, people });
            }
        }
        self.send_people(news);
    }

    fn send_people(&self, news: BTreeMap<NodeId, Vec<RoomPeople>>) {
        for (to, rooms) in news.into_iter().filter(|(to, _)| *to != self.me) {
            for some in rooms.chunks(ROOMS) {
                self.bus.send(to, NodeMessage(NodeBody::People(some.to_vec())));
            }
        }
    }
}

//! What becomes of connections whose rooms move, or whose home node is gone.

use std::time::Instant;

use itodenwa_wire::RoomName;

use super::{ConnectionId, Ending, Input, Node, NodeId, Output, Place, Registry};

/// Whether a connection waits for the answer to its join.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Asked {
    /// It did not join yet, or was answered.
    #[default]
    No,
    /// Another node was asked.
    Elsewhere,
    /// So it was, and messages were lost since. What that node says now may be of before, so it counts no longer; and as long as nobody
    /// knows whether it is there, coming again would lead to the same.
    InVain,
}

impl Place {
    /// Whether what a node says concerns it.
    pub(super) fn hears(&self, node: NodeId) -> bool {
        self.asked != Asked::InVain && self.home.as_ref().is_some_and(|(_, home)| *home == node)
    }
}

impl Node {
    /// Rooms may have other home nodes now: members at the old one are sent away, and come back to the new one. It is told who they are.
    pub(super) fn move_rooms(&mut self, now: Instant, gone: Option<NodeId>) {
        self.hub.rooms_moved(now);
        let (homes, me) = (&*self.homes, self.me);
        let moved = self.hub.release(now, |room| homes.home_node(room) != me);
        self.drain_hub();
        self.hand_over(moved);
        self.sort_spares(gone);
        self.tell_new_heirs();
        self.send_away(now, "another server keeps the room now", |homes, (room, node)| {
            gone == Some(*node) || homes.home_node(room) != *node
        });
    }

    /// Messages from or to a node are lost. Members whose rooms it keeps are sent away. Whose join it did not answer waits until it is known
    /// that it is gone, or heard that it is not: that is sooner than after some attempts, between which clients wait ever longer.
    pub(super) fn hold_on(&mut self, now: Instant, node: NodeId) {
        for id in self.those(|_, (_, home)| *home == node) {
            match self.connections.get_mut(&id) {
                Some(place) if place.asked != Asked::No => place.asked = Asked::InVain,
                _ => self.send_one_away(now, id, "the server that keeps the room is not to be reached"),
            }
        }
    }

    /// A node is there, and has forgotten those of whom messages were lost.
    pub(super) fn go_on(&mut self, now: Instant, node: NodeId) {
        for id in self.those(|_, (_, home)| *home == node) {
            if self.connections.get(&id).is_some_and(|place| place.asked == Asked::InVain) {
                self.send_one_away(now, id, "the server that keeps the room was not to be reached");
            }
        }
    }

    /// Connections by where their rooms are kept.
    fn those(&self, which: impl Fn(&dyn Registry, &(RoomName, NodeId)) -> bool) -> Vec<ConnectionId> {
        let is_meant = |place: &Place| place.home.as_ref().is_some_and(|home| which(&*self.homes, home));
        let mut those: Vec<_> =
            self.connections.iter().filter(|(_, place)| is_meant(place)).map(|(id, _)| *id).collect();
        those.sort_unstable();
        those
    }

    /// Closes members' connections so that they come back; the room that they were in waits for them.
    pub(super) fn send_away(
        &mut self,
        now: Instant,
        why: &str,
        which: impl Fn(&dyn Registry, &(RoomName, NodeId)) -> bool,
    ) {
        for id in self.those(which) {
            self.send_one_away(now, id, why);
        }
    }

    fn send_one_away(&mut self, now: Instant, id: ConnectionId, why: &str) {
        self.pass_on(now, Input::Disconnected(id, Ending::Broken { last_received: now }));
        let asked = self.connections.get_mut(&id).map(|place| {
            place.home = None;
            std::mem::take(&mut place.asked)
        });
        // Without a place there is none for anybody here, for a while. Who waited has done so.
        let closing = match asked {
            _ if !self.has_place() => self.hub.going_away(why),
            Some(Asked::InVain) => self.hub.elsewhere(why).retry(0),
            _ => self.hub.elsewhere(why),
        };
        self.give(Output::Close(id, closing));
    }
}

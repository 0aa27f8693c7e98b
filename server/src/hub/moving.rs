//! Rooms that come here from other nodes or go there, and the end of all of them.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use itodenwa_wire::{PeerId, RoomName};

use super::room::Presence;
use super::{Closing, ConnectionId, Due, Ending, Hub, Output, Packet, Renewals};
use crate::node::NodeId;
use crate::ticket::TicketSecret;
use crate::webhook::Person;

/// How long members of rooms that moved away may use the relay here: their media goes through it until they connect anew.
const RELAYED: Duration = Duration::from_secs(3600);

/// Members of rooms that moved away, to be dismissed from the relay. The oldest make room for more than there may be connections.
#[derive(Debug, Default)]
pub(super) struct MovedAway(VecDeque<(Instant, RoomName, PeerId)>);

/// Rooms that others keep since then, or kept: one may be here again before its members have a ticket of who kept it meanwhile. No more
/// than a node may keep, of the time in which they may come back.
#[derive(Debug, Default)]
pub(super) struct Released(HashMap<RoomName, Instant>);

impl Released {
    pub(super) fn since(&self, room: &RoomName) -> Option<Instant> {
        self.0.get(room).copied()
    }

    /// By name.
    #[cfg(test)]
    pub(super) fn rooms(&self) -> Vec<&RoomName> {
        let mut rooms: Vec<_> = self.0.keys().collect();
        rooms.sort_unstable();
        rooms
    }
}

impl MovedAway {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.front().map(|(at, ..)| *at)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn next(&mut self, now: Instant, most: usize) -> Option<(RoomName, PeerId)> {
        let is_due = self.0.len() > most || self.deadline().is_some_and(|at| at <= now);
        if is_due { self.0.pop_front().map(|(_, room, id)| (room, id)) } else { None }
    }
}

impl<P: Packet> Hub<P> {
    /// Rooms may have moved here, with members that have tickets of who kept them before.
    pub(crate) fn rooms_moved(&mut self, now: Instant) {
        self.moved = now;
        let window = self.limits.resume_window;
        self.released.0.retain(|_, since| now < *since + 2 * window);
    }

    /// A node is gone, or its connections are.
    pub(crate) fn lose(&mut self, now: Instant, node: NodeId) {
        let mut lost: Vec<_> =
            self.connections.keys().copied().filter(|connection| connection.node() == node).collect();
        lost.sort_unstable();
        for connection in lost {
            self.remove(now, connection, Ending::Broken { last_received: now });
        }
    }

    /// Others keep these rooms now: whoever is in them is sent away, to come back there, and nothing of them is kept. Should one
    /// of them ever come here again, it would be known here as it was and not as it has become.
    /// Gives who was in them, if what happens is told.
    pub(crate) fn release(
        &mut self,
        now: Instant,
        is_elsewhere: impl Fn(&RoomName) -> bool,
    ) -> Vec<(RoomName, Vec<Person>)> {
        let peopled = if self.tells_events() { self.peopled_rooms() } else { Vec::new() };
        let people = |room: RoomName| (self.people_of(&room), room);
        let moved =
            peopled.into_iter().filter(&is_elsewhere).map(people).map(|(people, room)| (room, people)).collect();
        let mut gone: Vec<_> = self.rooms.keys().filter(|name| is_elsewhere(name)).cloned().collect();
        gone.sort_unstable();
        let inherited: Vec<_> = self.inherited.rooms().filter(|name| is_elsewhere(name)).cloned().collect();
        inherited.iter().for_each(|name| self.forget_inherited(name));
        for name in gone {
            if self.released.0.len() < self.limits.rooms {
                self.released.0.insert(name.clone(), now);
            }
            let Some(room) = self.rooms.get(&name) else { continue };
            let presences = room.presences().collect::<Vec<_>>();
            for (connection, id, until) in room.waiting.connections().collect::<Vec<_>>() {
                self.connections.remove(&connection);
                self.due.remove(&(until, Due::Unanswered(name.clone(), id)));
                self.send_elsewhere(connection);
            }
            for (id, presence) in presences {
                match presence {
                    Presence::Here(connection) => {
                        self.connections.remove(&connection);
                        self.renewals.forget(connection);
                        self.send_elsewhere(connection);
                    }
                    Presence::Away { until, .. } => {
                        self.due.remove(&(until, Due::Part(name.clone(), id)));
                    }
                }
                self.moved_away.0.push_back((now + RELAYED, name.clone(), id));
            }
            if let Some(at) = self.rooms.get(&name).and_then(|room| room.kept_until) {
                self.due.remove(&(at, Due::Forget(name.clone())));
            }
            self.forget(&name);
        }
        moved
    }

    /// Tickets are sealed with this from now on, and others are good for nobody: that of a cluster which this node takes over.
    pub(crate) fn change_ticket_secret(&mut self, secret: &TicketSecret) {
        self.tickets.change_secret(secret);
    }

    /// Nothing that was kept here is to be believed any longer: it is as if the server had been started anew.
    pub(crate) fn begin_run(&mut self, now: Instant) {
        let members = self.rooms.iter().flat_map(|(name, room)| room.presences().map(|(id, _)| (name.clone(), id)));
        self.moved_away.0.extend(members.map(|(name, id)| (now + RELAYED, name, id)));
        self.clear("the server is not in its cluster");
        let run = u64::from((self.random)()) << 32 | u64::from((self.random)());
        self.tickets.begin_run(run);
        self.released = Released::default();
        self.moved = now;
    }

    /// Those whose time is over, unless they are here again.
    pub(super) fn dismiss_moved(&mut self, now: Instant) {
        while let Some((name, id)) = self.moved_away.next(now, self.limits.connections) {
            if self.rooms.get_mut(&name).and_then(|room| room.occupant(id)).is_none() {
                self.ice.dismiss(&name, id);
            }
        }
    }

    pub(super) fn stop(&mut self) {
        self.stopping = true;
        self.clear("the server is shutting down");
    }

    fn clear(&mut self, why: &str) {
        self.renewals = Renewals::default();
        self.rooms.clear();
        self.inherited.clear();
        self.due.clear();
        let mut connections: Vec<_> = std::mem::take(&mut self.connections).into_keys().collect();
        connections.sort_unstable();
        for connection in connections {
            self.send_away(connection, why);
        }
    }

    /// For who comes back later, each at another time.
    pub(crate) fn going_away(&mut self, why: &str) -> Closing {
        Closing::going_away(why, (self.random)())
    }

    /// For who is taken by another server.
    pub(crate) fn elsewhere(&mut self, why: &str) -> Closing {
        Closing::elsewhere(why, (self.random)())
    }

    fn send_elsewhere(&mut self, connection: ConnectionId) {
        let closing = self.elsewhere("another server keeps the room now");
        self.outputs.push_back(Output::Close(connection, closing));
    }

    pub(super) fn send_away(&mut self, connection: ConnectionId, why: &str) {
        let closing = self.going_away(why);
        self.outputs.push_back(Output::Close(connection, closing));
    }
}

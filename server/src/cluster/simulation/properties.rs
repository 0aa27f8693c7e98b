//! What has to hold.

use std::collections::{BTreeMap, BTreeSet};

use super::world::World;

impl World {
    /// At each step.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        self.one_keeper_for_each_room()?;
        for (at, process) in self.processes() {
            let hub = &process.node.hub;
            if hub.has_removed() {
                return Err(format!("removed: somebody who is known to be is in a room at {at}"));
            }
            let seats: Vec<_> = hub.seats().into_iter().map(|(room, id, _)| (room, id)).collect();
            if seats.iter().collect::<BTreeSet<_>>().len() < seats.len() {
                return Err(format!("twice in a room: {seats:?}"));
            }
            if let Some(what) = hub.unbounded(&self.limits) {
                return Err(format!("unbounded: {what} at {at}"));
            }
            if !process.node.is_bounded(self.limits.rooms) {
                return Err(format!("unbounded: what is known for others at {at}"));
            }
            if !process.membership.links.is_bounded() {
                return Err(format!("unbounded: links at {at}"));
            }
        }
        Ok(())
    }

    /// Of nodes whose lease holds.
    fn one_keeper_for_each_room(&self) -> Result<(), String> {
        let mut keepers = BTreeMap::new();
        for (at, process) in self.processes().filter(|(_, process)| process.has_lease(self.now)) {
            let rooms: BTreeSet<_> = process.node.hub.seats().into_iter().map(|(room, ..)| room).collect();
            for room in rooms {
                if let Some(other) = keepers.insert(room.clone(), at) {
                    return Err(format!("two keepers of {room:?}: {other} and {at}"));
                }
            }
        }
        Ok(())
    }

    /// When no faults are left: everybody who would like to be in a room is there, all see the same, and nothing is left of
    /// anybody else.
    pub(super) fn check_end(&self) -> Result<(), String> {
        self.check()?;
        self.removed_is_known()?;
        let mut wanted = BTreeSet::new();
        for (number, client) in self.clients.iter().enumerate().filter(|(_, client)| client.is_wanted) {
            let (Some(me), true) = (client.me, client.is_in) else {
                return Err(format!("convergence: client {number} is not in its room"));
            };
            wanted.insert((client.room.clone(), me));
        }
        let mut seats = BTreeMap::new();
        for (at, process) in self.processes() {
            if !process.has_lease(self.now) || process.node.waits() {
                return Err(format!("convergence: {at} keeps no rooms"));
            }
            for (room, id, connection) in process.node.hub.seats() {
                let Some(connection) = connection else { return Err(format!("convergence: {id} is waited for")) };
                if seats.insert((room, id), (at, connection)).is_some() {
                    return Err(format!("convergence: {id} is in a room twice"));
                }
            }
            let live = self.live();
            if let Some(gone) = process.node.hub.known().into_iter().find(|known| !live.contains(known)) {
                return Err(format!("convergence: {at} knows {gone:?}, which is gone"));
            }
        }
        if !seats.keys().eq(wanted.iter()) {
            return Err(format!("convergence: {wanted:?} would like to be in rooms, and {seats:?} are"));
        }
        for client in self.clients.iter().filter(|client| client.is_wanted) {
            let of_room = wanted.iter().filter(|(room, _)| *room == client.room).map(|(_, id)| *id).collect();
            let (at, connection) = client.me.and_then(|me| seats.get(&(client.room.clone(), me))).ok_or("no seat")?;
            let version = self.slots[*at].process.as_ref().and_then(|process| process.node.hub.roster(&client.room));
            let socket = client.socket.and_then(|key| self.sockets.get(&key)).map(|socket| socket.id);
            if client.roster != of_room || Some(client.version) != version || socket != Some(*connection) {
                return Err(format!("convergence: {client:?} sees others than {of_room:?}, {version:?}"));
            }
        }
        Ok(())
    }

    /// By all nodes if by any, and by the one that was told that it is done.
    fn removed_is_known(&self) -> Result<(), String> {
        let known = |at: usize| {
            let removals = self.slots[at].process.iter().flat_map(|process| process.node.hub.removals());
            removals.map(|removal| removal.id).collect::<BTreeSet<_>>()
        };
        let all: Vec<_> = self.processes().map(|(at, _)| known(at)).collect();
        let any: BTreeSet<_> = all.iter().flatten().copied().collect();
        if all.iter().any(|known| *known != any) {
            return Err(format!("removed: not all nodes know the same: {all:?}"));
        }
        for removed in self.removed.iter().filter(|removed| removed.is_done && !any.contains(&removed.id)) {
            let (at, life) = removed.asked;
            if self.slots[at].life == life {
                return Err(format!("removed: {} was, and {at} has forgotten it", removed.id));
            }
        }
        Ok(())
    }
}

//! Who is sent out of a room: by the operator, by a member that may do so, or because the same identity came in again.

use std::sync::Arc;
use std::time::Instant;

use itodenwa_wire::{Identity, LeaveReason, Pass, PeerId, RefusalCode, RoomName, ServerMessage};

use super::room::Presence;
use super::{Closing, ConnectionId, ConnectionState, Due, Ending, Hub, Output, Packet};
use crate::closing;

impl<P: Packet> Hub<P> {
    /// The newest one of an identity stays. False if there is no older one.
    pub(super) fn make_way(&mut self, now: Instant, room: &RoomName, identity: &Identity) -> bool {
        let older = self.rooms.get(room).and_then(|room| room.with_identity(identity));
        let Some((id, presence)) = older else { return false };
        let closing = Closing::refusing(RefusalCode::IdentityReplaced, "the same identity came in again");
        self.send_off(now, room, id, presence, closing, LeaveReason::Replaced);
        true
    }

    pub(super) fn remove_member(&mut self, now: Instant, from: ConnectionId, who: PeerId) {
        let Some(ConnectionState::Member { room: name, id, .. }) = self.connections.get(&from) else { return };
        let (name, id) = (name.clone(), *id);
        let Some(room) = self.rooms.get_mut(&name) else { return };
        let may = |pass: &Pass| pass.admin;
        let refusal = if !room.occupant(id).and_then(|me| me.member.pass.as_ref()).is_some_and(may) {
            closing::refusal(RefusalCode::TokenForbidden, "only who has a token that says so may remove others")
        } else if let Some(other) = room.occupant(who).filter(|_| who != id) {
            let presence = other.presence;
            let closing = Closing::refusing(RefusalCode::MemberRemoved, "somebody who may do so removed this member");
            return self.send_off(now, &name, who, presence, closing, LeaveReason::Removed);
        } else if self.remove_gone(now, &name, who) {
            return;
        } else {
            closing::refusal(RefusalCode::PeerUnknown, format!("{who} is not in the room"))
        };
        self.send(from, ServerMessage::Refused(refusal));
    }

    /// Somebody is gone from the server, and the others may be connected to them still: they are told, and whoever it is does not come back by
    /// a ticket. False if nobody of that id is known to be gone.
    pub(super) fn remove_gone(&mut self, now: Instant, name: &RoomName, who: PeerId) -> bool {
        let Some(room) = self.rooms.get_mut(name) else { return false };
        let Some((id, identity)) = room.take_gone(who) else { return false };
        let left = Arc::new(ServerMessage::Left { id, reason: LeaveReason::Removed, roster: room.roster() });
        self.outputs.extend(room.connected().map(|(connection, _)| Output::Send(connection, left.clone())));
        self.remember_removal(now, name, id, identity);
        true
    }

    /// Somebody is out, with a connection or waited for.
    pub(super) fn send_off(
        &mut self,
        now: Instant,
        room: &RoomName,
        who: PeerId,
        presence: Presence,
        closing: Closing,
        reason: LeaveReason,
    ) {
        match presence {
            Presence::Here(connection) => self.close(now, connection, closing, Ending::ForGood(reason)),
            Presence::Away { until, .. } => {
                self.due.remove(&(until, Due::Part(room.clone(), who)));
                self.part(now, room, who, reason);
            }
        }
    }
}

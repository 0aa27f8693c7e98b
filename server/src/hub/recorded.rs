//! Whether somebody in a room records: newcomers that want to know it before are told before they are in.
//!
//! Each member says so of itself, and the server keeps one `bool` for it, for as long as it is a member; a session that goes on has it
//! still. Nothing is kept of it elsewhere: where a room is built up again, after a restart or on another node, members say it again as
//! soon as they are back. Who comes before that is let in, and sees it as soon as it is connected with them.

use itodenwa_wire::Join;

use super::{ConnectionId, ConnectionState, Hub, Packet};

impl<P: Packet> Hub<P> {
    /// A member records, or no longer.
    pub(super) fn record(&mut self, from: ConnectionId, on: bool) {
        let Some(ConnectionState::Member { room, id, .. }) = self.connections.get(&from) else { return };
        if let Some(occupant) = self.rooms.get_mut(room).and_then(|room| room.occupant(*id)) {
            occupant.records = on;
        }
    }

    /// Whether somebody new is to be asked before it comes in.
    pub(super) fn is_to_be_asked(&self, join: &Join) -> bool {
        join.unless_recorded && self.rooms.get(&join.room).is_some_and(|room| room.is_recorded())
    }
}

//! The server knows that the call is recorded, for those who want to know it before they join.

use std::rc::Weak;

use itodenwa_wire::ClientMessage;

use super::Who;
use crate::room_ref::{Request, RoomRef};

/// Said as long as it is there. Who records nobody but themselves says nothing.
pub(super) struct Announced(Weak<RoomRef>);

impl Announced {
    pub(super) fn start(link: &Weak<RoomRef>, who: Who) -> Option<Self> {
        let announced = (who == Who::Everybody).then(|| Announced(link.clone()))?;
        announced.count(|recordings| recordings.saturating_add(1));
        Some(announced)
    }

    /// The first one and the last one make a difference.
    fn count(&self, change: impl Fn(u32) -> u32) {
        let Some(room) = self.0.upgrade() else { return };
        let before = room.recordings.get();
        let after = change(before);
        room.recordings.set(after);
        if (before == 0) != (after == 0) {
            room.ask(Request::Say(ClientMessage::Record(after > 0)));
        }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.count(|recordings| recordings.saturating_sub(1));
    }
}

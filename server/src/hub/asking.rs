//! What a member that may do so asks of others: to mute, or to take a raised hand down.
//!
//! It is no more than asked. The server does not see what members send; it sees to it that only those ask who may, says truly who it was,
//! and tells each member of the same wish no more often than [`EVERY`], whoever has it: what comes sooner was just said.

use std::sync::Arc;
use std::time::{Duration, Instant};

use itodenwa_wire::{Ask, Asked, RefusalCode, ServerMessage, Wish};

use super::{ConnectionId, ConnectionState, Hub, Output, Packet};
use crate::closing;

/// A member is told of the same wish no more often.
const EVERY: Duration = Duration::from_secs(2);
/// The first version whose clients know of wishes.
const TOLD_SINCE: u32 = 3;

/// When a member was asked last, for each wish.
#[derive(Debug, Default)]
pub(super) struct AskedLast {
    mute: Option<Instant>,
    lower_hand: Option<Instant>,
}

impl AskedLast {
    /// Whether it is to be asked now. Of wishes of later versions nothing is known, and nobody hears of them.
    fn takes(&mut self, now: Instant, wish: Wish) -> bool {
        let last = match wish {
            Wish::Mute => &mut self.mute,
            Wish::LowerHand => &mut self.lower_hand,
            _ => return false,
        };
        let takes = last.is_none_or(|last| now.saturating_duration_since(last) >= EVERY);
        if takes {
            *last = Some(now);
        }
        takes
    }
}

impl<P: Packet> Hub<P> {
    /// A member asks another one, or all others.
    pub(super) fn ask(&mut self, now: Instant, from: ConnectionId, ask: Ask) {
        let Some((name, id)) = self.moderator(from, "ask others") else { return };
        let Some(room) = self.rooms.get_mut(&name) else { return };
        let those: Vec<_> = match ask.to {
            None => room.connected().filter(|(_, other)| *other != id).collect(),
            Some(to) => match room.occupant(to).filter(|_| to != id) {
                // Who is away hears of it no more: a wish is of a moment.
                Some(other) => other.presence.connection().map(|connection| (connection, to)).into_iter().collect(),
                None => {
                    let refusal = closing::refusal(RefusalCode::PeerUnknown, format!("{to} is not in the room"));
                    return self.send(from, ServerMessage::Refused(refusal));
                }
            },
        };
        let asked = Arc::new(ServerMessage::Asked(Asked { what: ask.what, from: id }));
        for (connection, other) in those {
            let Some(occupant) = self.rooms.get_mut(&name).and_then(|room| room.occupant(other)) else { continue };
            if self.connections.get(&connection).is_some_and(|state| state.speaks(TOLD_SINCE))
                && occupant.asked.takes(now, ask.what)
            {
                self.outputs.push_back(Output::Send(connection, asked.clone()));
            }
        }
    }
}

impl ConnectionState {
    /// Whether it is a member's whose client speaks this version.
    pub(super) fn speaks(&self, since: u32) -> bool {
        matches!(self, ConnectionState::Member { version, .. } if *version >= since)
    }
}

//! What members are called, when they change it.
//!
//! Whoever has a token with a name keeps that one (`name/fixed`). Otherwise a name is as good as at the join, or refused (`name/invalid`)
//! while everything stays as it is. It counts at once: for newcomers, for the member's ticket, and for whoever operates the server. The
//! members are told, with the one who did it, which is its answer; of names that change faster than [`Pace`](super::pace::Pace) the last.

use std::sync::Arc;
use std::time::Instant;

use itodenwa_wire::{DisplayName, PeerId, RENAMES_SINCE, RefusalCode, RoomName, ServerMessage};
use unicode_segmentation::UnicodeSegmentation;

use super::{ConnectionId, ConnectionState, Due, Hub, Output, Packet};
use crate::closing;

impl<P: Packet> Hub<P> {
    /// A member has another name from now on, or none.
    pub(super) fn rename(&mut self, now: Instant, from: ConnectionId, name: Option<DisplayName>) {
        let most = self.limits.name_graphemes;
        let Some(ConnectionState::Member { room, id, .. }) = self.connections.get(&from) else { return };
        let (room, id) = (room.clone(), *id);
        let Some(occupant) = self.rooms.get_mut(&room).and_then(|room| room.occupant(id)) else { return };
        let refused = if occupant.member.pass.as_ref().is_some_and(|pass| pass.named) {
            Some((RefusalCode::NameFixed, "the token says what this member is called".to_owned()))
        } else if name.as_ref().is_some_and(|name| name.as_str().graphemes(true).count() > most) {
            Some((RefusalCode::NameInvalid, format!("the name is longer than {most} characters")))
        } else {
            None
        };
        if let Some((code, message)) = refused {
            return self.send(from, ServerMessage::Refused(closing::refusal(code, message)));
        }
        occupant.member.name = name;
        match occupant.named.changed(now) {
            Some(at) if at > now => drop(self.due.insert((at, Due::TellName(room, id)))),
            Some(_) => self.tell_name(now, &room, id),
            None => {}
        }
    }

    /// Tells everybody in a room what one of them is called, and gives that one a ticket with it.
    pub(super) fn tell_name(&mut self, now: Instant, name: &RoomName, id: PeerId) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        let rules = room.rules();
        // Who left meanwhile is told of no more.
        let Some(occupant) = room.occupant(id) else { return };
        occupant.named.told(now);
        occupant.ticketed = now;
        let (member, own) = (occupant.member.clone(), occupant.presence.connection());
        let roster = room.renamed();
        let joined = Arc::new(ServerMessage::Joined { member: member.clone(), roster });
        let ticket = self.tickets.seal(now, name, &member, rules);
        let renamed = Arc::new(ServerMessage::Renamed { member, roster });
        for (connection, _) in room.connected() {
            let knows = self.connections.get(&connection).is_some_and(|state| state.speaks(RENAMES_SINCE));
            self.outputs.push_back(Output::Send(connection, if knows { renamed.clone() } else { joined.clone() }));
        }
        // Whoever keeps the room next knows them by that name, too.
        self.events.changed(name);
        if let Some((connection, ticket)) = own.zip(ticket) {
            self.send(connection, ServerMessage::Ticket(ticket));
        }
    }
}

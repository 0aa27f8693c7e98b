//! Who comes and goes, in the order of the roster.

use itodenwa_wire::{Member, ServerMessage};

use super::Session;
use crate::time::Time;

impl Session {
    /// Somebody came or went, or has another name. What is old is dropped; after a gap the server has to tell everything.
    pub(super) fn changed(&mut self, now: Time, roster: u32, message: ServerMessage) {
        match roster.wrapping_sub(self.roster) {
            1 => {
                self.roster = roster;
                match &message {
                    ServerMessage::Joined { .. } => self.others = self.others.saturating_add(1),
                    ServerMessage::Renamed { member, .. } => self.renamed(member),
                    _ => self.others = self.others.saturating_sub(1),
                }
                self.deliver(message);
            }
            0 => {}
            ahead if ahead > u32::MAX / 2 => {}
            _ => self.give_up(now, "a message is missing"),
        }
    }

    /// Who comes as somebody new, should the session be over, has the newest name.
    fn renamed(&mut self, member: &Member) {
        if let Some(join) = self.join.as_mut().filter(|_| self.me == Some(member.id)) {
            join.name.clone_from(&member.name);
        }
    }
}

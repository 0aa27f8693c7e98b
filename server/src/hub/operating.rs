//! What those who operate the server see of the rooms, and do to them.

use std::time::Instant;

use itodenwa_wire::{LeaveReason, RefusalCode, RoomName};

use super::room::Room;
use super::{Closing, Hub, Packet};
use crate::operator::{Answer, MemberSummary, Question, RoomSummary};

/// Rooms in one answer.
const MOST: usize = 1000;

impl<P: Packet> Hub<P> {
    /// Does what is asked, as far as it is about rooms that are kept here.
    pub(crate) fn answer(&mut self, now: Instant, question: &Question) -> Answer {
        match question {
            Question::Rooms(after, most) => Answer::Rooms(self.rooms_after(after.as_ref(), *most)),
            Question::Room(name) => match self.rooms.get(name).filter(|room| room.len() > 0) {
                Some(room) => Answer::Room(room.summaries().collect()),
                None => Answer::Unknown,
            },
            Question::Remove(name, id) => {
                match self.remove_all(now, name, "the operator removed this member", |summary| summary.id == *id) {
                    Answer::Unknown => done(self.remove_gone(now, name, *id)),
                    answer => answer,
                }
            }
            Question::Lock(name, on) => done(self.set_lock(now, name, *on)),
            Question::WaitingRoom(name, on) => done(self.set_waiting(now, name, *on)),
            Question::Waiting(name) => match self.rooms.get(name).filter(|room| room.is_in_use()) {
                Some(room) => Answer::Waiting(room.waiting.applicants().collect()),
                None => Answer::Unknown,
            },
            Question::Admit(name, who) => match self.let_in(now, name, *who) {
                Ok(()) => done(who.is_some() || self.rooms.get(name).is_some_and(Room::is_in_use)),
                Err(refusal) if refusal.code == RefusalCode::RoomFull => Answer::Full,
                Err(_) => Answer::Unknown,
            },
            Question::TurnAway(name, who) => done(self.refuse_waiting(now, name, *who)),
            // The node answers.
            Question::Status => Answer::Unknown,
            Question::Close(name) => self.close_room(now, name),
        }
    }

    fn rooms_after(&self, after: Option<&RoomName>, most: usize) -> Vec<RoomSummary> {
        let is_next = |name: &RoomName| after.is_none_or(|after| name > after);
        let mut rooms: Vec<_> =
            self.rooms.iter().filter(|(name, room)| room.is_in_use() && is_next(name)).map(|(name, _)| name).collect();
        let most = most.min(MOST);
        if rooms.len() > most {
            rooms.select_nth_unstable(most);
            rooms.truncate(most);
        }
        rooms.sort_unstable();
        let summary = |name: &RoomName| {
            let room = self.rooms.get(name)?;
            Some(RoomSummary {
                room: name.clone(),
                members: room.len(),
                locked: room.lock.is_on(),
                waiting_room: room.waiting.is_on(&self.limits),
                waiting: room.waiting.len(),
            })
        };
        rooms.into_iter().filter_map(summary).collect()
    }

    fn close_room(&mut self, now: Instant, name: &RoomName) -> Answer {
        let why = "the operator closed the room";
        let closing = Closing::refusing(RefusalCode::RoomUnanswered, why);
        let waited = self.send_away_waiting(now, name, |_| true, closing);
        match self.remove_all(now, name, why, |_| true) {
            Answer::Unknown if waited => Answer::Done,
            answer => answer,
        }
    }

    fn remove_all(
        &mut self,
        now: Instant,
        name: &RoomName,
        why: &str,
        is_meant: impl Fn(&MemberSummary) -> bool,
    ) -> Answer {
        let Some(room) = self.rooms.get(name) else { return Answer::Unknown };
        let those: Vec<_> = room.summaries().filter(is_meant).map(|summary| summary.id).collect();
        if those.is_empty() {
            return Answer::Unknown;
        }
        for id in those {
            let Some(occupant) = self.rooms.get_mut(name).and_then(|room| room.occupant(id)) else { continue };
            let presence = occupant.presence;
            let closing = Closing::refusing(RefusalCode::MemberRemoved, why);
            self.send_off(now, name, id, presence, closing, LeaveReason::Removed);
        }
        Answer::Done
    }
}

fn done(done: bool) -> Answer {
    if done { Answer::Done } else { Answer::Unknown }
}

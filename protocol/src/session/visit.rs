//! A socket that is opened before it is known when somebody joins, and whether: while they fill in a form, say.

use std::time::Duration;

use itodenwa_wire::{Join, Refusal, RefusalCode};

use super::{Action, Session, State};
use crate::time::Time;

/// How long a server may take to answer a join on a socket that was opened before: it may have died unseen.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

impl Session {
    /// As [`new`](Self::new), for somebody who joins later. If the socket is lost until then, the join opens another one.
    pub fn visit(random: fn() -> f64, is_looked_at: fn() -> bool) -> Self {
        Session { state: State::Visiting, ..Session::new(random, is_looked_at) }
    }

    /// Whether it was not joined yet, and it is of no interest what becomes of the socket.
    #[must_use]
    pub fn is_visiting(&self) -> bool {
        matches!(self.state, State::Visiting | State::Visited)
    }

    /// Whether the server knows, or may know, somebody who can come back on another socket.
    #[must_use]
    pub fn may_resume(&self) -> bool {
        self.welcomed
    }

    pub(super) fn join_as_visitor(&mut self, now: Time, join: Join) {
        let is_here = self.state == State::Visiting;
        self.state = State::First { answer_by: is_here.then_some(now + ANSWER_WITHIN) };
        if !is_here {
            self.outputs.push_back(Action::Open);
        }
        self.begin(join);
    }

    /// The visitor's socket was lost before it answered.
    pub(super) fn join_anew(&mut self) {
        self.state = State::First { answer_by: None };
        self.outputs.push_back(Action::Open);
        if let Some(join) = self.join.take() {
            self.begin(join);
        }
    }
}

/// Whether this refuses the visit, and not the join.
pub(super) fn is_of_visit(refusal: &Refusal) -> bool {
    refusal.code == RefusalCode::JoinTimeout
}

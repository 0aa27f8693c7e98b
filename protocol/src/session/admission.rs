//! A first socket that could not be opened, or ended before there was a welcome.

use itodenwa_wire::{Refusal, RefusalCode};

use super::{Session, State};
use crate::signaling_error::SignalingError;
use crate::time::Time;

/// A client that is not let in at first, and may come again, does so this often before the join fails.
pub(super) const ADMISSIONS: u32 = 6;

/// What the server says of a socket that could not be opened: browsers tell no page what an upgrade was refused with.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// Nothing.
    Unknown,
    /// It would open one now.
    Open,
    /// Why not.
    Refused(Refusal),
}

impl Session {
    /// The socket could not be opened, and this is what the server says of it.
    pub fn on_not_opened(&mut self, now: Time, why: SignalingError, admission: Admission) {
        if self.welcomed || self.state == State::Over {
            if let Admission::Refused(refusal) = admission {
                self.refusal = Some(refusal);
            }
            return self.on_lost(now, why);
        }
        let refusal = match admission {
            // It was there a moment ago.
            Admission::Unknown if self.attempts.failed > 0 => None,
            Admission::Unknown => return self.end(why),
            Admission::Open => None,
            Admission::Refused(refusal) => Some(refusal),
        };
        match refusal {
            Some(refusal) if !may_come_again(&refusal) => self.end(SignalingError::Refused(refusal)),
            refusal => self.come_again(now, why, refusal),
        }
    }

    /// A socket was open, and ended before the welcome. Only a server that goes away is no answer: another one may come.
    pub(super) fn not_joined(&mut self, now: Time, why: SignalingError, refusal: Option<Refusal>) {
        match refusal {
            Some(refusal) if refusal.code == RefusalCode::ServerGoingAway => self.come_again(now, why, Some(refusal)),
            // Who joins was told.
            _ if matches!(self.state, State::First { .. }) => self.end(why),
            refusal => self.end(refusal.map_or(why, SignalingError::Refused)),
        }
    }

    /// Waits for another attempt, unless there were too many.
    fn come_again(&mut self, now: Time, why: SignalingError, refusal: Option<Refusal>) {
        if self.attempts.failed >= ADMISSIONS {
            return self.end(refusal.map_or(why, SignalingError::Refused));
        }
        if self.attempts.failed == 0 {
            self.attempts.since = now;
        }
        self.attempts.failed += 1;
        self.wait(now, refusal);
    }
}

fn may_come_again(refusal: &Refusal) -> bool {
    refusal.retry_after.is_some() || refusal.code == RefusalCode::ServerGoingAway
}

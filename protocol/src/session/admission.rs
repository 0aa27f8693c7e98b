//! A first socket that could not be opened.

use itodenwa_wire::Refusal;

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
            Admission::Unknown => return self.end(why),
            Admission::Open => None,
            Admission::Refused(refusal) if refusal.retry_after.is_none() => {
                return self.end(SignalingError::Refused(refusal));
            }
            Admission::Refused(refusal) => Some(refusal),
        };
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

//! How often members are told of what may change often.

use std::time::{Duration, Instant};

/// Members are told of the same thing no more often, however often it changes: it is one message that makes many.
const EVERY: Duration = Duration::from_millis(500);

/// When members were told of something last, and whether they are to be told again.
#[derive(Debug, Default)]
pub(super) struct Pace {
    told: Option<Instant>,
    is_due: bool,
}

impl Pace {
    /// It changed: when they are to be told, unless that is coming already.
    pub(super) fn changed(&mut self, now: Instant) -> Option<Instant> {
        if self.is_due {
            return None;
        }
        let at = self.told.map_or(now, |told| told + EVERY).max(now);
        self.is_due = at > now;
        Some(at)
    }

    pub(super) fn told(&mut self, now: Instant) {
        *self = Pace { told: Some(now), is_due: false };
    }
}

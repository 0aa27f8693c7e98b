//! The waits between the attempts:
//!
//! | since the session was lost, or a sign of the browser | in use: looked at, or with others in the room | otherwise |
//! |---|---|---|
//! | 0 to 30 s | by chance up to 0.3, 0.6, 1.2, 2.4, 3, 3, … s | up to 0.3, 0.6, 1.2, 2.4, 4.8, 7, 7, … s |
//! | to 2 min | up to 3 s | 30 s |
//! | from then on | 30 s | 30 s |
//!
//! A `retry_after` of the server comes before the wait. Of a thousand clients in use that lost the same server no more than eight
//! hundred knock in any second once the waits have grown (the first six seconds are over), and each meets a server that is back once.

use std::time::Duration;

use itodenwa_wire::Refusal;

use super::{Session, State};
use crate::time::Time;

/// The first wait before another attempt is at most this, the next ones twice as much each, …
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(300);
/// … up to this, …
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(7);
/// … as long as the server waits for us (half as long if it saw the end of the socket: five attempts); …
pub(super) const RESUME_WINDOW: Duration = Duration::from_secs(30);
/// … from then on they are this.
pub(super) const LATER_WAIT: Duration = Duration::from_secs(30);
/// While somebody looks at the page, or others were in the room, a wait is at most this …
pub(super) const LONGEST_WAIT_IN_USE: Duration = Duration::from_secs(3);
/// … for this long, and from any sign of the browser on.
pub(super) const IN_USE_WINDOW: Duration = Duration::from_secs(120);

/// The attempts to come back.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attempts {
    /// When the session was lost.
    pub(super) since: Time,
    pub(super) failed: u32,
}

impl Session {
    /// Waits for the next attempt: a part of the longest wait by chance (full jitter), after what the server asks for, so that
    /// clients that it asks the same do not come all at once.
    pub(super) fn wait(&mut self, now: Time, refusal: Option<Refusal>) {
        let asked = refusal.and_then(|refusal| refusal.retry_after).unwrap_or(0);
        let earliest = now + Duration::from_millis(asked.into());
        let wait = match self.longest_wait(now) {
            Some(longest) => {
                let longest = FIRST_WAIT.saturating_mul(1 << self.attempts.failed.min(16)).min(longest);
                Duration::from_millis((longest.as_millis() as f64 * (self.random)().clamp(0.0, 1.0)) as u64)
            }
            None => LATER_WAIT,
        };
        self.state = State::Waiting { until: earliest + wait, earliest };
    }

    /// None when attempts are rare.
    fn longest_wait(&self, now: Time) -> Option<Duration> {
        let tried = now - self.attempts.since;
        if tried < IN_USE_WINDOW && (self.others > 0 || (self.is_looked_at)()) {
            return Some(LONGEST_WAIT_IN_USE);
        }
        (tried < RESUME_WINDOW).then_some(LONGEST_WAIT)
    }
}

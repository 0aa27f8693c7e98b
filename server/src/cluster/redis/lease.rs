//! Until when a node may keep rooms.

use std::time::{Duration, Instant};

/// How many beats fit into the timeout.
pub(in crate::cluster) const BEATS: u32 = 5;

/// It goes on with each beat that comes back: for four fifths of the timeout from when that was sent.
#[derive(Debug)]
pub(in crate::cluster) struct Lease {
    timeout: Duration,
    /// The newest beat, and when each of the newest ones was sent.
    newest: u64,
    sent: [Option<Instant>; BEATS as usize],
    until: Instant,
    /// Times for a beat since one came back.
    unheard: u32,
}

impl Lease {
    /// Of a node that joined by a beat that was sent then.
    pub(in crate::cluster) fn new(timeout: Duration, sent: Instant) -> Self {
        let mut lease = Lease { timeout, newest: 0, sent: [None; BEATS as usize], until: sent, unheard: 0 };
        lease.sent[0] = Some(sent);
        lease.until = lease.from(sent);
        lease
    }

    pub(in crate::cluster) fn until(&self) -> Instant {
        self.until
    }

    pub(in crate::cluster) fn unheard(&self) -> u32 {
        self.unheard
    }

    /// It is time for a beat.
    pub(in crate::cluster) fn tick(&mut self) {
        self.unheard = self.unheard.saturating_add(1);
    }

    /// A beat is sent; its number is to come back.
    pub(in crate::cluster) fn beat(&mut self, now: Instant) -> u64 {
        self.newest += 1;
        if let Some(sent) = self.sent.get_mut(self.newest as usize % BEATS as usize) {
            *sent = Some(now);
        }
        self.newest
    }

    /// A beat came back. A lease that is over stays so.
    pub(in crate::cluster) fn came_back(&mut self, now: Instant, beat: u64) {
        let is_recent = self.newest.checked_sub(beat).is_some_and(|ago| ago < BEATS.into());
        let sent = self.sent.get(beat as usize % BEATS as usize).copied().flatten().filter(|_| is_recent);
        if let Some(sent) = sent
            && now < self.until
        {
            self.until = self.until.max(self.from(sent));
            self.unheard = 0;
        }
    }

    fn from(&self, sent: Instant) -> Instant {
        sent + length(self.timeout)
    }
}

/// For how long a node may keep rooms after a beat.
pub(in crate::cluster) fn length(timeout: Duration) -> Duration {
    timeout / BEATS * (BEATS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_with_what_comes_back_until_it_is_over() {
        let start = tokio::time::Instant::now().into_std();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut lease = Lease::new(Duration::from_secs(5), start);
        assert_eq!(lease.until(), at(4));
        let first = lease.beat(at(1));
        lease.came_back(at(2), first + 1);
        lease.came_back(at(2), u64::MAX);
        assert_eq!(lease.until(), at(4), "nobody sent these");
        lease.came_back(at(3), first);
        assert_eq!(lease.until(), at(5), "it counts from when it was sent");
        let second = lease.beat(at(3));
        lease.came_back(at(5), second);
        assert_eq!(lease.until(), at(5), "too late");
    }
}

//! How often an address is answered that has proved nothing yet. Anybody can send in another one's name, over UDP: whoever that
//! is must not get more than a trickle of what they never asked for.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::address::Origin;

/// Addresses share so many budgets: nothing grows with what comes. Which ones share is different in each run.
const SLOTS: usize = 8192;
/// So much of what is answered in a second may be answered at once.
const BURST: Duration = Duration::from_secs(2);

/// A budget of answers for each source (the generic cell rate algorithm, as in [`Budget`](super::budget::Budget)).
#[derive(Debug)]
pub(super) struct SourceBudgets {
    start: Instant,
    hasher: RandomState,
    nanoseconds_per_answer: u64,
    /// When all answers so far would have been given at the steady rate: nanoseconds since the start.
    paid_until: Box<[AtomicU64]>,
}

impl SourceBudgets {
    /// `rate` answers a second for each source.
    pub(super) fn new(start: Instant, rate: usize) -> Self {
        SourceBudgets {
            start,
            hasher: RandomState::new(),
            nanoseconds_per_answer: 1_000_000_000 / (rate.max(1) as u64),
            paid_until: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Whether one more answer may go there.
    pub(super) fn spend(&self, now: Instant, source: Origin) -> bool {
        let slot = self.hasher.hash_one(source) % SLOTS as u64;
        let Some(paid_until) = self.paid_until.get(slot as usize) else { return false };
        let now = nanoseconds(now.saturating_duration_since(self.start));
        let latest = now.saturating_add(nanoseconds(BURST));
        let pay = |until: u64| {
            Some(until.max(now).saturating_add(self.nanoseconds_per_answer)).filter(|until| *until <= latest)
        };
        paid_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_ok()
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn source(last: u8) -> Origin {
        IpAddr::from([192, 0, 2, last]).into()
    }

    #[test]
    fn a_source_is_answered_so_often_and_the_others_as_before() {
        let now = tokio::time::Instant::now().into_std();
        let budgets = SourceBudgets::new(now, 10);
        assert_eq!((0..100).filter(|_| budgets.spend(now, source(1))).count(), 20);
        assert!((2..=9).filter(|last| budgets.spend(now, source(*last))).count() >= 7, "two may share a budget");
        let later = now + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| budgets.spend(later, source(1))).count(), 10);
    }
}

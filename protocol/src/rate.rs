//! How often something may be done: a burst at once, and then one more in each interval.

use std::time::Duration;

use crate::time::Time;

/// A token bucket (as the generic cell rate algorithm of ITU-T I.371: one moment is all that has to be remembered).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Rate {
    burst: u32,
    interval: Duration,
    /// When the whole burst may be done again.
    full_at: Time,
}

impl Rate {
    pub(crate) const fn new(burst: u32, interval: Duration) -> Self {
        Rate { burst, interval, full_at: Time::from_millis(0) }
    }

    /// When it may be done next.
    pub(crate) fn allowed_from(&self) -> Time {
        self.full_at - self.interval * self.burst.saturating_sub(1)
    }

    /// The clock's start moves forward by this.
    #[cfg(feature = "explore")]
    pub(crate) fn rebase(&mut self, by: Duration) {
        self.full_at = self.full_at - by;
    }

    /// It is done, and counts so many times.
    pub(crate) fn spend(&mut self, now: Time, count: u32) {
        if count == 0 {
            return;
        }
        self.full_at = self.full_at.max(now) + self.interval * count;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INTERVAL: Duration = Duration::from_millis(100);

    proptest! {
        #[test]
        fn no_more_than_the_burst_and_one_in_each_interval(pauses in prop::collection::vec(0..500_u64, 0..200)) {
            let (mut rate, mut now, start) = (Rate::new(5, INTERVAL), Time::from_millis(70), Time::from_millis(70));
            let mut done = 0;
            for pause in pauses {
                now = now + Duration::from_millis(pause);
                while rate.allowed_from() <= now {
                    rate.spend(now, 1);
                    done += 1;
                }
                prop_assert!(done <= 5 + (now - start).as_millis() / INTERVAL.as_millis());
            }
        }
    }

    #[test]
    fn what_counts_more_is_waited_for_longer() {
        let mut rate = Rate::new(2, INTERVAL);
        let now = Time::from_millis(1000);
        rate.spend(now, 10);
        assert_eq!(rate.allowed_from(), now + 9 * INTERVAL);
    }
}

//! How many bytes may pass, counted without a lock: by a session's allocations, and by all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// So many bytes a second, and so many in all (the generic cell rate algorithm: a token bucket that is one number).
#[derive(Debug)]
pub(super) struct Budget {
    start: Instant,
    nanoseconds_per_byte: f64,
    burst: Duration,
    /// When all that has passed would have passed at the steady rate: nanoseconds since the start.
    paid_until: AtomicU64,
    most: u64,
    passed: AtomicU64,
}

impl Budget {
    /// `rate` bytes a second, as many at once as come in `burst`, and `most` in all.
    pub(super) fn new(start: Instant, rate: u64, burst: Duration, most: u64) -> Self {
        Budget {
            start,
            nanoseconds_per_byte: 1e9 / (rate.max(1) as f64),
            burst,
            paid_until: AtomicU64::new(0),
            most,
            passed: AtomicU64::new(0),
        }
    }

    /// Lets so many bytes pass, or none.
    pub(super) fn spend(&self, now: Instant, bytes: usize) -> bool {
        let now = nanoseconds(now.saturating_duration_since(self.start));
        let latest = now.saturating_add(nanoseconds(self.burst));
        let cost = (bytes as f64 * self.nanoseconds_per_byte) as u64;
        let pay = |until: u64| Some(until.max(now).saturating_add(cost)).filter(|until| *until <= latest);
        if self.passed.load(Ordering::Relaxed).saturating_add(bytes as u64) > self.most
            || self.paid_until.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_err()
        {
            return false;
        }
        self.passed.fetch_add(bytes as u64, Ordering::Relaxed);
        true
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    #[test]
    fn a_burst_passes_and_then_the_steady_rate() {
        let now = start();
        let budget = Budget::new(now, 1000, Duration::from_secs(2), u64::MAX);
        assert_eq!((0..100).filter(|_| budget.spend(now, 100)).count(), 20);
        let passed = (1..=100).filter(|step| budget.spend(now + Duration::from_millis(50) * *step, 100)).count();
        assert_eq!(passed, 50, "5 s at 1000 bytes a second");
        assert!(budget.spend(now + Duration::from_secs(60), 2000), "a pause is a new burst");
        assert!(!budget.spend(now + Duration::from_secs(60), 1));
    }

    #[test]
    fn no_more_than_so_much_in_all() {
        let now = start();
        let budget = Budget::new(now, 1000, Duration::from_secs(2), 250);
        assert_eq!((0..10).filter(|_| budget.spend(now, 100)).count(), 2);
        assert!(budget.spend(now, 50) && !budget.spend(now + Duration::from_secs(60), 1));
    }

    #[test]
    fn a_clock_that_steps_back_does_no_harm() {
        let now = start();
        let budget = Budget::new(now, 1000, Duration::from_secs(1), u64::MAX);
        assert!(budget.spend(now + Duration::from_secs(9), 1000));
        assert!(!budget.spend(now, 1000));
    }
}

//! What others can make happen as often as they like is logged once a minute at most, with how often it was.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How often it is told.
const EVERY: Duration = Duration::from_secs(60);

/// Counts what happens, for the log.
#[derive(Debug)]
pub(crate) struct Seldom {
    start: Instant,
    /// When it may be told again: nanoseconds since the start.
    next: AtomicU64,
    times: AtomicU64,
}

impl Seldom {
    pub(crate) fn new(start: Instant) -> Self {
        Seldom { start, next: AtomicU64::new(0), times: AtomicU64::new(0) }
    }

    /// It happened. How often it did since it was told last, if it is to be told now.
    pub(crate) fn happened(&self, now: Instant) -> Option<u64> {
        self.times.fetch_add(1, Ordering::Relaxed);
        let now = nanoseconds(now.saturating_duration_since(self.start));
        let later = |next: u64| (next <= now).then(|| now.saturating_add(nanoseconds(EVERY)));
        let is_due = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later).is_ok();
        is_due.then(|| self.times.swap(0, Ordering::Relaxed))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_is_told_at_once_and_the_rest_once_a_minute() {
        let start = tokio::time::Instant::now().into_std();
        let seldom = Seldom::new(start);
        let told: Vec<_> = (0..180).filter_map(|second| seldom.happened(start + Duration::from_secs(second))).collect();
        assert_eq!(told, [1, 60, 60]);
    }
}

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Time;

/// How far back is looked.
const SPAN: Duration = Duration::from_secs(5);
/// Samples that are kept, at most: one in each of these.
const INTERVAL: Duration = Duration::from_millis(250);

/// How fast a file goes, of what came in the last seconds.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    samples: VecDeque<(Time, u64)>,
}

impl Pace {
    /// There are so many bytes now. True if it is worth telling: at most four times a second.
    pub fn moved(&mut self, now: Time, bytes: u64) -> bool {
        if self.samples.back().is_some_and(|(last, _)| now - *last < INTERVAL) {
            return false;
        }
        while self.samples.front().is_some_and(|(first, _)| now - *first > SPAN) {
            self.samples.pop_front();
        }
        self.samples.push_back((now, bytes));
        true
    }

    /// It stands still, and begins anew.
    pub fn interrupted(&mut self) {
        self.samples.clear();
    }

    /// Bytes a second; 0 while it is not known.
    #[must_use]
    pub fn speed(&self) -> f64 {
        let (Some((since, before)), Some((until, after))) = (self.samples.front(), self.samples.back()) else {
            return 0.0;
        };
        let seconds = (*until - *since).as_secs_f64();
        if seconds > 0.0 { after.saturating_sub(*before) as f64 / seconds } else { 0.0 }
    }

    /// How long so many bytes take; none while it is not known.
    #[must_use]
    pub fn left(&self, bytes: u64) -> Option<Duration> {
        let speed = self.speed();
        (speed >= 1.0).then(|| Duration::try_from_secs_f64(bytes as f64 / speed).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        assert_eq!((pace.speed(), pace.left(1)), (0.0, None));
        let mut told = 0;
        for millis in (0..20_000).step_by(10) {
            // A thousand bytes a second, and then ten thousand.
            let bytes = if millis < 10_000 { millis } else { 10_000 + (millis - 10_000) * 10 };
            told += usize::from(pace.moved(Time::from_millis(millis), bytes));
        }
        assert_eq!(told, 80);
        assert_eq!(pace.speed().round(), 10_000.0);
        assert_eq!(pace.left(50_000), Some(Duration::from_secs(5)));
        assert!(pace.samples.len() <= 22);
        pace.interrupted();
        assert_eq!(pace.speed(), 0.0);
    }
}

//! How fast is too fast: token buckets, with time as an argument.

use std::fmt;
use std::time::{Duration, Instant};

/// A token bucket: filled at a steady rate up to its size, emptied by what happens. It may go into debt, which has to be
/// waited for.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    rate: f64,
    size: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket that gains `rate` tokens each second and holds at most `size`.
    pub(crate) fn new(now: Instant, rate: usize, size: usize) -> Self {
        Bucket { rate: rate as f64, size: size as f64, level: size as f64, at: now }
    }

    /// Whether it holds this many tokens, or as many as it can.
    pub(crate) fn has(&mut self, now: Instant, tokens: usize) -> bool {
        self.level(now) >= self.size.min(tokens as f64)
    }

    /// Whether nothing was taken for so long that it is like a new one.
    pub(crate) fn is_full(&mut self, now: Instant) -> bool {
        self.level(now) >= self.size
    }

    /// Takes tokens, also those that are not there.
    pub(crate) fn take(&mut self, now: Instant, tokens: usize) {
        self.level = self.level(now) - tokens as f64;
    }

    /// How long until it holds this many tokens.
    pub(crate) fn wait_for(&mut self, now: Instant, tokens: usize) -> Duration {
        let missing = tokens as f64 - self.level(now);
        Duration::try_from_secs_f64((missing / self.rate).max(0.0)).unwrap_or(Duration::MAX)
    }

    fn level(&mut self, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.level = (self.level + elapsed * self.rate).min(self.size);
        self.level
    }
}

/// How fast a connection may send something: messages, or bytes.
///
/// What finds fewer tokens than it costs is over the limit: nothing more is read before the debt is paid. That state ends when
/// the debt is paid and nothing is there to be read. If it lasts longer than
/// [`Limits::rate_patience`](crate::Limits::rate_patience), the connection is too fast. Tokens that come while the reader is
/// late, as on a busy machine, do not end it: what is sent too fast waits in the socket meanwhile.
#[derive(Debug)]
pub(crate) struct Meter {
    bucket: Bucket,
    patience: Duration,
    over_since: Option<Instant>,
}

/// Over the limit for longer than patience lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooFast;

impl Meter {
    pub(crate) fn new(bucket: Bucket, patience: Duration) -> Self {
        Meter { bucket, patience, over_since: None }
    }

    /// So much was read. How long to wait before more is read.
    pub(crate) fn charge(&mut self, now: Instant, tokens: usize) -> Result<Duration, TooFast> {
        if !self.bucket.has(now, tokens) {
            let since = *self.over_since.get_or_insert(now);
            if now.saturating_duration_since(since) > self.patience {
                return Err(TooFast);
            }
        }
        self.bucket.take(now, tokens);
        Ok(self.bucket.wait_for(now, 0))
    }

    /// Nothing is there to be read.
    pub(crate) fn idle(&mut self, now: Instant) {
        if self.bucket.has(now, 0) {
            self.over_since = None;
        }
    }
}

impl fmt::Display for TooFast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more than the limits allow, for too long")
    }
}

impl std::error::Error for TooFast {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn meter(now: Instant, rate: usize, burst: usize) -> Meter {
        Meter::new(Bucket::new(now, rate, burst), Duration::from_secs(2))
    }

    /// Sends so much each `pace`, to a reader that wakes up so much too late; after how long it was too fast, if ever.
    fn drive(mut meter: Meter, start: Instant, (pace, late): (u64, u64), tokens: usize) -> Option<Duration> {
        let [pace, late] = [pace, late].map(Duration::from_millis);
        let (mut now, mut sent) = (start, start);
        while now < start + Duration::from_secs(3600) {
            if now < sent {
                meter.idle(now);
                now = sent;
            }
            match meter.charge(now, tokens) {
                Ok(Duration::ZERO) => {}
                Ok(wait) => now += wait + late,
                Err(TooFast) => return Some(now - start),
            }
            sent += pace;
        }
        None
    }

    #[test]
    fn a_burst_passes_at_once_and_then_reading_is_delayed() {
        let now = start();
        let mut meter = meter(now, 10, 5);
        for _ in 0..5 {
            assert_eq!(meter.charge(now, 1), Ok(Duration::ZERO));
        }
        assert_eq!(meter.charge(now, 1), Ok(Duration::from_millis(100)));
        assert_eq!(meter.charge(now, 5), Ok(Duration::from_millis(600)));
    }

    #[test]
    fn who_goes_on_is_too_fast_and_who_keeps_to_the_rate_never_is() {
        let start = start();
        for late in [0, 30, 300] {
            for (rate, burst, pace, tokens) in [(10, 5, 101, 1), (1000, 2000, 510, 500), (1000, 100, 510, 500)] {
                assert_eq!(
                    drive(meter(start, rate, burst), start, (pace, late), tokens),
                    None,
                    "{pace} {tokens}, {late}"
                );
            }
            for (rate, burst, pace, tokens) in [(10, 5, 0, 1), (10, 5, 50, 1), (10, 5, 90, 1), (1000, 2000, 0, 500)] {
                let after = drive(meter(start, rate, burst), start, (pace, late), tokens).expect("too fast");
                assert!(
                    after > Duration::from_secs(2) && after < Duration::from_secs(12),
                    "{pace} {tokens}, {late}: {after:?}"
                );
            }
        }
    }

    #[test]
    fn a_pause_is_forgiven() {
        let now = start();
        let mut meter = meter(now, 10, 5);
        for round in 0..20 {
            for _ in 0..8 {
                assert!(meter.charge(now + Duration::from_secs(round), 1).is_ok());
            }
            meter.idle(now + Duration::from_millis(1000 * round + 999));
        }
    }

    #[test]
    fn a_clock_that_stands_or_steps_back_does_no_harm() {
        let now = start() + Duration::from_secs(10);
        let mut bucket = Bucket::new(now, 1, 1);
        bucket.take(now - Duration::from_secs(5), 1);
        assert!(!bucket.has(now, 1));
        assert!(bucket.is_full(now + Duration::from_secs(1)));
    }

    proptest! {
        #[test]
        fn who_waits_as_long_as_told_reads_a_burst_and_the_rate_and_no_more(
            pace in prop::collection::vec((0..500_u64, 1..50_usize), 1..100),
        ) {
            let (start, rate, burst) = (start(), 20, 40);
            let mut meter = Meter::new(Bucket::new(start, rate, burst), Duration::from_secs(3600));
            let (mut now, mut read) = (start, 0);
            for (pause, tokens) in pace {
                let most = burst as f64 + (now - start).as_secs_f64() * rate as f64;
                prop_assert!(f64::from(read) <= most + 0.001, "{} of {} are read", read, most);
                let wait = meter.charge(now, tokens).unwrap();
                read += tokens as u32;
                now += wait + Duration::from_millis(pause);
            }
        }
    }
}

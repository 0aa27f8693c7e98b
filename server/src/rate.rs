//! How fast is too fast: token buckets, with time as an argument.

use std::time::{Duration, Instant};

use crate::Limits;

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

    /// Whether it holds this many tokens.
    pub(crate) fn has(&mut self, now: Instant, tokens: usize) -> bool {
        self.level(now) >= tokens as f64
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
        Duration::from_secs_f64((missing / self.rate).max(0.0))
    }

    fn level(&mut self, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.level = (self.level + elapsed * self.rate).min(self.size);
        self.level
    }
}

/// What a connection may send.
///
/// A message that finds fewer tokens than it costs (one of the message bucket, its length of the byte bucket) is over the
/// limit: the next one is not read before the debt is paid. The first message that finds enough tokens ends that state.
/// If it lasts longer than [`Limits::rate_patience`], the connection is too fast.
#[derive(Debug)]
pub(crate) struct Throttle {
    messages: Bucket,
    bytes: Bucket,
    patience: Duration,
    over_since: Option<Instant>,
}

/// More than the limit for longer than patience lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooFast;

impl Throttle {
    pub(crate) fn new(now: Instant, limits: &Limits) -> Self {
        Throttle {
            messages: Bucket::new(now, limits.message_rate, limits.message_burst),
            bytes: Bucket::new(now, limits.byte_rate, limits.byte_burst),
            patience: limits.rate_patience,
            over_since: None,
        }
    }

    /// A message of this many bytes was read. How long to wait before the next one.
    pub(crate) fn charge(&mut self, now: Instant, bytes: usize) -> Result<Duration, TooFast> {
        if self.messages.has(now, 1) && self.bytes.has(now, bytes) {
            self.over_since = None;
        } else {
            let since = *self.over_since.get_or_insert(now);
            if now.saturating_duration_since(since) > self.patience {
                return Err(TooFast);
            }
        }
        self.messages.take(now, 1);
        self.bytes.take(now, bytes);
        Ok(self.messages.wait_for(now, 0).max(self.bytes.wait_for(now, 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            message_rate: 10,
            message_burst: 5,
            byte_rate: 1000,
            byte_burst: 2000,
            rate_patience: Duration::from_secs(2),
            ..Limits::default()
        }
    }

    fn start() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    /// Sends messages of a size, one each `pace` or as soon as they are read; after how long it was too fast, if ever.
    fn drive(pace: Duration, bytes: usize, lasting: Duration) -> Option<Duration> {
        let start = start();
        let (mut throttle, mut now) = (Throttle::new(start, &limits()), start);
        while now < start + lasting {
            match throttle.charge(now, bytes) {
                Ok(wait) => now += wait.max(pace),
                Err(TooFast) => return Some(now - start),
            }
        }
        None
    }

    #[test]
    fn a_burst_passes_at_once_and_then_reading_is_delayed() {
        let now = start();
        let mut throttle = Throttle::new(now, &limits());
        for _ in 0..5 {
            assert_eq!(throttle.charge(now, 1), Ok(Duration::ZERO));
        }
        assert_eq!(throttle.charge(now, 1), Ok(Duration::from_millis(100)));
    }

    #[test]
    fn bytes_count_as_well() {
        let now = start();
        let mut throttle = Throttle::new(now, &limits());
        assert_eq!(throttle.charge(now, 2000), Ok(Duration::ZERO));
        assert_eq!(throttle.charge(now, 500), Ok(Duration::from_millis(500)));
    }

    #[test]
    fn who_goes_on_is_too_fast_and_who_keeps_to_the_rate_never_is() {
        let hour = Duration::from_secs(3600);
        assert_eq!(drive(Duration::from_millis(101), 1, hour), None);
        assert_eq!(drive(Duration::from_millis(510), 500, hour), None);
        for (pace, bytes) in [(0, 1), (50, 1), (0, 500), (90, 1)] {
            let after = drive(Duration::from_millis(pace), bytes, hour).expect("too fast");
            assert!(after > Duration::from_secs(2) && after < Duration::from_secs(10), "{pace} {bytes}: {after:?}");
        }
    }

    #[test]
    fn a_pause_is_forgiven() {
        let now = start();
        let mut throttle = Throttle::new(now, &limits());
        for round in 0..20 {
            let now = now + Duration::from_secs(round);
            for _ in 0..8 {
                assert!(throttle.charge(now, 1).is_ok());
            }
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
}

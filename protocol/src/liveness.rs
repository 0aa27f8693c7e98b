//! Whether anything comes through a connection that is said to be connected. After some ICE restarts it is dead and no browser
//! says so: connectivity checks pass, and nothing else.
//!
//! Each side sends a heartbeat every second. Where none comes for a while the bytes that came are counted (media, and what the page
//! is too busy to read); only if there are none either the connection is silent.

use std::time::Duration;

use crate::event::Report;
use crate::time::Time;

/// Without a heartbeat for so long the bytes are counted.
const QUIET: Duration = Duration::from_secs(2);
/// Nothing at all for so long is silence; …
const SILENT: Duration = Duration::from_secs(5);
/// … or this, when the path is suspected.
const SUSPECTED: Duration = Duration::from_secs(2);
/// A tick that is so late means that the page slept: what came meanwhile was not heard yet.
const SLEPT: Duration = Duration::from_secs(2);

/// What came through a connection, and when.
#[derive(Debug)]
pub struct Liveness {
    /// Something came last, or could not have come.
    last: Time,
    silent_from: Time,
    /// What had come when the bytes were looked at since.
    bytes: Option<f64>,
    ticked: Time,
    is_silent: bool,
}

impl Liveness {
    /// Something came just now.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Liveness { last: now, silent_from: now + SILENT, bytes: None, ticked: now, is_silent: false }
    }

    /// A heartbeat, or anything else, came. Returns a report if it was silent before.
    pub fn on_received(&mut self, now: Time) -> Option<Report> {
        self.restart(now);
        std::mem::take(&mut self.is_silent).then_some(Report::Heard)
    }

    /// There is a reason to suspect that the path is gone: silence counts sooner.
    pub fn suspect(&mut self) {
        self.silent_from = self.silent_from.min(self.last + SUSPECTED);
    }

    /// A second went by. Returns whether the bytes are to be counted.
    pub fn tick(&mut self, now: Time, is_open: bool) -> bool {
        let late = now - self.ticked >= SLEPT;
        self.ticked = now;
        if late || !is_open {
            self.restart(now);
        }
        now - self.last >= QUIET
    }

    fn restart(&mut self, now: Time) {
        (self.last, self.silent_from, self.bytes) = (now, now + SILENT, None);
    }

    /// So many bytes came in all, by the statistics. Returns a report when it is silent, or is not any more.
    pub fn on_bytes(&mut self, now: Time, bytes: f64) -> Option<Report> {
        let before = self.bytes.replace(bytes)?;
        // Fewer are news as well: a pair is not counted any more.
        if before.to_bits() != bytes.to_bits() {
            let heard = self.on_received(now);
            self.bytes = Some(bytes);
            return heard;
        }
        let is_silent = now >= self.silent_from && !self.is_silent;
        self.is_silent |= is_silent;
        is_silent.then_some(Report::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    /// Ticks each second to the end of this time, with so many more bytes each time. When what was reported?
    fn listen(liveness: &mut Liveness, seconds: std::ops::RangeInclusive<u64>, more: f64) -> Vec<(u64, Report)> {
        let listen = |second| {
            let looks = liveness.tick(at(second * 1000), true);
            let bytes = second as f64 * more;
            looks.then(|| liveness.on_bytes(at(second * 1000), bytes)).flatten().map(|report| (second, report))
        };
        seconds.filter_map(listen).collect()
    }

    #[test]
    fn five_seconds_of_nothing_are_silence_and_told_once() {
        let mut liveness = Liveness::new(at(0));
        assert_eq!(listen(&mut liveness, 1..=9, 0.0), [(5, Report::Silent)]);
        assert_eq!(liveness.on_received(at(9500)), Some(Report::Heard));
        assert_eq!(liveness.on_received(at(9600)), None);
        assert_eq!(listen(&mut liveness, 10..=20, 0.0), [(15, Report::Silent)]);
    }

    #[test]
    fn heartbeats_or_bytes_are_enough() {
        let mut liveness = Liveness::new(at(0));
        assert_eq!(listen(&mut liveness, 1..=20, 1.0), []);
        for second in 21..40 {
            liveness.on_received(at(second * 1000 - 500));
            assert!(!liveness.tick(at(second * 1000), true));
        }
    }

    #[test]
    fn what_is_not_open_or_slept_is_not_silent() {
        let mut liveness = Liveness::new(at(0));
        for second in 1..20 {
            assert!(!liveness.tick(at(second * 1000), false));
        }
        assert_eq!(listen(&mut liveness, 20..=23, 0.0), []);
        assert!(!liveness.tick(at(60_000), true), "it slept");
        assert_eq!(listen(&mut liveness, 61..=64, 0.0), []);
        assert_eq!(listen(&mut liveness, 65..=65, 0.0), [(65, Report::Silent)]);
    }

    #[test]
    fn suspicion_shortens_it_until_something_comes() {
        let mut liveness = Liveness::new(at(0));
        liveness.suspect();
        assert_eq!(listen(&mut liveness, 1..=4, 0.0), [(3, Report::Silent)]);
        let mut liveness = Liveness::new(at(0));
        liveness.suspect();
        liveness.on_received(at(600));
        assert_eq!(listen(&mut liveness, 1..=6, 0.0), [(6, Report::Silent)]);
    }
}

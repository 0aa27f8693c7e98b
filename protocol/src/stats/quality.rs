use super::{Direction, Stats};

/// More of the packets are lost: pictures stand still, words are missing.
const LOSS: f64 = 0.05;
/// A packet takes longer to them and back, in seconds: people begin to speak at the same time.
const ROUND_TRIP: f64 = 0.4;
/// Packets come this unevenly, in seconds: more than browsers smooth without a gap.
const JITTER: f64 = 0.1;
/// Pictures are sent with fewer bits a second because the way takes no more.
const BANDWIDTH: f64 = 150_000.0;
/// Milliseconds that it is bad until it is told, …
const HOLD_BAD: f64 = 3000.0;
/// … that it is good, …
const HOLD_GOOD: f64 = 5000.0;
/// … and that nothing at all comes: each side sends a heartbeat every second.
const SILENCE: f64 = 4000.0;

/// How good the connection to a peer is, for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Quality {
    /// Nothing is felt.
    #[default]
    Good,
    /// Pictures, sound or talk suffer.
    Poor(Reason),
    /// Nothing comes.
    Lost,
}

/// What a poor connection suffers from: what is worst, if it is more than one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Packets are lost.
    Loss,
    /// Packets take long.
    Delay,
    /// Packets come unevenly.
    Jitter,
    /// The way takes little.
    Bandwidth,
    /// This computer can't make pictures fast enough.
    Cpu,
}

impl Quality {
    /// `good`, `poor` or `lost`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Quality::Good => "good",
            Quality::Poor(_) => "poor",
            Quality::Lost => "lost",
        }
    }

    /// Why it is poor or lost: a code that never changes.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Quality::Good => None,
            Quality::Poor(reason) => Some(reason.as_str()),
            Quality::Lost => Some("silence"),
        }
    }

    /// One English sentence, for people.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Quality::Good => "The connection is good.",
            Quality::Poor(Reason::Loss) => "Much is lost on the way.",
            Quality::Poor(Reason::Delay) => "It takes long until the other side hears and sees.",
            Quality::Poor(Reason::Jitter) => "What comes is delayed unevenly.",
            Quality::Poor(Reason::Bandwidth) => "The network is too slow for more than a small picture.",
            Quality::Poor(Reason::Cpu) => "This computer is busy: pictures are sent smaller or less often.",
            Quality::Lost => "Nothing comes from the other side.",
        }
    }
}

impl Reason {
    /// `loss`, `delay`, `jitter`, `bandwidth` or `cpu`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Loss => "loss",
            Reason::Delay => "delay",
            Reason::Jitter => "jitter",
            Reason::Bandwidth => "bandwidth",
            Reason::Cpu => "cpu",
        }
    }
}

/// Says how good a connection is, and does not change its mind with every second: bad is what is so for three seconds, good what is so
/// for five.
#[derive(Debug, Clone, Default)]
pub(super) struct QualityMeter {
    quality: Quality,
    /// Since when another one is seen, and which.
    other: Option<(f64, Quality)>,
    /// Bytes that came in all, and since when no more did.
    received: Option<(f64, f64)>,
}

impl QualityMeter {
    /// Takes statistics that come every second or so, and whether the connection is up. Gives how it is from now on.
    pub(super) fn take(&mut self, stats: &Stats, is_connected: bool) -> Quality {
        let now = stats.timestamp;
        let seen = if !is_connected || self.is_silent(now, stats.received.bytes) { Quality::Lost } else { seen(stats) };
        if seen.as_str() == self.quality.as_str() {
            // Another reason is no other quality, but told.
            self.quality = seen;
            self.other = None;
            return seen;
        }
        let since = match self.other {
            Some((since, other)) if other.as_str() == seen.as_str() => since,
            _ => now,
        };
        self.other = Some((since, seen));
        let hold = match (self.quality, seen) {
            // It is silent for a while already; and what comes again is there.
            (_, Quality::Lost) | (Quality::Lost, _) => 0.0,
            (_, Quality::Poor(_)) => HOLD_BAD,
            (_, Quality::Good) => HOLD_GOOD,
        };
        if now - since >= hold {
            self.quality = seen;
            self.other = None;
        }
        self.quality
    }

    fn is_silent(&mut self, now: f64, bytes: f64) -> bool {
        let since = match self.received {
            Some((known, since)) if bytes <= known => since,
            _ => now,
        };
        self.received = Some((bytes, since));
        now - since >= SILENCE
    }
}

fn seen(stats: &Stats) -> Quality {
    let worst =
        |of: &dyn Fn(&super::StreamStats) -> Option<f64>| stats.streams.iter().filter_map(of).fold(0.0, f64::max);
    let limited = |by: &str| {
        let mut sent = stats.streams.iter().filter(|stream| stream.direction == Direction::Sent);
        sent.any(|stream| {
            let takes = stats.available_outgoing_bitrate.or(stream.amount.bitrate);
            let is_so = by != "bandwidth" || takes.is_some_and(|bitrate| bitrate < BANDWIDTH);
            is_so && stream.quality_limitation_reason.as_deref() == Some(by)
        })
    };
    if worst(&|stream| stream.loss) > LOSS {
        Quality::Poor(Reason::Loss)
    } else if stats.round_trip_time.is_some_and(|time| time > ROUND_TRIP) {
        Quality::Poor(Reason::Delay)
    } else if worst(&|stream| stream.jitter) > JITTER {
        Quality::Poor(Reason::Jitter)
    } else if limited("bandwidth") {
        Quality::Poor(Reason::Bandwidth)
    } else if limited("cpu") {
        Quality::Poor(Reason::Cpu)
    } else {
        Quality::Good
    }
}

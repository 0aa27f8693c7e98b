//! How a connection does, in numbers: from what a browser measures (W3C, Identifiers for WebRTC's Statistics API) to what programs and
//! people can use. Names are the specification's, and so are their units; bitrates are in bits a second, as its targets are.

mod meter;
mod path;
mod quality;
mod report;

use itodenwa_wire::Source;

pub use meter::Meter;
pub use path::{Candidate, Path};
pub use quality::{Quality, Reason};
pub use report::{Report, Row};

/// How the connection to a peer does. What goes by the second is over the time since the report before: none in the first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// When, in milliseconds since 1970.
    pub timestamp: f64,
    /// Which way the packets go; none before the connection has one.
    pub path: Option<Path>,
    /// How long a packet takes to them and back, in seconds.
    pub round_trip_time: Option<f64>,
    /// What the browser believes that the way to them can take, in bits a second. Not every browser says it.
    pub available_outgoing_bitrate: Option<f64>,
    /// All that is sent to them: media, data and what these need.
    pub sent: Amount,
    /// All that comes from them.
    pub received: Amount,
    /// The tracks that are sent and received.
    pub streams: Vec<StreamStats>,
    /// How good all this is. It takes statistics that are asked for every second or so.
    pub quality: Quality,
}

impl Stats {
    /// The same where nothing can be measured any more.
    #[must_use]
    pub fn lost(&self) -> Self {
        let still = |amount: Amount| Amount { bitrate: None, ..amount };
        Stats {
            timestamp: self.timestamp,
            sent: still(self.sent),
            received: still(self.received),
            quality: Quality::Lost,
            ..Stats::default()
        }
    }
}

/// So much went through.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Amount {
    /// Bytes since the two are in the room together; over all their connections that were looked at.
    pub bytes: f64,
    /// Bits a second.
    pub bitrate: Option<f64>,
}

/// Which way a track goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To them.
    Sent,
    /// From them.
    Received,
}

impl Direction {
    /// `sent` or `received`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Sent => "sent",
            Direction::Received => "received",
        }
    }
}

/// How one track does.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamStats {
    /// Which way it goes.
    pub direction: Direction,
    /// What it shows or plays.
    pub source: Source,
    /// As of this connection, and how fast.
    pub amount: Amount,
    /// Of its packets, how many are lost, from 0 to 1. Of what is sent, as the other side last said.
    pub loss: Option<f64>,
    /// How unevenly packets come, in seconds (RFC 3550, section 6.4.1).
    pub jitter: Option<f64>,
    /// Pictures a second.
    pub frames_per_second: Option<f64>,
    /// Pixels.
    pub frame_width: Option<f64>,
    /// Pixels.
    pub frame_height: Option<f64>,
    /// The codec's MIME type, as `video/VP8`.
    pub codec: Option<String>,
    /// What keeps pictures that are sent from being better: `bandwidth`, `cpu` or `other`.
    pub quality_limitation_reason: Option<String>,
}

#[cfg(test)]
mod tests;

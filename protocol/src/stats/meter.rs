use itodenwa_wire::{Source, SourceMap};

use super::quality::QualityMeter;
use super::report::Stream;
use super::{Amount, Direction, Quality, Report, Stats, StreamStats};

/// Between two reports that rates are made of, in milliseconds, at least: what is shorter is mostly noise.
const SHORTEST_MILLIS: f64 = 200.0;

/// Makes statistics of reports on one peer.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    last: Report,
    /// Of the connections before this one.
    sent_before: f64,
    received_before: f64,
    quality: QualityMeter,
}

impl Meter {
    /// Takes a report. `sent` and `received` say what the tracks are, by media identification or, where a browser does not say that, by
    /// the track's id. `is_connected` is whether the connection says of itself that it is.
    pub fn take(&mut self, report: Report, sent: &SourceMap, received: &SourceMap, is_connected: bool) -> Stats {
        let last = std::mem::replace(&mut self.last, report);
        let now = &self.last;
        let is_same = now.bytes_sent >= last.bytes_sent && now.bytes_received >= last.bytes_received;
        if !is_same {
            self.sent_before += last.bytes_sent;
            self.received_before += last.bytes_received;
        }
        let millis = now.timestamp - last.timestamp;
        let seconds = (is_same && last.timestamp > 0.0 && millis >= SHORTEST_MILLIS).then_some(millis / 1000.0);
        let streams = now.streams.iter().filter_map(|stream| {
            let sources = if stream.is_sent { sent } else { received };
            let before = last.streams.iter().find(|known| known.id == stream.id && known.bytes <= stream.bytes);
            Some(of_stream(stream, before.zip(seconds), source(stream, sources)?))
        });
        let stats = Stats {
            timestamp: now.timestamp,
            path: now.path.clone(),
            round_trip_time: now.round_trip_time,
            available_outgoing_bitrate: now.available_outgoing_bitrate,
            sent: Amount {
                bytes: self.sent_before + now.bytes_sent,
                bitrate: seconds.map(|seconds| bitrate(now.bytes_sent - last.bytes_sent, seconds)),
            },
            received: Amount {
                bytes: self.received_before + now.bytes_received,
                bitrate: seconds.map(|seconds| bitrate(now.bytes_received - last.bytes_received, seconds)),
            },
            streams: streams.collect(),
            quality: Quality::default(),
        };
        Stats { quality: self.quality.take(&stats, is_connected), ..stats }
    }
}

fn source(stream: &Stream, sources: &SourceMap) -> Option<Source> {
    let names = [&stream.mid, &stream.track];
    let known = sources.iter().find(|(name, _)| names.into_iter().flatten().any(|known| known == name));
    known.map(|(_, source)| *source).filter(|source| source.is_audio() == stream.is_audio)
}

fn of_stream(stream: &Stream, before: Option<(&Stream, f64)>, source: Source) -> StreamStats {
    let loss = before.and_then(|(before, _)| {
        // It goes down when packets come late that counted as lost.
        let lost = (stream.lost? - before.lost.unwrap_or_default()).max(0.0);
        let packets = stream.packets - before.packets;
        // What was sent counts whether it is lost or not.
        let all = if stream.is_sent { packets } else { packets + lost };
        (all > 0.0).then(|| (lost / all).min(1.0))
    });
    let frames = before.and_then(|(before, seconds)| Some((stream.frames? - before.frames?).max(0.0) / seconds));
    StreamStats {
        direction: if stream.is_sent { Direction::Sent } else { Direction::Received },
        source,
        amount: Amount {
            bytes: stream.bytes,
            bitrate: before.map(|(before, seconds)| bitrate(stream.bytes - before.bytes, seconds)),
        },
        loss,
        jitter: stream.jitter,
        frames_per_second: frames.or(stream.frames_per_second),
        frame_width: stream.frame_width,
        frame_height: stream.frame_height,
        codec: stream.codec.clone(),
        quality_limitation_reason: stream.quality_limitation_reason.clone(),
    }
}

fn bitrate(bytes: f64, seconds: f64) -> f64 {
    bytes * 8.0 / seconds
}

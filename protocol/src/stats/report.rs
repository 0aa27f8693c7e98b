//! What of a browser's report is of use here.

use super::{Candidate, Path};

/// Rows of a report that are read, at most: a call has some fifty.
const ROWS: usize = 1024;

/// One object of an `RTCStatsReport`.
pub trait Row {
    /// A member that is a text.
    fn text(&self, name: &str) -> Option<String>;
    /// A member that is a number.
    fn number(&self, name: &str) -> Option<f64>;
    /// Whether a member is true.
    fn is(&self, name: &str) -> bool;
}

/// What a browser counted until now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub(super) timestamp: f64,
    pub(super) path: Option<Path>,
    pub(super) round_trip_time: Option<f64>,
    pub(super) available_outgoing_bitrate: Option<f64>,
    pub(super) bytes_sent: f64,
    pub(super) bytes_received: f64,
    pub(super) streams: Vec<Stream>,
}

/// An `inbound-rtp` or `outbound-rtp`, with what the other side said of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Stream {
    pub(super) id: String,
    pub(super) is_sent: bool,
    pub(super) mid: Option<String>,
    pub(super) track: Option<String>,
    pub(super) is_audio: bool,
    pub(super) bytes: f64,
    pub(super) packets: f64,
    pub(super) lost: Option<f64>,
    pub(super) jitter: Option<f64>,
    pub(super) frames: Option<f64>,
    pub(super) frames_per_second: Option<f64>,
    pub(super) frame_width: Option<f64>,
    pub(super) frame_height: Option<f64>,
    pub(super) codec: Option<String>,
    pub(super) quality_limitation_reason: Option<String>,
}

impl Report {
    /// Of the rows of a report.
    pub fn read<R: Row>(rows: impl IntoIterator<Item = R>) -> Self {
        let rows = Rows(rows.into_iter().take(ROWS).filter_map(|row| Some((row.text("type")?, row))).collect());
        let mut report = Report::default();
        for (_, row) in &rows.0 {
            report.timestamp = report.timestamp.max(row.number("timestamp").unwrap_or_default());
        }
        for pair in rows.of("candidate-pair") {
            report.bytes_sent += count(pair, "bytesSent");
            report.bytes_received += count(pair, "bytesReceived");
        }
        if let Some(pair) = rows.selected_pair() {
            let end = |name| pair.text(name).and_then(|id| rows.by_id(&id)).map(candidate);
            report.path =
                end("localCandidateId").zip(end("remoteCandidateId")).map(|(local, remote)| Path { local, remote });
            report.round_trip_time = pair.number("currentRoundTripTime");
            report.available_outgoing_bitrate = pair.number("availableOutgoingBitrate");
        }
        report.streams = ["inbound-rtp", "outbound-rtp"]
            .into_iter()
            .flat_map(|kind| rows.of(kind).map(move |row| (kind == "outbound-rtp", row)))
            .map(|(is_sent, row)| rows.stream(row, is_sent))
            .collect();
        // Some browsers say it of media only.
        let of_media = || rows.of("remote-inbound-rtp").filter_map(|row| row.number("roundTripTime")).next();
        report.round_trip_time = report.round_trip_time.or_else(of_media);
        report
    }
}

struct Rows<R>(Vec<(String, R)>);

impl<R: Row> Rows<R> {
    fn of(&self, kind: &'static str) -> impl Iterator<Item = &R> {
        self.0.iter().filter(move |(known, _)| known == kind).map(|(_, row)| row)
    }

    fn by_id(&self, id: &str) -> Option<&R> {
        self.0.iter().map(|(_, row)| row).find(|row| row.text("id").as_deref() == Some(id))
    }

    /// The one that carries the connection: as the transport says, or as its own row does, or the last that was nominated and works.
    fn selected_pair(&self) -> Option<&R> {
        let told = self.of("transport").find_map(|row| row.text("selectedCandidatePairId"));
        told.and_then(|id| self.by_id(&id))
            .or_else(|| self.of("candidate-pair").find(|pair| pair.is("selected")))
            .or_else(|| {
                let works = |pair: &&R| pair.is("nominated") && pair.text("state").as_deref() == Some("succeeded");
                self.of("candidate-pair").filter(works).last()
            })
    }

    fn stream(&self, row: &R, is_sent: bool) -> Stream {
        let id = row.text("id").unwrap_or_default();
        let told = self.of("remote-inbound-rtp").find(|told| is_sent && told.text("localId").as_deref() == Some(&id));
        let here = Some(row).filter(|_| !is_sent);
        let codec = row.text("codecId").and_then(|id| self.by_id(&id));
        let source = row.text("mediaSourceId").and_then(|id| self.by_id(&id));
        Stream {
            is_sent,
            mid: row.text("mid"),
            track: row.text("trackIdentifier").or_else(|| source?.text("trackIdentifier")),
            is_audio: row.text("kind").as_deref() == Some("audio"),
            bytes: count(row, if is_sent { "bytesSent" } else { "bytesReceived" }),
            packets: count(row, if is_sent { "packetsSent" } else { "packetsReceived" }),
            lost: here.or(told).and_then(|row| row.number("packetsLost")),
            jitter: here.or(told).and_then(|row| row.number("jitter")),
            frames: row.number(if is_sent { "framesEncoded" } else { "framesDecoded" }),
            frames_per_second: row.number("framesPerSecond"),
            frame_width: row.number("frameWidth"),
            frame_height: row.number("frameHeight"),
            codec: codec.and_then(|codec| codec.text("mimeType")),
            quality_limitation_reason: row.text("qualityLimitationReason").filter(|reason| reason != "none"),
            id,
        }
    }
}

fn candidate<R: Row>(row: &R) -> Candidate {
    Candidate {
        candidate_type: row.text("candidateType").unwrap_or_default(),
        protocol: row.text("protocol").unwrap_or_default().to_ascii_lowercase(),
        relay_protocol: row.text("relayProtocol").map(|name| name.to_ascii_lowercase()),
        address: row.text("address").filter(|address| !address.is_empty()),
        port: row.number("port"),
    }
}

fn count<R: Row>(row: &R, name: &str) -> f64 {
    row.number(name).filter(|count| *count >= 0.0).unwrap_or_default()
}

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

impl Row for &Map<String, Value> {
    fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.as_str().map(str::to_owned)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_f64()
    }

    fn is(&self, name: &str) -> bool {
        self.get(name).is_some_and(|member| *member == Value::Bool(true))
    }
}

fn report(rows: &Value) -> Report {
    Report::read(rows.as_array().unwrap().iter().filter_map(Value::as_object))
}

/// Two reports of a browser in a call with another, a second apart.
fn recorded(reports: &str) -> (Value, Value) {
    serde_json::from_str(reports).unwrap()
}

fn sources(rows: &Value, kind: &str, name: &str) -> itodenwa_wire::SourceMap {
    let rows = rows.as_array().unwrap().iter().filter(|row| row["type"] == kind);
    rows.map(|row| {
        let source = if row["kind"] == "audio" { Source::Microphone } else { Source::Camera };
        (row[name].as_str().unwrap().to_owned(), source)
    })
    .collect()
}

fn of_browser(reports: &str) -> Stats {
    let (first, second) = recorded(reports);
    let sent = sources(&first, "outbound-rtp", "mid");
    let received = sources(&first, "inbound-rtp", "trackIdentifier");
    let mut meter = Meter::default();
    let before = meter.take(report(&first), &sent, &received, true);
    assert_eq!((before.sent.bitrate, before.received.bitrate), (None, None), "nothing to compare with");
    meter.take(report(&second), &sent, &received, true)
}

fn is_between(value: Option<f64>, least: f64, most: f64) -> bool {
    value.is_some_and(|value| (least..=most).contains(&value))
}

#[test]
fn what_browsers_report_is_understood() {
    for (reports, tells_limits) in
        [(include_str!("reports/chromium.json"), true), (include_str!("reports/firefox.json"), false)]
    {
        let stats = of_browser(reports);
        let path = stats.path.as_ref().unwrap();
        assert!(!path.is_relayed() && path.local.candidate_type == "host" && path.remote.protocol == "udp", "{path:?}");
        assert!(path.local.address.is_some() && path.local.port.is_some(), "{path:?}");
        assert!(is_between(stats.round_trip_time, 0.000_1, 0.1), "{stats:?}");
        assert_eq!(stats.available_outgoing_bitrate.is_some(), tells_limits);
        assert_eq!(stats.quality, Quality::Good);
        let all: f64 = stats.streams.iter().filter_map(|stream| stream.amount.bitrate).sum();
        let in_all = stats.sent.bitrate.unwrap() + stats.received.bitrate.unwrap();
        assert!(all > 0.5 * in_all && all < in_all, "{all} of {in_all}");
        let mut known: Vec<_> = stats.streams.iter().map(|stream| (stream.direction, stream.source)).collect();
        known.sort_unstable();
        let expected = [Direction::Sent, Direction::Received]
            .map(|direction| [Source::Microphone, Source::Camera].map(|source| (direction, source)));
        assert_eq!(known, expected.concat());
        for stream in &stats.streams {
            assert!(is_between(stream.amount.bitrate, 5_000.0, 3_000_000.0), "{stream:?}");
            assert!(is_between(stream.loss, 0.0, 0.05) && is_between(stream.jitter, 0.0, 0.2), "{stream:?}");
            let is_video = stream.source == Source::Camera;
            assert_eq!(stream.codec.as_deref(), Some(if is_video { "video/VP8" } else { "audio/opus" }));
            assert_eq!(is_between(stream.frames_per_second, 5.0, 61.0), is_video, "{stream:?}");
            assert_eq!(is_between(stream.frame_height, 90.0, 1080.0), is_video, "{stream:?}");
        }
    }
}

/// A connection of which so much went both ways.
fn counted(timestamp: f64, bytes: f64) -> Value {
    json!([{"type": "candidate-pair", "id": "P", "timestamp": timestamp, "bytesSent": bytes, "bytesReceived": 2.0 * bytes}])
}

#[test]
fn a_new_connection_adds_to_the_totals_and_has_no_rate_yet() {
    let mut meter = Meter::default();
    let mut take = |at, bytes| meter.take(report(&counted(at, bytes)), &vec![], &vec![], true);
    take(1000.0, 500.0);
    let stats = take(2000.0, 1500.0);
    assert_eq!((stats.sent, stats.received.bitrate), (Amount { bytes: 1500.0, bitrate: Some(8000.0) }, Some(16000.0)));
    assert_eq!(take(3000.0, 100.0).sent, Amount { bytes: 1600.0, bitrate: None });
    assert_eq!(take(4000.0, 200.0).sent, Amount { bytes: 1700.0, bitrate: Some(800.0) });
    let lost = take(4100.0, 300.0).lost();
    assert_eq!(
        (lost.sent, lost.quality),
        (Amount { bytes: 1800.0, bitrate: None }, Quality::Lost),
        "too soon for a rate"
    );
}

fn sent_video(packets: u32, lost: u32) -> Value {
    json!([
        {"type": "outbound-rtp", "id": "O", "kind": "video", "mid": "1", "packetsSent": packets, "bytesSent": packets * 1000,
            "timestamp": 1000.0 + f64::from(packets) * 10.0, "qualityLimitationReason": "none"},
        {"type": "remote-inbound-rtp", "id": "R", "localId": "O", "packetsLost": lost, "jitter": 0.01, "roundTripTime": 0.07},
    ])
}

#[test]
fn loss_is_that_of_the_last_second() {
    let sources = vec![("1".to_owned(), Source::Camera)];
    let mut meter = Meter::default();
    let mut take = |packets, lost| meter.take(report(&sent_video(packets, lost)), &sources, &vec![], true);
    take(100, 50);
    let stats = take(200, 60);
    assert_eq!(stats.streams[0].loss, Some(0.1));
    assert_eq!(stats.round_trip_time, Some(0.07), "where only media tell it");
    assert_eq!(stats.streams[0].quality_limitation_reason, None);
    assert_eq!(take(300, 55).streams[0].loss, Some(0.0), "what comes late was not lost");
    assert_eq!(take(300, 55).streams[0].loss, None, "nothing was sent");
}

#[test]
fn a_track_that_nobody_knows_is_not_told() {
    let mut meter = Meter::default();
    let audio = vec![("1".to_owned(), Source::Microphone)];
    assert!(meter.take(report(&sent_video(1, 0)), &audio, &vec![], true).streams.is_empty(), "it is no sound");
}

/// How good it is said to be, second by second, with this loss and round trip in each.
fn heard(seconds: &[(f64, f64)]) -> Vec<Quality> {
    let mut meter = quality::QualityMeter::default();
    let mut stats = Stats { streams: vec![stream()], ..Stats::default() };
    let heard = seconds.iter().map(|(loss, round_trip_time)| {
        stats.timestamp += 1000.0;
        stats.received.bytes += 100.0;
        stats.streams[0].loss = Some(*loss);
        stats.round_trip_time = Some(*round_trip_time);
        meter.take(&stats, true)
    });
    heard.collect()
}

fn stream() -> StreamStats {
    StreamStats {
        direction: Direction::Sent,
        source: Source::Camera,
        amount: Amount::default(),
        loss: None,
        jitter: None,
        frames_per_second: None,
        frame_width: None,
        frame_height: None,
        codec: None,
        quality_limitation_reason: None,
    }
}

#[test]
fn a_bad_second_is_not_told_and_a_bad_while_is() {
    use Quality::{Good, Poor};
    let (good, lossy, slow) = ((0.0, 0.05), (0.2, 0.05), (0.0, 0.9));
    assert_eq!(heard(&[good, lossy, lossy, good, lossy, lossy, good]), [Good; 7]);
    let loss = Poor(Reason::Loss);
    assert_eq!(heard(&[good, lossy, lossy, lossy, lossy, lossy])[4..], [loss, loss]);
    assert_eq!(heard(&[lossy, slow, lossy, slow, slow])[3..], [Poor(Reason::Delay); 2], "all of it was bad");
    let mut seconds = vec![slow; 4];
    seconds.extend([good; 6]);
    assert_eq!(heard(&seconds)[3..], [vec![Poor(Reason::Delay); 6], vec![Good]].concat());
}

#[test]
fn silence_is_told_and_what_comes_again_as_well() {
    let mut meter = quality::QualityMeter::default();
    let mut take = |seconds: f64, bytes: f64, is_connected| {
        let received = Amount { bytes, bitrate: None };
        meter.take(&Stats { timestamp: seconds * 1000.0, received, ..Stats::default() }, is_connected)
    };
    assert_eq!([take(1.0, 7.0, true), take(2.0, 7.0, true), take(4.0, 7.0, true)], [Quality::Good; 3]);
    assert_eq!((take(5.0, 7.0, true), take(6.0, 8.0, true)), (Quality::Lost, Quality::Good));
    assert_eq!((take(7.0, 9.0, false), take(8.0, 9.0, true)), (Quality::Lost, Quality::Good), "another connection");
}

#[test]
fn who_limits_is_told() {
    let limited = |by: &str, available| {
        let mut meter = quality::QualityMeter::default();
        let limited = StreamStats { quality_limitation_reason: Some(by.to_owned()), ..stream() };
        let mut stats =
            Stats { available_outgoing_bitrate: Some(available), streams: vec![limited], ..Stats::default() };
        for _ in 0..4 {
            stats.timestamp += 1000.0;
            stats.received.bytes += 1.0;
            meter.take(&stats, true);
        }
        stats.timestamp += 1000.0;
        meter.take(&stats, true)
    };
    assert_eq!(limited("bandwidth", 90_000.0), Quality::Poor(Reason::Bandwidth));
    assert_eq!(limited("bandwidth", 900_000.0), Quality::Good, "small pictures are no harm");
    assert_eq!(limited("cpu", 900_000.0), Quality::Poor(Reason::Cpu));
    assert_eq!(limited("none", 90_000.0), Quality::Good);
}

fn member() -> impl Strategy<Value = Value> {
    let texts = ["1", "P", "O", "L", "video", "audio", "succeeded", "relay", "none", "outbound-rtp"];
    prop_oneof![
        any::<f64>().prop_map(|number| json!(number)),
        prop::sample::select(texts.to_vec()).prop_map(|text| json!(text)),
        any::<bool>().prop_map(|is| json!(is)),
        Just(Value::Null),
    ]
}

fn nonsense() -> impl Strategy<Value = Value> {
    let types = ["candidate-pair", "transport", "inbound-rtp", "outbound-rtp", "remote-inbound-rtp", "local-candidate"];
    let names = [
        "id",
        "timestamp",
        "bytesSent",
        "bytesReceived",
        "selectedCandidatePairId",
        "localCandidateId",
        "remoteCandidateId",
        "kind",
        "mid",
        "packetsSent",
        "packetsReceived",
        "packetsLost",
        "framesDecoded",
        "framesEncoded",
        "localId",
        "codecId",
        "nominated",
        "state",
    ];
    let row = (
        prop::sample::select(types.to_vec()),
        prop::collection::hash_map(prop::sample::select(names.to_vec()), member(), 0..8),
    );
    prop::collection::vec(row, 0..8).prop_map(|rows| {
        let rows = rows.into_iter().map(|(kind, members)| {
            let mut row: Map<_, _> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            row.insert("type".to_owned(), json!(kind));
            Value::Object(row)
        });
        Value::Array(rows.collect())
    })
}

proptest! {
    /// Shares are shares and rates are not negative, whatever a browser counts.
    #[test]
    fn nonsense_makes_no_nonsense(reports in prop::collection::vec(nonsense(), 1..6)) {
        let sources = vec![("1".to_owned(), Source::Camera)];
        let mut meter = Meter::default();
        for rows in reports {
            let stats = meter.take(report(&rows), &sources, &sources, true);
            for stream in &stats.streams {
                prop_assert!(stream.loss.is_none_or(|loss| (0.0..=1.0).contains(&loss)), "{:?}", stream);
                for number in [stream.amount.bitrate, stream.frames_per_second] {
                    prop_assert!(number.is_none_or(|number| number >= 0.0), "{:?}", stream);
                }
            }
            for amount in [stats.sent, stats.received] {
                prop_assert!(amount.bytes >= 0.0 && amount.bitrate.is_none_or(|bitrate| bitrate >= 0.0), "{:?}", stats);
            }
        }
    }
}

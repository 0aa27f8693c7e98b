use itodenwa::Peer;
use itodenwa::stats::{Amount, Candidate, Path, Stats, StreamStats};
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::promise::promise;
use crate::values::object;

/// How the connection to a peer does.
pub(crate) fn stats(peer: Option<Peer>) -> Promise {
    promise(async move {
        let stats = match &peer {
            Some(peer) => peer.stats().await,
            None => None,
        };
        Ok(stats.as_ref().map_or(JsValue::UNDEFINED, told))
    })
}

fn told(stats: &Stats) -> JsValue {
    object([
        ("timestamp", stats.timestamp.into()),
        ("quality", stats.quality.as_str().into()),
        ("reason", stats.quality.reason().into()),
        ("explain", stats.quality.explain().into()),
        ("path", stats.path.as_ref().map_or(JsValue::UNDEFINED, path)),
        ("roundTripTime", stats.round_trip_time.into()),
        ("availableOutgoingBitrate", stats.available_outgoing_bitrate.into()),
        ("sent", amount(stats.sent)),
        ("received", amount(stats.received)),
        ("streams", stats.streams.iter().map(stream).collect::<Array>().into()),
    ])
}

fn path(path: &Path) -> JsValue {
    object([
        ("local", candidate(&path.local)),
        ("remote", candidate(&path.remote)),
        ("relayed", path.is_relayed().into()),
    ])
}

fn candidate(candidate: &Candidate) -> JsValue {
    object([
        ("candidateType", candidate.candidate_type.as_str().into()),
        ("protocol", candidate.protocol.as_str().into()),
        ("relayProtocol", candidate.relay_protocol.as_deref().into()),
        ("address", candidate.address.as_deref().into()),
        ("port", candidate.port.into()),
    ])
}

fn amount(amount: Amount) -> JsValue {
    object([("bytes", amount.bytes.into()), ("bitrate", amount.bitrate.into())])
}

fn stream(stream: &StreamStats) -> JsValue {
    object([
        ("direction", stream.direction.as_str().into()),
        ("source", stream.source.as_str().into()),
        ("bytes", stream.amount.bytes.into()),
        ("bitrate", stream.amount.bitrate.into()),
        ("loss", stream.loss.into()),
        ("jitter", stream.jitter.into()),
        ("framesPerSecond", stream.frames_per_second.into()),
        ("frameWidth", stream.frame_width.into()),
        ("frameHeight", stream.frame_height.into()),
        ("codec", stream.codec.as_deref().into()),
        ("qualityLimitationReason", stream.quality_limitation_reason.as_deref().into()),
    ])
}

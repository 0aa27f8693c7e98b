use itodenwa::{Diagnosis, Handle, Peer};
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::promise::promise;
use crate::values::object;

/// What is the matter with a peer, or what is wrong in the room.
pub(crate) fn diagnose(handle: &Handle, peer: Option<Peer>) -> JsValue {
    match peer {
        Some(peer) => {
            let verdict = peer.diagnose();
            told(&Diagnosis::Connection { peer, verdict })
        }
        None => handle.diagnose().iter().map(told).collect::<Array>().into(),
    }
}

/// The browser's own `RTCStatsReport` of the connection to a peer.
pub(crate) fn stats(peer: Option<Peer>) -> Promise {
    promise(async move {
        let report = match &peer {
            Some(peer) => peer.stats_report().await,
            None => None,
        };
        Ok(report.map_or(JsValue::UNDEFINED, JsValue::from))
    })
}

fn told(diagnosis: &Diagnosis) -> JsValue {
    let (explain, advice) = diagnosis.sentences();
    let (peer, source) = match diagnosis {
        Diagnosis::Connection { peer, .. } => (peer.id().to_string().into(), JsValue::UNDEFINED),
        Diagnosis::Device { source, .. } => (JsValue::UNDEFINED, source.as_str().into()),
        // Of a later version of the client crate.
        _ => (JsValue::UNDEFINED, JsValue::UNDEFINED),
    };
    object([
        ("code", diagnosis.code().into()),
        ("explain", explain.into()),
        ("advice", advice.into()),
        ("peer", peer),
        ("source", source),
    ])
}

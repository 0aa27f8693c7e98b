//! What is told, as JavaScript values.

use itodenwa::wire::{DisplayName, Identity};
use itodenwa::{Candidate, Device, Event, Json, Payload, Peer, PeerId, Settings, Step, Time, WaitingRoom};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::JsValue;

use crate::incoming::{Incoming, RawIncoming};

pub(crate) fn object<const N: usize>(entries: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        set(&object, key, &value);
    }
    object.into()
}

/// An event of a room.
pub(crate) fn event(event: &Event) -> JsValue {
    match event {
        Event::Joined(peer) => tagged("joined", [("peer", person(peer.id(), peer.name().as_deref(), peer.identity()))]),
        Event::Left(peer, why) => tagged("left", [("peer", id(peer.id())), ("reason", why.as_str().into())]),
        Event::Connection { peer, state } => {
            tagged("connection", [("peer", id(peer.id())), ("state", state.as_str().into())])
        }
        Event::Renamed(peer) => {
            let name = peer.as_ref().map_or(JsValue::UNDEFINED, |peer| peer.name().into());
            tagged("name", [("peer", peer_id(peer.as_ref())), ("name", name)])
        }
        Event::Away { peer, away } => tagged("away", [("peer", id(peer.id())), ("away", (*away).into())]),
        Event::Media { peer, source, on } => {
            tagged("media", [("peer", id(peer.id())), ("source", source.as_str().into()), ("on", (*on).into())])
        }
        Event::MediaFailed { source, error } => {
            tagged("mediaFailed", [("source", source.as_str().into()), ("error", error.into())])
        }
        Event::Device { source, settings: now } => {
            tagged("device", [("source", source.as_str().into()), ("settings", settings(now))])
        }
        Event::Interrupted { source, interrupted } => {
            tagged("interrupted", [("source", source.as_str().into()), ("interrupted", (*interrupted).into())])
        }
        Event::Speaking { peer, speaking } => {
            tagged("speaking", [("peer", id(peer.id())), ("speaking", (*speaking).into())])
        }
        Event::Speaker(peer) => tagged("speaker", [("peer", peer_id(peer.as_ref()))]),
        Event::DevicesChanged => tagged("devices", []),
        Event::Text { from, text } => tagged("text", [("from", id(from.id())), ("text", text.into())]),
        Event::Json { from, value } => tagged("data", [("from", id(from.id())), ("data", value.to_js())]),
        Event::Bytes { from, bytes } => {
            tagged("data", [("from", id(from.id())), ("data", Uint8Array::from(&bytes[..]).into())])
        }
        Event::Earlier { from, message, ago } => {
            let (kind, said) = match message {
                Payload::Text(text) => ("text", text.into()),
                Payload::Json(value) => ("data", value.to_js()),
                Payload::Bytes(bytes) => ("data", Uint8Array::from(&bytes[..]).into()),
                _ => ("other", JsValue::UNDEFINED),
            };
            tagged(kind, [("from", id(from.id())), (kind, said), ("ago", (ago.as_millis() as f64).into())])
        }
        Event::Attribute { peer, key, value } => tagged(
            "attribute",
            [
                ("peer", peer_id(peer.as_ref())),
                ("key", key.into()),
                ("value", value.as_ref().map_or(JsValue::UNDEFINED, Json::to_js)),
            ],
        ),
        Event::Channel(channel) => {
            let incoming = Incoming::Channel(channel.clone());
            incoming_event("channel", channel.peer().id(), channel.name(), incoming)
        }
        Event::Request(request) => {
            let incoming = Incoming::Request(request.clone());
            incoming_event("request", request.peer().id(), request.name(), incoming)
        }
        Event::File(file) => incoming_event("file", file.peer().id(), "", Incoming::File(file.clone())),
        Event::Verification(asked) => {
            incoming_event("verification", asked.peer().id(), "", Incoming::Verification(asked.clone()))
        }
        Event::Step(entry) => {
            let value = step(entry.at, &entry.step, &entry.text);
            set(&value, "peer", &id(entry.peer));
            value
        }
        Event::Trouble(trouble) => tagged(
            "trouble",
            [
                ("peer", peer_id(trouble.peer.as_ref())),
                ("code", trouble.code.into()),
                ("detail", (&trouble.detail).into()),
                ("explain", trouble.explain().into()),
            ],
        ),
        Event::AskedToMute { by } => tagged("askedtomute", [("by", peer_id(by.as_ref()))]),
        Event::HandLowered { by } => tagged("handlowered", [("by", peer_id(by.as_ref()))]),
        Event::Locked(locked) => tagged("lock", [("locked", (*locked).into())]),
        Event::Waiting(it) => tagged("waiting", [("waitingRoom", waiting_room(it))]),
        Event::Signaling(state) => tagged("signaling", [("state", state.as_str().into())]),
        Event::Blocked { peer } => tagged("blocked", [("peer", peer_id(peer.as_ref()))]),
        Event::Closed(why) => tagged("closed", [("error", why.as_ref().map_or(JsValue::UNDEFINED, JsValue::from))]),
        // Deliveries, which each message's own promise tells, and what a later version of the client crate has.
        _ => tagged("other", []),
    }
}

fn incoming_event(kind: &str, peer: PeerId, name: &str, incoming: Incoming) -> JsValue {
    tagged(kind, [("peer", id(peer)), ("name", name.into()), ("incoming", RawIncoming(incoming).into())])
}

pub(crate) fn tagged<const N: usize>(kind: &str, entries: [(&str, JsValue); N]) -> JsValue {
    let value = object(entries);
    set(&value, "type", &kind.into());
    value
}

pub(crate) fn step(at: Time, step: &Step, text: &str) -> JsValue {
    let at = at.as_millis() as f64;
    let (name, detail) = (step.name().into(), step.detail().into());
    tagged("step", [("at", at.into()), ("name", name), ("detail", detail), ("text", text.into())])
}

pub(crate) fn person(who: PeerId, name: Option<&str>, identity: Option<&str>) -> JsValue {
    let text = |text: Option<&str>| text.map_or(JsValue::UNDEFINED, JsValue::from);
    object([("id", id(who)), ("name", text(name)), ("identity", text(identity))])
}

/// Who waits to be let in.
pub(crate) fn waiting_room(room: &WaitingRoom) -> JsValue {
    let waiting = room.waiting.iter().map(|one| {
        let (name, identity) =
            (one.name.as_ref().map(DisplayName::as_str), one.identity.as_ref().map(Identity::as_str));
        person(one.id, name, identity)
    });
    object([("on", room.on.into()), ("waiting", waiting.collect::<Array>().into())])
}

/// What an own source really is.
pub(crate) fn settings(settings: &Settings) -> JsValue {
    let number = |number: Option<f64>| number.map_or(JsValue::UNDEFINED, JsValue::from);
    let flag = |flag: Option<bool>| flag.map_or(JsValue::UNDEFINED, JsValue::from);
    let lacking: Array = settings.lacking.iter().map(|name| JsValue::from(*name)).collect();
    object([
        ("deviceId", settings.device.as_ref().map_or(JsValue::UNDEFINED, JsValue::from)),
        ("label", (&settings.label).into()),
        ("width", number(settings.width.map(f64::from))),
        ("height", number(settings.height.map(f64::from))),
        ("frameRate", number(settings.frame_rate)),
        ("facing", settings.facing.map_or(JsValue::UNDEFINED, |facing| facing.as_str().into())),
        ("echoCancellation", flag(settings.echo_cancellation)),
        ("noiseSuppression", flag(settings.noise_suppression)),
        ("autoGainControl", flag(settings.auto_gain_control)),
        ("voiceIsolation", flag(settings.voice_isolation)),
        ("lacking", lacking.into()),
    ])
}

pub(crate) fn device(device: &Device) -> JsValue {
    object([
        ("deviceId", (&device.id).into()),
        ("kind", device.kind.as_str().into()),
        ("label", (&device.label).into()),
        ("groupId", (&device.group).into()),
    ])
}

/// An `Error` with a code.
pub(crate) fn coded(code: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    set(&error, "code", &code.into());
    error.into()
}

fn id(id: PeerId) -> JsValue {
    id.to_string().into()
}

fn peer_id(peer: Option<&Peer>) -> JsValue {
    peer.map_or(JsValue::UNDEFINED, |peer| id(peer.id()))
}

/// Can't fail on an object that was just made.
fn set(object: &JsValue, key: &str, value: &JsValue) {
    let _ = Reflect::set(object, &key.into(), value);
}

/// A candidate as `RTCIceCandidateInit`.
pub(crate) fn candidate_init(candidate: &Candidate) -> JsValue {
    let text = |text: &Option<String>| text.as_ref().map_or(JsValue::NULL, JsValue::from);
    object([
        ("candidate", (&candidate.candidate).into()),
        ("sdpMid", text(&candidate.sdp_mid)),
        ("sdpMLineIndex", candidate.sdp_m_line_index.map_or(JsValue::NULL, JsValue::from)),
        ("usernameFragment", text(&candidate.username_fragment)),
    ])
}

/// The other way; none for `null` and for the empty candidate, which is the end of them.
pub(crate) fn candidate(init: &JsValue) -> Option<Candidate> {
    let get = |key: &str| Reflect::get(init, &key.into()).unwrap_or(JsValue::UNDEFINED);
    let candidate = get("candidate").as_string().filter(|candidate| !candidate.is_empty())?;
    Some(Candidate {
        candidate,
        sdp_mid: get("sdpMid").as_string(),
        sdp_m_line_index: get("sdpMLineIndex").as_f64().map(|index| index as u16),
        username_fragment: get("usernameFragment").as_string(),
    })
}

//! The parameters of senders (W3C WebRTC, section 5.2.9).

use std::rc::Rc;

use itodenwa_protocol::sending::{Degradation, Encoding, Picture};
use itodenwa_wire::Source;
use js_sys::{Array, Map, Object, Reflect};
use litemap::LiteMap;
use wasm_bindgen::{JsCast, JsValue};

use super::transceivers::Transceivers;
use super::{ConnectionEvent, EventSink};
use crate::dom::spawn;
use crate::dom::{AbortSignal, Sender, object, property};

/// How many looks at what is shown pass until an open connection is no longer young.
const YOUNG_LOOKS: u8 = 3;
/// Bits a second. Where a larger maximum is set while the connection is young, Chromium's first picture is half as wide and 70 ms later; and
/// more than this is not sent so early.
const YOUNG_BITRATE: u32 = 1_000_000;

/// What is to be sent of each source. Senders come with negotiation, and may be others after it.
#[derive(Debug, Default)]
pub(super) struct Senders {
    encodings: LiteMap<Source, Encoding>,
    looks: u8,
}

impl Senders {
    pub(super) fn tune(&mut self, source: Source, mut encoding: Encoding) {
        // What was said and is not any more is taken back: browsers keep what they are not told.
        if encoding.degradation.is_none()
            && self.encodings.get(&source).is_some_and(|before| before.degradation.is_some())
        {
            encoding.degradation = Some(Degradation::Balanced);
        }
        self.encodings.insert(source, encoding);
    }

    /// One more look at what is shown over an open connection. True if it is no longer young since this one.
    pub(super) fn looked(&mut self) -> bool {
        let was_young = self.is_young();
        self.looks = self.looks.saturating_add(1);
        was_young && !self.is_young()
    }

    fn is_young(&self) -> bool {
        self.looks < YOUNG_LOOKS
    }

    /// Asks those that send pictures whether machine or network limit them (W3C WebRTC Statistics, `qualityLimitationReason`).
    pub(super) fn look(&self, transceivers: &Transceivers, signal: &AbortSignal, tell: &EventSink) {
        let pictures = self.encodings.iter().filter(|(_, encoding)| encoding.active && encoding.picture.is_some());
        let asked: Vec<_> = pictures.filter_map(|(source, _)| Some(transceivers.sender(*source)?.stats())).collect();
        if asked.is_empty() {
            return;
        }
        let (signal, tell) = (signal.clone(), Rc::clone(tell));
        spawn(async move {
            let mut limited = false;
            for stats in asked {
                let Ok(stats) = signal.race(stats).await else { return };
                stats.unchecked_ref::<Map>().for_each(&mut |one, _| {
                    let reason = property(&one, "qualityLimitationReason").as_string();
                    limited |= reason.is_some_and(|reason| reason != "none");
                });
            }
            tell(ConnectionEvent::Limited(limited));
        });
    }

    /// What a new transceiver begins with (`sendEncodings`): an encoder that is set up anew while it starts has its first picture later.
    pub(super) fn encodings(&self, source: Source) -> Option<Array> {
        let encoding = Object::new();
        fill(&encoding, self.encodings.get(&source)?, self.is_young());
        Some(Array::of1(&encoding))
    }

    /// Sets what is not set yet.
    pub(super) fn apply(&self, transceivers: &Transceivers, signal: &AbortSignal, tell: &EventSink) {
        for (source, encoding) in &self.encodings {
            if let Some(sender) = transceivers.sender(*source) {
                apply(&sender, encoding, self.is_young(), signal, tell);
            }
        }
    }
}

fn apply(sender: &Sender, encoding: &Encoding, is_young: bool, signal: &AbortSignal, tell: &EventSink) {
    let parameters = sender.parameters();
    let encodings: Array = property(&parameters, "encodings").into();
    // None before the first negotiation, in some browsers.
    let Some(first) = Array::is_array(&encodings).then(|| encodings.get(0)).filter(JsValue::is_object) else { return };
    let mut changed = fill(&first, encoding, is_young);
    if let Some(degradation) = encoding.degradation {
        changed |= set(&parameters, "degradationPreference", &degradation.as_str().into());
    }
    if encoding.codec.is_none() {
        changed |= set(&first, "codec", &JsValue::UNDEFINED);
    }
    let wanted = encoding.codec.clone().filter(|name| !is_sent_by(&first, name));
    if let Some(name) = &wanted
        && let Some(codec) = negotiated(&parameters, name)
    {
        changed |= set(&first, "codec", &codec);
    }
    if !changed && wanted.is_none() {
        return;
    }
    let (set, signal, sender, tell) =
        (sender.set_parameters(&parameters), signal.clone(), sender.clone(), Rc::clone(tell));
    spawn(async move {
        // What is refused because the connection is negotiated right now is set after it.
        let _ = signal.race(set).await;
        if let Some(name) = wanted {
            let encodings: Array = property(&sender.parameters(), "encodings").into();
            if !is_sent_by(&encodings.get(0), &name) {
                tell(ConnectionEvent::CodecRefused(name));
            }
        }
    });
}

/// Writes it into one of a sender's encodings, but for its codec. True if it was another one.
fn fill(into: &JsValue, encoding: &Encoding, is_young: bool) -> bool {
    let max_bitrate = encoding.max_bitrate.filter(|most| !is_young || *most <= YOUNG_BITRATE);
    let mut changed = set(into, "active", &encoding.active.into());
    changed |= set(into, "maxBitrate", &max_bitrate.map_or(JsValue::UNDEFINED, JsValue::from));
    if let Some(Picture { max_frame_rate, scale_down_by, scale_down_to }) = encoding.picture {
        let max_frame_rate = if max_frame_rate.is_finite() { max_frame_rate.into() } else { JsValue::UNDEFINED };
        changed |= set(into, "maxFramerate", &max_frame_rate);
        changed |= set(into, "scaleResolutionDownBy", &scale_down_by.into());
        changed |= scale_to(into, scale_down_to);
    }
    changed
}

/// Counts instead of `scaleResolutionDownBy` where the browser knows it. True if it was another size.
fn scale_to(encoding: &JsValue, size: Option<(u32, u32)>) -> bool {
    const KEY: &str = "scaleResolutionDownTo";
    let known = property(encoding, KEY);
    let dots = |key: &str| property(&known, key).as_f64();
    match size {
        None => set(encoding, KEY, &JsValue::UNDEFINED),
        Some((width, height)) if dots("maxWidth") == Some(width.into()) && dots("maxHeight") == Some(height.into()) => {
            false
        }
        Some((width, height)) => {
            set(encoding, KEY, &object([("maxWidth", width.into()), ("maxHeight", height.into())]).into())
        }
    }
}

fn is_sent_by(encoding: &JsValue, name: &str) -> bool {
    let codec = property(encoding, "codec");
    codec.is_object() && property(&codec, "mimeType").as_string().is_some_and(|known| known.eq_ignore_ascii_case(name))
}

/// The codec of this name among those that were negotiated.
fn negotiated(parameters: &JsValue, name: &str) -> Option<JsValue> {
    let codecs: Array = property(parameters, "codecs").into();
    let is_wanted =
        |codec: &JsValue| property(codec, "mimeType").as_string().is_some_and(|known| known.eq_ignore_ascii_case(name));
    Array::is_array(&codecs).then(|| codecs.iter().find(is_wanted)).flatten()
}

/// True if it was another value.
fn set(object: &JsValue, key: &str, value: &JsValue) -> bool {
    property(object, key) != *value && Reflect::set(object, &key.into(), value).unwrap_or(false)
}

use std::future::Future;
use std::rc::Rc;

use itodenwa::{Call, CallError, CallEvent, Events};
use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::HtmlVideoElement;

use crate::options::Options;
use crate::promise::promise;
use crate::pull::Pull;
use crate::values::{self, object, tagged};

/// One connection by hand. Promises that are pending keep it open.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawCall {
    call: Rc<Call>,
    events: Pull<Events<CallEvent>>,
}

#[wasm_bindgen]
impl RawCall {
    /// Makes the connection, with camera and microphone if they are wanted.
    #[wasm_bindgen(unchecked_return_type = "Promise<RawCall>")]
    pub fn create(options: JsValue) -> Promise {
        promise(async move {
            let call = Call::open(Options::new(options).call()).await?;
            let (call, events) = call.split();
            Ok(RawCall { call: Rc::new(call), events: Pull::new(events) }.into())
        })
    }

    /// Makes an offer: `{ type, sdp }`.
    #[wasm_bindgen(js_name = makeOffer, unchecked_return_type = "Promise<RTCSessionDescriptionInit>")]
    pub fn make_offer(&self) -> Promise {
        self.step(|call| async move { call.make_offer().await.map(|sdp| description("offer", &sdp)) })
    }

    /// Sets the other side's offer.
    #[wasm_bindgen(js_name = setOffer, unchecked_return_type = "Promise<void>")]
    pub fn set_offer(&self, offer: JsValue) -> Promise {
        let sdp = sdp(&offer);
        self.step(|call| async move { call.set_offer(&sdp).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Makes the answer: `{ type, sdp }`.
    #[wasm_bindgen(js_name = makeAnswer, unchecked_return_type = "Promise<RTCSessionDescriptionInit>")]
    pub fn make_answer(&self) -> Promise {
        self.step(|call| async move { call.make_answer().await.map(|sdp| description("answer", &sdp)) })
    }

    /// Sets the other side's answer.
    #[wasm_bindgen(js_name = setAnswer, unchecked_return_type = "Promise<void>")]
    pub fn set_answer(&self, answer: JsValue) -> Promise {
        let sdp = sdp(&answer);
        self.step(|call| async move { call.set_answer(&sdp).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Adds a candidate of the other side; `null` is the end of them.
    #[wasm_bindgen(js_name = addCandidate, unchecked_return_type = "Promise<void>")]
    pub fn add_candidate(&self, candidate: JsValue) -> Promise {
        let candidate = values::candidate(&candidate);
        self.step(|call| async move { call.add_candidate(candidate).await.map(|()| JsValue::UNDEFINED) })
    }

    /// The next event, `undefined` after the last one.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn next(&self) -> Promise {
        self.events.next(|event| told(&event))
    }

    /// Sends a text.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn send(&self, text: &str) -> Result<(), JsValue> {
        self.call.send(text).map_err(JsValue::from)
    }

    /// A video element with the other side, or with oneself.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn view(&self, remote: bool) -> Result<HtmlVideoElement, JsValue> {
        self.call.view(remote).map_err(JsValue::from)
    }

    /// Plays what the browser did not play.
    pub fn resume(&self) {
        self.call.resume();
    }

    /// Hangs up.
    pub fn close(&self) {
        self.call.close();
    }

    fn step<F>(&self, step: impl FnOnce(Rc<Call>) -> F) -> Promise
    where
        F: Future<Output = Result<JsValue, CallError>> + 'static,
    {
        let step = step(Rc::clone(&self.call));
        promise(async move { step.await.map_err(JsValue::from) })
    }
}

fn description(kind: &str, sdp: &str) -> JsValue {
    object([("type", kind.into()), ("sdp", sdp.into())])
}

/// A description as an object, or the mere text of one. What is neither is refused by the browser.
fn sdp(description: &JsValue) -> String {
    let text = || Reflect::get(description, &"sdp".into()).ok()?.as_string();
    description.as_string().or_else(text).unwrap_or_default()
}

fn told(event: &CallEvent) -> JsValue {
    match event {
        CallEvent::Candidate(candidate) => tagged("candidate", [("candidate", values::candidate_init(candidate))]),
        CallEvent::EndOfCandidates => tagged("endOfCandidates", []),
        CallEvent::Connection(state) => tagged("connection", [("state", state.as_str().into())]),
        CallEvent::Media { source, on } => tagged("media", [("source", source.as_str().into()), ("on", (*on).into())]),
        CallEvent::Blocked => tagged("blocked", []),
        CallEvent::MediaFailed { source, error } => {
            tagged("mediaFailed", [("source", source.as_str().into()), ("error", error.into())])
        }
        CallEvent::Text(text) => tagged("text", [("text", text.into())]),
        CallEvent::Step { at, step, text } => values::step(*at, step, text),
        CallEvent::Closed => tagged("closed", []),
        // Of a later version of the client crate.
        _ => tagged("other", []),
    }
}

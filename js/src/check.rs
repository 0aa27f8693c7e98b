//! Before a call: the preview of oneself, and the check of what will work.

use futures_channel::oneshot;
use futures_util::StreamExt;
use futures_util::stream::TakeUntil;
use itodenwa::{Check, CheckOptions, Events, Finding, Outcome, Preview, Room, Source};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlMediaElement, HtmlVideoElement};

use crate::options::Options;
use crate::process;
use crate::promise::{abortable, promise};
use crate::pull::Pull;
use crate::values::{self, object};

/// Camera and microphone before a call.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawPreview {
    preview: Preview,
    events: Pull<Events>,
}

#[wasm_bindgen]
impl RawPreview {
    /// Opens what is wanted.
    #[wasm_bindgen(unchecked_return_type = "Promise<RawPreview>")]
    pub fn open(options: JsValue) -> Promise {
        let options = Options::new(options);
        abortable(options.aborted(), async move {
            let (camera, microphone) = options.devices();
            let preview = Preview::open(camera, microphone).await?;
            let events = Pull::new(preview.events());
            Ok(RawPreview { preview, events }.into())
        })
    }

    /// The next event, `undefined` after the last one.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn next(&self) -> Promise {
        self.events.next(|event| values::event(&event))
    }

    /// Switches `"camera"` or `"microphone"` on or off.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn source(&self, source: &str, on: bool) -> Promise {
        let (preview, is_camera) = (self.preview.clone(), source == "camera");
        promise(async move {
            let switched = if is_camera { preview.camera(on).await } else { preview.microphone(on).await };
            switched.map(|()| JsValue::UNDEFINED).map_err(JsValue::from)
        })
    }

    /// Whether `"camera"` or `"microphone"` is on.
    #[wasm_bindgen(js_name = isOn)]
    #[must_use]
    pub fn is_on(&self, source: &str) -> bool {
        let source = if source == "camera" { Source::Camera } else { Source::Microphone };
        self.preview.settings(source).is_some()
    }

    /// Says what `"camera"` or `"microphone"` is wanted.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn choose(&self, source: &str, options: JsValue) -> Promise {
        let (preview, is_camera, options) = (self.preview.clone(), source == "camera", Options::new(options));
        promise(async move {
            let chosen = if is_camera {
                preview.use_camera(options.camera()).await
            } else {
                preview.use_microphone(options.microphone()).await
            };
            chosen.map(|()| JsValue::UNDEFINED).map_err(JsValue::from)
        })
    }

    /// Lets `"camera"` or `"microphone"` go through a processor of the application, or through none.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn process(&self, source: &str, processor: JsValue) -> Promise {
        let (preview, is_camera) = (self.preview.clone(), source == "camera");
        let source = if is_camera { Source::Camera } else { Source::Microphone };
        promise(async move { process::done(preview.process(source, process::processor(processor)).await) })
    }

    /// How loud the microphone is now, from 0 to 1.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.preview.level()
    }

    /// A video element with the picture.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn view(&self) -> Result<HtmlVideoElement, JsValue> {
        self.preview.view().map_err(JsValue::from)
    }

    /// Shows the picture in an element.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn attach(&self, element: &HtmlMediaElement) -> Result<(), JsValue> {
        self.preview.attach_to(element).map_err(JsValue::from)
    }

    /// Shows nothing any more in this element.
    pub fn detach(&self, element: &HtmlMediaElement) {
        self.preview.detach(element);
    }

    /// Plays what the browser refused to play by itself.
    pub fn resume(&self) {
        self.preview.resume();
    }

    /// Joins a room with what there is; the preview is over.
    #[wasm_bindgen(unchecked_return_type = "Promise<RawRoom>")]
    pub fn join(&self, room: String, options: JsValue) -> Promise {
        let options = Options::new(options);
        let join = options.join(Room::join(room)).preview(&self.preview);
        abortable(options.aborted(), async move { Ok(crate::enter(join).await?.into()) })
    }

    /// Checks with these devices, and the network.
    #[must_use]
    pub fn check(&self, options: JsValue) -> RawCheck {
        let preview = Some(self.preview.clone());
        RawCheck::new(CheckOptions { preview, ..Options::new(options).check() })
    }

    /// Gives the devices back.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise {
        let preview = self.preview.clone();
        promise(async move {
            preview.close().await;
            Ok(JsValue::UNDEFINED)
        })
    }
}

/// Checks devices and network.
#[wasm_bindgen]
#[must_use]
pub fn check(options: JsValue) -> RawCheck {
    RawCheck::new(Options::new(options).check())
}

/// The findings of a check. Freeing it ends it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawCheck {
    findings: Pull<TakeUntil<Check, oneshot::Receiver<()>>>,
    /// When this is dropped a pending promise is told that there is nothing more.
    _stop: oneshot::Sender<()>,
}

#[wasm_bindgen]
impl RawCheck {
    /// The next finding, `undefined` after the last one.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn next(&self) -> Promise {
        self.findings.next(|finding| told(&finding))
    }

    fn new(options: CheckOptions) -> Self {
        let (stop, stopped) = oneshot::channel();
        RawCheck { findings: Pull::new(itodenwa::check(options).take_until(stopped)), _stop: stop }
    }
}

fn told(finding: &Finding) -> JsValue {
    let (outcome, code, explain) = match &finding.outcome {
        Outcome::Fails { code, explain } => ("fails", Some(*code), explain.as_str()),
        Outcome::Skipped { code, why } => ("skipped", Some(*code), why.as_str()),
        // What a later version of the client crate tells has no code either.
        _ => ("works", None, ""),
    };
    object([
        ("part", finding.part.as_str().into()),
        ("outcome", outcome.into()),
        ("code", code.map_or(JsValue::UNDEFINED, JsValue::from)),
        ("explain", explain.into()),
        ("detail", (&finding.detail).into()),
        ("millis", (finding.millis as f64).into()),
    ])
}

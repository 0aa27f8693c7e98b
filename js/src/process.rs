//! The application's processors: objects with `start` and, if they like, `stop`.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use itodenwa::{Exception, MediaError, Processor};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::MediaStreamTrack;

struct JsProcessor(JsValue);

/// What the application gave; none to take it away.
pub(crate) fn processor(given: JsValue) -> Option<Rc<dyn Processor>> {
    given.is_truthy().then(|| Rc::new(JsProcessor(given)) as Rc<dyn Processor>)
}

/// What came of it.
pub(crate) fn done(processed: Result<(), MediaError>) -> Result<JsValue, JsValue> {
    processed.map(|()| JsValue::UNDEFINED).map_err(JsValue::from)
}

impl JsProcessor {
    fn method(&self, name: &str) -> Result<Function, JsValue> {
        Reflect::get(&self.0, &name.into())?.dyn_into()
    }
}

impl Processor for JsProcessor {
    fn start(&self, track: MediaStreamTrack) -> Pin<Box<dyn Future<Output = Result<MediaStreamTrack, Exception>>>> {
        let started = self.method("start").and_then(|start| start.call1(&self.0, &track));
        Box::pin(async move {
            let made = JsFuture::from(Promise::resolve(&started?)).await?;
            made.dyn_into().map_err(|_| Exception::new("TypeError", "start() gives a MediaStreamTrack"))
        })
    }

    fn stop(&self) {
        // Its own failures are its own: nothing is sent of it any more.
        let _ = self.method("stop").and_then(|stop| stop.call0(&self.0));
    }
}

use std::rc::Rc;

use itodenwa::{Handle, RecordError, RecordOptions, Recorded, Recording, Who};
use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::promise::promise;
use crate::values::object;

/// What is recorded now.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawRecording(Rc<Recording>);

#[wasm_bindgen]
impl RawRecording {
    /// How many bytes there are.
    #[must_use]
    pub fn bytes(&self) -> f64 {
        self.0.bytes() as f64
    }

    /// How long it has been recorded, in milliseconds.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.0.duration().as_millis() as f64
    }

    /// Whether there is sound in it.
    #[wasm_bindgen(js_name = hasSound)]
    #[must_use]
    pub fn has_sound(&self) -> bool {
        self.0.has_sound()
    }

    /// Ends it, and gives the file.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn stop(&self) -> Promise {
        let recording = Rc::clone(&self.0);
        promise(async move { told(recording.stop().await) })
    }

    /// The file, when it ends.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn ended(&self) -> Promise {
        let ended = self.0.ended();
        promise(async move { told(ended.await) })
    }
}

/// What is missing or of a wrong type is not set.
pub(crate) fn record(handle: Handle, everybody: bool, limit: Option<f64>) -> Promise {
    promise(async move {
        let mut options = RecordOptions::new(if everybody { Who::Everybody } else { Who::Own });
        if let Some(limit) = limit {
            options = options.limit(limit as u64);
        }
        let recording = handle.record(options).await?;
        Ok(RawRecording(Rc::new(recording)).into())
    })
}

fn told(recorded: Result<Recorded, RecordError>) -> Result<JsValue, JsValue> {
    let Recorded { blob, mime_type, duration, end } = recorded?;
    Ok(object([
        ("blob", blob.into()),
        ("type", mime_type.into()),
        ("duration", (duration.as_millis() as f64).into()),
        ("reason", end.as_str().into()),
    ]))
}

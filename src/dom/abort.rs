use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::Exception;

/// How long the promises of something may be waited for: until this is dropped.
///
/// A pending `setLocalDescription` never settles after `close()`, and a future on it would stay for ever. The race is run
/// by the browser, so that what is awaited here always settles and lets its callbacks go.
#[derive(Debug)]
pub(crate) struct AbortController {
    end: Option<Function>,
    signal: AbortSignal,
}

/// The part of a [`AbortController`] that tasks hold.
#[derive(Debug, Clone)]
pub(crate) struct AbortSignal {
    end: Promise,
    ended: Rc<Cell<bool>>,
}

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Aborted {
    /// The lifetime is over: whoever asked is gone.
    Ended,
    /// The browser refused.
    Threw(Exception),
}

impl AbortController {
    pub(crate) fn new() -> Self {
        let mut end = None;
        let promise = Promise::new(&mut |resolve, _| end = Some(resolve));
        AbortController { end, signal: AbortSignal { end: promise, ended: Rc::default() } }
    }

    pub(crate) fn signal(&self) -> AbortSignal {
        self.signal.clone()
    }
}

impl Drop for AbortController {
    fn drop(&mut self) {
        self.signal.ended.set(true);
        if let Some(end) = self.end.take() {
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}

impl AbortSignal {
    /// Waits for a promise, but not beyond the end.
    pub(crate) async fn race(&self, promise: Result<Promise, JsValue>) -> Result<JsValue, Aborted> {
        let promise: JsValue = promise?.into();
        let race = Promise::race(&Array::of2(&promise, &self.end));
        let result = JsFuture::from(race).await;
        if self.ended.get() { Err(Aborted::Ended) } else { Ok(result?) }
    }
}

impl From<JsValue> for Aborted {
    fn from(thrown: JsValue) -> Self {
        Aborted::Threw(thrown.into())
    }
}

impl From<Exception> for Aborted {
    fn from(error: Exception) -> Self {
        Aborted::Threw(error)
    }
}

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::error::Exception;

/// How long the promises of something may be waited for: until this is dropped.
///
/// A pending `setLocalDescription` never settles after `close()`, and a future on it would stay for ever. The race is run
/// by the browser, so that what is awaited here always settles and lets its callbacks go.
#[derive(Debug)]
pub(crate) struct Lifetime {
    end: Option<Function>,
    alive: Alive,
}

/// The part of a [`Lifetime`] that tasks hold.
#[derive(Debug, Clone)]
pub(crate) struct Alive {
    end: Promise,
    ended: Rc<Cell<bool>>,
}

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The lifetime is over: whoever asked is gone.
    Ended,
    /// The browser refused.
    Threw(Exception),
}

impl Lifetime {
    pub(crate) fn new() -> Self {
        let mut end = None;
        let promise = Promise::new(&mut |resolve, _| end = Some(resolve));
        Lifetime { end, alive: Alive { end: promise, ended: Rc::default() } }
    }

    pub(crate) fn alive(&self) -> Alive {
        self.alive.clone()
    }
}

impl Drop for Lifetime {
    fn drop(&mut self) {
        self.alive.ended.set(true);
        if let Some(end) = self.end.take() {
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Alive {
    /// Waits for a promise, but not beyond the end.
    pub(crate) async fn race(&self, promise: Result<Promise, JsValue>) -> Result<JsValue, Halt> {
        let promise: JsValue = promise?.into();
        let race = Promise::race(&Array::of2(&promise, &self.end));
        let result = JsFuture::from(race).await;
        if self.ended.get() { Err(Halt::Ended) } else { Ok(result?) }
    }
}

impl From<JsValue> for Halt {
    fn from(thrown: JsValue) -> Self {
        Halt::Threw(thrown.into())
    }
}

impl From<Exception> for Halt {
    fn from(error: Exception) -> Self {
        Halt::Threw(error)
    }
}

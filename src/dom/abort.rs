use std::cell::RefCell;
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
pub(crate) struct AbortController(AbortSignal);

/// The part of a [`AbortController`] that tasks hold.
///
/// What ends each race that runs, as many as promises are waited for; none after the end.
#[derive(Debug, Clone)]
pub(crate) struct AbortSignal(Rc<RefCell<Option<Vec<Function>>>>);

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
        AbortController(AbortSignal(Rc::new(RefCell::new(Some(Vec::new())))))
    }

    pub(crate) fn signal(&self) -> AbortSignal {
        self.0.clone()
    }
}

impl Drop for AbortController {
    fn drop(&mut self) {
        for end in self.0.0.take().into_iter().flatten() {
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}

impl AbortSignal {
    /// Waits for a promise, but not beyond the end.
    pub(crate) async fn race(&self, promise: Result<Promise, JsValue>) -> Result<JsValue, Aborted> {
        let promise: JsValue = promise?.into();
        // One for each race: what lives as long as the connection would keep every race, and with it what came of it, as long.
        let mut end = None;
        let ended = Promise::new(&mut |resolve, _| end = Some(resolve));
        let _race = end.and_then(|end| Race::begin(self, end));
        let result = JsFuture::from(Promise::race(&Array::of2(&promise, &ended))).await;
        if self.0.borrow().is_none() { Err(Aborted::Ended) } else { Ok(result?) }
    }
}

/// A race that runs. It is forgotten when this is dropped.
struct Race<'a>(&'a AbortSignal, Function);

impl<'a> Race<'a> {
    /// None after the end, which it then has.
    fn begin(signal: &'a AbortSignal, end: Function) -> Option<Self> {
        match &mut *signal.0.borrow_mut() {
            Some(ends) => ends.push(end.clone()),
            None => {
                let _ = end.call0(&JsValue::UNDEFINED);
                return None;
            }
        }
        Some(Race(signal, end))
    }
}

impl Drop for Race<'_> {
    fn drop(&mut self) {
        if let Some(ends) = &mut *self.0.0.borrow_mut() {
            ends.retain(|end| *end != self.1);
        }
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

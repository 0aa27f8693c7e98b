use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::Exception;

/// How long the promises of something may be waited for: until this is dropped.
///
/// A pending `setLocalDescription` never settles after `close()`, and a future on it would stay for ever. The race is run
/// by the browser, so that what is awaited here always settles and lets its callbacks go.
#[derive(Debug)]
pub(crate) struct AbortController(AbortSignal);

/// The part of a [`AbortController`] that tasks hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct AbortSignal(Rc<Races>);

#[derive(Debug, Default)]
struct Races {
    /// What ends each race that runs: as many as promises are waited for.
    ends: RefCell<Vec<JsValue>>,
    ended: Cell<bool>,
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
        AbortController(AbortSignal::default())
    }

    pub(crate) fn signal(&self) -> AbortSignal {
        self.0.clone()
    }
}

impl Drop for AbortController {
    fn drop(&mut self) {
        self.0.0.ended.set(true);
        self.0.end();
    }
}

impl AbortSignal {
    /// Waits for a promise, but not beyond the end.
    pub(crate) async fn race(&self, promise: Result<Promise, JsValue>) -> Result<JsValue, Aborted> {
        let promise: JsValue = promise?.into();
        // One for each race: what lives as long as the connection would keep something of every race as long.
        let mut end = JsValue::UNDEFINED;
        let ended = Promise::new(&mut |resolve, _| end = resolve.into());
        let races = &*self.0;
        races.ends.borrow_mut().push(end.clone());
        let _race = Race(races, end);
        if races.ended.get() {
            self.end();
        }
        let result = JsFuture::from(Promise::race(&Array::of2(&promise, &ended))).await;
        if races.ended.get() { Err(Aborted::Ended) } else { Ok(result?) }
    }

    fn end(&self) {
        for end in self.0.ends.take() {
            let _ = end.unchecked_into::<Function>().call0(&JsValue::UNDEFINED);
        }
    }
}

/// A race that runs: what ends it is forgotten with this.
struct Race<'a>(&'a Races, JsValue);

impl Drop for Race<'_> {
    fn drop(&mut self) {
        let ends = &mut *self.0.ends.borrow_mut();
        if let Some(at) = ends.iter().position(|end| *end == self.1) {
            ends.swap_remove(at);
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

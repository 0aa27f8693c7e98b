use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use futures_util::{Stream, StreamExt};
use js_sys::Promise;
use wasm_bindgen::JsValue;

use crate::promise::promise;
use crate::values::coded;

/// A stream that JavaScript reads by promises. While one is pending it has the stream.
pub(crate) struct Pull<S>(Rc<Cell<Option<S>>>);

impl<S: Stream + Unpin + 'static> Pull<S> {
    pub(crate) fn new(events: S) -> Self {
        Pull(Rc::new(Cell::new(Some(events))))
    }

    pub(crate) fn next(&self, value: impl FnOnce(S::Item) -> JsValue + 'static) -> Promise {
        let place = Rc::clone(&self.0);
        promise(async move {
            let Some(mut events) = place.take() else {
                return Err(coded("events/busy", "The events are being read already. Await the promise before."));
            };
            let event = events.next().await;
            place.set(Some(events));
            Ok(event.map_or(JsValue::UNDEFINED, value))
        })
    }
}

impl<S> fmt::Debug for Pull<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pull").finish_non_exhaustive()
    }
}

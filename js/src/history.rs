//! Messages for those who come later.

use std::cell::Cell;
use std::hint::black_box;

use itodenwa::History;
use wasm_bindgen::prelude::*;

use crate::values::coded;

thread_local! {
    static HISTORY: Cell<Option<History>> = const { Cell::new(None) };
}

/// Keeps so many messages in the room that is joined next.
///
/// # Errors
/// An `Error` with the `code` `options/invalid`.
#[wasm_bindgen(js_name = keepHistory)]
pub fn keep_history(messages: &JsValue) -> Result<(), JsValue> {
    let count = messages.as_f64().filter(|count| (1.0..=50.0).contains(count) && count.fract() == 0.0);
    let invalid = || coded("options/invalid", "history is how many messages are kept, from 1 to 50.");
    // Otherwise the compiler sees that there is no other kind of it, and the first module calls it by its name.
    HISTORY.set(black_box(Some(History::new(count.ok_or_else(invalid)? as usize))));
    Ok(())
}

/// What was kept for it, once.
pub(crate) fn kept() -> Option<History> {
    HISTORY.take()
}

//! A room's key.

use std::cell::Cell;
use std::hint::black_box;

use itodenwa::{Error, RoomKey};
use wasm_bindgen::prelude::*;

thread_local! {
    static KEY: Cell<Option<RoomKey>> = const { Cell::new(None) };
}

/// Keeps the key of the room that is joined next.
///
/// # Errors
/// An `Error` with the `code` `key/invalid`.
#[wasm_bindgen(js_name = keepKey)]
pub fn keep_key(secret: String) -> Result<(), JsValue> {
    // Otherwise the compiler sees that there is no other kind of it, and the first module calls it by its name.
    KEY.set(black_box(Some(RoomKey::new(secret).map_err(Error::from)?)));
    Ok(())
}

/// The key that was kept, once.
pub(crate) fn kept() -> Option<RoomKey> {
    KEY.take()
}

//! What is made before it is known when somebody joins.

use std::cell::Cell;

use itodenwa::{Prepared, Room};
use wasm_bindgen::prelude::*;

thread_local! {
    static VISIT: Cell<Option<Box<Prepared>>> = const { Cell::new(None) };
}

/// Opens the way to a server and makes an offer, for the join that follows. One that is there is kept: it has to be of the same server.
///
/// # Errors
/// Throws an `Error` with a `code`.
#[wasm_bindgen]
pub fn visit(server: Option<String>) -> Result<(), JsValue> {
    let mut kept = VISIT.take();
    if !kept.as_mut().is_some_and(|prepared| prepared.is_connecting_or_open()) {
        kept = Some(Box::new(Room::prepare(server)?));
    }
    VISIT.set(kept);
    Ok(())
}

/// Closes it, if it is still there.
#[wasm_bindgen(js_name = endVisit)]
pub fn end_visit() {
    VISIT.take();
}

/// What was prepared, once.
pub(crate) fn kept() -> Option<Box<Prepared>> {
    VISIT.take()
}

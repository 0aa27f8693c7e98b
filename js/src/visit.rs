//! The way to a server that is opened before it is known when somebody joins.

use std::cell::Cell;

use itodenwa::Error;
use itodenwa::signaling::WebSocketSignaling;
use wasm_bindgen::prelude::*;

thread_local! {
    static VISIT: Cell<Option<Box<WebSocketSignaling>>> = const { Cell::new(None) };
}

/// Opens the way to a server, for the join that follows. One that is there is kept: it has to be of the same server.
///
/// # Errors
/// Throws an `Error` with a `code`.
#[wasm_bindgen]
pub fn visit(server: Option<String>) -> Result<(), JsValue> {
    let mut kept = VISIT.take();
    if !kept.as_mut().is_some_and(|signaling| signaling.is_connecting_or_open()) {
        let address = server.map_or_else(WebSocketSignaling::own_server, Ok).map_err(Error::from)?;
        kept = Some(Box::new(WebSocketSignaling::visit(address).map_err(Error::from)?));
    }
    VISIT.set(kept);
    Ok(())
}

/// Closes it, if it is still there.
#[wasm_bindgen(js_name = endVisit)]
pub fn end_visit() {
    VISIT.take();
}

/// The way to the server, once.
pub(crate) fn kept() -> Option<Box<WebSocketSignaling>> {
    VISIT.take()
}

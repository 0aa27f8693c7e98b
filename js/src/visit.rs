//! The way to a server that is opened before it is known when somebody joins.

use std::cell::Cell;

use itodenwa::Error;
use itodenwa::signaling::WebSocketSignaling;
use wasm_bindgen::prelude::*;

/// To the server of this address; the page's own if there is none.
type Visit = (Option<String>, WebSocketSignaling);

thread_local! {
    static VISIT: Cell<Option<Box<Visit>>> = const { Cell::new(None) };
}

/// Opens the way to a server, for the join that follows. One that is there is kept.
///
/// # Errors
/// Throws an `Error` with a `code`.
#[wasm_bindgen]
pub fn visit(server: Option<String>) -> Result<(), JsValue> {
    if let Some(mut signaling) = kept(server.as_deref())
        && signaling.is_connecting_or_open()
    {
        VISIT.set(Some(Box::new((server, signaling))));
        return Ok(());
    }
    let address = server.clone().map_or_else(WebSocketSignaling::own_server, Ok).map_err(Error::from)?;
    let signaling = WebSocketSignaling::visit(address).map_err(Error::from)?;
    VISIT.set(Some(Box::new((server, signaling))));
    Ok(())
}

/// Closes it, if it is still there.
#[wasm_bindgen(js_name = endVisit)]
pub fn end_visit() {
    VISIT.take();
}

/// The way to this server, once. One to another server is not wanted any more.
pub(crate) fn kept(server: Option<&str>) -> Option<WebSocketSignaling> {
    VISIT.take().filter(|visit| visit.0.as_deref() == server).map(|visit| visit.1)
}

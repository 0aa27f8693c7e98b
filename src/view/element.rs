use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlVideoElement};

use crate::dom::global;
use crate::error::ViewError;

/// A `<video data-peer="…">`.
pub(crate) fn make(name: &str) -> Result<HtmlVideoElement, ViewError> {
    let element = document()?.create_element("video").map_err(|_| ViewError::Refused)?;
    element.set_attribute("data-peer", name).map_err(|_| ViewError::Refused)?;
    element.dyn_into().map_err(|_| ViewError::Refused)
}

/// The first element of the page that the selector finds.
pub(crate) fn find(selector: &str) -> Result<Element, ViewError> {
    document()?.query_selector(selector).ok().flatten().ok_or(ViewError::NotFound)
}

pub(super) fn document() -> Result<Document, ViewError> {
    global("document").dyn_into().map_err(|_: JsValue| ViewError::Refused)
}

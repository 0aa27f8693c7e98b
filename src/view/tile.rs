//! How large an element is shown.

use std::cell::Cell;

use itodenwa_protocol::sending::RenderedSize;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlMediaElement;

use super::sizing::Sizing;
use crate::dom::{ShownElement, property};

/// Sizes are told in such steps of dots, so that a window that is drawn larger does not tell each dot.
const GRAIN: f64 = 16.0;
/// Pictures in a picture are about so large, whatever the page has.
const IN_PICTURE: RenderedSize = RenderedSize::Size(640, 360);

/// Whether it is in the page, in the window, and how large (CSSOM View, section 7). What other elements cover is not seen.
///
/// Page and window are its own ones: in a Document Picture-in-Picture window or a popup it is seen while its opener is not.
pub(super) fn tile(element: &HtmlMediaElement, sizing: &Cell<Sizing>) -> RenderedSize {
    // Sound alone shows nobody.
    if property(element, "videoWidth").is_undefined() {
        return RenderedSize::Hidden;
    }
    let document = property(element, "ownerDocument");
    let window = property(&document, "defaultView");
    if property(&document, "pictureInPictureElement") == *AsRef::<JsValue>::as_ref(element) {
        return IN_PICTURE;
    }
    if property(&document, "visibilityState").as_string().as_deref() == Some("hidden") {
        return RenderedSize::Hidden;
    }
    if !element.is_connected() {
        return RenderedSize::Unknown;
    }
    let rect = element.unchecked_ref::<ShownElement>().bounding_client_rect();
    let side = |name| number(&rect, name);
    let is_outside = side("bottom") <= 0.0
        || side("right") <= 0.0
        || side("top") >= number(&window, "innerHeight")
        || side("left") >= number(&window, "innerWidth");
    let ratio = number(&window, "devicePixelRatio").max(0.1);
    let dots = |name| (side(name) * ratio / GRAIN).ceil() * GRAIN;
    let picture = (number(element, "videoWidth"), number(element, "videoHeight"));
    let mut known = sizing.get();
    let is_styled = known.look((side("width"), side("height")), picture);
    sizing.set(known);
    match (dots("width"), dots("height")) {
        (width, height) if width > 0.0 && height > 0.0 && !is_outside => {
            if is_styled {
                RenderedSize::Size(width as u32, height as u32)
            } else {
                RenderedSize::Unknown
            }
        }
        _ => RenderedSize::Hidden,
    }
}

fn number(value: &JsValue, name: &str) -> f64 {
    property(value, name).as_f64().unwrap_or_default()
}

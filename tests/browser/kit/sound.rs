//! What is to be heard, also where there is no sound device.

use wasm_bindgen::prelude::*;
use web_sys::HtmlVideoElement;

#[wasm_bindgen(module = "/tests/browser/kit/sound.js")]
extern "C" {
    pub(super) fn heard(element: &HtmlVideoElement) -> js_sys::Promise;
    pub(super) fn runs_sound() -> js_sys::Promise;
    pub(crate) fn stand_in_for_sound();
}

//! A recorder that can fail, or is not there.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/browser/kit/recorder.js")]
extern "C" {
    pub(crate) fn watch_recorder();
    pub(crate) fn fail_recorder();
    pub(crate) fn is_recording() -> bool;
    pub(crate) fn hide_recorder();
    pub(crate) fn show_recorder();
}

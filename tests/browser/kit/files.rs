//! What the private file system has of this library.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/browser/kit/files.js")]
extern "C" {
    pub(crate) fn private_names() -> js_sys::Promise;
    pub(crate) fn plant_private(count: u32, age: f64, text: &str, block_bytes: u32) -> js_sys::Promise;
}

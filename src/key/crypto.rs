//! The Web Cryptography API, as far as it is used.

use js_sys::{Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn fill(bytes: &Uint8Array) -> Result<Uint8Array, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = importKey)]
    pub(super) fn import_key(
        format: &str,
        key: &Uint8Array,
        algorithm: &str,
        extractable: bool,
        usages: Vec<String>,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = deriveKey)]
    pub(super) fn derive_key(
        algorithm: &Object,
        base: &JsValue,
        derived: &Object,
        extractable: bool,
        usages: Vec<String>,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"])]
    pub(super) fn encrypt(algorithm: &Object, key: &JsValue, data: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"])]
    pub(super) fn decrypt(algorithm: &Object, key: &JsValue, data: &Uint8Array) -> Result<Promise, JsValue>;

    /// Base64 of a text that has a character below 256 for each byte (HTML, section 8.3).
    #[wasm_bindgen(catch)]
    pub(super) fn btoa(bytes: &str) -> Result<String, JsValue>;

    #[wasm_bindgen(catch)]
    pub(super) fn atob(base64: &str) -> Result<String, JsValue>;
}

/// Random bytes.
pub(crate) fn random(count: u32) -> Option<Vec<u8>> {
    Some(fill(&Uint8Array::new_with_length(count)).ok()?.to_vec())
}

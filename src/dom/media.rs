//! Devices and tracks (W3C Media Capture and Streams, Screen Capture, MediaStreamTrack Content Hints).

use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// W3C Media Capture and Streams, section 10.
    #[wasm_bindgen(js_namespace = ["navigator", "mediaDevices"], js_name = getUserMedia, catch)]
    pub(crate) fn get_user_media(constraints: &Object) -> Result<Promise, JsValue>;

    /// W3C Screen Capture, section 5.1.
    #[wasm_bindgen(js_namespace = ["navigator", "mediaDevices"], js_name = getDisplayMedia, catch)]
    pub(crate) fn get_display_media(options: &Object) -> Result<Promise, JsValue>;

    /// W3C Media Capture and Streams, section 9.2.
    #[wasm_bindgen(js_namespace = ["navigator", "mediaDevices"], js_name = enumerateDevices, catch)]
    pub(crate) fn enumerate_devices() -> Result<Promise, JsValue>;

    /// W3C Media Capture and Streams, section 10.1.
    #[wasm_bindgen(js_namespace = ["navigator", "mediaDevices"], js_name = getSupportedConstraints, catch)]
    pub(crate) fn get_supported_constraints() -> Result<JsValue, JsValue>;

    /// What web-sys has only with many more types.
    #[wasm_bindgen(js_name = Element)]
    #[derive(Debug, Clone)]
    pub(crate) type ShownElement;

    /// CSSOM View, section 6.
    #[wasm_bindgen(method, js_name = getBoundingClientRect)]
    pub(crate) fn bounding_client_rect(this: &ShownElement) -> JsValue;

    /// What web-sys lacks of an `HTMLMediaElement`.
    #[wasm_bindgen(js_name = HTMLMediaElement)]
    #[derive(Debug, Clone)]
    pub(crate) type SinkElement;

    /// W3C Audio Output Devices, section 2.1.
    #[wasm_bindgen(method, catch, js_name = setSinkId)]
    pub(crate) fn set_sink_id(this: &SinkElement, device: &str) -> Result<Promise, JsValue>;

    /// What web-sys lacks of a `MediaStreamTrack`.
    #[wasm_bindgen(js_name = MediaStreamTrack)]
    #[derive(Debug, Clone)]
    pub(crate) type CapturedTrack;

    #[wasm_bindgen(method, js_name = getSettings, catch)]
    pub(crate) fn settings(this: &CapturedTrack) -> Result<JsValue, JsValue>;

    /// Where there is no such property it does nothing.
    #[wasm_bindgen(method, setter, js_name = contentHint)]
    pub(crate) fn set_content_hint(this: &CapturedTrack, hint: &str);
}

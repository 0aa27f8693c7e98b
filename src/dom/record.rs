//! What a recording is made with (W3C MediaStream Recording; HTML, the canvas), as far as it is used.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, HtmlVideoElement, MediaStream};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = EventTarget, js_name = MediaRecorder)]
    #[derive(Debug, Clone)]
    pub(crate) type Recorder;

    #[wasm_bindgen(constructor, catch, js_class = "MediaRecorder")]
    pub(crate) fn new(stream: &MediaStream, options: &Object) -> Result<Recorder, JsValue>;

    #[wasm_bindgen(static_method_of = Recorder, js_class = "MediaRecorder", js_name = isTypeSupported)]
    pub(crate) fn is_type_supported(mime_type: &str) -> bool;

    #[wasm_bindgen(method, getter, js_name = mimeType)]
    pub(crate) fn mime_type(this: &Recorder) -> String;

    /// What was recorded is given in parts of so many milliseconds.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn start(this: &Recorder, slice: u32) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn stop(this: &Recorder) -> Result<(), JsValue>;

    #[wasm_bindgen(js_name = HTMLCanvasElement)]
    #[derive(Debug, Clone)]
    pub(crate) type Canvas;

    #[wasm_bindgen(method, setter, js_name = width)]
    pub(crate) fn set_width(this: &Canvas, width: u32);

    #[wasm_bindgen(method, setter, js_name = height)]
    pub(crate) fn set_height(this: &Canvas, height: u32);

    #[wasm_bindgen(method, catch, js_name = getContext)]
    pub(crate) fn context(this: &Canvas, kind: &str) -> Result<Option<Painter>, JsValue>;

    /// W3C Media Capture from DOM Elements, section 4.
    #[wasm_bindgen(method, catch, js_name = captureStream)]
    pub(crate) fn capture(this: &Canvas, rate: u32) -> Result<MediaStream, JsValue>;

    #[wasm_bindgen(js_name = CanvasRenderingContext2D)]
    #[derive(Debug, Clone)]
    pub(crate) type Painter;

    #[wasm_bindgen(method, setter, js_name = fillStyle)]
    pub(crate) fn set_fill(this: &Painter, colour: &str);

    #[wasm_bindgen(method, setter, js_name = font)]
    pub(crate) fn set_font(this: &Painter, font: &str);

    #[wasm_bindgen(method, js_name = fillRect)]
    pub(crate) fn fill_rect(this: &Painter, x: f64, y: f64, width: f64, height: f64);

    #[wasm_bindgen(method, js_name = fillText)]
    pub(crate) fn fill_text(this: &Painter, text: &str, x: f64, y: f64, width: f64);

    #[wasm_bindgen(method, catch, js_name = drawImage)]
    pub(crate) fn draw(
        this: &Painter,
        video: &HtmlVideoElement,
        x: f64,
        y: f64,
        width: f64,
        height: f64,
    ) -> Result<(), JsValue>;
}

//! Sound as numbers (W3C Web Audio API), as far as a level needs it.

use js_sys::{Float32Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::MediaStream;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = AudioContext)]
    #[derive(Debug, Clone)]
    pub(crate) type AudioContext;

    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new() -> Result<AudioContext, JsValue>;

    /// Seconds that it has run: 0 where it may not, or there is no sound device.
    #[wasm_bindgen(method, getter, js_name = currentTime)]
    pub(crate) fn current_time(this: &AudioContext) -> f64;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn resume(this: &AudioContext) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn close(this: &AudioContext) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createAnalyser)]
    pub(crate) fn create_analyser(this: &AudioContext) -> Result<AnalyserNode, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createMediaStreamSource)]
    pub(crate) fn create_source(this: &AudioContext, stream: &MediaStream) -> Result<AudioNode, JsValue>;

    #[wasm_bindgen(js_name = AudioNode)]
    #[derive(Debug, Clone)]
    pub(crate) type AudioNode;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn connect(this: &AudioNode, other: &AnalyserNode) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn disconnect(this: &AudioNode) -> Result<(), JsValue>;

    #[wasm_bindgen(js_name = AnalyserNode)]
    #[derive(Debug, Clone)]
    pub(crate) type AnalyserNode;

    /// The newest samples, from -1 to 1.
    #[wasm_bindgen(method, js_name = getFloatTimeDomainData)]
    pub(crate) fn samples(this: &AnalyserNode, into: &Float32Array);
}

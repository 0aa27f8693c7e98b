//! Sound as numbers, and sounds mixed (W3C Web Audio API), as far as it is used.

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

    #[wasm_bindgen(method, catch, js_name = createMediaStreamDestination)]
    pub(crate) fn create_destination(this: &AudioContext) -> Result<DestinationNode, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createConstantSource)]
    pub(crate) fn create_constant(this: &AudioContext) -> Result<ConstantNode, JsValue>;

    #[wasm_bindgen(js_name = AudioNode)]
    #[derive(Debug, Clone)]
    pub(crate) type AudioNode;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn connect(this: &AudioNode, to: &AudioNode) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn disconnect(this: &AudioNode) -> Result<(), JsValue>;

    #[wasm_bindgen(extends = AudioNode, js_name = AnalyserNode)]
    #[derive(Debug, Clone)]
    pub(crate) type AnalyserNode;

    /// The newest samples, from -1 to 1.
    #[wasm_bindgen(method, js_name = getFloatTimeDomainData)]
    pub(crate) fn samples(this: &AnalyserNode, into: &Float32Array);

    #[wasm_bindgen(extends = AudioNode, js_name = MediaStreamAudioDestinationNode)]
    #[derive(Debug, Clone)]
    pub(crate) type DestinationNode;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn stream(this: &DestinationNode) -> MediaStream;

    #[wasm_bindgen(extends = AudioNode, js_name = ConstantSourceNode)]
    #[derive(Debug, Clone)]
    pub(crate) type ConstantNode;

    /// The constant: an `AudioParam`.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn offset(this: &ConstantNode) -> JsValue;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn start(this: &ConstantNode) -> Result<(), JsValue>;
}

//! JSON by the browser: a parser of our own would be a third of the module that pages load.

use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use crate::error::JsError;

pub(crate) fn to_value<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    value.serialize(&Serializer::json_compatible()).map_err(|error| JsError::from(JsValue::from(error)))
}

pub(crate) fn to_text<T: Serialize>(value: &T) -> Result<String, JsError> {
    Ok(String::from(JSON::stringify(&to_value(value)?)?))
}

pub(crate) fn from_value<T: DeserializeOwned>(value: JsValue) -> Result<T, JsError> {
    serde_wasm_bindgen::from_value(value).map_err(|error| JsError::from(JsValue::from(error)))
}

pub(crate) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, JsError> {
    from_value(JSON::parse(text)?)
}

use std::error::Error as StdError;
use std::fmt;

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// An exception that the browser threw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsError {
    /// Its name, for instance `NotAllowedError`.
    pub name: String,
    /// Its message, in the browser's words.
    pub message: String,
}

impl fmt::Display for JsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl StdError for JsError {}

impl From<JsValue> for JsError {
    /// Takes anything: JavaScript may throw any value.
    fn from(thrown: JsValue) -> Self {
        let text = |key: &str| Reflect::get(&thrown, &key.into()).ok().and_then(|value| value.as_string());
        JsError {
            name: text("name").unwrap_or_else(|| "Error".into()),
            message: text("message").or_else(|| thrown.as_string()).unwrap_or_default(),
        }
    }
}

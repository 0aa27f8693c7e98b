use std::error::Error as StdError;
use std::fmt;

use wasm_bindgen::JsValue;

use super::property;

/// An exception that the browser threw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its name, for instance `NotAllowedError`.
    pub name: String,
    /// Its message, in the browser's words.
    pub message: String,
}

impl Exception {
    /// As the browser's own.
    #[must_use]
    pub fn new(name: &str, message: &str) -> Self {
        Exception { name: name.to_owned(), message: message.to_owned() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        f.write_str(": ")?;
        f.write_str(&self.message)
    }
}

impl StdError for Exception {}

impl From<JsValue> for Exception {
    /// Takes anything: JavaScript may throw any value.
    fn from(thrown: JsValue) -> Self {
        let text = |key: &str| property(&thrown, key).as_string();
        Exception {
            name: text("name").unwrap_or_else(|| "Error".into()),
            message: text("message").or_else(|| thrown.as_string()).unwrap_or_default(),
        }
    }
}

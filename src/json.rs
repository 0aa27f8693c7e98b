//! Values of applications, as JSON.

use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use crate::error::SendError;

/// A value as JSON (RFC 8259): what an application sends beside texts and bytes, and keeps as attributes.
///
/// ```no_run
/// # use itodenwa::{Json, SendError};
/// # fn main() -> Result<(), SendError> {
/// let move_to = Json::new(&("e2", "e4"))?;
/// assert_eq!(move_to.get(), Some(("e2".to_owned(), "e4".to_owned())));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Json(String);

impl Json {
    /// The value as JSON.
    ///
    /// # Errors
    /// [`SendError::Unsupported`] if JSON has nothing for it.
    pub fn new(value: &(impl Serialize + ?Sized)) -> Result<Self, SendError> {
        let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible());
        Json::from_js(&value.map_err(|_| SendError::Unsupported)?)
    }

    /// A JavaScript value, as `JSON.stringify` has it.
    ///
    /// # Errors
    /// [`SendError::Unsupported`] if JSON has nothing for it, as for functions and for what contains itself.
    pub fn from_js(value: &JsValue) -> Result<Self, SendError> {
        let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
        text.map(Json).ok_or(SendError::Unsupported)
    }

    /// A text that is JSON.
    ///
    /// # Errors
    /// [`SendError::Unsupported`] if it is not.
    pub fn parse(text: impl Into<String>) -> Result<Self, SendError> {
        let text = text.into();
        if JSON::parse(&text).is_err() {
            return Err(SendError::Unsupported);
        }
        Ok(Json(text))
    }

    /// What was written as JSON here.
    pub(crate) fn written(text: String) -> Self {
        Json(text)
    }

    /// The value; none if it is of another type. It comes from somebody else.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self) -> Option<T> {
        serde_wasm_bindgen::from_value(self.to_js()).ok()
    }

    /// The value for JavaScript.
    #[must_use]
    pub fn to_js(&self) -> JsValue {
        // It was tried when this was made.
        JSON::parse(&self.0).unwrap_or(JsValue::NULL)
    }

    /// The JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

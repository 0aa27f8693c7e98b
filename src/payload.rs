//! What messages carry, and how they are written as texts.

use itodenwa_wire::Format;
use itodenwa_wire::limits::{MESSAGE_OF_BYTES, TEXT_BYTES};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::SendError;
use crate::json::Json;

/// What a message carries. Texts, values and bytes are [`Into`] it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Payload {
    /// A text, at most 16 KiB of UTF-8.
    Text(String),
    /// A value, at most 16 KiB of JSON.
    Json(Json),
    /// Bytes, at most 12 KiB.
    Bytes(Vec<u8>),
}

impl Payload {
    /// As the text that is sent.
    pub(crate) fn write(self) -> Result<(String, Format), SendError> {
        let (text, format) = match self {
            Payload::Text(text) => (text, Format::Text),
            Payload::Json(json) => (json.as_str().to_owned(), Format::Json),
            Payload::Bytes(bytes) if bytes.len() > MESSAGE_OF_BYTES => return Err(SendError::TooLarge),
            Payload::Bytes(bytes) => {
                let binary: String = bytes.into_iter().map(char::from).collect();
                (btoa(&binary).map_err(|_| SendError::Unsupported)?, Format::Base64)
            }
        };
        if text.len() > TEXT_BYTES { Err(SendError::TooLarge) } else { Ok((text, format)) }
    }

    /// What came; none if it is not what its format says, or of a later version.
    pub(crate) fn read(text: String, format: Format) -> Option<Self> {
        match format {
            Format::Text => Some(Payload::Text(text)),
            Format::Json => Json::parse(text).ok().map(Payload::Json),
            // Every character of what it gives is a byte.
            Format::Base64 => atob(&text).ok().map(|binary| Payload::Bytes(binary.chars().map(|c| c as u8).collect())),
            _ => None,
        }
    }
}

impl From<&str> for Payload {
    fn from(text: &str) -> Self {
        Payload::Text(text.to_owned())
    }
}

impl From<&String> for Payload {
    fn from(text: &String) -> Self {
        Payload::Text(text.clone())
    }
}

impl From<String> for Payload {
    fn from(text: String) -> Self {
        Payload::Text(text)
    }
}

impl From<Json> for Payload {
    fn from(value: Json) -> Self {
        Payload::Json(value)
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Payload::Bytes(bytes)
    }
}

impl From<&[u8]> for Payload {
    fn from(bytes: &[u8]) -> Self {
        Payload::Bytes(bytes.to_vec())
    }
}

/// HTML, section 8.3.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn btoa(binary: &str) -> Result<String, JsValue>;

    #[wasm_bindgen(catch)]
    fn atob(base64: &str) -> Result<String, JsValue>;
}

//! Errors as JavaScript's: an `Error` with a `code`, and the browser's exception as its `cause`. So `?` does in a function that
//! gives a `Result<_, JsValue>`.

use std::error::Error as StdError;

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use super::{
    AttributeError, CallError, ChannelError, Error, Exception, FileError, MediaError, NameError, PublishError,
    RecordError, RequestError, SendError, SignalingError, VerificationError, ViewError,
};

macro_rules! into_js {
    ($($error:ident)*) => {$(
        impl From<&$error> for JsValue {
            fn from(error: &$error) -> JsValue {
                coded(error.code(), error)
            }
        }
    )*};
}

into_js!(AttributeError CallError ChannelError FileError MediaError NameError PublishError RecordError SendError VerificationError ViewError);

impl From<&Error> for JsValue {
    /// What the server refused has its own code, `refusal`, and `retryAfter` in milliseconds.
    fn from(error: &Error) -> JsValue {
        let value = coded(error.code(), error);
        if let Error::Signaling(SignalingError::Refused(refusal)) = error {
            set(&value, "refusal", &refusal.code.as_str().into());
            set(&value, "retryAfter", &refusal.retry_after.map_or(JsValue::UNDEFINED, JsValue::from));
        }
        value
    }
}

impl From<&RequestError> for JsValue {
    /// What the other side says has its own code, `refusal`.
    fn from(error: &RequestError) -> JsValue {
        let value = coded(error.code(), error);
        if let RequestError::Refused(refusal) = error {
            set(&value, "refusal", &(&refusal.code).into());
        }
        value
    }
}

macro_rules! into_js_by_value {
    ($($error:ident)*) => {$(
        impl From<$error> for JsValue {
            fn from(error: $error) -> JsValue {
                JsValue::from(&error)
            }
        }
    )*};
}

into_js_by_value!(AttributeError CallError ChannelError Error FileError MediaError NameError PublishError RecordError RequestError SendError VerificationError ViewError);

fn coded(code: &str, error: &dyn StdError) -> JsValue {
    let value = js_sys::Error::new(&error.to_string());
    set(&value, "code", &code.into());
    // The exception of a call's media error is one step further.
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(Exception { name, message }) = error.downcast_ref() {
            let cause = js_sys::Error::new(message);
            cause.set_name(name);
            set(&value, "cause", &cause);
        }
        source = error.source();
    }
    value.into()
}

/// Can't fail on an object that was just made.
fn set(object: &JsValue, key: &str, value: &JsValue) {
    let _ = Reflect::set(object, &key.into(), value);
}

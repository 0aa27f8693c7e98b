//! Reading values that came as JSON.

use std::fmt;

use js_sys::{Array, JSON, Object};
use wasm_bindgen::{JsCast, JsValue};

use crate::dom::property;

/// The largest number that JavaScript counts without gaps (`Number.MAX_SAFE_INTEGER`).
const SAFE: f64 = 9_007_199_254_740_991.0;

/// Why a text is not a message of the wire: which part of it is missing, of a wrong type, or breaks a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not understood: ")?;
        f.write_str(self.0)
    }
}

impl std::error::Error for Malformed {}

pub(super) type Result<T> = std::result::Result<T, Malformed>;

/// A value, and what it is, for the complaint.
pub(super) struct Value {
    value: JsValue,
    what: &'static str,
}

impl Value {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let value = JSON::parse(text).map_err(|_| Malformed("it is not JSON"))?;
        Ok(Value { value, what: "the message" })
    }

    pub(super) fn new(value: JsValue, what: &'static str) -> Self {
        Value { value, what }
    }

    /// A field; it may be missing until it is read.
    pub(super) fn field(&self, name: &'static str) -> Value {
        Value { value: property(&self.value, name), what: name }
    }

    /// A field that may be missing.
    pub(super) fn given(&self, name: &'static str) -> Option<Value> {
        let field = self.field(name);
        (!field.value.is_undefined()).then_some(field)
    }

    /// A field that may be missing or null.
    pub(super) fn optional(&self, name: &'static str) -> Option<Value> {
        self.given(name).filter(|field| !field.value.is_null())
    }

    pub(super) fn malformed<T>(&self) -> Result<T> {
        Err(Malformed(self.what))
    }

    pub(super) fn text(&self) -> Result<String> {
        self.value.as_string().map_or_else(|| self.malformed(), Ok)
    }

    pub(super) fn flag(&self) -> Result<bool> {
        self.value.as_bool().map_or_else(|| self.malformed(), Ok)
    }

    /// A whole number from 0 to this.
    fn whole(&self, most: f64) -> Result<u64> {
        match self.value.as_f64() {
            Some(number) if (0.0..=most).contains(&number) && number.trunc() == number => Ok(number as u64),
            _ => self.malformed(),
        }
    }

    pub(super) fn u64(&self) -> Result<u64> {
        self.whole(SAFE)
    }

    pub(super) fn u32(&self) -> Result<u32> {
        self.whole(u32::MAX.into()).map(|number| number as u32)
    }

    pub(super) fn u16(&self) -> Result<u16> {
        self.whole(u16::MAX.into()).map(|number| number as u16)
    }

    /// The items of an array.
    pub(super) fn items(&self) -> Result<Vec<Value>> {
        if !Array::is_array(&self.value) {
            return self.malformed();
        }
        let array = Array::from(&self.value);
        Ok(array.iter().map(|value| Value { value, what: self.what }).collect())
    }

    /// The items of an array of exactly so many.
    pub(super) fn tuple<const N: usize>(&self) -> Result<[Value; N]> {
        self.items()?.try_into().map_or_else(|_| self.malformed(), Ok)
    }

    /// A value of an enum: its name alone, or an object with its name and what it carries.
    pub(super) fn variant(&self) -> Result<(String, Value)> {
        if let Some(name) = self.value.as_string() {
            return Ok((name, Value { value: JsValue::NULL, what: self.what }));
        }
        if !self.value.is_object() || Array::is_array(&self.value) {
            return self.malformed();
        }
        let keys = Object::keys(self.value.unchecked_ref::<Object>());
        match (keys.length(), keys.get(0).as_string()) {
            (1, Some(name)) => {
                let value = property(&self.value, &name);
                Ok((name, Value { value, what: self.what }))
            }
            _ => self.malformed(),
        }
    }
}

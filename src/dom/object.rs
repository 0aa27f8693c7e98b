use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// A dictionary of the Web IDL kind.
pub(crate) fn object<const N: usize>(entries: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (key, value) in entries {
        // Can't fail on an object that was just made.
        let _ = Reflect::set(&object, &key.into(), &value);
    }
    object
}

/// A property of the global object, `undefined` where the browser has no such thing.
pub(crate) fn global(name: &str) -> JsValue {
    property(&js_sys::global(), name)
}

/// Whether the object has this method or property, and it is not null.
pub(crate) fn is_present(target: &JsValue, name: &str) -> bool {
    let value = property(target, name);
    !value.is_undefined() && !value.is_null()
}

/// A property, `undefined` where there is none.
pub(crate) fn property(target: &JsValue, name: &str) -> JsValue {
    Reflect::get(target, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

//! Locks between the pages of an origin (W3C Web Locks API).

use futures_util::future::{Either, select};
use js_sys::{Function, Object, Promise};
use wasm_bindgen::prelude::*;

use super::{global, object, property, settled};
use crate::oneshot;

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &Object, callback: &JsValue) -> Result<Promise, JsValue>;
}

/// A lock that this page has; dropping it gives it back, and so does the end of the page.
#[derive(Debug)]
pub(crate) struct Lock {
    release: JsValue,
    released: Promise,
}

impl Lock {
    /// None if another one has it, or where there are no locks.
    pub(crate) async fn try_new(name: &str) -> Option<Self> {
        Lock::request(name, true).await
    }

    /// Waits until no other one has it. None where there are no locks.
    pub(crate) async fn new(name: &str) -> Option<Self> {
        Lock::request(name, false).await
    }

    /// Gives it back, and waits until others can have it.
    pub(crate) async fn release(self) {
        let released = self.released.clone();
        drop(self);
        // It is resolved with the other promise's value.
        let _ = settled(Ok(released)).await;
    }

    async fn request(name: &str, if_available: bool) -> Option<Self> {
        let locks = property(&global("navigator"), "locks");
        if !property(&locks, "request").is_instance_of::<Function>() {
            return None;
        }
        let mut release = JsValue::UNDEFINED;
        // What the lock is for lasts until this is resolved.
        let held = Promise::new(&mut |resolve, _| release = resolve.into());
        let (granted, is_granted) = oneshot::channel();
        let mut granted = Some(granted);
        let callback: Closure<dyn FnMut(JsValue) -> JsValue> = Closure::new(move |lock: JsValue| {
            if let Some(granted) = granted.take() {
                granted.send(!lock.is_null());
            }
            if lock.is_null() { JsValue::UNDEFINED } else { held.clone().into() }
        });
        let options = object([("ifAvailable", if_available.into())]);
        let released = locks.unchecked_ref::<LockManager>().request(name, &options, callback.as_ref()).ok()?;
        match select(is_granted, std::pin::pin!(settled(Ok(released.clone())))).await {
            Either::Left((Ok(true), _)) => Some(Lock { release, released }),
            // Refused, or not asked for: pages of some kinds may not.
            _ => None,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A function that resolves a promise throws nothing.
        let _ = self.release.unchecked_ref::<Function>().call0(&JsValue::UNDEFINED);
    }
}

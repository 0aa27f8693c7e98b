//! How loud one is oneself. Loaded when it is first asked for.

use std::pin::Pin;

use futures_util::Stream;
use itodenwa::{Handle, OwnLevel};
use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::pull::Pull;
use crate::values::object;

/// One's own level, as long as it is read.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawLevel(Pull<Pin<Box<dyn Stream<Item = OwnLevel>>>>);

#[wasm_bindgen]
impl RawLevel {
    pub(crate) fn new(handle: &Handle) -> Self {
        RawLevel(Pull::new(Box::pin(handle.watch_level())))
    }

    /// The level of this moment, `undefined` when the room is over.
    #[wasm_bindgen(unchecked_return_type = "Promise<{ level: number, unheard: boolean } | undefined>")]
    pub fn next(&self) -> Promise {
        self.0.next(|now| object([("level", now.level.into()), ("unheard", now.is_unheard().into())]))
    }
}

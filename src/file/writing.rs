//! A file that is being written.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use crate::dom::{FileHandle, WritableFile, object, settled};

/// Whatever is waited for here may be left, and asked for again: it is done once.
pub(super) struct Writing {
    handle: FileHandle,
    writable: WritableFile,
    closing: Option<Promise>,
}

impl Writing {
    /// What was in it before is gone when it is closed.
    pub(super) async fn open(handle: FileHandle) -> Result<Self, JsValue> {
        let writable = settled(handle.create_writable()).await?.unchecked_into();
        Ok(Writing { handle, writable, closing: None })
    }

    pub(super) async fn write(&self, position: u64, bytes: &Uint8Array) -> Result<(), JsValue> {
        let position = (position as f64).into();
        let write = object([("type", "write".into()), ("position", position), ("data", bytes.into())]);
        settled(self.writable.write(&write)).await.map(|_| ())
    }

    /// Only now it is there, and stays when the page goes.
    pub(super) async fn close(&mut self) -> Result<Blob, JsValue> {
        let closing = match &self.closing {
            Some(closing) => closing.clone(),
            None => self.closing.insert(self.writable.close()?).clone(),
        };
        settled(Ok(closing)).await?;
        Ok(settled(self.handle.get_file()).await?.unchecked_into())
    }

    /// It is given up.
    pub(super) async fn abort(self) {
        // Either is over then, in whichever way.
        let _ = settled(self.closing.map_or_else(|| self.writable.abort(), Ok)).await;
    }
}

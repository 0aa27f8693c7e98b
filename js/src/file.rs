//! Files to and from peers.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use itodenwa::{Destination, FileError, IncomingFile, Peer, Progress, Transfer};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use crate::promise::promise;
use crate::values::object;

/// A file that is on its way.
#[wasm_bindgen]
pub struct RawTransfer {
    transfer: Transfer,
    /// The one that is read by `next`.
    seen: Rc<Cell<Option<Transfer>>>,
}

#[wasm_bindgen]
impl RawTransfer {
    /// What it is.
    #[wasm_bindgen(unchecked_return_type = "{ name: string, size: number, type: string }")]
    #[must_use]
    pub fn offer(&self) -> JsValue {
        offer(self.transfer.offer())
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> JsValue {
        progress(&self.transfer.progress())
    }

    /// How far it is, when that is otherwise; `undefined` after its end. One reader.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn next(&self) -> Promise {
        let seen = Rc::clone(&self.seen);
        promise(async move {
            let Some(mut transfer) = seen.take() else { return Ok(JsValue::UNDEFINED) };
            let changed = transfer.changed().await;
            if changed.is_some() {
                seen.set(Some(transfer));
            }
            Ok(changed.as_ref().map_or(JsValue::UNDEFINED, progress))
        })
    }

    /// The file, when it is received; `undefined` when it is sent.
    #[wasm_bindgen(unchecked_return_type = "Promise<Blob | undefined>")]
    pub fn done(&self) -> Promise {
        let done = self.transfer.done();
        promise(async move { Ok(done.await?.map_or(JsValue::UNDEFINED, JsValue::from)) })
    }

    /// Lets it wait, or go on.
    pub fn pause(&self, paused: bool) {
        if paused {
            self.transfer.pause();
        } else {
            self.transfer.resume();
        }
    }

    /// Gives it up.
    pub fn cancel(&self) {
        self.transfer.cancel();
    }

    fn new(transfer: Transfer) -> Self {
        RawTransfer { seen: Rc::new(Cell::new(Some(transfer.clone()))), transfer }
    }
}

impl fmt::Debug for RawTransfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.transfer.fmt(f)
    }
}

/// Offers a file to a peer.
pub(crate) fn send(peer: Option<Peer>, file: &Blob, name: &str) -> Result<RawTransfer, JsValue> {
    Ok(RawTransfer::new(peer.ok_or(FileError::PeerGone)?.send_file(file, name)?))
}

/// What is offered.
pub(crate) fn offered(file: &IncomingFile) -> Result<JsValue, FileError> {
    Ok(offer(&file.offer()?))
}

/// Bytes that are kept of such a file.
pub(crate) fn kept(file: &IncomingFile) -> Promise {
    let file = file.clone();
    promise(async move { Ok((file.kept().await as f64).into()) })
}

/// Takes it: to `"memory"`, `"private"`, or a file.
pub(crate) fn accept(file: &IncomingFile, to: JsValue, limit: Option<f64>) -> Result<RawTransfer, FileError> {
    let destination = match to.as_string().as_deref() {
        Some("private") => Destination::private(),
        _ if to.is_object() => Destination::file(to),
        _ => limit.map_or_else(Destination::default, |limit| Destination::memory(limit as u64)),
    };
    file.accept(destination).map(RawTransfer::new)
}

/// Removes what was received to the private file system.
#[wasm_bindgen(js_name = removePrivateFiles, unchecked_return_type = "Promise<void>")]
pub fn remove_private_files() -> Promise {
    promise(async {
        itodenwa::remove_private_files().await;
        Ok(JsValue::UNDEFINED)
    })
}

fn offer(offer: &itodenwa::Offer) -> JsValue {
    object([("name", (&offer.name).into()), ("size", (offer.size as f64).into()), ("type", (&offer.mime_type).into())])
}

fn progress(progress: &Progress) -> JsValue {
    let left = progress.left.map_or(JsValue::UNDEFINED, |left| (left.as_millis() as f64).into());
    object([
        ("state", progress.state.as_str().into()),
        ("bytes", (progress.bytes as f64).into()),
        ("kept", (progress.kept as f64).into()),
        ("size", (progress.size as f64).into()),
        ("speed", progress.speed.into()),
        ("left", left),
    ])
}

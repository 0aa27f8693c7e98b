use std::future::Future;
use std::pin::Pin;

use futures_util::future::{Either, select};
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// A promise of what a future gives. Boxed here, so that what settles promises is in the module once and not for each of them.
pub(crate) fn promise(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    boxed(Box::pin(future))
}

/// The same unless `aborted` is rejected first: then the future is dropped with all that it holds, and that is the reason.
pub(crate) fn abortable(
    aborted: Option<Promise>,
    future: impl Future<Output = Result<JsValue, JsValue>> + 'static,
) -> Promise {
    let work: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>> = Box::pin(future);
    let Some(aborted) = aborted else { return boxed(work) };
    boxed(Box::pin(async move {
        match select(work, JsFuture::from(aborted)).await {
            Either::Left((done, _)) | Either::Right((done, _)) => done,
        }
    }))
}

fn boxed(future: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
    wasm_bindgen_futures::future_to_promise(future)
}

//! Tasks and promises.

use std::future::Future;
use std::pin::Pin;

/// Runs a task on the page's thread. Boxed here, so that what runs tasks is in the module once and not for each of them.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    spawn_boxed(Box::pin(task));
}

fn spawn_boxed(task: Pin<Box<dyn Future<Output = ()>>>) {
    wasm_bindgen_futures::spawn_local(task);
}

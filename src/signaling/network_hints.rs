use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use crate::dom::{Listener, global, property};
use crate::queue::{Receiver, queue};

/// NetworkHints of the browser that the network may be back or another one, or that the page was out of use: network online
/// (HTML), tab visible again (HTML), page back from the cache (HTML) or unfrozen (Page Lifecycle), other kind of connection
/// (Network Information).
#[derive(Debug)]
pub(super) struct NetworkHints {
    seen: Receiver<()>,
    _listeners: Vec<Listener>,
}

impl NetworkHints {
    /// What the browser does not have shows nothing.
    pub(super) fn watch() -> Self {
        // One that was not looked at yet stands for all.
        let (sender, seen) = queue(1);
        let listen = |target: &JsValue, kind: &'static str, counts: fn() -> bool| {
            let sender = sender.clone();
            let target = target.dyn_ref::<EventTarget>()?;
            Some(Listener::new(target, kind, move |_| {
                if counts() {
                    let _ = sender.send(());
                }
            }))
        };
        let (window, document) = (global("window"), global("document"));
        let connection = Reflect::get(&global("navigator"), &"connection".into()).unwrap_or_default();
        let listeners = [
            listen(&window, "online", always),
            listen(&window, "pageshow", always),
            listen(&document, "visibilitychange", is_looked_at),
            listen(&document, "resume", always),
            listen(&connection, "change", always),
        ];
        NetworkHints { seen, _listeners: listeners.into_iter().flatten().collect() }
    }
}

fn always() -> bool {
    true
}

/// Whether somebody may look at the page (HTML, `document.visibilityState`).
pub(super) fn is_looked_at() -> bool {
    property(&global("document"), "visibilityState") == "visible"
}

impl Stream for NetworkHints {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.seen.poll_next_unpin(cx)
    }
}

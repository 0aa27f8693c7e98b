use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::Listener;

#[wasm_bindgen]
extern "C" {
    type MessageChannel;

    #[wasm_bindgen(constructor)]
    fn new() -> MessageChannel;

    #[wasm_bindgen(method, getter)]
    fn port1(this: &MessageChannel) -> Port;

    #[wasm_bindgen(method, getter)]
    fn port2(this: &MessageChannel) -> Port;

    #[wasm_bindgen(extends = EventTarget, js_name = MessagePort)]
    type Port;

    #[wasm_bindgen(method)]
    fn start(this: &Port);

    #[wasm_bindgen(method)]
    fn close(this: &Port);

    #[wasm_bindgen(method, js_name = postMessage)]
    fn post_message(this: &Port, message: &JsValue);
}

/// Runs something in a task of its own, soon, also in a page that is hidden, whose timers are slow (HTML, section 9.4).
pub(crate) struct NextTask {
    here: Port,
    there: Port,
    is_scheduled: Rc<Cell<bool>>,
}

impl NextTask {
    /// As long as the listener lives.
    pub(crate) fn new(mut call: impl FnMut() + 'static) -> (Self, Listener) {
        let channel = MessageChannel::new();
        let (here, there) = (channel.port1(), channel.port2());
        let is_scheduled = Rc::new(Cell::new(false));
        let scheduled = Rc::clone(&is_scheduled);
        let listener = Listener::new(&here, "message", move |_| {
            scheduled.set(false);
            call();
        });
        here.start();
        (NextTask { here, there, is_scheduled }, listener)
    }

    /// Once until it ran.
    pub(crate) fn schedule(&self) {
        if !self.is_scheduled.replace(true) {
            self.there.post_message(&JsValue::NULL);
        }
    }
}

impl Drop for NextTask {
    fn drop(&mut self) {
        self.here.close();
    }
}

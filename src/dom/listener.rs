use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget};

use super::held::{Held, Kind};

/// An event listener; dropping it removes it.
#[derive(Debug)]
pub(crate) struct Listener {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn FnMut(&Event)>,
    _held: Held,
}

impl Listener {
    /// What is called should do no more than put a value into a queue.
    pub(crate) fn new(target: &EventTarget, kind: &'static str, call: impl FnMut(&Event) + 'static) -> Self {
        Listener::boxed(target, kind, Box::new(call))
    }

    fn boxed(target: &EventTarget, kind: &'static str, call: Box<dyn FnMut(&Event)>) -> Self {
        let closure = Closure::wrap(call);
        // Throws for none of the events of browsers (DOM, section 2.7).
        let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        Listener { target: target.clone(), kind, closure, _held: Held::new(Kind::Listener) }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.kind, self.closure.as_ref().unchecked_ref());
    }
}

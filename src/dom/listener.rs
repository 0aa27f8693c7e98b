use gloo_events::EventListener;
use web_sys::{Event, EventTarget};

use super::held::{Held, Kind};

/// An event listener; dropping it removes it.
#[derive(Debug)]
pub(crate) struct Listener {
    _listener: EventListener,
    _held: Held,
}

impl Listener {
    /// What is called should do no more than put a value into a channel.
    pub(crate) fn new(target: &EventTarget, kind: &'static str, mut heard: impl FnMut(&Event) + 'static) -> Self {
        Listener {
            _listener: EventListener::new(target, kind, move |event| heard(event)),
            _held: Held::new(Kind::Listener),
        }
    }
}

//! Whether anything comes through a connection that is said to be connected. After some ICE restarts it is dead and no browser
//! says so: connectivity checks pass, and nothing else.
//!
//! Each side sends a beat every second. Who hears none for a while looks at the bytes that came (media, and what
//! the page is too busy to hear); only if there are none either it is silent.

use std::cell::RefCell;
use std::rc::Rc;

use itodenwa_protocol::Liveness;
use js_sys::{JsString, Map};
use wasm_bindgen::{JsCast, JsValue};

use super::{ConnectionEvent, EventSink};
use crate::dom::spawn;
use crate::dom::{AbortSignal, Clock, DataChannel, Interval, PeerConnection, Stats};

/// What is said on the control channel: a frame that only this file knows.
const HEARTBEAT: &str = "\"beat\"";
const HEARTBEAT_EVERY_MILLIS: u32 = 1000;

/// The beat of one connection, as long as this lives.
pub(super) struct Heartbeat {
    state: Rc<RefCell<Liveness>>,
    clock: Clock,
    tell: EventSink,
    _interval: Interval,
}

impl Heartbeat {
    pub(super) fn begin(peer: &PeerConnection, control: &DataChannel, signal: AbortSignal, tell: &EventSink) -> Self {
        let clock = Clock::start();
        let state = Rc::new(RefCell::new(Liveness::new(clock.now())));
        let beat = Beat { peer: peer.clone(), control: control.clone(), signal, clock, tell: Rc::clone(tell) };
        let interval = {
            let state = Rc::clone(&state);
            Interval::new(HEARTBEAT_EVERY_MILLIS, move || beat.once(&state))
        };
        Heartbeat { state, clock, tell: Rc::clone(tell), _interval: interval }
    }

    /// There is a reason to doubt that the path is still there.
    pub(super) fn suspect(&self) {
        self.state.borrow_mut().suspect();
    }

    /// To be called when something comes through the channel.
    pub(super) fn came(&self) -> impl Fn() + 'static {
        let (state, clock, tell) = (Rc::clone(&self.state), self.clock, Rc::clone(&self.tell));
        move || {
            let report = state.borrow_mut().on_received(clock.now());
            report.into_iter().for_each(|report| tell(ConnectionEvent::Report(report)));
        }
    }
}

pub(super) fn is_heartbeat(data: &JsValue) -> bool {
    data.dyn_ref::<JsString>().is_some_and(|text| text.length() == 6 && *text == HEARTBEAT)
}

struct Beat {
    peer: PeerConnection,
    control: DataChannel,
    signal: AbortSignal,
    clock: Clock,
    tell: EventSink,
}

impl Beat {
    fn once(&self, state: &Rc<RefCell<Liveness>>) {
        let is_open = self.control.ready_state() == "open" && self.peer.connection_state() == "connected";
        if is_open {
            // A full buffer or a closing channel: neither is news.
            let _ = self.control.send(HEARTBEAT);
        }
        if state.borrow_mut().tick(self.clock.now(), is_open) {
            let (stats, signal) = (self.peer.get_stats(), self.signal.clone());
            let (state, clock, tell) = (Rc::clone(state), self.clock, Rc::clone(&self.tell));
            spawn(async move {
                let Ok(stats) = signal.race(stats).await else { return };
                let report = state.borrow_mut().on_bytes(clock.now(), bytes_received(stats.unchecked_ref()));
                report.into_iter().for_each(|report| tell(ConnectionEvent::Report(report)));
            });
        }
    }
}

/// What came by all pairs of candidates, without connectivity checks (W3C WebRTC Statistics, section 8.23).
fn bytes_received(stats: &Map) -> f64 {
    let mut bytes = 0.0;
    stats.for_each(&mut |one, _| {
        let one: &Stats = one.unchecked_ref();
        if one.kind() == "candidate-pair" {
            bytes += one.bytes_received().unwrap_or_default();
        }
    });
    bytes
}

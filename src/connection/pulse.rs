//! Whether anything comes through a connection that is said to be connected. After some ICE restarts it is dead and no browser
//! says so: connectivity checks pass, and nothing else.
//!
//! Each side sends a beat every second. Who hears none for a while looks at the bytes that came (media, and what
//! the page is too busy to hear); only if there are none either it is silent.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::callback::Interval;
use itodenwa_negotiation::{Report, Time};
use js_sys::{JsString, Map};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::{Happening, Tell};
use crate::dom::{Alive, Clock, DataChannel, Held, Kind, PeerConnection, Stats};

/// What is said on the control channel: a frame that only this file knows.
const BEAT: &str = "\"beat\"";
const BEAT_EVERY_MILLIS: u32 = 1000;
/// Without a beat for so long the bytes are looked at.
const QUIET: Duration = Duration::from_secs(2);
/// Nothing at all for so long is silence; …
const SILENT: Duration = Duration::from_secs(5);
/// … or this, when there is a reason to doubt.
const DOUBTFUL: Duration = Duration::from_secs(2);
/// A beat that is so late means that the page slept: what came meanwhile was not heard yet.
const SLEPT: Duration = Duration::from_secs(2);

/// The beat of one connection, as long as this lives.
pub(super) struct Pulse {
    state: Rc<RefCell<State>>,
    clock: Clock,
    tell: Tell,
    _interval: Interval,
    _held: Held,
}

impl Pulse {
    pub(super) fn begin(peer: &PeerConnection, control: &DataChannel, alive: Alive, tell: &Tell) -> Self {
        let clock = Clock::start();
        let state = Rc::new(RefCell::new(State::new(clock.now())));
        let beat = Beat { peer: peer.clone(), control: control.clone(), alive, clock, tell: Rc::clone(tell) };
        let interval = {
            let state = Rc::clone(&state);
            Interval::new(BEAT_EVERY_MILLIS, move || beat.once(&state))
        };
        Pulse { state, clock, tell: Rc::clone(tell), _interval: interval, _held: Held::new(Kind::Timer) }
    }

    /// There is a reason to doubt that the path is still there.
    pub(super) fn doubt(&self) {
        self.state.borrow_mut().doubt();
    }

    /// To be called when something comes through the channel.
    pub(super) fn came(&self) -> impl Fn() + 'static {
        let (state, clock, tell) = (Rc::clone(&self.state), self.clock, Rc::clone(&self.tell));
        move || {
            let report = state.borrow_mut().came(clock.now());
            report.into_iter().for_each(|report| tell(Happening::Report(report)));
        }
    }
}

pub(super) fn is_beat(data: &JsValue) -> bool {
    data.dyn_ref::<JsString>().is_some_and(|text| text.length() == 6 && *text == BEAT)
}

struct Beat {
    peer: PeerConnection,
    control: DataChannel,
    alive: Alive,
    clock: Clock,
    tell: Tell,
}

impl Beat {
    fn once(&self, state: &Rc<RefCell<State>>) {
        let is_open = self.control.ready_state() == "open" && self.peer.connection_state() == "connected";
        if is_open {
            // A full buffer or a closing channel: neither is news.
            let _ = self.control.send(BEAT);
        }
        if state.borrow_mut().tick(self.clock.now(), is_open) {
            let (stats, alive) = (self.peer.get_stats(), self.alive.clone());
            let (state, clock, tell) = (Rc::clone(state), self.clock, Rc::clone(&self.tell));
            spawn_local(async move {
                let Ok(stats) = alive.race(stats).await else { return };
                let report = state.borrow_mut().counted(clock.now(), bytes_received(stats.unchecked_ref()));
                report.into_iter().for_each(|report| tell(Happening::Report(report)));
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

/// What came, and when.
#[derive(Debug)]
struct State {
    /// Something came last, or could not have come.
    last: Time,
    silent_from: Time,
    /// What had come when the bytes were looked at since.
    bytes: Option<f64>,
    ticked: Time,
    is_silent: bool,
}

impl State {
    fn new(now: Time) -> Self {
        State { last: now, silent_from: now + SILENT, bytes: None, ticked: now, is_silent: false }
    }

    fn came(&mut self, now: Time) -> Option<Report> {
        self.restart(now);
        std::mem::take(&mut self.is_silent).then_some(Report::Heard)
    }

    fn doubt(&mut self) {
        self.silent_from = self.silent_from.min(self.last + DOUBTFUL);
    }

    /// A second went by. Whether the bytes are to be looked at.
    fn tick(&mut self, now: Time, is_open: bool) -> bool {
        let late = now - self.ticked >= SLEPT;
        self.ticked = now;
        if late || !is_open {
            self.restart(now);
        }
        now - self.last >= QUIET
    }

    fn restart(&mut self, now: Time) {
        (self.last, self.silent_from, self.bytes) = (now, now + SILENT, None);
    }

    /// So many bytes had come in all.
    fn counted(&mut self, now: Time, bytes: f64) -> Option<Report> {
        let before = self.bytes.replace(bytes)?;
        // Fewer are news as well: a pair is not counted any more.
        if before.to_bits() != bytes.to_bits() {
            let heard = self.came(now);
            self.bytes = Some(bytes);
            return heard;
        }
        let is_silent = now >= self.silent_from && !self.is_silent;
        self.is_silent |= is_silent;
        is_silent.then_some(Report::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    /// Ticks each second to the end of this time, with so many more bytes each time. When what was reported?
    fn listen(state: &mut State, seconds: std::ops::RangeInclusive<u64>, more: f64) -> Vec<(u64, Report)> {
        let listen = |second| {
            let looks = state.tick(at(second * 1000), true);
            let bytes = second as f64 * more;
            looks.then(|| state.counted(at(second * 1000), bytes)).flatten().map(|report| (second, report))
        };
        seconds.filter_map(listen).collect()
    }

    #[test]
    fn five_seconds_of_nothing_are_silence_and_told_once() {
        let mut state = State::new(at(0));
        assert_eq!(listen(&mut state, 1..=9, 0.0), [(5, Report::Silent)]);
        assert_eq!(state.came(at(9500)), Some(Report::Heard));
        assert_eq!(state.came(at(9600)), None);
        assert_eq!(listen(&mut state, 10..=20, 0.0), [(15, Report::Silent)]);
    }

    #[test]
    fn beats_or_bytes_are_enough() {
        let mut state = State::new(at(0));
        assert_eq!(listen(&mut state, 1..=20, 1.0), []);
        for second in 21..40 {
            state.came(at(second * 1000 - 500));
            assert!(!state.tick(at(second * 1000), true));
        }
    }

    #[test]
    fn what_is_not_open_or_slept_is_not_silent() {
        let mut state = State::new(at(0));
        for second in 1..20 {
            assert!(!state.tick(at(second * 1000), false));
        }
        assert_eq!(listen(&mut state, 20..=23, 0.0), []);
        assert!(!state.tick(at(60_000), true), "it slept");
        assert_eq!(listen(&mut state, 61..=64, 0.0), []);
        assert_eq!(listen(&mut state, 65..=65, 0.0), [(65, Report::Silent)]);
    }

    #[test]
    fn doubts_shorten_it_until_something_comes() {
        let mut state = State::new(at(0));
        state.doubt();
        assert_eq!(listen(&mut state, 1..=4, 0.0), [(3, Report::Silent)]);
        let mut state = State::new(at(0));
        state.doubt();
        state.came(at(600));
        assert_eq!(listen(&mut state, 1..=6, 0.0), [(6, Report::Silent)]);
    }
}

//! Who is how loud.

use std::time::Duration;

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::Interval;
use wasm_bindgen::JsCast;

use super::{Driver, Notice};
use crate::dom::{Held, Kind, Receiver, SynchronizationSource};
use crate::event::Event;
use crate::voice::{Heard, LOOK_EVERY};
use itodenwa_wire::PeerId;

/// Tells the driver again and again that it is time, as long as this lives.
pub(super) struct Ticker {
    _interval: Interval,
    _held: Held,
}

impl Ticker {
    pub(super) fn new(every: Duration, notify: &UnboundedSender<Notice>, notice: fn() -> Notice) -> Self {
        let notify = notify.clone();
        let interval = Interval::new(u32::try_from(every.as_millis()).unwrap_or(u32::MAX), move || {
            let _ = notify.unbounded_send(notice());
        });
        Ticker { _interval: interval, _held: Held::new(Kind::Timer) }
    }
}

/// Where one person's voice comes in.
pub(super) struct Ear {
    receiver: Receiver,
    /// When the last sound was heard, by the browser's clock.
    heard: f64,
}

impl Ear {
    pub(super) fn new(receiver: Receiver) -> Self {
        Ear { receiver, heard: 0.0 }
    }

    /// How loud it is now, from 0 to 1. Nothing new is silence.
    pub(super) fn level(&mut self) -> f64 {
        let Ok(sources) = self.receiver.synchronization_sources() else { return 0.0 };
        let Some(source) = sources.iter().next() else { return 0.0 };
        let source: &SynchronizationSource = source.unchecked_ref();
        let (before, now) = (self.heard, source.timestamp());
        self.heard = now;
        if now > before { source.audio_level().unwrap_or_default() } else { 0.0 }
    }
}

impl Driver {
    /// Looks at levels as long as there are any.
    pub(super) fn set_ticker(&mut self) {
        if self.crowd.has_voices() == self.ticker.is_some() {
            return;
        }
        let every = self.crowd.has_voices().then_some(LOOK_EVERY);
        self.ticker = every.map(|every| Ticker::new(every, &self.parts.notify, || Notice::Listen));
    }

    pub(super) fn listen(&mut self) {
        let (now, mut heard) = (self.parts.clock.now(), Vec::new());
        for (peer, level) in self.crowd.levels() {
            peer.set_level(self.voices.measured(now, peer.id(), level, &mut heard));
        }
        self.voices.judge(now, &mut heard);
        self.heard(heard);
    }

    /// Somebody's microphone is off, or they are gone.
    pub(super) fn unheard(&mut self, who: PeerId, is_gone: bool) {
        let mut heard = Vec::new();
        self.voices.silent(who, is_gone, &mut heard);
        self.heard(heard);
        self.set_ticker();
    }

    fn heard(&mut self, heard: Vec<Heard>) {
        for what in heard {
            match what {
                Heard::Speaking(who, speaking) => {
                    if let Some(peer) = self.crowd.peer(who) {
                        peer.set_speaking(speaking);
                        self.tell(Event::Speaking { peer, speaking });
                    }
                }
                Heard::Speaker(who) => {
                    let speaker = who.and_then(|who| self.crowd.peer(who));
                    self.parts.known.speaker.change(|known| known.clone_from(&speaker));
                    self.tell(Event::Speaker(speaker));
                }
            }
        }
    }
}

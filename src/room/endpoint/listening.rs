//! Who is how loud.

use std::time::Duration;

use itodenwa_protocol::{SAMPLE_EVERY, SpeakerEvent};
use itodenwa_wire::PeerId;
use wasm_bindgen::JsCast;

use super::RoomEndpoint;
use crate::browser_event::{BrowserEvent, PageEvent};
use crate::dom::{Receiver, SynchronizationSource, Timeout};
use crate::event::Event;
use crate::queue::Sender;

/// Looks are to take about one part of so many of the page's time: some browsers wait for a thread of theirs, which may be busy.
const SHARE: u32 = 100;
/// How long a look is waited for at most.
const LATEST: Duration = Duration::from_secs(2);

/// Tells the driver once that it is time, if this lives until then.
pub(super) struct Ticker(#[expect(dead_code, reason = "it lives as long as this")] Timeout);

impl Ticker {
    pub(super) fn new(after: Duration, notify: Sender<BrowserEvent>, event: PageEvent) -> Self {
        Ticker(Timeout::new(after, move || {
            let _ = notify.send(BrowserEvent::Page(event));
        }))
    }
}

/// Where one person's voice comes in.
pub(super) struct AudioLevel {
    receiver: Receiver,
    /// When the last sound was heard, by the browser's clock.
    heard: f64,
}

impl AudioLevel {
    pub(super) fn new(receiver: Receiver) -> Self {
        AudioLevel { receiver, heard: 0.0 }
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

impl RoomEndpoint {
    /// Looks at levels as long as there are any.
    pub(super) fn set_ticker(&mut self) {
        if self.peers.has_voices() == self.ticker.is_some() {
            return;
        }
        let after = self.peers.has_voices().then_some(SAMPLE_EVERY);
        self.ticker = after.map(|after| Ticker::new(after, self.parts.core.media.notify(), PageEvent::Listen));
    }

    pub(super) fn listen(&mut self) {
        let (now, mut heard) = (self.parts.core.clock.now(), Vec::new());
        let levels = self.peers.levels();
        let took = self.parts.core.clock.now() - now;
        for (peer, level) in levels {
            peer.set_level(self.voices.on_level(now, peer.id(), level, &mut heard));
        }
        self.voices.update(now, &mut heard);
        self.heard(heard);
        let after = (took * SHARE).clamp(SAMPLE_EVERY, LATEST);
        self.ticker = Some(Ticker::new(after, self.parts.core.media.notify(), PageEvent::Listen));
        self.set_ticker();
    }

    /// Somebody's microphone is off, or they are gone.
    pub(super) fn unheard(&mut self, who: PeerId, is_gone: bool) {
        let mut heard = Vec::new();
        self.voices.on_silence(who, is_gone, &mut heard);
        self.heard(heard);
        self.set_ticker();
    }

    fn heard(&mut self, heard: Vec<SpeakerEvent>) {
        for what in heard {
            match what {
                SpeakerEvent::Speaking(who, speaking) => {
                    if let Some(peer) = self.peers.peer(who) {
                        peer.set_speaking(speaking);
                        self.tell(Event::Speaking { peer, speaking });
                    }
                }
                SpeakerEvent::Speaker(who) => {
                    let speaker = who.and_then(|who| self.peers.peer(who));
                    self.parts.snapshot.speaker.change(|known| known.clone_from(&speaker));
                    self.tell(Event::Speaker(speaker));
                }
            }
        }
    }
}

//! One own source: what is wanted, and what there is.

use itodenwa_protocol::options::DeviceConstraints;
use itodenwa_wire::Source;
use web_sys::MediaStreamTrack;

use super::track::Track;
use crate::error::MediaError;
use crate::oneshot;

/// Who waits for one switch to be made, at most. Who is overtaken by more is answered at once.
const WAITING: usize = 16;

pub(crate) type Done = oneshot::Sender<Result<(), MediaError>>;

/// What came of something.
#[derive(Debug)]
pub(crate) enum Change {
    None,
    /// The source is on: its track is to be sent.
    On(Source),
    /// The source has another track.
    Replaced(Source),
    /// The source is off.
    Off(Source),
    /// It failed and nobody waits to hear why.
    Failed(Source, MediaError),
    /// It was on, and is off although nobody wanted that.
    Ended(Source, MediaError),
    /// The system silenced the source, or gave it back.
    Interrupted(Source, bool),
}

/// What a request to the browser brought.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(super) source: Source,
    pub(super) result: Result<Track, MediaError>,
    /// The track before it was lost on the way, and opened again.
    pub(super) restored: Option<Track>,
}

#[derive(Debug)]
pub(super) struct Device {
    source: Source,
    wanted: bool,
    wish: DeviceConstraints,
    holds: Holds,
    /// A request to the browser is under way: with this.
    asked: Option<DeviceConstraints>,
    waiting: Vec<Done>,
}

#[derive(Debug, Default)]
enum Holds {
    #[default]
    Nothing,
    On(Track),
    /// The track is kept, silent: it is back at once.
    Muted(Track),
}

/// What is to be asked of the browser now: a device with this, beside the track that there is, if there is one.
#[must_use]
pub(super) struct Ask {
    pub(super) wish: DeviceConstraints,
    pub(super) old: Option<(MediaStreamTrack, DeviceConstraints)>,
}

impl Device {
    pub(super) fn new(source: Source) -> Self {
        Device {
            source,
            wanted: false,
            wish: DeviceConstraints::default_of(source),
            holds: Holds::Nothing,
            asked: None,
            waiting: Vec::new(),
        }
    }

    /// It is on, with this.
    pub(super) fn hold(&mut self, track: Track) {
        self.wanted = true;
        self.holds = Holds::On(track);
    }

    pub(super) fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    pub(super) fn is_on(&self) -> bool {
        matches!(self.holds, Holds::On(_))
    }

    /// What there is, also when it is muted.
    pub(super) fn track(&self) -> Option<&Track> {
        match &self.holds {
            Holds::On(track) | Holds::Muted(track) => Some(track),
            Holds::Nothing => None,
        }
    }

    pub(super) fn wish(&self) -> &DeviceConstraints {
        &self.wish
    }

    /// Wants it on or off.
    pub(super) fn set(&mut self, on: bool, done: Done) -> (Change, Option<Ask>) {
        self.wanted = on;
        let (holds, change) = match (std::mem::take(&mut self.holds), on) {
            (Holds::Nothing, true) => {
                self.wait(done);
                return (Change::None, self.ask());
            }
            (Holds::Nothing, false) if self.is_asking() => {
                self.wait(done);
                return (Change::None, None);
            }
            (Holds::On(track), false) if self.source == Source::Microphone || track.wish().is_none() => {
                track.set_enabled(false);
                (Holds::Muted(track), Change::Off(self.source))
            }
            (Holds::On(_), false) => (Holds::Nothing, Change::Off(self.source)),
            (Holds::Muted(track), true) => {
                track.set_enabled(true);
                (Holds::On(track), Change::On(self.source))
            }
            (as_wanted, _) => (as_wanted, Change::None),
        };
        self.holds = holds;
        done.send(Ok(()));
        (change, None)
    }

    /// Wants it otherwise: now, if it is there, or from the next time on.
    pub(super) fn choose(&mut self, wish: DeviceConstraints, done: Done) -> Option<Ask> {
        self.wish = wish;
        let is_as_wanted = match self.track() {
            // What is shared is chosen by the person, each time anew.
            _ if self.source == Source::Screen => true,
            Some(track) => !self.is_asking() && track.wish() == Some(&self.wish),
            None => !self.is_asking(),
        };
        if is_as_wanted {
            done.send(Ok(()));
            return None;
        }
        self.wait(done);
        self.ask()
    }

    /// The first request of a join, which is made for several at once.
    pub(super) fn begin(&mut self) -> DeviceConstraints {
        self.wanted = true;
        self.asked = Some(self.wish.clone());
        self.wish.clone()
    }

    /// Its device is gone. Another one takes its place where the browser has one.
    pub(super) fn ended(&mut self) -> (Change, Option<Ask>) {
        let is_device = matches!(self.source, Source::Camera | Source::Microphone);
        match self.track() {
            None => (Change::None, None),
            // A request is under way, and decides.
            Some(_) if self.is_asking() => (Change::None, None),
            Some(track) if is_device && track.wish().is_some() && self.wanted => {
                self.wish = self.wish.anywhere();
                (Change::None, self.ask())
            }
            Some(_) => (self.lose(MediaError::Ended), None),
        }
    }

    pub(super) fn interrupted(&self, interrupted: bool) -> Change {
        if self.is_on() { Change::Interrupted(self.source, interrupted) } else { Change::None }
    }

    /// The request was answered.
    pub(super) fn captured(&mut self, captured: Captured) -> (Change, Option<Ask>) {
        let asked = self.asked.take();
        let is_wanted = self.wanted || matches!(self.holds, Holds::Muted(_));
        // A person who has chosen a screen is not asked again.
        if is_wanted && self.source != Source::Screen && asked.as_ref() != Some(&self.wish) {
            // It is wanted otherwise by now.
            if let Some(track) = captured.restored {
                self.take(track);
            }
            return (Change::None, self.ask());
        }
        match captured.result {
            Ok(track) => {
                self.answer(&Ok(()));
                (self.take(track), None)
            }
            Err(error) => {
                let told = self.answer(&Err(error.clone()));
                (self.failed(error, told, captured.restored), None)
            }
        }
    }

    /// Off, with the track that is lost.
    pub(super) fn lose(&mut self, error: MediaError) -> Change {
        let was_on = self.is_on();
        self.holds = Holds::Nothing;
        self.wanted = false;
        if was_on { Change::Ended(self.source, error) } else { Change::None }
    }

    fn take(&mut self, track: Track) -> Change {
        let (holds, change) = match std::mem::take(&mut self.holds) {
            Holds::On(_) => (Holds::On(track), Change::Replaced(self.source)),
            Holds::Muted(_) => {
                track.set_enabled(false);
                (Holds::Muted(track), Change::Replaced(self.source))
            }
            Holds::Nothing if self.wanted => (Holds::On(track), Change::On(self.source)),
            // Switched off meanwhile: the track is stopped.
            Holds::Nothing => (Holds::Nothing, Change::None),
        };
        self.holds = holds;
        change
    }

    fn failed(&mut self, error: MediaError, told: bool, restored: Option<Track>) -> Change {
        let was_wanted = self.wanted;
        if let Some(track) = restored {
            self.roll_back(track.wish().cloned());
            return self.take(track);
        }
        match self.track() {
            // The one before it is still there.
            Some(track) if track.is_live() => {
                let wish = track.wish().cloned();
                self.roll_back(wish);
                Change::None
            }
            Some(_) => self.lose(if matches!(error, MediaError::Denied(_)) { error } else { MediaError::Ended }),
            None => {
                self.wanted = false;
                if was_wanted && !told { Change::Failed(self.source, error) } else { Change::None }
            }
        }
    }

    fn roll_back(&mut self, wish: Option<DeviceConstraints>) {
        if let Some(wish) = wish {
            self.wish = wish;
        }
    }

    fn ask(&mut self) -> Option<Ask> {
        if self.is_asking() {
            return None;
        }
        self.asked = Some(self.wish.clone());
        let old = self.track().filter(|track| track.is_live()).and_then(|track| {
            let wish = track.wish()?.clone();
            Some((Clone::clone(track.as_ref()), wish))
        });
        Some(Ask { wish: self.wish.clone(), old })
    }

    fn wait(&mut self, done: Done) {
        self.waiting.push(done);
        if self.waiting.len() > WAITING {
            self.waiting.remove(0).send(Ok(()));
        }
    }

    /// True if somebody waited.
    fn answer(&mut self, answer: &Result<(), MediaError>) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        let told = !waiting.is_empty();
        for done in waiting {
            done.send(answer.clone());
        }
        told
    }
}

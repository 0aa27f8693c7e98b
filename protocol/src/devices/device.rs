//! One own source.

use std::collections::VecDeque;

use itodenwa_wire::Source;

use super::{DevicesOutput, Previous, RequestId, SourceEvent, WAITING};
use crate::options::DeviceConstraints;

pub(super) type Outputs<E> = VecDeque<DevicesOutput<E>>;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Device<T> {
    source: Source,
    is_wanted: bool,
    constraints: DeviceConstraints,
    /// As what the application's own track is sent.
    published: Option<DeviceConstraints>,
    holds: Holds<T>,
    asked: Option<Asked>,
    /// Requests that are done when the browser has answered: none unless it is asked.
    waiting: Vec<RequestId>,
    /// It was told that it is interrupted.
    told_interrupted: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
enum Holds<T> {
    #[default]
    Nothing,
    On(Held<T>),
    /// The track is kept, silent: it is back at once.
    Muted(Held<T>),
}

#[derive(Debug, Clone, PartialEq)]
struct Held<T> {
    track: T,
    /// How it was captured; none if it is the application's.
    constraints: Option<DeviceConstraints>,
    /// Its device is not gone.
    is_live: bool,
    /// The system has silenced it.
    is_interrupted: bool,
}

/// What the browser was asked for.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    constraints: DeviceConstraints,
    /// How the track was captured that was there.
    previous: Option<DeviceConstraints>,
    /// A track of the application took its place meanwhile.
    is_overtaken: bool,
}

impl<T> Device<T> {
    pub(super) fn new(source: Source) -> Self {
        Device {
            source,
            is_wanted: false,
            constraints: DeviceConstraints::default_of(source),
            published: None,
            holds: Holds::Nothing,
            asked: None,
            waiting: Vec::new(),
            told_interrupted: false,
        }
    }

    pub(super) fn is_asking(&self) -> bool {
        self.asked.is_some()
    }

    pub(super) fn is_on(&self) -> bool {
        matches!(self.holds, Holds::On(_))
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.told_interrupted
    }

    pub(super) fn track(&self) -> Option<&T> {
        self.held().map(|held| &held.track)
    }

    /// What is wanted of it; or as what the application's own track is sent.
    pub(super) fn constraints(&self) -> &DeviceConstraints {
        let is_own = self.held().is_some_and(|held| held.constraints.is_none());
        self.published.as_ref().filter(|_| is_own).unwrap_or(&self.constraints)
    }

    /// It is on, with a track that nobody was asked for.
    pub(super) fn hold(&mut self, track: T) {
        self.is_wanted = true;
        self.holds = Holds::On(Held { track, constraints: None, is_live: true, is_interrupted: false });
    }

    /// The application has a track for it. What the browser was asked for is not of use any more.
    pub(super) fn publish<E>(&mut self, track: T, constraints: DeviceConstraints, outputs: &mut Outputs<E>) {
        let event = if self.is_on() { SourceEvent::Replaced } else { SourceEvent::On };
        self.hold(track);
        self.published = Some(constraints);
        if let Some(asked) = &mut self.asked {
            asked.is_overtaken = true;
        }
        outputs.push_back(DevicesOutput::Event(event(self.source)));
    }

    /// The application wants its track back.
    pub(super) fn unpublish<E>(&mut self, outputs: &mut Outputs<E>) {
        if self.held().is_some_and(|held| held.constraints.is_none()) {
            self.stop(outputs);
        }
    }

    /// Wants it on with others. What is to be asked for; none if it is there or asked for already.
    pub(super) fn start(&mut self) -> Option<DeviceConstraints> {
        if self.is_asking() || self.held().is_some() {
            return None;
        }
        self.is_wanted = true;
        self.asked = Some(Asked { constraints: self.constraints.clone(), previous: None, is_overtaken: false });
        Some(self.constraints.clone())
    }

    /// Wants it on or off.
    pub(super) fn set<E>(&mut self, id: RequestId, on: bool, outputs: &mut Outputs<E>) {
        self.is_wanted = on;
        let source = self.source;
        self.holds = match (std::mem::take(&mut self.holds), on) {
            (Holds::Nothing, true) => {
                self.wait(id, outputs);
                return self.ask(outputs);
            }
            (Holds::Nothing, false) if self.is_asking() => return self.wait(id, outputs),
            (Holds::On(held), false) if source == Source::Microphone || held.constraints.is_none() => {
                outputs.push_back(DevicesOutput::SetEnabled { source, enabled: false });
                outputs.push_back(DevicesOutput::Event(SourceEvent::Off(source)));
                Holds::Muted(held)
            }
            (Holds::On(_), false) => {
                outputs.push_back(DevicesOutput::Event(SourceEvent::Off(source)));
                Holds::Nothing
            }
            (Holds::Muted(held), true) => {
                outputs.push_back(DevicesOutput::SetEnabled { source, enabled: true });
                outputs.push_back(DevicesOutput::Event(SourceEvent::Unmuted(source)));
                Holds::On(held)
            }
            (as_wanted, _) => as_wanted,
        };
        outputs.push_back(DevicesOutput::Done { id, result: Ok(()) });
    }

    /// Wants it otherwise.
    pub(super) fn choose<E>(
        &mut self,
        id: Option<RequestId>,
        constraints: DeviceConstraints,
        outputs: &mut Outputs<E>,
    ) {
        self.constraints = constraints;
        if self.source != Source::Microphone && matches!(self.holds, Holds::Muted(_)) {
            // Off is off: the device that was chosen is asked for when it is wanted, and takes the place of the application's track.
            self.give_up(outputs);
        }
        let is_as_wanted = match self.held() {
            // What is shared is chosen by the person, each time anew.
            _ if self.source == Source::Screen => true,
            Some(held) => !self.is_asking() && held.constraints.as_ref() == Some(&self.constraints),
            None => !self.is_asking(),
        };
        match id {
            Some(id) if is_as_wanted => outputs.push_back(DevicesOutput::Done { id, result: Ok(()) }),
            Some(id) => self.wait(id, outputs),
            None => {}
        }
        if !is_as_wanted {
            self.ask(outputs);
        }
    }

    /// The request was answered.
    pub(super) fn captured<E: Clone>(&mut self, result: Result<T, E>, previous: Previous<T>, outputs: &mut Outputs<E>) {
        // Nothing else answers than what was asked.
        let Some(asked) = self.asked.take() else { return };
        if asked.is_overtaken && self.held().is_some_and(|held| held.constraints.is_none()) {
            self.answer(&Ok::<(), E>(()), outputs);
            return;
        }
        let previous = match previous {
            Previous::Restored(track) => Some(track),
            Previous::Lost => {
                self.set_ended();
                None
            }
            Previous::Kept => None,
        };
        let is_of_use = self.is_wanted || matches!(self.holds, Holds::Muted(_));
        // A person that has chosen a screen is not asked again.
        if is_of_use && self.source != Source::Screen && asked.constraints != self.constraints {
            if let Some(track) = previous {
                self.take(track, asked.previous, outputs);
            }
            return self.ask(outputs);
        }
        match (result, previous) {
            (Ok(track), _) => {
                self.answer(&Ok(()), outputs);
                self.take(track, Some(asked.constraints), outputs);
            }
            (Err(error), Some(restored)) => {
                self.answer(&Err(error), outputs);
                self.roll_back(asked.previous.clone());
                self.take(restored, asked.previous, outputs);
            }
            (Err(error), None) => {
                // Off it is as wanted, also without a device.
                let result = if is_of_use { Err(error.clone()) } else { Ok(()) };
                let is_told = self.answer(&result, outputs);
                self.failed(error, is_told, outputs);
            }
        }
    }

    /// Its device is gone. Another one takes its place where the browser has one.
    pub(super) fn ended<E>(&mut self, outputs: &mut Outputs<E>) {
        self.set_ended();
        let Some(held) = self.held() else { return };
        let is_captured = self.source != Source::Screen && held.constraints.is_some();
        if self.is_asking() {
            // The request that is under way decides.
        } else if is_captured && self.is_wanted {
            self.constraints = self.constraints.anywhere();
            self.ask(outputs);
        } else {
            self.lose(None, outputs);
        }
    }

    pub(super) fn interrupted(&mut self, interrupted: bool) {
        if let Holds::On(held) | Holds::Muted(held) = &mut self.holds {
            held.is_interrupted = interrupted;
        }
    }

    /// Tells whether it is on and silenced, if that is news: what is off, or has another track, is not.
    pub(super) fn tell_interrupted<E>(&mut self, outputs: &mut Outputs<E>) {
        let interrupted = matches!(&self.holds, Holds::On(held) if held.is_interrupted);
        if std::mem::replace(&mut self.told_interrupted, interrupted) != interrupted {
            outputs.push_back(DevicesOutput::Event(SourceEvent::Interrupted(self.source, interrupted)));
        }
    }

    /// Off, with the track that was there.
    pub(super) fn stop<E>(&mut self, outputs: &mut Outputs<E>) {
        self.give_up(outputs);
        self.is_wanted = false;
    }

    /// There is no track any more, also none that is muted: nobody is to have one that is not ours.
    fn give_up<E>(&mut self, outputs: &mut Outputs<E>) {
        let event = match std::mem::take(&mut self.holds) {
            Holds::On(_) => SourceEvent::Off,
            Holds::Muted(_) => SourceEvent::Replaced,
            Holds::Nothing => return,
        };
        outputs.push_back(DevicesOutput::Event(event(self.source)));
    }

    fn lose<E>(&mut self, error: Option<E>, outputs: &mut Outputs<E>) {
        if self.source == Source::ScreenAudio {
            // The picture of the screen tells it.
            return self.stop(outputs);
        }
        if self.is_on() {
            outputs.push_back(DevicesOutput::Event(SourceEvent::Ended(self.source, error)));
        }
        self.holds = Holds::Nothing;
        self.is_wanted = false;
    }

    fn take<E>(&mut self, track: T, constraints: Option<DeviceConstraints>, outputs: &mut Outputs<E>) {
        let source = self.source;
        let held = Held { track, constraints, is_live: true, is_interrupted: false };
        let (holds, event) = match std::mem::take(&mut self.holds) {
            Holds::On(_) => (Holds::On(held), SourceEvent::Replaced(source)),
            Holds::Muted(_) => {
                outputs.push_back(DevicesOutput::SetEnabled { source, enabled: false });
                (Holds::Muted(held), SourceEvent::Replaced(source))
            }
            Holds::Nothing if self.is_wanted => (Holds::On(held), SourceEvent::On(source)),
            // Switched off meanwhile: the track is dropped.
            Holds::Nothing => return,
        };
        self.holds = holds;
        outputs.push_back(DevicesOutput::Event(event));
    }

    fn failed<E>(&mut self, error: E, is_told: bool, outputs: &mut Outputs<E>) {
        match self.held() {
            // The one before it is still there.
            Some(held) if held.is_live => {
                let constraints = held.constraints.clone();
                self.roll_back(constraints);
            }
            Some(_) => self.lose(Some(error), outputs),
            None => {
                if std::mem::take(&mut self.is_wanted) && !is_told {
                    outputs.push_back(DevicesOutput::Event(SourceEvent::Failed(self.source, error)));
                }
            }
        }
    }

    fn roll_back(&mut self, constraints: Option<DeviceConstraints>) {
        if let Some(constraints) = constraints {
            self.constraints = constraints;
        }
    }

    fn ask<E>(&mut self, outputs: &mut Outputs<E>) {
        if self.is_asking() {
            return;
        }
        let constraints = self.constraints.clone();
        let previous = self.held().filter(|held| held.is_live).and_then(|held| held.constraints.clone());
        self.asked = Some(Asked { constraints: constraints.clone(), previous: previous.clone(), is_overtaken: false });
        outputs.push_back(DevicesOutput::Capture { constraints, previous });
    }

    fn wait<E>(&mut self, id: RequestId, outputs: &mut Outputs<E>) {
        self.waiting.push(id);
        if self.waiting.len() > WAITING {
            outputs.push_back(DevicesOutput::Done { id: self.waiting.remove(0), result: Ok(()) });
        }
    }

    /// Nobody waits any more.
    pub(super) fn forget_requests(&mut self) {
        self.waiting.clear();
    }

    /// True if a request waited.
    fn answer<E: Clone>(&mut self, result: &Result<(), E>, outputs: &mut Outputs<E>) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        let is_told = !waiting.is_empty();
        outputs.extend(waiting.into_iter().map(|id| DevicesOutput::Done { id, result: result.clone() }));
        is_told
    }

    fn held(&self) -> Option<&Held<T>> {
        match &self.holds {
            Holds::On(held) | Holds::Muted(held) => Some(held),
            Holds::Nothing => None,
        }
    }

    fn set_ended(&mut self) {
        if let Holds::On(held) | Holds::Muted(held) = &mut self.holds {
            held.is_live = false;
        }
    }
}

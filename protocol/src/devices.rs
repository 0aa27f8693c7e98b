//! Own camera, microphone and screen: what is wanted of each, what the browser was asked for, and what there is.
//!
//! ```text
//!            Set on                Captured            Set (microphone, and tracks of the application)
//! nothing ------------> asked for ----------> on <-------------------------------------------------> muted
//!    ^                      |                  |
//!    +----------------------+------------------+
//!          refused             Set off, Ended
//! ```
//!
//! Each source has one request to the browser under way at most. Whatever is wanted meanwhile counts when it is answered, and the
//! last word counts. Every request of the application is answered by exactly one [`DevicesOutput::Done`], unless it is forgotten with the
//! others ([`Devices::forget_requests`]). What was
//! switched off meanwhile is done, whatever the browser answers.

mod device;

use std::collections::VecDeque;

use itodenwa_wire::Source;
use litemap::LiteMap;

use crate::options::DeviceConstraints;
use device::{Device, Outputs};

/// Requests of the application that wait for one source, at most. One that is overtaken by more is done at once.
pub const WAITING: usize = 16;

/// Names a request of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// A fact for the machine. `T` is a track, and dropping it stops it; `E` is why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum DevicesInput<T, E> {
    /// A source is to be on, or off. Not the sound of a screen, which comes and goes with its picture.
    Set {
        /// Names the request.
        id: RequestId,
        /// Which.
        source: Source,
        /// On or off.
        on: bool,
    },
    /// A source is to be another device, or otherwise: at once if it is on, or from the next time on.
    Choose {
        /// Names the request; none if nobody waits for it.
        id: Option<RequestId>,
        /// How.
        constraints: DeviceConstraints,
    },
    /// These are to be on, with one question to the person. Those that are there, or asked for, are left as they are.
    Start(Vec<Source>),
    /// The application has a track of its own for this source. It takes the place of the one before it, and is never stopped here.
    Publish {
        /// Which.
        source: Source,
        /// The track.
        track: T,
        /// As what it is sent.
        constraints: DeviceConstraints,
    },
    /// The application's own track of this source is not to be sent any more. One of a device stays.
    Unpublish(Source),
    /// What there is of this source can't be used: it is given up, and told with why.
    Stop {
        /// Which.
        source: Source,
        /// Why.
        why: E,
    },
    /// The answer to a [`DevicesOutput::Capture`] or to one source of a [`DevicesOutput::CaptureAll`]; or the sound that came with a
    /// screen.
    Captured {
        /// Of which.
        source: Source,
        /// What came.
        result: Result<T, E>,
        /// What became of the track that was there.
        previous: Previous<T>,
    },
    /// The track's device was unplugged or taken away, or the person stopped it.
    Ended(Source),
    /// The system silenced the track, or gave it back.
    Interrupted {
        /// Which.
        source: Source,
        /// Whether it is silenced.
        interrupted: bool,
    },
}

/// What became of the track that was there while another one was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous<T> {
    /// It goes on, or there was none.
    Kept,
    /// It was stopped for the new one, and could not be had again.
    Lost,
    /// It was stopped for the new one, and captured again.
    Restored(T),
}

/// Something to do, or to tell.
#[derive(Debug, Clone, PartialEq)]
pub enum DevicesOutput<E> {
    /// Ask the browser for this.
    Capture {
        /// What.
        constraints: DeviceConstraints,
        /// How the track was captured that is there and lives, if there is one.
        previous: Option<DeviceConstraints>,
    },
    /// Ask for all of these with one question to the person.
    CaptureAll(Vec<DeviceConstraints>),
    /// Let the track sound, or be silent.
    SetEnabled {
        /// Which.
        source: Source,
        /// Which of both.
        enabled: bool,
    },
    /// A request is done, or failed.
    Done {
        /// Which.
        id: RequestId,
        /// What came of it.
        result: Result<(), E>,
    },
    /// Something is otherwise than before.
    Event(SourceEvent<E>),
}

/// What is otherwise with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceEvent<E> {
    /// It is on, with a new track, which is to be sent.
    On(Source),
    /// It is on again, with the track that was kept.
    Unmuted(Source),
    /// It has another track, or none any more while it is off.
    Replaced(Source),
    /// It is off.
    Off(Source),
    /// It could not be had, and nobody waits to be told why.
    Failed(Source, E),
    /// It was on, and is off although nobody wanted that: its device is gone. With why there is no other one, if one was asked for.
    Ended(Source, Option<E>),
    /// The system silenced it, or gave it back. What goes off, or gets another track, is given back.
    Interrupted(Source, bool),
}

impl<E> SourceEvent<E> {
    /// Which.
    #[must_use]
    pub const fn source(&self) -> Source {
        match self {
            SourceEvent::On(source)
            | SourceEvent::Unmuted(source)
            | SourceEvent::Replaced(source)
            | SourceEvent::Off(source)
            | SourceEvent::Failed(source, _)
            | SourceEvent::Ended(source, _)
            | SourceEvent::Interrupted(source, _) => *source,
        }
    }
}

/// The machine: all own sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Devices<T, E> {
    devices: LiteMap<Source, Device<T>>,
    /// To be taken after each input: what one makes is bounded by [`WAITING`].
    outputs: Outputs<E>,
}

impl<T, E: Clone> Default for Devices<T, E> {
    fn default() -> Self {
        Devices::new()
    }
}

impl<T, E: Clone> Devices<T, E> {
    /// Nothing is on.
    #[must_use]
    pub fn new() -> Self {
        let mut devices = LiteMap::new();
        for source in Source::ALL {
            devices.insert(source, Device::new(source));
        }
        Devices { devices, outputs: VecDeque::new() }
    }

    /// Takes a fact.
    #[inline]
    pub fn handle(&mut self, input: DevicesInput<T, E>) {
        match input {
            // Nothing can be asked for: an own source is on as long as it is published.
            DevicesInput::Set { id, source: Source::Own(_), .. } => {
                self.outputs.push_back(DevicesOutput::Done { id, result: Ok(()) });
            }
            DevicesInput::Set { id, source, on } => self.with(source, |device, outputs| device.set(id, on, outputs)),
            DevicesInput::Choose { id, constraints } => {
                self.with(constraints.source(), |device, outputs| device.choose(id, constraints, outputs))
            }
            DevicesInput::Start(sources) => self.start(&sources),
            DevicesInput::Publish { source, track, constraints } => {
                if !self.devices.contains_key(&source) {
                    self.devices.insert(source, Device::new(source));
                }
                self.with(source, |device, outputs| device.publish(track, constraints, outputs));
            }
            DevicesInput::Unpublish(source) => self.with(source, Device::unpublish),
            DevicesInput::Stop { source, why } => {
                self.with(source, Device::stop);
                self.outputs.push_back(DevicesOutput::Event(SourceEvent::Failed(source, why)));
            }
            DevicesInput::Captured { source: Source::ScreenAudio, result, .. } => self.screen_audio(result.ok()),
            DevicesInput::Captured { source, result, previous } => {
                self.with(source, |device, outputs| device.captured(result, previous, outputs))
            }
            DevicesInput::Ended(source) => self.with(source, Device::ended),
            DevicesInput::Interrupted { source, interrupted } => {
                self.with(source, |device, _| device.interrupted(interrupted))
            }
        }
        // An own source is there as long as it has a track.
        let is_over =
            |(source, device): (&Source, &Device<T>)| matches!(source, Source::Own(_)) && device.track().is_none();
        if let Some(source) = self.devices.iter().find(|one| is_over(*one)).map(|(source, _)| *source) {
            self.devices.remove(&source);
        }
        // The sound of what is shared goes with its picture.
        if self.is_on(Source::ScreenAudio) && !self.is_on(Source::Screen) {
            self.with(Source::ScreenAudio, Device::stop);
        }
    }

    /// Nobody waits any more for the requests that are not done: the devices have another owner, who is told by events what can't be had.
    pub fn forget_requests(&mut self) {
        self.devices.iter_mut().for_each(|(_, device)| device.forget_requests());
    }

    /// The next thing to do, until there is none.
    pub fn poll(&mut self) -> Option<DevicesOutput<E>> {
        self.outputs.pop_front()
    }

    /// Whether the browser was asked for something, and did not answer yet.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        self.devices.values().any(Device::is_asking)
    }

    /// The sources that are on.
    pub fn on(&self) -> impl Iterator<Item = Source> {
        self.devices.iter().filter(|(_, device)| device.is_on()).map(|(source, _)| *source)
    }

    /// All sources: those that may be on, and own ones that are.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        self.devices.keys().copied()
    }

    /// Whether a source is on.
    #[must_use]
    pub fn is_on(&self, source: Source) -> bool {
        self.devices.get(&source).is_some_and(Device::is_on)
    }

    /// Whether it was told that the system has silenced a source.
    #[must_use]
    pub fn is_interrupted(&self, source: Source) -> bool {
        self.devices.get(&source).is_some_and(Device::is_interrupted)
    }

    /// The track of a source, also when it is muted.
    #[must_use]
    pub fn track(&self, source: Source) -> Option<&T> {
        self.devices.get(&source)?.track()
    }

    /// How a source is wanted.
    #[must_use]
    pub fn constraints(&self, source: Source) -> Option<&DeviceConstraints> {
        Some(self.devices.get(&source)?.constraints())
    }

    fn with(&mut self, source: Source, act: impl FnOnce(&mut Device<T>, &mut Outputs<E>)) {
        if let Some(device) = self.devices.get_mut(&source) {
            act(device, &mut self.outputs);
            device.tell_interrupted(&mut self.outputs);
        }
    }

    fn start(&mut self, sources: &[Source]) {
        let asked = sources.iter().filter_map(|source| self.devices.get_mut(source)?.start());
        let asked: Vec<DeviceConstraints> = asked.collect();
        if !asked.is_empty() {
            self.outputs.push_back(DevicesOutput::CaptureAll(asked));
        }
    }

    /// A screen has sound where the person lets it. Nobody asked for it alone.
    fn screen_audio(&mut self, track: Option<T>) {
        if self.is_on(Source::Screen)
            && let Some(track) = track
        {
            self.with(Source::ScreenAudio, |device, _| device.hold(track));
            self.outputs.push_back(DevicesOutput::Event(SourceEvent::On(Source::ScreenAudio)));
        }
    }
}

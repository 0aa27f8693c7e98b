use std::collections::VecDeque;
use std::rc::Rc;

use itodenwa_protocol::devices as machine;
use itodenwa_protocol::devices::{DevicesInput, DevicesOutput, Previous, RequestId};
use itodenwa_protocol::options::DeviceConstraints;
use itodenwa_wire::Source;
use itodenwa_wire::limits::OWN_SOURCES;
use litemap::LiteMap;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, MediaStreamTrack};

use super::capture::{prefer_each, switch, track_of};
use super::settings::Settings;
use super::stage::{Came, Stage, Told};
use super::track::{Track, TrackEvent};
use crate::dom::{CapturedTrack, spawn};
use crate::error::{MediaError, PublishError};
use crate::oneshot;
use crate::snapshot::SnapshotCell;
use crate::stream_kind::StreamKind;

/// Where the result of a request goes.
pub(crate) type Done = oneshot::Sender<Result<(), MediaError>>;
/// What is otherwise with a source.
pub(crate) type SourceEvent = machine::SourceEvent<MediaError>;

pub(crate) type EventSink = Rc<dyn Fn(DeviceEvent)>;

/// Own camera, microphone and screen: does what their machine says.
pub(crate) struct Devices {
    machine: machine::Devices<Track, MediaError>,
    stream: MediaStream,
    /// What is shared has a stream of its own, and so has each name of the application's: they are shown beside the person.
    others: SnapshotCell<LiteMap<StreamKind, MediaStream>>,
    /// Requests that are not done: as many as the machine lets wait.
    waiting: LiteMap<RequestId, Done>,
    requests: u32,
    tell: EventSink,
    /// What stands between a source and the others: for as many sources as there can be.
    stages: LiteMap<Source, Box<dyn Stage>>,
    /// To be told before what the machine says.
    events: VecDeque<SourceEvent>,
}

/// What the browser says of a device.
#[derive(Debug)]
pub(crate) enum DeviceEvent {
    /// It was asked for, and this is what came.
    Captured {
        source: Source,
        result: Result<Track, MediaError>,
        previous: Previous<Track>,
    },
    Track(Source, TrackEvent),
    /// Of a processor.
    Came(Source, Came),
}

impl Devices {
    /// Fails where there are no streams, and so no calls either.
    pub(crate) fn new(tell: EventSink) -> Result<Self, JsValue> {
        Ok(Devices {
            machine: machine::Devices::new(),
            stream: MediaStream::new()?,
            others: SnapshotCell::default(),
            waiting: LiteMap::new(),
            requests: 0,
            tell,
            stages: LiteMap::new(),
            events: VecDeque::new(),
        })
    }

    /// The stream of oneself: what is on, for showing it, and for keeping sound and picture together.
    pub(crate) fn stream(&self, of: StreamKind) -> MediaStream {
        if of == StreamKind::Camera {
            return Clone::clone(&self.stream);
        }
        self.others.change(|others| {
            if !others.contains_key(&of)
                && let Ok(stream) = MediaStream::new()
            {
                others.insert(of, stream);
            }
            // One was made before: another one is not refused.
            Clone::clone(others.get(&of).unwrap_or(&self.stream))
        })
    }

    /// Asks for all of these with one question to the person.
    pub(crate) fn start(&mut self, sources: Vec<Source>) {
        self.machine.handle(DevicesInput::Start(sources));
    }

    /// Takes the application's own tracks: one of sound as microphone, one of pictures as camera.
    pub(crate) fn take(&mut self, given: &MediaStream) {
        let tracks = [(Source::Microphone, given.get_audio_tracks()), (Source::Camera, given.get_video_tracks())];
        for (source, tracks) in tracks {
            let Ok(track) = tracks.get(0).dyn_into::<MediaStreamTrack>() else { continue };
            // Two known sources are never too many.
            let _ = self.publish(source, track, DeviceConstraints::default_of(source));
        }
    }

    /// Sends a track of the application for this source.
    pub(crate) fn publish(
        &mut self,
        source: Source,
        track: MediaStreamTrack,
        constraints: DeviceConstraints,
    ) -> Result<(), PublishError> {
        // It would end at once: it goes with what is shared.
        if source == Source::ScreenAudio && !self.machine.is_on(Source::Screen) {
            return Err(PublishError::Kind);
        }
        let is_own = |source: &Source| matches!(source, Source::Own(_));
        let others = self.machine.sources().filter(|other| is_own(other) && *other != source).count();
        if is_own(&source) && others >= OWN_SOURCES {
            return Err(PublishError::TooMany);
        }
        if let Some(hint) = constraints.hint().filter(|_| !source.is_audio()) {
            track.unchecked_ref::<CapturedTrack>().set_content_hint(hint);
        }
        let track = Track::given(track, &self.stream(StreamKind::of(source)), track_events(&self.tell, source));
        self.machine.handle(DevicesInput::Publish { source, track, constraints });
        Ok(())
    }

    /// Sends a track of the application no more.
    pub(crate) fn unpublish(&mut self, source: Source, stop: bool) {
        if let Some(track) = self.machine.track(source).filter(|track| stop && track.is_given()) {
            track.as_ref().stop();
        }
        self.machine.handle(DevicesInput::Unpublish(source));
    }

    /// Lets what there is of a source go through this, or be sent as it is.
    pub(crate) fn process(&mut self, source: Source, stage: Option<Box<dyn Stage>>) {
        let previous = self.stages.remove(&source);
        let (track, is_on) = (self.machine.track(source), self.machine.is_on(source));
        if let Some(mut stage) = stage {
            // One that is not taken is dropped, and whoever waits for it is told.
            if self.stages.len() < Source::ALL.len() + OWN_SOURCES {
                stage.replace(previous, is_on);
                stage.begin(track, &self.tell);
                self.stages.insert(source, stage);
            }
        } else if let (Some(previous), Some(track)) = (previous, track) {
            let event = if is_on && !previous.is_told() { SourceEvent::On } else { SourceEvent::Replaced };
            track.set_enabled(is_on);
            track.show();
            self.events.push_back(event(source));
        }
    }

    /// A processor gave something.
    fn came(&mut self, source: Source, came: Came) {
        let Some(stage) = self.stages.get_mut(&source) else { return };
        let (track, is_on) = (self.machine.track(source), self.machine.is_on(source));
        match stage.came(came, track, is_on, &self.tell) {
            Told::Nothing => {}
            Told::Event(event) => self.events.push_back(event),
            Told::Back(stage) => {
                self.stages.insert(source, stage);
            }
            Told::Failed(error) => {
                self.machine.handle(DevicesInput::Stop { source, why: error });
            }
        }
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.machine.is_asking()
    }

    /// Nobody waits any more for what was asked of them. What can't be had is told.
    pub(crate) fn forget_requests(&mut self) {
        self.machine.forget_requests();
        self.waiting.clear();
    }

    /// All sources that may be on.
    pub(crate) fn sources(&self) -> Vec<Source> {
        self.machine.sources().collect()
    }

    /// The sources that are on.
    pub(crate) fn on(&self) -> Vec<Source> {
        let is_told = |source: &Source| self.stages.get(source).is_none_or(|stage| stage.is_told());
        self.machine.on().filter(is_told).collect()
    }

    /// Whether it was told that the system has silenced a source.
    pub(crate) fn is_interrupted(&self, source: Source) -> bool {
        self.machine.is_interrupted(source)
    }

    /// The track to send for a source, also when it is muted.
    pub(crate) fn track(&self, source: Source) -> Option<&MediaStreamTrack> {
        let track = self.machine.track(source);
        match self.stages.get(&source) {
            Some(stage) => stage.track(track),
            None => track.map(Track::as_ref),
        }
    }

    /// What the track of a source really is.
    pub(crate) fn settings(&self, source: Source) -> Option<Settings> {
        let settings = self.machine.track(source)?.settings();
        Some(if self.stages.contains_key(&source) { settings.sized_as(self.track(source)) } else { settings })
    }

    /// What is wanted of a source.
    pub(crate) fn constraints(&self, source: Source) -> Option<&DeviceConstraints> {
        self.machine.constraints(source)
    }

    /// Wants a source on or off.
    pub(crate) fn set(&mut self, source: Source, on: bool, done: Done) {
        let id = self.request(done);
        self.machine.handle(DevicesInput::Set { id, source, on });
    }

    /// Wants a source otherwise. Nobody need wait for it.
    pub(crate) fn choose(&mut self, constraints: DeviceConstraints, done: Option<Done>) {
        let id = done.map(|done| self.request(done));
        self.machine.handle(DevicesInput::Choose { id, constraints });
    }

    pub(crate) fn on_event(&mut self, event: DeviceEvent) {
        self.machine.handle(match event {
            DeviceEvent::Came(source, came) => return self.came(source, came),
            DeviceEvent::Captured { source, result, previous } => DevicesInput::Captured { source, result, previous },
            DeviceEvent::Track(source, TrackEvent::Ended) => DevicesInput::Ended(source),
            DeviceEvent::Track(source, TrackEvent::Interrupted(interrupted)) => {
                DevicesInput::Interrupted { source, interrupted }
            }
        });
    }

    /// Does what the machine says, until something is otherwise with a source.
    pub(crate) fn poll(&mut self) -> Option<SourceEvent> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        while let Some(output) = self.machine.poll() {
            match output {
                DevicesOutput::Capture { constraints, previous } => self.capture(constraints, previous),
                DevicesOutput::CaptureAll(constraints) => self.capture_all(constraints),
                DevicesOutput::SetEnabled { source, enabled } => {
                    // What is not sent may go on: a voice that is muted is listened to.
                    let is_sent = !self.stages.get(&source).is_some_and(|stage| stage.set_enabled(enabled));
                    if let Some(track) = self.machine.track(source).filter(|_| enabled || is_sent) {
                        track.set_enabled(enabled);
                    }
                }
                DevicesOutput::Done { id, result } => {
                    if let Some(done) = self.waiting.remove(&id) {
                        done.send(result);
                    }
                }
                DevicesOutput::Event(event) => {
                    let told = self.pass(event);
                    if told.is_some() {
                        return told;
                    }
                }
            }
        }
        None
    }

    fn pass(&mut self, event: SourceEvent) -> Option<SourceEvent> {
        let source = event.source();
        let track = self.machine.track(source);
        if let Some(stage) = self.stages.get_mut(&source) {
            return stage.pass(event, track, &self.tell);
        }
        if let (SourceEvent::On(_) | SourceEvent::Replaced(_), Some(track)) = (&event, track) {
            track.show();
        }
        Some(event)
    }

    fn request(&mut self, done: Done) -> RequestId {
        let id = RequestId(self.requests);
        self.requests = self.requests.wrapping_add(1);
        self.waiting.insert(id, done);
        id
    }

    fn capture(&self, constraints: DeviceConstraints, previous: Option<DeviceConstraints>) {
        let source = constraints.source();
        let tell = Rc::clone(&self.tell);
        let stream = self.stream(StreamKind::of(source));
        // What a processor makes of it holds no device.
        let old = self.machine.track(source).map(|track| Clone::clone(track.as_ref())).zip(previous.clone());
        spawn(async move {
            let (result, replaced) = switch(&constraints, old).await;
            let sound = result
                .as_ref()
                .ok()
                .filter(|captured| source == Source::Screen && captured.get_audio_tracks().length() > 0);
            let sound = sound.cloned();
            let restored = |restored, constraints| track_from(&tell, &stream, source, constraints, Ok(restored)).ok();
            let previous = match (replaced, previous) {
                (Previous::Kept, _) => Previous::Kept,
                (Previous::Restored(track), Some(constraints)) => {
                    restored(track, constraints).map_or(Previous::Lost, Previous::Restored)
                }
                (Previous::Lost | Previous::Restored(_), _) => Previous::Lost,
            };
            answer(&tell, &stream, source, constraints.clone(), result, previous);
            if let Some(sound) = sound {
                answer(&tell, &stream, Source::ScreenAudio, constraints, Ok(sound), Previous::Kept);
            }
        });
    }

    fn capture_all(&self, asked: Vec<DeviceConstraints>) {
        let (tell, stream) = (Rc::clone(&self.tell), Clone::clone(&self.stream));
        spawn(async move {
            for (constraints, result) in prefer_each(asked).await {
                answer(&tell, &stream, constraints.source(), constraints, result, Previous::Kept);
            }
        });
    }
}

fn answer(
    tell: &EventSink,
    stream: &MediaStream,
    source: Source,
    constraints: DeviceConstraints,
    captured: Result<MediaStream, MediaError>,
    previous: Previous<Track>,
) {
    let result = track_from(tell, stream, source, constraints, captured);
    tell(DeviceEvent::Captured { source, result, previous });
}

fn track_from(
    tell: &EventSink,
    stream: &MediaStream,
    source: Source,
    constraints: DeviceConstraints,
    captured: Result<MediaStream, MediaError>,
) -> Result<Track, MediaError> {
    let track = track_of(&captured?, source).ok_or(MediaError::Unsupported)?;
    Ok(Track::captured(track, stream, constraints, track_events(tell, source)))
}

fn track_events(tell: &EventSink, source: Source) -> impl Fn(TrackEvent) + 'static {
    let tell = Rc::clone(tell);
    move |event| tell(DeviceEvent::Track(source, event))
}

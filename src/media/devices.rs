use std::rc::Rc;

use itodenwa_protocol::devices as machine;
use itodenwa_protocol::devices::{DevicesInput, DevicesOutput, Previous, RequestId};
use itodenwa_protocol::options::DeviceConstraints;
use itodenwa_wire::Source;
use litemap::LiteMap;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, MediaStreamTrack};

use super::capture::{prefer, switch, track_of};
use super::settings::Settings;
use super::track::{Track, TrackEvent};
use crate::dom::spawn;
use crate::error::MediaError;
use crate::oneshot;
use crate::stream_kind::StreamKind;

/// Where the result of a request goes.
pub(crate) type Done = oneshot::Sender<Result<(), MediaError>>;
/// What is otherwise with a source.
pub(crate) type SourceEvent = machine::SourceEvent<MediaError>;

type EventSink = Rc<dyn Fn(DeviceEvent)>;

/// Own camera, microphone and screen: does what their machine says.
pub(crate) struct Devices {
    machine: machine::Devices<Track, MediaError>,
    stream: MediaStream,
    /// What is shared has a stream of its own: it is shown beside the person.
    screen: MediaStream,
    /// Requests that are not done: as many as the machine lets wait.
    waiting: LiteMap<RequestId, Done>,
    requests: u32,
    tell: EventSink,
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
}

impl Devices {
    /// Fails where there are no streams, and so no calls either.
    pub(crate) fn new(tell: EventSink) -> Result<Self, JsValue> {
        Ok(Devices {
            machine: machine::Devices::new(),
            stream: MediaStream::new()?,
            screen: MediaStream::new()?,
            waiting: LiteMap::new(),
            requests: 0,
            tell,
        })
    }

    /// The stream of oneself: what is on, for showing it, and for keeping sound and picture together.
    pub(crate) fn stream(&self, of: StreamKind) -> &MediaStream {
        match of {
            StreamKind::Camera => &self.stream,
            StreamKind::Screen => &self.screen,
        }
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
            let track = Track::given(track, &self.stream, track_events(&self.tell, source));
            self.machine.handle(DevicesInput::Given { source, track });
        }
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.machine.is_asking()
    }

    /// The sources that are on.
    pub(crate) fn on(&self) -> Vec<Source> {
        self.machine.on().collect()
    }

    /// The track to send for a source, also when it is muted.
    pub(crate) fn track(&self, source: Source) -> Option<&MediaStreamTrack> {
        Some(self.machine.track(source)?.as_ref())
    }

    /// What the track of a source really is.
    pub(crate) fn settings(&self, source: Source) -> Option<Settings> {
        Some(self.machine.track(source)?.settings())
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
            DeviceEvent::Captured { source, result, previous } => DevicesInput::Captured { source, result, previous },
            DeviceEvent::Track(source, TrackEvent::Ended) => DevicesInput::Ended(source),
            DeviceEvent::Track(source, TrackEvent::Interrupted(interrupted)) => {
                DevicesInput::Interrupted { source, interrupted }
            }
        });
    }

    /// Does what the machine says, until something is otherwise with a source.
    pub(crate) fn poll(&mut self) -> Option<SourceEvent> {
        while let Some(output) = self.machine.poll() {
            match output {
                DevicesOutput::Capture { constraints, previous } => self.capture(constraints, previous),
                DevicesOutput::CaptureAll(constraints) => self.capture_all(constraints),
                DevicesOutput::SetEnabled { source, enabled } => {
                    if let Some(track) = self.machine.track(source) {
                        track.set_enabled(enabled);
                    }
                }
                DevicesOutput::Done { id, result } => {
                    if let Some(done) = self.waiting.remove(&id) {
                        done.send(result);
                    }
                }
                DevicesOutput::Event(event) => return Some(event),
            }
        }
        None
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
        let stream = Clone::clone(self.stream(StreamKind::of(source)));
        let old = self.track(source).cloned().zip(previous.clone());
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
            let captured = prefer(&asked).await;
            // One of several failed, and nobody knows which.
            let is_unclear = captured.is_err() && asked.len() > 1;
            for constraints in asked {
                let one = std::slice::from_ref(&constraints);
                let result = if is_unclear { prefer(one).await } else { captured.clone() };
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

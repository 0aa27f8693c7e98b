use std::rc::Rc;

use itodenwa_protocol::options::DeviceConstraints;
use itodenwa_wire::Source;
use litemap::LiteMap;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MediaStream, MediaStreamTrack};

use super::capture::{prefer, switch, track_of};
use super::device::{Ask, Captured, Change, Device, Done};
use super::settings::Settings;
use super::track::{Track, TrackEvent};
use crate::dom::spawn;
use crate::error::MediaError;
use crate::stream_kind::StreamKind;

type EventSink = Rc<dyn Fn(DeviceEvent)>;

/// Own camera, microphone and screen. One request to the browser at a time for each.
pub(crate) struct Devices {
    devices: LiteMap<Source, Device>,
    stream: MediaStream,
    /// What is shared has a stream of its own: it is shown beside the person.
    screen: MediaStream,
    tell: EventSink,
}

/// What the browser says of a device.
#[derive(Debug)]
pub(crate) enum DeviceEvent {
    /// It was asked for, and this is what came.
    Captured(Captured),
    Track(Source, TrackEvent),
}

impl Devices {
    /// Fails where there are no streams, and so no calls either.
    pub(crate) fn new(tell: EventSink) -> Result<Self, JsValue> {
        let mut devices = LiteMap::new();
        for source in Source::ALL {
            devices.insert(source, Device::new(source));
        }
        Ok(Devices { devices, stream: MediaStream::new()?, screen: MediaStream::new()?, tell })
    }

    /// The stream of oneself: what is on, for showing it, and for keeping sound and picture together.
    pub(crate) fn stream(&self, of: StreamKind) -> &MediaStream {
        match of {
            StreamKind::Camera => &self.stream,
            StreamKind::Screen => &self.screen,
        }
    }

    /// Asks for all of these with one question to the person.
    pub(crate) fn request(&mut self, sources: &[Source]) {
        let asked = sources.iter().filter_map(|source| Some(self.devices.get_mut(source)?.begin()));
        let asked: Vec<DeviceConstraints> = asked.collect();
        let Some(first) = asked.first().cloned() else { return };
        let (tell, stream) = (Rc::clone(&self.tell), Clone::clone(&self.stream));
        spawn(async move {
            match prefer(&asked).await {
                Err(_) if asked.len() > 1 => {
                    // One of them failed, and nobody knows which.
                    for wish in asked {
                        let result = prefer(std::slice::from_ref(&wish)).await;
                        answer(&tell, &stream, wish, result, None);
                    }
                }
                Err(error) => answer(&tell, &stream, first, Err(error), None),
                Ok(captured) => {
                    for wish in asked {
                        answer(&tell, &stream, wish, Ok(Clone::clone(&captured)), None);
                    }
                }
            }
        });
    }

    /// Takes the application's own tracks: one of sound as microphone, one of pictures as camera.
    pub(crate) fn adopt(&mut self, given: &MediaStream) {
        let tracks = [(Source::Microphone, given.get_audio_tracks()), (Source::Camera, given.get_video_tracks())];
        for (source, tracks) in tracks {
            let Ok(track) = tracks.get(0).dyn_into::<MediaStreamTrack>() else { continue };
            let track = Track::given(track, &self.stream, told_of(&self.tell, source));
            if let Some(device) = self.devices.get_mut(&source) {
                device.hold(track);
            }
        }
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.devices.values().any(Device::is_asking)
    }

    /// The sources that are on.
    pub(crate) fn on(&self) -> impl Iterator<Item = Source> {
        self.devices.iter().filter(|(_, device)| device.is_on()).map(|(source, _)| *source)
    }

    /// The track to send for a source, also when it is muted.
    pub(crate) fn track(&self, source: Source) -> Option<&MediaStreamTrack> {
        Some(self.devices.get(&source)?.track()?.as_ref())
    }

    /// What a source that is on really is.
    pub(crate) fn settings(&self, source: Source) -> Option<Settings> {
        Some(self.devices.get(&source)?.track()?.settings())
    }

    /// What is wanted of a source.
    pub(crate) fn wish(&self, source: Source) -> Option<&DeviceConstraints> {
        Some(self.devices.get(&source)?.wish())
    }

    /// Wants a source on or off.
    pub(crate) fn set(&mut self, source: Source, on: bool, done: Done) -> Change {
        let Some(device) = self.devices.get_mut(&source) else { return Change::None };
        let (change, ask) = device.set(on, done);
        self.ask(source, ask);
        change
    }

    /// Wants a source otherwise.
    pub(crate) fn choose(&mut self, wish: DeviceConstraints, done: Done) {
        let source = wish.source();
        let ask = self.devices.get_mut(&source).and_then(|device| device.choose(wish, done));
        self.ask(source, ask);
    }

    pub(crate) fn notice(&mut self, notice: DeviceEvent) -> Change {
        let (source, (change, ask)) = match notice {
            DeviceEvent::Captured(captured) if captured.source == Source::ScreenAudio => {
                return self.captured_screen_audio(captured);
            }
            DeviceEvent::Captured(captured) => {
                let source = captured.source;
                let Some(device) = self.devices.get_mut(&source) else { return Change::None };
                (source, device.captured(captured))
            }
            DeviceEvent::Track(source, notice) => {
                let Some(device) = self.devices.get_mut(&source) else { return Change::None };
                match notice {
                    TrackEvent::Ended => (source, device.ended()),
                    TrackEvent::Interrupted(interrupted) => (source, (device.interrupted(interrupted), None)),
                }
            }
        };
        self.ask(source, ask);
        match change {
            // The picture of the screen tells it.
            Change::Ended(Source::ScreenAudio, _) => Change::Off(Source::ScreenAudio),
            change => change,
        }
    }

    /// The sound of what is shared goes with its picture. True if there was any.
    pub(crate) fn stop_screen_audio(&mut self) -> bool {
        let device = self.devices.get_mut(&Source::ScreenAudio);
        device.is_some_and(|device| matches!(device.lose(MediaError::Ended), Change::Ended(..)))
    }

    fn captured_screen_audio(&mut self, captured: Captured) -> Change {
        let is_shared = self.devices.get(&Source::Screen).is_some_and(Device::is_on);
        let Some(track) = captured.result.ok().filter(|_| is_shared) else { return Change::None };
        if let Some(device) = self.devices.get_mut(&Source::ScreenAudio) {
            device.hold(track);
        }
        Change::On(Source::ScreenAudio)
    }

    fn ask(&self, source: Source, ask: Option<Ask>) {
        let Some(Ask { wish, old }) = ask else { return };
        let tell = Rc::clone(&self.tell);
        let stream = Clone::clone(self.stream(StreamKind::of(source)));
        spawn(async move {
            let (result, restored) = switch(&wish, old.clone()).await;
            let sound = result
                .as_ref()
                .ok()
                .filter(|captured| source == Source::Screen && captured.get_audio_tracks().length() > 0);
            let sound = sound.cloned();
            let restored = restored.zip(old).map(|(restored, (_, wish))| (restored, wish));
            answer(&tell, &stream, wish.clone(), result, restored);
            if let Some(sound) = sound {
                let track = track_from(&tell, &stream, Source::ScreenAudio, wish, Ok(sound));
                let captured = Captured { source: Source::ScreenAudio, result: track, restored: None };
                tell(DeviceEvent::Captured(captured));
            }
        });
    }
}

fn answer(
    tell: &EventSink,
    stream: &MediaStream,
    wish: DeviceConstraints,
    captured: Result<MediaStream, MediaError>,
    restored: Option<(MediaStream, DeviceConstraints)>,
) {
    let source = wish.source();
    let restored = restored.and_then(|(restored, wish)| track_from(tell, stream, source, wish, Ok(restored)).ok());
    let result = track_from(tell, stream, source, wish, captured);
    tell(DeviceEvent::Captured(Captured { source, result, restored }));
}

fn track_from(
    tell: &EventSink,
    stream: &MediaStream,
    source: Source,
    wish: DeviceConstraints,
    captured: Result<MediaStream, MediaError>,
) -> Result<Track, MediaError> {
    let track = track_of(&captured?, source).ok_or(MediaError::Unsupported)?;
    Ok(Track::captured(track, stream, wish, told_of(tell, source)))
}

fn told_of(tell: &EventSink, source: Source) -> impl Fn(TrackEvent) + 'static {
    let tell = Rc::clone(tell);
    move |notice| tell(DeviceEvent::Track(source, notice))
}

use std::collections::BTreeMap;
use std::rc::Rc;

use futures_channel::oneshot;
use itodenwa_wire::Source;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaStream, MediaStreamTrack};

use super::{Track, capture};
use crate::error::MediaError;
use crate::view::Sight;

/// Who waits for one switch to be made, at most. Who is overtaken by more is answered at once.
const WAITING: usize = 16;

type Done = oneshot::Sender<Result<(), MediaError>>;
type Tell = Rc<dyn Fn(DeviceNotice)>;

/// Own camera, microphone and screen: what is wanted, and what there is. One request to the browser at a time for each.
pub(crate) struct Devices {
    devices: BTreeMap<Source, Device>,
    stream: MediaStream,
    /// What is shared has a stream of its own: it is shown beside the person.
    screen: MediaStream,
    tell: Tell,
}

/// What the browser says of a device.
#[derive(Debug)]
pub(crate) enum DeviceNotice {
    /// It was asked for, and this is what came.
    Captured { source: Source, result: Result<Track, MediaError> },
    /// It was unplugged or taken away.
    Ended { source: Source },
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Change {
    None,
    /// The source is on: its track is to be sent.
    On(Source),
    /// The source is off.
    Off(Source),
    /// It failed and nobody waits to hear why.
    Failed(Source, MediaError),
    /// It was on, and is off although nobody wanted that.
    Ended(Source, MediaError),
}

#[derive(Default)]
struct Device {
    wanted: bool,
    state: State,
    waiting: Vec<Done>,
}

#[derive(Default)]
enum State {
    #[default]
    Off,
    Asking,
    On(Track),
    /// The track is kept, silent: it is back at once.
    Muted(Track),
}

impl Devices {
    /// Fails where there are no streams, and so no calls either.
    pub(crate) fn new(tell: Tell) -> Result<Self, JsValue> {
        Ok(Devices { devices: BTreeMap::new(), stream: MediaStream::new()?, screen: MediaStream::new()?, tell })
    }

    /// The stream of oneself: what is on, for showing it, and for keeping sound and picture together.
    pub(crate) fn stream(&self, of: Sight) -> &MediaStream {
        match of {
            Sight::Person => &self.stream,
            Sight::Screen => &self.screen,
        }
    }

    /// Asks for all of these with one question to the person.
    pub(crate) fn request(&mut self, sources: Vec<Source>) {
        for &source in &sources {
            self.devices.insert(source, Device { wanted: true, state: State::Asking, waiting: Vec::new() });
        }
        self.ask(sources);
    }

    /// Takes the application's own tracks: one of sound as microphone, one of pictures as camera.
    pub(crate) fn adopt(&mut self, given: &MediaStream) {
        let tracks = [(Source::Microphone, given.get_audio_tracks()), (Source::Camera, given.get_video_tracks())];
        for (source, tracks) in tracks {
            let Ok(track) = tracks.get(0).dyn_into::<MediaStreamTrack>() else { continue };
            let tell = Rc::clone(&self.tell);
            let track = Track::given(track, &self.stream, move || tell(DeviceNotice::Ended { source }));
            self.devices.insert(source, Device { wanted: true, state: State::On(track), waiting: Vec::new() });
        }
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.devices.values().any(|device| matches!(device.state, State::Asking))
    }

    /// The sources that are on.
    pub(crate) fn on(&self) -> impl Iterator<Item = Source> {
        self.devices.iter().filter(|(_, device)| matches!(device.state, State::On(_))).map(|(source, _)| *source)
    }

    /// The track to send for a source, also when it is muted.
    pub(crate) fn track(&self, source: Source) -> Option<&MediaStreamTrack> {
        match &self.devices.get(&source)?.state {
            State::On(track) | State::Muted(track) => Some(track.as_ref()),
            State::Off | State::Asking => None,
        }
    }

    /// Wants a source on or off.
    pub(crate) fn set(&mut self, source: Source, on: bool, done: Done) -> Change {
        let device = self.devices.entry(source).or_default();
        device.wanted = on;
        let (state, change) = match (std::mem::take(&mut device.state), on) {
            (State::Off, true) => {
                device.wait(done);
                device.state = State::Asking;
                self.ask(vec![source]);
                return Change::None;
            }
            (State::Asking, _) => {
                device.wait(done);
                device.state = State::Asking;
                return Change::None;
            }
            (State::On(track), false) if source == Source::Microphone || !track.is_captured() => {
                track.set_enabled(false);
                (State::Muted(track), Change::Off(source))
            }
            (State::On(_), false) => (State::Off, Change::Off(source)),
            (State::Muted(track), true) => {
                track.set_enabled(true);
                (State::On(track), Change::On(source))
            }
            (as_wanted, _) => (as_wanted, Change::None),
        };
        device.state = state;
        // Who asked need not wait.
        let _ = done.send(Ok(()));
        change
    }

    pub(crate) fn notice(&mut self, notice: DeviceNotice) -> Change {
        match notice {
            DeviceNotice::Captured { source, result } => self.captured(source, result),
            DeviceNotice::Ended { source } => match self.devices.get_mut(&source) {
                Some(device @ Device { state: State::On(_) | State::Muted(_), .. }) => {
                    device.wanted = false;
                    device.state = State::Off;
                    match source {
                        // The picture of the screen tells it.
                        Source::ScreenAudio => Change::Off(source),
                        source => Change::Ended(source, MediaError::Ended),
                    }
                }
                _ => Change::None,
            },
        }
    }

    /// The sound of what is shared goes with its picture. True if there was any.
    pub(crate) fn stop_screen_audio(&mut self) -> bool {
        self.devices.remove(&Source::ScreenAudio).is_some_and(|device| matches!(device.state, State::On(_)))
    }

    fn captured(&mut self, source: Source, result: Result<Track, MediaError>) -> Change {
        if source == Source::ScreenAudio {
            let is_shared = self.on().any(|on| on == Source::Screen);
            let Some(track) = result.ok().filter(|_| is_shared) else { return Change::None };
            self.devices.insert(source, Device { wanted: true, state: State::On(track), waiting: Vec::new() });
            return Change::On(source);
        }
        let Some(device) = self.devices.get_mut(&source) else { return Change::None };
        let waiting = std::mem::take(&mut device.waiting);
        let answer = result.as_ref().map(|_| ()).map_err(Clone::clone);
        let told = !waiting.is_empty();
        for done in waiting {
            let _ = done.send(answer.clone());
        }
        let (state, change) = match result {
            Ok(track) if device.wanted => (State::On(track), Change::On(source)),
            Err(error) if device.wanted && !told => (State::Off, Change::Failed(source, error)),
            // Switched off meanwhile: the track is stopped.
            Ok(_) | Err(_) => (State::Off, Change::None),
        };
        device.wanted = matches!(state, State::On(_));
        device.state = state;
        change
    }

    fn ask(&self, sources: Vec<Source>) {
        let (tell, stream) = (Rc::clone(&self.tell), Clone::clone(&self.stream));
        if sources.contains(&Source::Screen) {
            let stream = Clone::clone(&self.screen);
            return spawn_local(async move {
                let captured = capture(&[Source::Screen]).await;
                answer(&tell, &stream, Source::Screen, captured.clone());
                if captured.as_ref().is_ok_and(|captured| captured.get_audio_tracks().length() > 0) {
                    answer(&tell, &stream, Source::ScreenAudio, captured);
                }
            });
        }
        spawn_local(async move {
            match capture(&sources).await {
                Err(_) if sources.len() > 1 => {
                    // One of them failed, and nobody knows which.
                    for source in sources {
                        let result = capture(&[source]).await;
                        answer(&tell, &stream, source, result);
                    }
                }
                result => sources.into_iter().for_each(|source| answer(&tell, &stream, source, result.clone())),
            }
        });
    }
}

impl Device {
    fn wait(&mut self, done: Done) {
        self.waiting.push(done);
        if self.waiting.len() > WAITING {
            let _ = self.waiting.remove(0).send(Ok(()));
        }
    }
}

fn answer(tell: &Tell, stream: &MediaStream, source: Source, captured: Result<MediaStream, MediaError>) {
    let result = captured.and_then(|captured| {
        let tracks = if source.is_audio() { captured.get_audio_tracks() } else { captured.get_video_tracks() };
        let track = tracks.get(0).dyn_into::<MediaStreamTrack>().map_err(|_| MediaError::Unsupported)?;
        let tell = Rc::clone(tell);
        Ok(Track::captured(track, stream, move || tell(DeviceNotice::Ended { source })))
    });
    tell(DeviceNotice::Captured { source, result });
}

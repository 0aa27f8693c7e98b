//! How loud one is oneself, also while the microphone is muted. Loaded when it is first asked for.

use std::pin::pin;

use futures_core::Stream;
use futures_util::future::select;
use itodenwa_protocol::{SAMPLE_EVERY, Voice};
use wasm_bindgen::JsCast;
use web_sys::{MediaStream, MediaStreamTrack};

use crate::dom::{Clock, Held, Kind, Timer, property, spawn};
use crate::local_media::{LocalHandle, LocalRequest};
use crate::meter::Meter;
use crate::oneshot;
use crate::queue::queue;
use crate::room::Handle;

/// How loud one is oneself, at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OwnLevel {
    /// From 0 to 1 (linear), smoothed, for a meter: as [`Peer::level`](crate::Peer::level).
    pub level: f64,
    /// Whether one speaks, by the rules that hold for the others ([`Event::Speaking`](crate::Event::Speaking)).
    pub speaking: bool,
    /// Whether the microphone is open and silent: what is heard here is heard by nobody else.
    pub muted: bool,
}

impl OwnLevel {
    /// One speaks, and the microphone is muted.
    #[must_use]
    pub fn is_unheard(&self) -> bool {
        self.speaking && self.muted
    }
}

impl Handle {
    /// How loud one is oneself, ten times a second until the room is over. Dropped, it ends; it does not keep the room open. A reader
    /// that is slow misses some of the moments.
    ///
    /// It is nought while there is no microphone, where the browser lets no sound be looked at (some do from the first touch of the page
    /// on), and where there is no sound device at all. A muted microphone is listened to by a copy of its track, which is sent nowhere and
    /// ends with it.
    pub fn watch_level(&self) -> impl Stream<Item = OwnLevel> + Unpin + use<> {
        let (tell, levels) = queue(1);
        let local = self.local().clone();
        // A task, so that nothing stays open when nobody polls the stream.
        spawn(async move {
            let Some(stream) = own_stream(&local).await else { return };
            let (clock, mut voice, mut ear) = (Clock::start(), Voice::default(), None);
            while !tell.is_closed() && !local.is_over() {
                let now = Microphone::of(&stream);
                if ear.as_ref().map(|ear: &Ear| &ear.microphone) != now.as_ref() {
                    // What was said before is not said now: whoever mutes themselves while they speak begins anew.
                    (voice, ear) = (Voice::default(), now.map(Ear::new));
                }
                let level = ear.as_ref().and_then(|ear| ear.meter.as_ref()).map_or(0.0, Meter::level);
                voice.on_level(clock.now(), level);
                let (level, speaking) = (voice.level(), voice.is_speaking());
                // If the one before it was not read yet, it is not news.
                let _ = tell.send(OwnLevel {
                    level,
                    speaking,
                    muted: ear.as_ref().is_some_and(|ear| !ear.microphone.enabled),
                });
                select(pin!(Timer::new(SAMPLE_EVERY)), select(pin!(tell.closed()), pin!(local.over()))).await;
            }
        });
        levels
    }
}

/// None if the room is over.
async fn own_stream(local: &LocalHandle) -> Option<MediaStream> {
    let (done, wait) = oneshot::channel();
    local.ask(LocalRequest::Own(done)).ok()?;
    wait.await.ok()
}

/// The own microphone, as it is.
#[derive(Debug, PartialEq)]
struct Microphone {
    track: MediaStreamTrack,
    enabled: bool,
}

impl Microphone {
    fn of(stream: &MediaStream) -> Option<Self> {
        let track: MediaStreamTrack = stream.get_audio_tracks().get(0).dyn_into().ok()?;
        let state = property(&track, "readyState").as_string();
        (state.as_deref() == Some("live")).then(|| Microphone { enabled: track.enabled(), track })
    }
}

/// Listens to a microphone.
struct Ear {
    microphone: Microphone,
    meter: Option<Meter>,
    /// A muted track gives silence to everybody: this one is heard.
    _copy: Option<Copy>,
}

impl Ear {
    fn new(microphone: Microphone) -> Self {
        let copy = (!microphone.enabled).then(|| Copy::of(&microphone.track));
        let meter = Meter::of(copy.as_ref().map_or(&microphone.track, |copy| &copy.track));
        Ear { microphone, meter, _copy: copy }
    }
}

/// A copy of a track, which is stopped with this: nothing of the device is held without its track.
struct Copy {
    track: MediaStreamTrack,
    _held: Held,
}

impl Copy {
    #[expect(clippy::disallowed_methods, reason = "here another track is meant, which is stopped when it is dropped")]
    fn of(track: &MediaStreamTrack) -> Self {
        let track = MediaStreamTrack::clone(track);
        track.set_enabled(true);
        Copy { track, _held: Held::new(Kind::Track) }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.track.stop();
    }
}

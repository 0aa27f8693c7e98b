//! Sounds, mixed.

use std::time::Duration;

use js_sys::{Array, Reflect};
use litemap::LiteMap;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamTrack};

use crate::dom::spawn;
use crate::dom::{AudioContext, AudioNode, DestinationNode, Held, Kind, Timer};

/// How long the browser may take to begin to mix.
const BEGIN: Duration = Duration::from_millis(100);
/// How often that is looked at.
const LOOKS: u32 = 10;

/// Everything that is heard, as one track.
#[derive(Debug)]
pub(super) struct Mixer {
    sounds: AudioContext,
    destination: DestinationNode,
    /// By the track's id; as many as there are seats.
    sources: LiteMap<String, AudioNode>,
    _held: Held,
}

impl Mixer {
    /// None where nothing is mixed: no Web Audio, no device that gives it a clock, or no touch of the page so far.
    pub(super) async fn start() -> Option<Self> {
        let sounds = AudioContext::new().ok()?;
        let destination = sounds.create_destination().and_then(|destination| silence(&sounds, &destination)).ok();
        // Pending as long as the browser does not like to: the clock tells, and closing ends it.
        settle(sounds.resume());
        let mixer = destination.map(|destination| Mixer {
            sounds: sounds.clone(),
            destination,
            sources: LiteMap::new(),
            _held: Held::new(Kind::Sound),
        });
        let Some(mixer) = mixer else {
            settle(sounds.close());
            return None;
        };
        for _ in 0..LOOKS {
            if sounds.current_time() > 0.0 {
                return Some(mixer);
            }
            Timer::new(BEGIN).await;
        }
        None
    }

    /// What is recorded.
    pub(super) fn track(&self) -> JsValue {
        self.destination.stream().get_audio_tracks().get(0)
    }

    /// Mixes these from now on, and nothing else.
    pub(super) fn mix(&mut self, tracks: &[MediaStreamTrack]) {
        self.sources.retain(|id, source| {
            let stays = tracks.iter().any(|track| track.id() == *id);
            if !stays {
                let _ = source.disconnect();
            }
            stays
        });
        for track in tracks {
            if !self.sources.contains_key(&track.id())
                && let Some(source) = self.source(track)
            {
                self.sources.insert(track.id(), source);
            }
        }
    }

    /// None of a track that has just ended.
    fn source(&self, track: &MediaStreamTrack) -> Option<AudioNode> {
        let stream = MediaStream::new_with_tracks(&Array::of1(track)).ok()?;
        let source = self.sounds.create_source(&stream).ok()?;
        source.connect(&self.destination).ok()?;
        Some(source)
    }
}

impl Drop for Mixer {
    fn drop(&mut self) {
        self.mix(&[]);
        if let Ok(track) = self.track().dyn_into::<MediaStreamTrack>() {
            track.stop();
        }
        settle(self.sounds.close());
    }
}

/// Silence, from the beginning on: recorders wait for the first sound before they write anything, and there may be none.
fn silence(sounds: &AudioContext, destination: &DestinationNode) -> Result<DestinationNode, JsValue> {
    let silence = sounds.create_constant()?;
    Reflect::set(&silence.offset(), &"value".into(), &0.0.into())?;
    silence.connect(destination)?;
    silence.start()?;
    Ok(destination.clone())
}

/// Whatever comes of it.
fn settle(promise: Result<js_sys::Promise, JsValue>) {
    if let Ok(promise) = promise {
        spawn(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}

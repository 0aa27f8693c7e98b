use std::fmt;

use js_sys::Float32Array;
use web_sys::{MediaStream, MediaStreamTrack};

use crate::dom::{AnalyserNode, AudioContext, AudioNode, Held, Kind};

/// The samples that are looked at: 43 ms at 48 kHz, as many as an analyser has when nothing is said.
const SAMPLES: usize = 2048;

/// How loud a track is. Dropping it gives the sound device back.
pub(crate) struct Meter {
    context: AudioContext,
    source: AudioNode,
    analyser: AnalyserNode,
    samples: Float32Array,
    _held: Held,
}

impl Meter {
    /// None where the browser does not let sound be looked at.
    pub(crate) fn of(track: &MediaStreamTrack) -> Option<Self> {
        let stream = MediaStream::new().ok()?;
        stream.add_track(track);
        let context = AudioContext::new().ok()?;
        let connected = context.create_source(&stream).and_then(|source| {
            let analyser = context.create_analyser()?;
            source.connect(&analyser)?;
            Ok((source, analyser))
        });
        let Ok((source, analyser)) = connected else {
            end(&context);
            return None;
        };
        // Some browsers let it run only when the person has touched the page; then it stays at 0.
        let _ = context.resume();
        let samples = Float32Array::new_with_length(SAMPLES as u32);
        Some(Meter { context, source, analyser, samples, _held: Held::new(Kind::Sound) })
    }

    /// Whether anything is measured: not where there is no sound device at all.
    pub(crate) fn is_running(&self) -> bool {
        self.context.current_time() > 0.0
    }

    /// The loudest sample of the last moment, from 0 to 1.
    pub(crate) fn peak(&self) -> f64 {
        let peak = self.newest().into_iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
        f64::from(peak).min(1.0)
    }

    /// The root of the mean square of the last moment, from 0 to 1: what browsers say of the voices of others.
    pub(crate) fn level(&self) -> f64 {
        let energy: f64 = self.newest().into_iter().map(|sample| f64::from(sample).powi(2)).sum();
        (energy / SAMPLES as f64).sqrt().min(1.0)
    }

    fn newest(&self) -> [f32; SAMPLES] {
        self.analyser.samples(&self.samples);
        let mut samples = [0.0; SAMPLES];
        self.samples.copy_to(&mut samples);
        samples
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let _ = self.source.disconnect();
        end(&self.context);
    }
}

/// Nothing waits until it is closed.
fn end(context: &AudioContext) {
    let _ = context.close();
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

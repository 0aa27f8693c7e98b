//! What a track really is.

use itodenwa_protocol::options::{DeviceConstraints, Facing};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MediaStreamTrack;

use super::constraints::processing;
use crate::dom::{CapturedTrack, get_supported_constraints, is_present, property};

/// What an own source really is, which may be less than what was asked (W3C Media Capture and Streams, section 4.3.7). What the
/// browser does not tell is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// Which device: [`Device::id`](crate::Device::id).
    pub device: Option<String>,
    /// Its name, for people.
    pub label: String,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Pictures a second, at most.
    pub frame_rate: Option<f64>,
    /// The side of a phone.
    pub facing: Option<Facing>,
    /// As in [`MicrophoneOptions`](crate::MicrophoneOptions).
    pub echo_cancellation: Option<bool>,
    /// As in [`MicrophoneOptions`](crate::MicrophoneOptions).
    pub noise_suppression: Option<bool>,
    /// As in [`MicrophoneOptions`](crate::MicrophoneOptions).
    pub auto_gain_control: Option<bool>,
    /// As in [`MicrophoneOptions`](crate::MicrophoneOptions).
    pub voice_isolation: Option<bool>,
    /// What was asked and is not there, by the names of the specification: `noiseSuppression`, `deviceId`, `contentHint`.
    pub lacking: Vec<&'static str>,
}

impl Settings {
    /// Without a wish: a track of the application's own.
    pub(crate) fn of(track: &MediaStreamTrack, wish: Option<&DeviceConstraints>) -> Self {
        let value = track.unchecked_ref::<CapturedTrack>().settings().unwrap_or(JsValue::UNDEFINED);
        let pixels = |name| property(&value, name).as_f64().map(|pixels| pixels as u32);
        let text = |name| property(&value, name).as_string();
        let flag = |name| property(&value, name).as_bool();
        let mut settings = Settings {
            device: text("deviceId").filter(|device| !device.is_empty()),
            label: property(track, "label").as_string().unwrap_or_default(),
            width: pixels("width"),
            height: pixels("height"),
            frame_rate: property(&value, "frameRate").as_f64(),
            facing: text("facingMode").as_deref().and_then(Facing::named),
            echo_cancellation: flag("echoCancellation"),
            noise_suppression: flag("noiseSuppression"),
            auto_gain_control: flag("autoGainControl"),
            voice_isolation: flag("voiceIsolation"),
            lacking: Vec::new(),
        };
        settings.lacking = wish.map(|wish| settings.lacks(wish, track)).unwrap_or_default();
        settings
    }

    /// With the size of what is made of it.
    pub(super) fn sized_as(mut self, track: Option<&MediaStreamTrack>) -> Self {
        let made = track.map(|track| Settings::of(track, None)).unwrap_or_default();
        self.width = made.width.or(self.width);
        self.height = made.height.or(self.height);
        self
    }

    fn lacks(&self, wish: &DeviceConstraints, track: &MediaStreamTrack) -> Vec<&'static str> {
        let another = |wanted: &Option<String>| wanted.is_some() && *wanted != self.device;
        let mut lacking = Vec::new();
        match wish {
            DeviceConstraints::Camera(options) if another(&options.device) => lacking.push("deviceId"),
            DeviceConstraints::Camera(_) => {}
            DeviceConstraints::Microphone(options) => {
                if another(&options.device) {
                    lacking.push("deviceId");
                }
                let supported = get_supported_constraints().unwrap_or(JsValue::UNDEFINED);
                let has =
                    [self.echo_cancellation, self.noise_suppression, self.auto_gain_control, self.voice_isolation];
                for ((name, wanted), has) in processing(options).into_iter().zip(has) {
                    let is_other = has.is_some() && has != wanted;
                    if wanted.is_some() && (is_other || property(&supported, name).is_falsy()) {
                        lacking.push(name);
                    }
                }
            }
            DeviceConstraints::Screen(_) if !is_present(track, "contentHint") => lacking.push("contentHint"),
            DeviceConstraints::Screen(_) => {}
        }
        lacking
    }
}

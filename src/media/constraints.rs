//! Options as the browsers' dictionaries.

use itodenwa_protocol::options::{CameraOptions, DeviceConstraints, Facing, MicrophoneOptions, ScreenOptions};
use itodenwa_wire::Source;
use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

use crate::dom::{get_supported_constraints, object, property};

/// Takes what the page itself plays out of the sound that is shared (W3C Screen Capture, section 5.4).
const RESTRICT_OWN_AUDIO: &str = "restrictOwnAudio";

/// How a device is named: a switch to another one that is not there is refused, so that the one before it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstraintStrength {
    Ideal,
    Exact,
}

/// How far devices may be from what is wanted of them. What a device knows can't be asked before it is allowed, so it is asked
/// for again, by one step less each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leeway {
    /// A picture may come at a lower rate than the one wanted, not at a higher one.
    Wanted,
    /// At most 60 pictures a second, which some cameras give and nothing else.
    Faster,
    /// At any rate.
    AnyRate,
    /// As the device is.
    Anything,
}

impl Leeway {
    pub(super) const STEPS: [Leeway; 4] = [Leeway::Wanted, Leeway::Faster, Leeway::AnyRate, Leeway::Anything];
}

/// What `getUserMedia` is asked (W3C Media Capture and Streams, section 10.2).
pub(super) fn devices(wishes: &[DeviceConstraints], strength: ConstraintStrength, leeway: Leeway) -> Object {
    let one = |source: Source| wishes.iter().find(|wish| wish.source() == source);
    let part = |source| match one(source) {
        Some(DeviceConstraints::Camera(options)) => camera(options, strength, leeway).into(),
        Some(DeviceConstraints::Microphone(options)) => microphone(options, strength, leeway).into(),
        Some(DeviceConstraints::Screen(_)) | None => JsValue::FALSE,
    };
    object([("audio", part(Source::Microphone)), ("video", part(Source::Camera))])
}

/// What `getDisplayMedia` is asked (W3C Screen Capture, section 5.2). What a browser does not know it leaves out.
pub(super) fn screen(options: &ScreenOptions) -> Object {
    let frame_rate = object([("max", options.content.frame_rate().into())]);
    // The system's sound has the voices of the others in it, unless the browser takes them out.
    let supported = get_supported_constraints().unwrap_or(JsValue::UNDEFINED);
    let has_system = options.audio && property(&supported, RESTRICT_OWN_AUDIO).is_truthy();
    object([
        ("video", object([("frameRate", frame_rate.into())]).into()),
        ("audio", screen_audio(options)),
        ("systemAudio", if has_system { "include" } else { "exclude" }.into()),
        ("surfaceSwitching", "include".into()),
        // Sharing the call into itself shows a tunnel.
        ("selfBrowserSurface", "exclude".into()),
    ])
}

/// The sound of what is shared, as it is: without the call, and with nothing done to it that is done to voices.
pub(super) fn screen_audio(options: &ScreenOptions) -> JsValue {
    if !options.audio {
        return JsValue::FALSE;
    }
    let constraints = object([("channelCount", ideal(2.into()).into())]);
    let suppress = options.suppress_local_audio_playback;
    for (name, wanted) in [(RESTRICT_OWN_AUDIO, true), ("suppressLocalAudioPlayback", suppress)] {
        set(&constraints, name, &ideal(wanted.into()));
    }
    for (name, _) in processing(&MicrophoneOptions::default()) {
        set(&constraints, name, &ideal(JsValue::FALSE));
    }
    constraints.into()
}

fn camera(options: &CameraOptions, strength: ConstraintStrength, leeway: Leeway) -> Object {
    let constraints = Object::new();
    if leeway != Leeway::Anything {
        let quality = options.quality;
        let rate = quality.frame_rate.max(1.0);
        let frame_rate = ideal(rate.into());
        match leeway {
            Leeway::Wanted => set(&frame_rate, "max", &rate.into()),
            Leeway::Faster => set(&frame_rate, "max", &rate.max(60.0).into()),
            Leeway::AnyRate | Leeway::Anything => {}
        }
        set(&constraints, "width", &ideal(quality.width.into()));
        set(&constraints, "height", &ideal(quality.height.into()));
        set(&constraints, "frameRate", &frame_rate);
    }
    match &options.device {
        Some(device) => set(&constraints, "deviceId", &named(device, strength)),
        None => {
            let facing = options.facing.unwrap_or(Facing::User);
            set(&constraints, "facingMode", &ideal(facing.as_str().into()));
        }
    }
    constraints
}

fn microphone(options: &MicrophoneOptions, strength: ConstraintStrength, leeway: Leeway) -> Object {
    let constraints = Object::new();
    if let Some(device) = &options.device {
        set(&constraints, "deviceId", &named(device, strength));
    }
    for (name, wanted) in processing(options) {
        if let Some(wanted) = wanted.filter(|_| leeway != Leeway::Anything) {
            set(&constraints, name, &ideal(wanted.into()));
        }
    }
    constraints
}

/// What is done to the sound, by the names of constraints and settings.
pub(super) fn processing(options: &MicrophoneOptions) -> [(&'static str, Option<bool>); 4] {
    [
        ("echoCancellation", options.echo_cancellation),
        ("noiseSuppression", options.noise_suppression),
        ("autoGainControl", options.auto_gain_control),
        ("voiceIsolation", options.voice_isolation),
    ]
}

fn named(device: &str, strength: ConstraintStrength) -> Object {
    match strength {
        ConstraintStrength::Ideal => ideal(device.into()),
        ConstraintStrength::Exact => object([("exact", device.into())]),
    }
}

fn ideal(value: JsValue) -> Object {
    object([("ideal", value)])
}

/// Can't fail on an object that was just made.
fn set(object: &Object, key: &str, value: &JsValue) {
    let _ = Reflect::set(object, &key.into(), value);
}

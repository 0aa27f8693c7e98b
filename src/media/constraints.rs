//! Options as the browsers' dictionaries.

use itodenwa_protocol::options::{CameraOptions, DeviceConstraints, Facing, MicrophoneOptions, ScreenOptions};
use itodenwa_wire::Source;
use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

use crate::dom::object;

/// How a device is named: a switch to another one that is not there is refused, so that the one before it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstraintStrength {
    Ideal,
    Exact,
}

/// What `getUserMedia` is asked (W3C Media Capture and Streams, section 10.2).
pub(super) fn devices(wishes: &[DeviceConstraints], strength: ConstraintStrength) -> Object {
    let one = |source: Source| wishes.iter().find(|wish| wish.source() == source);
    let part = |source| match one(source) {
        Some(DeviceConstraints::Camera(options)) => camera(options, strength).into(),
        Some(DeviceConstraints::Microphone(options)) => microphone(options, strength).into(),
        Some(DeviceConstraints::Screen(_)) | None => JsValue::FALSE,
    };
    object([("audio", part(Source::Microphone)), ("video", part(Source::Camera))])
}

/// What `getDisplayMedia` is asked (W3C Screen Capture, section 5.2). What a browser does not know it leaves out.
pub(super) fn screen(options: &ScreenOptions) -> Object {
    let frame_rate = object([("max", options.content.frame_rate().into())]);
    object([
        ("video", object([("frameRate", frame_rate.into())]).into()),
        ("audio", options.audio.into()),
        ("systemAudio", if options.audio { "include" } else { "exclude" }.into()),
        ("surfaceSwitching", "include".into()),
        // Sharing the call into itself shows a tunnel.
        ("selfBrowserSurface", "exclude".into()),
    ])
}

fn camera(options: &CameraOptions, strength: ConstraintStrength) -> Object {
    let quality = options.quality;
    let constraints = object([
        ("width", ideal(quality.width.into()).into()),
        ("height", ideal(quality.height.into()).into()),
        (
            "frameRate",
            object([("ideal", quality.frame_rate.into()), ("max", quality.frame_rate.max(1.0).into())]).into(),
        ),
    ]);
    match &options.device {
        Some(device) => set(&constraints, "deviceId", &named(device, strength)),
        None => {
            let facing = options.facing.unwrap_or(Facing::User);
            set(&constraints, "facingMode", &ideal(facing.as_str().into()));
        }
    }
    constraints
}

fn microphone(options: &MicrophoneOptions, strength: ConstraintStrength) -> Object {
    let constraints = Object::new();
    if let Some(device) = &options.device {
        set(&constraints, "deviceId", &named(device, strength));
    }
    for (name, wanted) in processing(options) {
        if let Some(wanted) = wanted {
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
fn set(object: &Object, key: &str, value: &Object) {
    let _ = Reflect::set(object, &key.into(), value);
}

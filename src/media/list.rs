//! Which devices there are.

use itodenwa_wire::Source;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

use super::capture::unavailable;
use crate::dom::{Listener, enumerate_devices, global, property};
use crate::error::{Exception, MediaError};

/// Devices that are listed, at most.
const DEVICES: usize = 256;

/// A camera, a microphone or a loudspeaker (W3C Media Capture and Streams, section 9.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// For [`CameraOptions::device`](crate::CameraOptions::device) and the like: the same on this site as long as the person
    /// does not clear its data.
    pub id: String,
    /// What it is.
    pub kind: DeviceKind,
    /// Its name, for people. Empty until the person has allowed a camera or a microphone.
    pub label: String,
    /// The same for parts of one thing, as microphone and loudspeaker of a headset. May be empty.
    pub group: String,
}

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// `videoinput`
    Camera,
    /// `audioinput`
    Microphone,
    /// `audiooutput`; not listed where it can't be chosen.
    Loudspeaker,
}

impl DeviceKind {
    /// The name in JavaScript: `camera`, `microphone`, `loudspeaker`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceKind::Camera => "camera",
            DeviceKind::Microphone => "microphone",
            DeviceKind::Loudspeaker => "loudspeaker",
        }
    }

    /// Whether it gives such a source.
    pub(super) fn is_of(self, source: Source) -> bool {
        matches!((self, source), (DeviceKind::Camera, Source::Camera) | (DeviceKind::Microphone, Source::Microphone))
    }
}

/// Cameras, microphones and loudspeakers. Before the person has allowed any, browsers give no more than one of each kind, without
/// id and label: those without an id are left out, as nothing can be done with them. Asks the person nothing.
///
/// # Errors
/// [`MediaError::Insecure`] and [`MediaError::Unsupported`] where there are no devices.
pub async fn devices() -> Result<Vec<Device>, MediaError> {
    let listed = match enumerate_devices() {
        Ok(listed) => JsFuture::from(listed).await,
        Err(thrown) => Err(thrown),
    };
    match listed {
        Ok(listed) => Ok(Array::from(&listed).iter().take(DEVICES).filter_map(|one| device(&one)).collect()),
        Err(thrown) => {
            Err(unavailable("enumerateDevices").unwrap_or_else(|| MediaError::from_exception(Exception::from(thrown))))
        }
    }
}

/// Some browsers leave out what they do not want to tell.
fn device(info: &JsValue) -> Option<Device> {
    let text = |name| property(info, name).as_string().unwrap_or_default();
    let kind = match text("kind").as_str() {
        "videoinput" => DeviceKind::Camera,
        "audioinput" => DeviceKind::Microphone,
        "audiooutput" => DeviceKind::Loudspeaker,
        _ => return None,
    };
    let id = text("deviceId");
    (!id.is_empty()).then(|| Device { id, kind, label: text("label"), group: text("groupId") })
}

/// Tells when devices come and go.
pub(crate) fn listen_for_changes(mut changed: impl FnMut() + 'static) -> Option<Listener> {
    let devices: EventTarget = property(&global("navigator"), "mediaDevices").dyn_into().ok()?;
    Some(Listener::new(&devices, "devicechange", move |_| changed()))
}

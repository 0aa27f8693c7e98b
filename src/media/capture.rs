//! Asking the browser for devices and screens.

use itodenwa_protocol::devices::Previous;
use itodenwa_protocol::options::{CameraOptions, DeviceConstraints, ScreenOptions};
use itodenwa_wire::Source;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamTrack};

use super::constraints::{self, ConstraintStrength, Leeway};
use super::list::devices;
use crate::dom::{CapturedTrack, get_display_media, get_user_media, global, is_present, object, property};
use crate::error::{Exception, MediaError};

/// Other devices that are tried when the system's choice does not work.
const ATTEMPTS: usize = 8;

/// Asks for devices with one question to the person, or for a screen: then its stream may have sound, too.
pub(super) async fn capture(
    wishes: &[DeviceConstraints],
    strength: ConstraintStrength,
) -> Result<MediaStream, MediaError> {
    let screen =
        wishes.iter().find_map(|wish| if let DeviceConstraints::Screen(options) = wish { Some(options) } else { None });
    let (answer, method) = match screen {
        Some(options) => (ask_screen(options).await, "getDisplayMedia"),
        None => (ask_devices(wishes, strength).await, "getUserMedia"),
    };
    let stream: MediaStream = match answer {
        Ok(stream) => stream.dyn_into().map_err(|_| MediaError::Unsupported)?,
        Err(thrown) => {
            return Err(unavailable(method).unwrap_or_else(|| refused(wishes, screen.is_some(), thrown)));
        }
    };
    for (wish, hint) in wishes.iter().filter_map(|wish| Some((wish, wish.hint()?))) {
        if let Some(track) = track_of(&stream, wish.source()) {
            track.unchecked_ref::<CapturedTrack>().set_content_hint(hint);
        }
    }
    Ok(stream)
}

/// Why the browser refused. Of devices Chromium does not say that a policy is the reason.
fn refused(wishes: &[DeviceConstraints], is_screen: bool, thrown: JsValue) -> MediaError {
    let thrown = Exception::from(thrown);
    if is_screen {
        return MediaError::from_display_exception(thrown);
    }
    match MediaError::from_exception(thrown) {
        MediaError::Denied(thrown) if wishes.iter().any(|wish| !is_allowed(wish.source())) => {
            MediaError::DeniedByPolicy(thrown)
        }
        error => error,
    }
}

/// Asks for less and less of what is wanted, where a device can't do it. Another device is no step of these.
async fn ask_devices(wishes: &[DeviceConstraints], strength: ConstraintStrength) -> Result<JsValue, JsValue> {
    let mut answer = Err(JsValue::UNDEFINED);
    for leeway in Leeway::STEPS {
        answer = settled(get_user_media(&constraints::devices(wishes, strength, leeway))).await;
        if !answer.as_ref().is_err_and(is_overconstrained) {
            break;
        }
    }
    answer
}

/// Asks once more without what is wanted of it, where a browser does not take that.
async fn ask_screen(options: &ScreenOptions) -> Result<JsValue, JsValue> {
    match settled(get_display_media(&constraints::screen(options))).await {
        Err(thrown) if is_overconstrained(&thrown) || is_named(&thrown, "TypeError") => {
            let audio = constraints::screen_audio(options);
            settled(get_display_media(&object([("video", true.into()), ("audio", audio)]))).await
        }
        answer => answer,
    }
}

/// W3C Media Capture and Streams, section 5.4 (`OverconstrainedError`).
fn is_overconstrained(thrown: &JsValue) -> bool {
    is_named(thrown, "OverconstrainedError")
        && property(thrown, "constraint").as_string().is_none_or(|constraint| constraint != "deviceId")
}

fn is_named(thrown: &JsValue, name: &str) -> bool {
    property(thrown, "name").as_string().is_some_and(|it| it == name)
}

async fn settled(asked: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(asked?).await
}

/// Asks for the devices that are named, and for any others where one of them is not there or does not work. Not by `ideal` alone:
/// some browsers take that for less than the system's choice.
pub(super) async fn prefer(wishes: &[DeviceConstraints]) -> Result<MediaStream, MediaError> {
    let is_any = wishes.iter().all(|wish| *wish == wish.anywhere());
    let mut result = capture(wishes, if is_any { ConstraintStrength::Ideal } else { ConstraintStrength::Exact }).await;
    if !is_any && matches!(result, Err(MediaError::Constraints(_) | MediaError::Missing(_))) {
        result = capture(wishes, ConstraintStrength::Ideal).await;
    }
    match (result, wishes) {
        // The system's choice may be in use elsewhere, while another one is not.
        (Err(error @ (MediaError::Busy(_) | MediaError::Failed(_))), [wish]) => another(wish).await.ok_or(error),
        (result, _) => result,
    }
}

/// Asks for all of these with one question to the person, and gives what came of each. If one of them can't be had nobody knows which, and
/// each is asked for alone; but no question is put again that a person has refused or closed.
pub(super) async fn prefer_each(
    wishes: Vec<DeviceConstraints>,
) -> Vec<(DeviceConstraints, Result<MediaStream, MediaError>)> {
    let together = prefer(&wishes).await;
    let is_unclear = together.is_err() && wishes.len() > 1;
    let is_refused = matches!(
        together,
        Err(MediaError::Denied(_)
            | MediaError::Dismissed(_)
            | MediaError::DeniedBySystem(_)
            | MediaError::DeniedByPolicy(_))
    );
    let mut permissions = Vec::new();
    for wish in wishes.iter().filter(|_| is_unclear && is_refused) {
        permissions.push(permission(wish.source()).await.unwrap_or_default());
    }
    let is_one_denied = permissions.iter().any(|state| state == "denied");
    let mut answers = Vec::new();
    for (index, wish) in wishes.into_iter().enumerate() {
        let may_ask = match permissions.get(index).map(String::as_str) {
            None | Some("granted") => true,
            // Because of the other one the browser asked nobody.
            Some("prompt") => is_one_denied,
            Some(_) => false,
        };
        let alone = is_unclear && may_ask;
        let answer = if alone { prefer(std::slice::from_ref(&wish)).await } else { together.clone() };
        answers.push((wish, answer));
    }
    answers
}

/// W3C Permissions, section 6.2: `granted`, `prompt` or `denied`. None where the browser does not tell.
async fn permission(source: Source) -> Option<String> {
    let permissions = property(&global("navigator"), "permissions");
    let query: Function = property(&permissions, "query").dyn_into().ok()?;
    let asked = query.call1(&permissions, &object([("name", source.as_str().into())])).ok()?;
    let status = JsFuture::from(Promise::resolve(&asked)).await.ok()?;
    property(&status, "state").as_string()
}

/// Whichever device works, of those that could do for this one: not the other side of a phone than the one that is wanted.
async fn another(wish: &DeviceConstraints) -> Option<MediaStream> {
    if matches!(wish, DeviceConstraints::Camera(CameraOptions { facing: Some(_), .. })) {
        return None;
    }
    for device in devices().await.ok()?.into_iter().filter(|one| one.kind.is_of(wish.source())).take(ATTEMPTS) {
        let stream = capture(&[wish.on_device(device.id)], ConstraintStrength::Exact).await;
        if stream.is_ok() {
            return stream.ok();
        }
    }
    None
}

/// One device, while another one may be in use for the same. Some phones open one camera at a time: there the old one is
/// stopped first, and opened again if the new one fails.
pub(super) async fn switch(
    wish: &DeviceConstraints,
    old: Option<(MediaStreamTrack, DeviceConstraints)>,
) -> (Result<MediaStream, MediaError>, Previous<MediaStream>) {
    let wishes = std::slice::from_ref(wish);
    let Some((old, old_wish)) = old else { return (prefer(wishes).await, Previous::Kept) };
    match capture(wishes, ConstraintStrength::Exact).await {
        Err(MediaError::Busy(_) | MediaError::Failed(_)) => {
            old.stop();
            let again = capture(wishes, ConstraintStrength::Exact).await;
            let restored = if again.is_err() { prefer(&[old_wish]).await.ok() } else { None };
            (again, restored.map_or(Previous::Lost, Previous::Restored))
        }
        result => (result, Previous::Kept),
    }
}

/// The track of a stream that is such a source.
pub(super) fn track_of(stream: &MediaStream, source: Source) -> Option<MediaStreamTrack> {
    let tracks = if source.is_audio() { stream.get_audio_tracks() } else { stream.get_video_tracks() };
    tracks.get(0).dyn_into().ok()
}

/// Whether the page's policy allows it. True where the browser does not tell (W3C Permissions Policy, section 7: `featurePolicy`).
fn is_allowed(source: Source) -> bool {
    let policy = property(&global("document"), "featurePolicy");
    let Ok(allows) = property(&policy, "allowsFeature").dyn_into::<Function>() else { return true };
    allows.call1(&policy, &source.as_str().into()).map_or(true, |allowed| allowed.is_truthy())
}

/// Why a method of `navigator.mediaDevices` is not there, if it is not.
pub(super) fn unavailable(method: &str) -> Option<MediaError> {
    let devices = property(&global("navigator"), "mediaDevices");
    let is_available = !devices.is_falsy() && is_present(&devices, method);
    let missing = if is_secure() { MediaError::Unsupported } else { MediaError::Insecure };
    (!is_available).then_some(missing)
}

fn is_secure() -> bool {
    JsValue::is_truthy(&global("isSecureContext"))
}

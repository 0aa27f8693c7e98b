//! Own devices, and tracks.

mod devices;

use itodenwa_wire::Source;
use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamTrack};

pub(crate) use devices::{Change, DeviceNotice, Devices};

use crate::dom::{Held, Kind, Listener, get_display_media, get_user_media, global, is_present, object};
use crate::error::{JsError, MediaError};

/// A track in a stream. Dropping it takes it out, and stops it if it is ours to stop: then the camera's light goes out.
#[derive(Debug)]
pub(crate) struct Track {
    track: MediaStreamTrack,
    stream: MediaStream,
    captured: bool,
    _ended: Option<Listener>,
    _held: Held,
}

impl Track {
    /// A track of another person.
    pub(crate) fn received(track: MediaStreamTrack, stream: &MediaStream) -> Self {
        Track::new(track, stream, false, None)
    }

    /// A track of the application: it is shown and sent, and never stopped here.
    pub(crate) fn given(track: MediaStreamTrack, stream: &MediaStream, ended: impl FnMut() + 'static) -> Self {
        let listener = listen(&track, ended);
        Track::new(track, stream, false, Some(listener))
    }

    /// A track of a device that was captured here.
    pub(crate) fn captured(track: MediaStreamTrack, stream: &MediaStream, ended: impl FnMut() + 'static) -> Self {
        let listener = listen(&track, ended);
        Track::new(track, stream, true, Some(listener))
    }

    fn new(track: MediaStreamTrack, stream: &MediaStream, captured: bool, ended: Option<Listener>) -> Self {
        stream.add_track(&track);
        Track { track, stream: Clone::clone(stream), captured, _ended: ended, _held: Held::new(Kind::Track) }
    }

    pub(crate) fn is_captured(&self) -> bool {
        self.captured
    }

    pub(crate) fn set_enabled(&self, enabled: bool) {
        self.track.set_enabled(enabled);
    }
}

impl AsRef<MediaStreamTrack> for Track {
    fn as_ref(&self) -> &MediaStreamTrack {
        &self.track
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        self.stream.remove_track(&self.track);
        if self.captured {
            self.track.stop();
        }
    }
}

fn listen(track: &MediaStreamTrack, mut ended: impl FnMut() + 'static) -> Listener {
    Listener::new(track, "ended", move |_| ended())
}

/// Asks the browser for devices, or for a screen: then its stream may have sound, too.
pub(crate) async fn capture(sources: &[Source]) -> Result<MediaStream, MediaError> {
    let is_screen = sources.contains(&Source::Screen);
    let is_available = || is_available(if is_screen { "getDisplayMedia" } else { "getUserMedia" });
    match ask(sources, is_screen).await {
        Ok(stream) => stream.dyn_into().map_err(|_| MediaError::Unsupported),
        Err(_) if !is_available() && !is_secure() => Err(MediaError::Insecure),
        Err(_) if !is_available() => Err(MediaError::Unsupported),
        Err(thrown) => Err(MediaError::from_exception(JsError::from(thrown))),
    }
}

async fn ask(sources: &[Source], is_screen: bool) -> Result<JsValue, JsValue> {
    let asked = if is_screen { get_display_media(&screen()) } else { get_user_media(&constraints(sources)) };
    JsFuture::from(asked?).await
}

/// What is asked for when a screen is shared (W3C Screen Capture, section 5.2). What a browser does not know it leaves out.
fn screen() -> Object {
    object([
        ("video", true.into()),
        ("audio", true.into()),
        ("systemAudio", "include".into()),
        ("surfaceSwitching", "include".into()),
        // Sharing the call into itself shows a tunnel.
        ("selfBrowserSurface", "exclude".into()),
    ])
}

fn constraints(sources: &[Source]) -> Object {
    let ideal = |value: JsValue| JsValue::from(object([("ideal", value)]));
    let picture =
        || object([("width", ideal(1280.into())), ("height", ideal(720.into())), ("facingMode", ideal("user".into()))]);
    object([
        ("audio", sources.contains(&Source::Microphone).into()),
        ("video", if sources.contains(&Source::Camera) { picture().into() } else { JsValue::FALSE }),
    ])
}

fn is_available(method: &str) -> bool {
    let navigator = global("navigator");
    let devices = js_sys::Reflect::get(&navigator, &"mediaDevices".into()).unwrap_or_default();
    is_present(&devices, method)
}

fn is_secure() -> bool {
    global("isSecureContext").is_truthy()
}

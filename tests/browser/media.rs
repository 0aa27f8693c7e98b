//! Camera and microphone.

use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream::FuturesUnordered;
use itodenwa::{CameraOptions, Event, MediaError, MicrophoneOptions, Quality, Settings, Source, devices};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{MediaStreamTrack, MediaStreamTrackState};

use crate::kit::{self, frames, leave, media, offer_screen, pair, until, within};
use crate::relay::Relay;

#[wasm_bindgen(inline_js = "
const real = () => Object.getPrototypeOf(navigator.mediaDevices).getUserMedia;
export function break_devices(name) {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('a test', name); };
}
export function break_camera(name) {
    navigator.mediaDevices.getUserMedia = async function (wanted) {
        if (wanted.video) throw new DOMException('a test', name);
        return real().call(this, wanted);
    };
}
/** Devices that can't do what is asked of them: another rate than 60, or anything at all. */
export function stiffen_devices(rigid) {
    navigator.mediaDevices.getUserMedia = async function ({ video, audio }) {
        const unmet = (constraint) => Object.assign(new Error('a test'), { name: 'OverconstrainedError', constraint });
        if (video?.frameRate && (rigid || !(video.frameRate.max >= 60))) throw unmet('frameRate');
        if (rigid && (video.width || video.height)) throw unmet('width');
        if (rigid && Object.keys(audio).length) throw unmet('echoCancellation');
        return real().call(this, { video, audio });
    };
}
/** Two cameras, as some machines have them. */
export function shape_devices(shape) {
    const unmet = (constraint) => Object.assign(new Error('a test'), { name: 'OverconstrainedError', constraint });
    const told = (deviceId) => (shape === 'silent' ? { kind: 'videoinput' } : { kind: 'videoinput', deviceId, groupId: '', label: deviceId });
    navigator.mediaDevices.enumerateDevices = async () => ['first', 'second'].map(told);
    navigator.mediaDevices.getUserMedia = async function ({ video, audio }) {
        const wanted = video.deviceId?.exact;
        if (shape === 'gone' && wanted) throw unmet('deviceId');
        if (shape === 'fast' && (video.frameRate.max < 90 || !video.width)) throw unmet('frameRate');
        if (shape.endsWith('Error') && wanted !== 'second') throw new DOMException('a test', shape);
        const stream = await real().call(this, { video: { ...video, deviceId: undefined }, audio });
        const silent = { label: { value: undefined }, getSettings: { value: undefined } };
        if (shape === 'silent') for (const track of stream.getTracks()) Object.defineProperties(track, silent);
        return stream;
    };
}
/** A browser that lets nothing be wanted of what is shared. */
export function offer_plain_screen() {
    const offered = navigator.mediaDevices.getDisplayMedia;
    navigator.mediaDevices.getDisplayMedia = async function (wanted) {
        if (wanted.video !== true || wanted.audio === true) throw new TypeError('a test');
        return offered.call(this, wanted);
    };
}
/** A person who closes the browser's question, and what the browser then says of permissions; it asks nobody where one is denied. */
export function refuse_devices(camera, microphone) {
    const states = { camera, microphone };
    questions = 0;
    Object.defineProperty(navigator, 'permissions', { configurable: true, value: { query: async ({ name }) => ({ state: states[name] }) } });
    navigator.mediaDevices.getUserMedia = async function (wanted) {
        const asked = Object.keys(states).filter((name) => wanted[name === 'camera' ? 'video' : 'audio']);
        if (asked.some((name) => states[name] === 'denied')) throw new DOMException('Permission denied', 'NotAllowedError');
        if (asked.every((name) => states[name] === 'granted')) return real().call(this, wanted);
        questions += 1;
        if (asked.length > 1) throw new DOMException('Permission dismissed', 'NotAllowedError');
        return real().call(this, wanted);
    };
}
let questions;
export function questions_asked() { return questions; }
export function mend_devices() {
    delete navigator.permissions;
    delete navigator.mediaDevices.getUserMedia;
    delete navigator.mediaDevices.enumerateDevices;
}
export function hide_devices() { Object.defineProperty(navigator, 'mediaDevices', { value: undefined, configurable: true }); }
export function show_devices() { delete navigator.mediaDevices; }
")]
extern "C" {
    pub(crate) fn break_devices(name: &str);
    pub(crate) fn break_camera(name: &str);
    fn stiffen_devices(rigid: bool);
    fn shape_devices(shape: &str);
    fn offer_plain_screen();
    fn refuse_devices(camera: &str, microphone: &str);
    fn questions_asked() -> u32;
    pub(crate) fn mend_devices();
    fn hide_devices();
    fn show_devices();
}

#[wasm_bindgen_test]
async fn the_camera_goes_off_and_on() {
    let (one, mut other) = pair().await;
    for _ in 0..3 {
        within("the camera", one.camera(true)).await.expect("a camera");
        media(&mut other, Source::Camera, true).await;
        frames(&other).await;
        let own = one.me().view().expect("a view");
        // The view gets its stream in the room's next turn; a switch that is made already is one.
        within("a turn", one.camera(true)).await.expect("on");
        let stream = own.src_object().expect("a stream");
        let track: MediaStreamTrack = stream.get_video_tracks().get(0).unchecked_into();
        within("the camera", one.camera(false)).await.expect("off");
        assert_eq!(track.ready_state(), MediaStreamTrackState::Ended, "the camera's light is out");
        assert_eq!(stream.get_video_tracks().length(), 0);
        media(&mut other, Source::Camera, false).await;
        let theirs = other.peers().first().and_then(|peer| peer.view().ok()?.src_object()).expect("a stream");
        assert_eq!(theirs.get_video_tracks().length(), 0, "what is off is not shown");
    }
    let offers = one.steps().iter().filter(|entry| matches!(entry.step.name(), "setOffer" | "makeOffer")).count();
    assert_eq!(offers, 1, "a camera that goes on, off and on again needs no negotiation after the first");
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_microphone_that_is_off_is_silent_and_back_at_once() {
    let (one, mut other) = pair().await;
    within("the microphone", one.microphone(true)).await.expect("a microphone");
    media(&mut other, Source::Microphone, true).await;
    let own = one.me().view().expect("a view");
    within("the microphone", one.microphone(false)).await.expect("off");
    media(&mut other, Source::Microphone, false).await;
    let track: MediaStreamTrack = own.src_object().expect("a stream").get_audio_tracks().get(0).unchecked_into();
    assert!(!track.enabled() && own.muted(), "silent, and never an echo of oneself");
    within("the microphone", one.microphone(true)).await.expect("on");
    media(&mut other, Source::Microphone, true).await;
    assert!(track.enabled());
    leave(one, other).await;
    assert_eq!(track.ready_state(), MediaStreamTrackState::Ended, "the microphone is given back");
}

#[wasm_bindgen_test]
async fn of_quick_switches_the_last_counts() {
    let (one, mut other) = pair().await;
    let all = join(join(one.camera(true), one.camera(false)), join(one.camera(true), one.microphone(true)));
    let ((first, second), (third, fourth)) = within("the switches", all).await;
    assert!([first, second, third, fourth].iter().all(Result::is_ok));
    media(&mut other, Source::Camera, true).await;
    frames(&other).await;
    let all = join(one.camera(false), join(one.camera(true), one.camera(false)));
    within("the switches", all).await.0.expect("off");
    media(&mut other, Source::Camera, false).await;
    assert!(!other.peers().first().expect("a peer").media().contains(&Source::Camera));
    leave(one, other).await;
}

/// A hundred switches of everything, in the order of a small generator, without waiting for one of them.
#[wasm_bindgen_test]
async fn of_a_hundred_switches_in_any_order_the_last_of_each_counts() {
    offer_screen();
    let (one, other) = pair().await;
    let mut seed = 4711_u32;
    let mut last = std::collections::BTreeMap::new();
    let mut switches = FuturesUnordered::new();
    for _ in 0..100 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let on = seed & 0x100 == 0;
        let source = match (seed >> 16) % 3 {
            0 => Source::Camera,
            1 => Source::Microphone,
            _ => Source::Screen,
        };
        last.insert(source, on);
        let one = one.handle();
        switches.push(async move {
            match source {
                Source::Camera => one.camera(on).await,
                Source::Microphone => one.microphone(on).await,
                _ => one.screen(on).await,
            }
        });
    }
    within("the switches", async { while switches.next().await.transpose().expect("switched").is_some() {} }).await;
    let peer = other.peers().into_iter().next().expect("a peer");
    let agreed = async {
        while last.iter().any(|(source, on)| peer.media().contains(source) != *on) {
            gloo_timers::future::TimeoutFuture::new(10).await;
        }
    };
    within("the same on the other side", agreed).await;
    for source in [Source::Camera, Source::Microphone, Source::Screen] {
        assert_eq!(one.me().settings(source).is_some(), last.get(&source) == Some(&true), "{source}");
    }
    let offers = one.steps().iter().filter(|entry| matches!(entry.step.name(), "setOffer" | "makeOffer")).count();
    assert!(offers <= 5, "one for the channel and one for each source, but there were {offers} offers");
    drop(switches);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn refusals_are_told_apart_and_the_join_goes_on() {
    for (name, code) in [
        ("NotAllowedError", "media/denied"),
        ("NotFoundError", "media/missing"),
        ("NotReadableError", "media/busy"),
        ("OverconstrainedError", "media/constraints"),
        ("AbortError", "media/failed"),
    ] {
        break_devices(name);
        let mut one = kit::join(&Relay::default(), true, false).await;
        let failed = until(&mut one, code, |event| match event {
            Event::MediaFailed { source: Source::Camera, error } => Some(error.code()),
            _ => None,
        });
        assert_eq!(failed.await, code);
        let again = within("the camera", one.camera(true)).await;
        assert_eq!(again.expect_err("still broken").code(), code);
        mend_devices();
        within("the camera", one.camera(true)).await.expect("mended");
        one.leave().await;
    }
    kit::nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn what_a_device_cannot_do_is_not_insisted_on() {
    for rigid in [false, true] {
        stiffen_devices(rigid);
        let mut one = kit::join(&Relay::default(), false, false).await;
        let options = MicrophoneOptions { echo_cancellation: Some(true), ..MicrophoneOptions::default() };
        within("the choice", one.use_microphone(options)).await.expect("a choice");
        within("the microphone", one.microphone(true)).await.expect("a microphone as it is");
        within("the camera", one.camera(true)).await.expect("a camera as it is");
        until(&mut one, "what came", |event| {
            matches!(event, Event::Device { source: Source::Camera, settings } if settings.width.is_some())
                .then_some(())
        })
        .await;
        let switched = one.use_camera(CameraOptions { quality: Quality::H180, ..CameraOptions::default() });
        within("the switch", switched).await.expect("another use of it");
        let gone = CameraOptions { device: Some("nobody".into()), ..CameraOptions::default() };
        let refused = within("the switch", one.use_camera(gone)).await.expect_err("another one is not there");
        assert!(matches!(refused, MediaError::Constraints(_) | MediaError::Missing(_)), "{refused}");
        one.leave().await;
        mend_devices();
    }
    kit::nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn whatever_there_is_is_used() {
    for shape in ["NotReadableError", "AbortError", "gone", "fast", "silent"] {
        shape_devices(shape);
        let mut one = kit::join(&Relay::default(), false, false).await;
        if shape == "gone" {
            let chosen = CameraOptions { device: Some("chosen".into()), ..CameraOptions::default() };
            within("the choice", one.use_camera(chosen)).await.expect("a choice");
        }
        within("the camera", one.camera(true)).await.expect(shape);
        let came = until(&mut one, "what came", |event| match event {
            Event::Device { source: Source::Camera, settings } => Some(settings.clone()),
            _ => None,
        })
        .await;
        match shape {
            "gone" => assert_eq!(came.lacking, ["deviceId"]),
            "silent" => {
                assert_eq!(came, Settings::default());
                assert_eq!(within("the list", devices()).await, Ok(Vec::new()), "nothing can be done with them");
            }
            _ => assert!(came.lacking.is_empty(), "{came:?}"),
        }
        mend_devices();
        one.leave().await;
    }
    offer_screen();
    offer_plain_screen();
    let one = kit::join(&Relay::default(), false, false).await;
    within("a screen", one.screen(true)).await.expect("as it is");
    one.leave().await;
    kit::nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_missing_camera_does_not_take_the_microphone_with_it() {
    break_camera("NotFoundError");
    let relay = Relay::default();
    let mut one = kit::join(&relay, true, true).await;
    let mut other = kit::join(&relay, false, false).await;
    until(&mut one, "the failure", |event| matches!(event, Event::MediaFailed { .. }).then_some(())).await;
    media(&mut other, Source::Microphone, true).await;
    mend_devices();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_closes_the_question_is_not_asked_again() {
    for (camera, microphone, questions, failed) in [
        ("prompt", "prompt", 1, &["media/dismissed", "media/dismissed"][..]),
        ("denied", "denied", 0, &["media/denied", "media/denied"]),
        // What is denied stands in nobody's way.
        ("denied", "prompt", 1, &["media/denied"]),
        ("denied", "granted", 0, &["media/denied"]),
        ("prompt", "granted", 1, &["media/dismissed"]),
    ] {
        refuse_devices(camera, microphone);
        let mut one = kit::join(&Relay::default(), true, true).await;
        for code in failed {
            let told = until(&mut one, code, |event| match event {
                Event::MediaFailed { error, .. } => Some(error.code()),
                _ => None,
            });
            assert_eq!(told.await, *code, "{camera}, {microphone}");
        }
        assert_eq!(questions_asked(), questions, "{camera}, {microphone}");
        assert_eq!(one.me().settings(Source::Microphone).is_some(), failed.len() == 1, "{camera}, {microphone}");
        mend_devices();
        one.leave().await;
    }
    kit::nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_browser_without_devices_says_so() {
    hide_devices();
    let mut one = kit::join(&Relay::default(), true, false).await;
    let code = until(&mut one, "the failure", |event| match event {
        Event::MediaFailed { error, .. } => Some(error.code()),
        _ => None,
    });
    assert_eq!(code.await, "media/unsupported");
    show_devices();
    one.leave().await;
}

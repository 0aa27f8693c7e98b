//! Oneself before a call.

use std::pin::pin;

use gloo_timers::future::TimeoutFuture;
use itodenwa::{CameraOptions, Event, Events, MediaError, MicrophoneOptions, Preview, Quality, Room, Source, counts};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlVideoElement, MediaStreamTrack, MediaStreamTrackState};

use crate::kit::{
    self, can_hear, frames, frames_in, interrupt, join, loosen_devices, media, nothing_is_left, questions, unplug,
    within,
};
use crate::media::{break_camera, break_devices, mend_devices};
use crate::relay::Relay;

async fn open(camera: bool, microphone: bool) -> Preview {
    let camera = camera.then(CameraOptions::default);
    let opened = Preview::open(camera, microphone.then(MicrophoneOptions::default));
    within("the preview", opened).await.expect("a preview")
}

fn picture(view: &HtmlVideoElement) -> MediaStreamTrack {
    view.src_object().expect("a stream").get_video_tracks().get(0).unchecked_into()
}

fn small() -> CameraOptions {
    CameraOptions { quality: Quality::H180, ..CameraOptions::default() }
}

async fn until<T>(events: &mut Events, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    let found = async {
        loop {
            let event = events.next().await.expect("the preview goes on");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    };
    within(what, pin!(found)).await
}

#[wasm_bindgen_test]
async fn one_sees_oneself_and_nothing_is_left() {
    let preview = open(true, true).await;
    let view = preview.view().expect("a view");
    frames_in(&view).await;
    assert!(view.muted() && preview.view().expect("a view") == view, "silent, and the same each time");
    assert_eq!(preview.settings(Source::Camera).map(|settings| settings.width), Some(Some(1280)));
    let track = picture(&view);
    within("the end", preview.close()).await;
    assert_eq!(track.ready_state(), MediaStreamTrackState::Ended, "the camera's light is out");
    assert!(view.src_object().is_none() && !view.is_connected(), "what was made is removed");
    assert!(preview.settings(Source::Camera).is_none());
    assert_eq!(preview.view().map_err(|error| error.code()), Err("room/closed"), "it is over");
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_preview_that_is_dropped_is_closed() {
    let preview = open(true, true).await;
    assert_eq!((counts().tracks, preview.clone().error(Source::Camera)), (2, None));
    drop(preview);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn the_microphone_is_measured() {
    let preview = open(false, true).await;
    // Without a sound device there is nothing that could measure it.
    if can_hear().await {
        within("sound", async {
            while preview.level() == 0.0 {
                TimeoutFuture::new(20).await;
            }
        })
        .await;
    }
    assert!((0.0..=1.0).contains(&preview.level()));
    within("the microphone", preview.microphone(false)).await.expect("off");
    assert!(preview.settings(Source::Microphone).is_none() && preview.level() == 0.0);
    within("the microphone", preview.microphone(true)).await.expect("on");
    assert!(preview.settings(Source::Microphone).is_some());
    drop(preview);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn another_camera_is_chosen_and_one_that_is_not_there_leaves_the_one_that_is() {
    let preview = open(true, false).await;
    let mut events = preview.events();
    let view = preview.view().expect("a view");
    frames_in(&view).await;
    let before = picture(&view);
    within("the switch", preview.use_camera(small())).await.expect("a small picture");
    let width = until(&mut events, "the small picture", |event| match event {
        Event::Device { source: Source::Camera, settings } if settings.width == Some(320) => Some(settings.width),
        _ => None,
    });
    assert_eq!(width.await, preview.settings(Source::Camera).and_then(|settings| settings.width));
    assert_eq!(before.ready_state(), MediaStreamTrackState::Ended, "the one before is given back");
    let nowhere = CameraOptions { device: Some("nowhere".into()), ..CameraOptions::default() };
    let refused = within("the switch", preview.use_camera(nowhere)).await;
    assert!(matches!(refused, Err(MediaError::Constraints(_) | MediaError::Missing(_))), "{refused:?}");
    assert_eq!(preview.error(Source::Camera), refused.err());
    assert_eq!(picture(&view).ready_state(), MediaStreamTrackState::Live);
    frames_in(&view).await;
    drop(preview);
    until(&mut events, "the end", |event| matches!(event, Event::Closed(None)).then_some(())).await;
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn what_is_refused_is_told_and_the_rest_is_there() {
    break_camera("NotFoundError");
    let preview = open(true, true).await;
    let mut events = preview.events();
    assert_eq!(preview.error(Source::Camera).map(|error| error.code()), Some("media/missing"));
    assert!(preview.settings(Source::Microphone).is_some() && preview.settings(Source::Camera).is_none());
    until(&mut events, "the failure", |event| {
        matches!(event, Event::MediaFailed { source: Source::Camera, .. }).then_some(())
    })
    .await;
    mend_devices();
    within("the camera", preview.camera(true)).await.expect("mended");
    assert_eq!(preview.error(Source::Camera), None);
    frames_in(&preview.view().expect("a view")).await;
    drop(preview);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn an_unplugged_camera_is_told() {
    loosen_devices(false);
    let preview = open(true, false).await;
    let mut events = preview.events();
    break_devices("NotFoundError");
    unplug();
    let error = until(&mut events, "the end", |event| match event {
        Event::MediaFailed { source: Source::Camera, error } => Some(error.code()),
        _ => None,
    });
    assert_eq!(error.await, "media/ended");
    assert_eq!(preview.error(Source::Camera), Some(MediaError::Ended));
    mend_devices();
    drop(preview);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_room_takes_over_what_the_preview_has() {
    loosen_devices(false);
    let relay = Relay::default();
    let mut other = join(&relay, false, false).await;
    let preview = open(true, true).await;
    within("the switch", preview.use_camera(small())).await.expect("a small picture");
    within("the microphone", preview.microphone(false)).await.expect("off");
    let view = preview.view().expect("a view");
    frames_in(&view).await;
    let (track, asked) = (picture(&view), questions());
    let options = CameraOptions { quality: Quality::H360, ..CameraOptions::default() };
    let joining = Room::join("blue-tiger").signaling(relay.line()).camera().camera_options(options).preview(&preview);
    let one = within("the join", joining.into_future()).await.expect("joined");
    media(&mut other, Source::Camera, true).await;
    frames(&other).await;
    assert_eq!(questions(), asked, "nobody is asked again");
    assert_eq!(track.ready_state(), MediaStreamTrackState::Live, "the camera's light did not blink");
    assert!(view.src_object().is_none(), "the preview is over");
    assert_eq!(within("the camera", preview.camera(true)).await, Err(MediaError::Closed));
    within("the microphone", one.microphone(true)).await.expect("on");
    media(&mut other, Source::Microphone, true).await;
    assert_eq!(questions(), asked, "the microphone was there, silent");
    // The room hears what becomes of the devices now.
    mend_devices();
    break_devices("NotFoundError");
    unplug();
    media(&mut other, Source::Camera, false).await;
    mend_devices();
    drop(preview);
    kit::leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_is_off_in_a_preview_is_off_in_the_room() {
    loosen_devices(false);
    let relay = Relay::default();
    let preview = open(true, true).await;
    within("the camera", preview.camera(false)).await.expect("off");
    within("the microphone", preview.microphone(false)).await.expect("off");
    let asked = questions();
    let joining = Room::join("blue-tiger").signaling(relay.line()).camera().microphone().preview(&preview);
    let one = within("the join", joining.into_future()).await.expect("joined");
    // A turn of the room: what the join asked for would be there.
    within("the microphone", one.microphone(false)).await.expect("off");
    assert_eq!(questions(), asked, "nothing is captured");
    assert_eq!((one.me().settings(Source::Camera), one.me().settings(Source::Microphone)), (None, None));
    within("the camera", one.camera(true)).await.expect("on");
    assert!(one.me().settings(Source::Camera).is_some(), "it can be switched on");
    mend_devices();
    one.leave().await;
    drop((one, preview));
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn it_closes_also_when_more_was_asked_of_it_than_it_takes() {
    let preview = open(true, false).await;
    let view = preview.view().expect("a view");
    (0..2000).for_each(|_| preview.detach(&view));
    assert_eq!(
        preview.view().map_err(|error| error.code()),
        Err("view/refused"),
        "another one, and it does not take it"
    );
    let refused = within("the camera", preview.camera(false)).await;
    assert_eq!(refused.map_err(|error| error.code()), Err("media/failed"), "it is not over, and does not take it");
    (0..2000).for_each(|_| preview.detach(&view));
    within("the end", preview.close()).await;
    assert_eq!(counts().tracks, 0, "the camera is given back");
    drop(preview);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_preview_that_is_over_is_none_to_a_join() {
    let preview = open(true, false).await;
    within("the end", preview.close()).await;
    let relay = Relay::default();
    let joining = Room::join("blue-tiger").signaling(relay.line()).camera().preview(&preview);
    let mut one = within("the join", joining.into_future()).await.expect("joined");
    kit::until(&mut one, "the camera, opened anew", |event| {
        matches!(event, Event::Device { source: Source::Camera, .. }).then_some(())
    })
    .await;
    one.leave().await;
    drop(one);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn what_the_system_silenced_before_the_room_is_told_in_it() {
    loosen_devices(false);
    let relay = Relay::default();
    let preview = open(true, false).await;
    let mut events = preview.events();
    interrupt(true);
    until(&mut events, "the interruption", |event| matches!(event, Event::Interrupted { .. }).then_some(())).await;
    let joining = Room::join("blue-tiger").signaling(relay.line()).camera().preview(&preview);
    let mut one = within("the join", joining.into_future()).await.expect("joined");
    kit::until(&mut one, "the interruption", |event| {
        matches!(event, Event::Interrupted { source: Source::Camera, interrupted: true }).then_some(())
    })
    .await;
    mend_devices();
    one.leave().await;
    drop((one, events));
    nothing_is_left().await;
}

//! Which device, how it is used, and what becomes of it when it is taken away.

use itodenwa::{
    CameraOptions, DeviceKind, Event, MediaError, MicrophoneOptions, Quality, Room, Settings, Source, devices,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlVideoElement, MediaStreamTrack, MediaStreamTrackState};

use crate::kit::{
    change_devices, frames, frames_in, interrupt, leave, loosen_devices, media, pair, unplug, until, within,
};
use crate::media::{break_devices, mend_devices};

/// What the next own track really is.
async fn device(room: &mut Room, wanted: Source) -> Settings {
    until(room, "the device", |event| match event {
        Event::Device { source, settings } if *source == wanted => Some(settings.clone()),
        _ => None,
    })
    .await
}

fn picture(own: &HtmlVideoElement) -> MediaStreamTrack {
    own.src_object().expect("a stream").get_video_tracks().get(0).unchecked_into()
}

fn offers(room: &Room) -> usize {
    room.steps().iter().filter(|entry| matches!(entry.step.name(), "setOffer" | "makeOffer")).count()
}

/// The camera of the first is on, and the second sees it; with the view that the first has of itself.
async fn with_camera() -> (Room, Room, HtmlVideoElement) {
    let (mut one, mut other) = pair().await;
    within("the camera", one.camera(true)).await.expect("a camera");
    device(&mut one, Source::Camera).await;
    media(&mut other, Source::Camera, true).await;
    frames(&other).await;
    // The view gets its stream in the room's next turn; a switch that is made already is one.
    let own = one.me().view().expect("a view");
    within("a turn", one.camera(true)).await.expect("on");
    (one, other, own)
}

fn small() -> CameraOptions {
    CameraOptions { quality: Quality::H180, ..CameraOptions::default() }
}

#[wasm_bindgen_test]
async fn a_camera_is_used_otherwise_without_a_gap() {
    let (mut one, other, own) = with_camera().await;
    let (before, offered) = (picture(&own), offers(&one));
    within("the switch", one.use_camera(small())).await.expect("a small picture");
    let settings = device(&mut one, Source::Camera).await;
    assert_eq!((settings.width, settings.height), (Some(320), Some(180)));
    assert_eq!(one.me().settings(Source::Camera), Some(settings.clone()));
    assert!(!settings.label.is_empty() && settings.device.is_some() && settings.lacking.is_empty(), "{settings:?}");
    assert_eq!(before.ready_state(), MediaStreamTrackState::Ended, "the one before is given back");
    assert_eq!(picture(&own).ready_state(), MediaStreamTrackState::Live);
    frames(&other).await;
    frames_in(&own).await;
    assert_eq!(offers(&one), offered, "nothing is negotiated");
    assert_eq!(other.peers().first().map(|peer| peer.media()), Some(vec![Source::Camera]));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_is_wanted_before_it_is_on_counts_when_it_is() {
    let (mut one, mut other) = pair().await;
    within("the choice", one.use_camera(small())).await.expect("a choice");
    within("the camera", one.camera(true)).await.expect("a camera");
    assert_eq!(device(&mut one, Source::Camera).await.width, Some(320));
    media(&mut other, Source::Camera, true).await;
    within("the camera", one.camera(false)).await.expect("off");
    assert_eq!(one.me().settings(Source::Camera), None);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_camera_that_is_not_there_leaves_the_one_that_is() {
    let (one, other, own) = with_camera().await;
    let before = picture(&own);
    let nowhere = CameraOptions { device: Some("nowhere".into()), ..CameraOptions::default() };
    let refused = within("the switch", one.use_camera(nowhere)).await;
    assert!(matches!(refused, Err(MediaError::Constraints(_) | MediaError::Missing(_))), "{refused:?}");
    assert_eq!(before.ready_state(), MediaStreamTrackState::Live);
    frames(&other).await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn where_one_camera_can_be_open_it_is_closed_first_and_back_if_the_other_fails() {
    loosen_devices(true);
    let (mut one, other, _own) = with_camera().await;
    within("the switch", one.use_camera(small())).await.expect("a small picture");
    assert_eq!(device(&mut one, Source::Camera).await.width, Some(320));
    let nowhere = CameraOptions { device: Some("nowhere".into()), ..CameraOptions::default() };
    let refused = within("the switch", one.use_camera(nowhere)).await;
    assert!(matches!(refused, Err(MediaError::Constraints(_) | MediaError::Missing(_))), "{refused:?}");
    assert_eq!(device(&mut one, Source::Camera).await.width, Some(320), "back as it was");
    frames(&other).await;
    mend_devices();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn an_unplugged_camera_is_replaced_by_another_one() {
    loosen_devices(false);
    let (mut one, other, own) = with_camera().await;
    unplug();
    device(&mut one, Source::Camera).await;
    assert_eq!(picture(&own).ready_state(), MediaStreamTrackState::Live);
    frames(&other).await;
    assert_eq!(other.peers().first().map(|peer| peer.media()), Some(vec![Source::Camera]), "nobody saw it off");
    mend_devices();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn an_unplugged_camera_without_another_one_is_off() {
    for (thrown, code) in [("NotFoundError", "media/ended"), ("NotAllowedError", "media/denied")] {
        loosen_devices(false);
        let (mut one, mut other, _own) = with_camera().await;
        break_devices(thrown);
        unplug();
        let error = until(&mut one, "the end", |event| match event {
            Event::MediaFailed { source: Source::Camera, error } => Some(error.code()),
            _ => None,
        });
        assert_eq!(error.await, code);
        media(&mut other, Source::Camera, false).await;
        mend_devices();
        within("the camera", one.camera(true)).await.expect("plugged in again");
        media(&mut other, Source::Camera, true).await;
        frames(&other).await;
        leave(one, other).await;
    }
}

#[wasm_bindgen_test]
async fn a_muted_microphone_stays_muted_when_it_is_another_one() {
    let (mut one, mut other) = pair().await;
    within("the microphone", one.microphone(true)).await.expect("a microphone");
    media(&mut other, Source::Microphone, true).await;
    within("the microphone", one.microphone(false)).await.expect("off");
    device(&mut one, Source::Microphone).await;
    let options = MicrophoneOptions {
        noise_suppression: Some(false),
        voice_isolation: Some(true),
        ..MicrophoneOptions::default()
    };
    within("the switch", one.use_microphone(options)).await.expect("another one");
    let settings = device(&mut one, Source::Microphone).await;
    // Neither browser that this is tried in can isolate voices, and that is told.
    assert_eq!((settings.noise_suppression, settings.lacking), (Some(false), vec!["voiceIsolation"]));
    let own = one.me().view().expect("a view");
    within("a turn", one.microphone(false)).await.expect("off");
    let track: MediaStreamTrack = own.src_object().expect("a stream").get_audio_tracks().get(0).unchecked_into();
    assert!(!track.enabled(), "still muted");
    within("the microphone", one.microphone(true)).await.expect("on");
    media(&mut other, Source::Microphone, true).await;
    assert!(track.enabled());
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_the_system_silences_is_told() {
    loosen_devices(false);
    let (mut one, other, _own) = with_camera().await;
    for interrupted in [true, false] {
        interrupt(interrupted);
        until(&mut one, "the interruption", |event| {
            let now = Event::Interrupted { source: Source::Camera, interrupted };
            (format!("{event:?}") == format!("{now:?}")).then_some(())
        })
        .await;
    }
    mend_devices();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn devices_are_listed_and_their_changes_told() {
    let (mut one, other, _own) = with_camera().await;
    let listed = within("the list", devices()).await.expect("a list");
    let settings = one.me().settings(Source::Camera).expect("settings");
    let camera = listed.iter().find(|device| Some(&device.id) == settings.device.as_ref()).expect("the camera");
    assert_eq!((camera.kind, &camera.label), (DeviceKind::Camera, &settings.label));
    change_devices();
    until(&mut one, "the change", |event| matches!(event, Event::DevicesChanged).then_some(())).await;
    leave(one, other).await;
}

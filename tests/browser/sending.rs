//! What is sent is what is shown, and no more than is allowed.

use itodenwa::{CameraOptions, Degradation, Event, Limits, Quality, Room, Source};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlVideoElement;

use crate::kit::{self, append, frames_in, height, leave, media, no_frames, pair, resize, told, unsize, until, within};

/// A browser without processor or network to spare sends fewer pictures, and not smaller ones: the sizes here are ours alone.
fn steady() -> Limits {
    Limits { degradation: Some(Degradation::MaintainResolution), ..Limits::default() }
}

/// The camera of the first is on with 360 lines, and the second sees it: in this element.
async fn watched() -> (Room, Room, HtmlVideoElement) {
    let (one, mut other) = pair().await;
    let view = other.peers().first().expect("a peer").view().expect("a view");
    append(&view);
    let options = CameraOptions { quality: Quality::H360, ..CameraOptions::default() };
    one.limit(Source::Camera, steady());
    within("the choice", one.use_camera(options)).await.expect("a choice");
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    frames_in(&view).await;
    (one, other, view)
}

#[wasm_bindgen_test]
async fn small_tiles_get_small_pictures_and_hidden_ones_none() {
    let (one, other, view) = watched().await;
    height(&view, 360, 360).await;
    resize(&view, 160, 90);
    height(&view, 1, 120).await;
    resize(&view, 640, 360);
    height(&view, 360, 360).await;
    resize(&view, 0, 0);
    no_frames(&view).await;
    resize(&view, 320, 180);
    kit::frames_in(&view).await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn an_element_that_is_as_large_as_its_picture_does_not_shrink_it() {
    let (mut one, other, view) = watched().await;
    unsize(&view);
    for _ in 0..2 {
        one.limit(Source::Camera, Limits { max_height: Some(90), ..steady() });
        height(&view, 1, 120).await;
        told(&mut one, &other).await;
        one.limit(Source::Camera, steady());
        height(&view, 360, 360).await;
        told(&mut one, &other).await;
    }
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn limits_hold_for_everybody_and_for_one() {
    let (one, other, view) = watched().await;
    let limits = Limits {
        max_height: Some(180),
        max_frame_rate: Some(10.0),
        max_bitrate: Some(200_000),
        degradation: Some(Degradation::MaintainResolution),
        codec: None,
    };
    one.limit(Source::Camera, limits);
    height(&view, 1, 180).await;
    one.limit(Source::Camera, steady());
    height(&view, 360, 360).await;
    let peer = one.peers().into_iter().next().expect("a peer");
    peer.limit(Source::Camera, Limits { max_height: Some(90), ..steady() });
    height(&view, 1, 120).await;
    frames_in(&view).await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_codec_that_cannot_be_chosen_is_told() {
    let (mut one, other, view) = watched().await;
    one.limit(Source::Camera, Limits { codec: Some("video/smoke".into()), ..Limits::default() });
    until(&mut one, "the trouble", |event| match event {
        Event::Trouble(trouble) => (trouble.code == "sending/codec" && trouble.detail == "video/smoke").then_some(()),
        _ => None,
    })
    .await;
    frames_in(&view).await;
    leave(one, other).await;
}

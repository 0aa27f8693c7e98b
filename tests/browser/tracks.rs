//! What the application has of the others' media.

use itodenwa::Source;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{append, frames_in, hide_page, leave, media, no_frames, pair, play, put_into_frame, within};

#[wasm_bindgen_test]
async fn what_is_read_comes_although_no_element_shows_it_and_what_nobody_reads_does_not() {
    let (one, mut other) = pair().await;
    let peer = other.peers().first().cloned().expect("a peer");
    assert!(peer.stream(Source::Camera).is_none() && peer.track(Source::Camera).is_none(), "nothing is on");
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    let (track, stream) =
        (peer.track(Source::Camera).expect("a track"), peer.stream(Source::Microphone).expect("a stream"));
    assert_eq!(stream.get_track_by_id(&track.id()), Some(track));
    let own = play(&stream);
    frames_in(&own).await;
    // It is another track of the same stream, and nobody asked for it.
    within("the camera", one.camera(false)).await.expect("off");
    media(&mut other, Source::Camera, false).await;
    assert_eq!(peer.track(Source::Camera), None);
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    no_frames(&own).await;
    assert_eq!(peer.stream(Source::Camera), Some(stream));
    frames_in(&own).await;
    own.remove();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn an_element_is_judged_by_its_own_document() {
    let (one, mut other) = pair().await;
    let view = other.peers().first().expect("a peer").view().expect("a view");
    append(&view);
    within("the camera", one.camera(true)).await.expect("a camera");
    media(&mut other, Source::Camera, true).await;
    frames_in(&view).await;
    hide_page(true);
    no_frames(&view).await;
    let frame = put_into_frame(&view);
    frames_in(&view).await;
    hide_page(false);
    frame.remove();
    leave(one, other).await;
}

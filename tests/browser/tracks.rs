//! Tracks of the application's own, and what it has of those of the others.

use gloo_timers::future::TimeoutFuture;
use itodenwa::{Event, MediaError, PublishError, PublishOptions, Room, Source};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{MediaStreamTrack, MediaStreamTrackState};

use crate::kit::{
    append, connected, end_track, forget_connections, frames_in, hide_page, is_sent, join, leave, media, no_frames,
    painted, pair, play, put_into_frame, sound_in, until, watch_connections, within,
};
use crate::relay::Relay;

/// A picture and a tone.
fn tracks() -> (MediaStreamTrack, MediaStreamTrack) {
    let stream = painted();
    (stream.get_video_tracks().get(0).unchecked_into(), stream.get_audio_tracks().get(0).unchecked_into())
}

async fn publish(room: &Room, track: &MediaStreamTrack, source: Source) -> Result<(), PublishError> {
    within("the publication", room.publish(track, source, PublishOptions::default())).await
}

async fn sent(track: &MediaStreamTrack, is_so: bool) {
    within("the sender", async {
        while is_sent(track) != is_so {
            TimeoutFuture::new(10).await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn own_tracks_are_sent_beside_each_other_and_to_who_comes_later() {
    let relay = Relay::default();
    let mut one = join(&relay, false, false).await;
    let mut other = join(&relay, false, false).await;
    connected(&mut one).await;
    let [board, tone] = ["whiteboard", "whiteboardAudio"].map(|name| Source::named(name).expect("a name"));
    let ((picture, sound), (film, _)) = (tracks(), tracks());
    let all = [(&picture, board), (&sound, tone), (&film, Source::Camera)];
    for (track, source) in all {
        publish(&one, track, source).await.expect("published");
    }
    let mut late = join(&relay, false, false).await;
    for room in [&mut other, &mut late] {
        media(room, tone, true).await;
        let peer = room.peers().into_iter().find(|peer| peer.id() == one.me().id()).expect("who publishes");
        while peer.track(board).is_none() || peer.track(Source::Camera).is_none() {
            within("media", room.next()).await;
        }
        let view = peer.published(board).view().expect("a view");
        frames_in(&view).await;
        sound_in(&view).await;
        assert_eq!(view.src_object(), peer.stream(board));
        frames_in(&peer.view().expect("a view")).await;
        assert_ne!(peer.stream(board), peer.stream(Source::Camera));
    }
    frames_in(&one.me().published(board).view().expect("a view")).await;
    // Another one takes its place; the first one is the application's still.
    let (again, _) = tracks();
    publish(&one, &again, board).await.expect("published");
    assert_eq!(picture.ready_state(), MediaStreamTrackState::Live);
    let view = other.peers().iter().find(|peer| peer.id() == one.me().id()).expect("it").published(board).view();
    frames_in(&view.expect("a view")).await;
    // It ends.
    end_track(&again);
    until(&mut one, "the end", |event| match event {
        Event::MediaFailed { source, error: MediaError::Ended } => (*source == board).then_some(()),
        _ => None,
    })
    .await;
    media(&mut other, board, false).await;
    one.unpublish(tone, false);
    one.unpublish(Source::Camera, true);
    media(&mut other, Source::Camera, false).await;
    let live = [&picture, &sound, &film].map(|track| track.ready_state() == MediaStreamTrackState::Live);
    assert_eq!(live, [true, true, false], "it is stopped where that is asked for");
    picture.stop();
    sound.stop();
    late.leave().await;
    drop(late);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_can_not_be_published_says_why_and_many_publications_leave_nothing() {
    let (one, mut other) = pair().await;
    let (picture, sound) = tracks();
    assert_eq!(publish(&one, &sound, Source::Camera).await, Err(PublishError::Kind));
    assert_eq!(publish(&one, &picture, Source::Microphone).await, Err(PublishError::Kind));
    assert_eq!(publish(&one, &sound, Source::ScreenAudio).await, Err(PublishError::Kind), "no screen is shared");
    let name = |number| Source::named(&format!("board-{number}")).expect("a name");
    for number in 0..8 {
        publish(&one, &picture, name(number)).await.expect("published");
    }
    assert_eq!(publish(&one, &picture, name(8)).await, Err(PublishError::TooMany));
    media(&mut other, name(7), true).await;
    for number in 0..8 {
        one.unpublish(name(number), false);
    }
    media(&mut other, name(7), false).await;
    // A name that is over leaves room for others.
    for number in 10..30 {
        publish(&one, &picture, name(number)).await.expect("published");
        one.unpublish(name(number), false);
    }
    picture.stop();
    sound.stop();
    assert_eq!(publish(&one, &picture, name(0)).await, Err(PublishError::Ended));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_track_that_is_taken_back_while_it_is_muted_is_sent_no_more_and_goes_back_as_it_came() {
    watch_connections();
    let (one, mut other) = pair().await;
    let (picture, sound) = tracks();
    picture.stop();
    for _ in 0..2 {
        publish(&one, &sound, Source::Microphone).await.expect("published");
        media(&mut other, Source::Microphone, true).await;
        sent(&sound, true).await;
        within("the microphone", one.microphone(false)).await.expect("off");
        media(&mut other, Source::Microphone, false).await;
        assert!(is_sent(&sound), "it can be back at once");
        assert!(!sound.enabled());
        one.unpublish(Source::Microphone, false);
        sent(&sound, false).await;
        assert!(sound.enabled());
    }
    sound.stop();
    forget_connections();
    leave(one, other).await;
}

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

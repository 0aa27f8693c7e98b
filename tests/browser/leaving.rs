//! Hanging up, and what is left: nothing.

use std::rc::Rc;

use futures_util::future::join;
use itodenwa::{
    CameraOptions, Error, Event, LeaveReason, Limits, MicrophoneOptions, Processor, PublishOptions, Quality, Room,
    Source, counts,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::MediaStreamTrack;

use crate::kit::{self, leave, nothing_is_left, offer_screen, pair, until};
use crate::processors::Copying;
use crate::relay::Relay;

async fn closed(room: &mut Room) -> Option<Error> {
    let error = until(room, "the end", |event| match event {
        Event::Closed(error) => Some(error.clone()),
        _ => None,
    })
    .await;
    assert!(room.next().await.is_none(), "the end is the last event");
    error
}

async fn left(room: &mut Room) -> LeaveReason {
    let reason = until(room, "the other to leave", |event| match event {
        Event::Left(_, reason) => Some(*reason),
        _ => None,
    })
    .await;
    assert!(room.peers().is_empty());
    reason
}

#[wasm_bindgen_test]
async fn leaving_is_noticed() {
    let (mut one, mut other) = pair().await;
    let view = other.peers().first().expect("a peer").view().expect("a view");
    kit::append(&view);
    one.leave().await;
    assert_eq!(left(&mut other).await, LeaveReason::Left, "the last words went out");
    assert!(!view.is_connected(), "the view is gone with the person");
    assert_eq!(closed(&mut one).await, None);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_asked_for_more_than_the_room_takes_leaves_as_well() {
    let (one, mut other) = pair().await;
    for _ in 0..5000 {
        one.limit(Source::Camera, Limits::default());
    }
    one.leave().await;
    assert_eq!(left(&mut other).await, LeaveReason::Left);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn dropping_the_last_handle_hangs_up() {
    let (one, mut other) = pair().await;
    let handle = one.handle();
    let peer = one.peers().first().cloned();
    drop(one);
    assert_eq!(other.peers().len(), 1, "a handle is left");
    drop(handle);
    left(&mut other).await;
    assert!(peer.expect("a peer").view().is_err(), "a peer does not keep the room open");
    drop(other);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn a_page_that_goes_away_leaves() {
    let (mut one, mut other) = pair().await;
    let event = web_sys::Event::new("pagehide").expect("an event");
    web_sys::window().expect("a window").dispatch_event(&event).expect("dispatched");
    let (one_end, other_end) = join(closed(&mut one), closed(&mut other)).await;
    // The page may come back from the cache: it was not the application that left.
    assert_eq!((one_end, other_end), (Some(Error::PageHidden), Some(Error::PageHidden)));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn lost_signalling_ends_the_room_with_its_reason() {
    let relay = Relay::default();
    let mut one = kit::join(&relay, false, false).await;
    relay.stop();
    assert_eq!(closed(&mut one).await.expect("an error").code(), "signaling/lost");
    drop(one);
    nothing_is_left().await;
}

/// Fifty if everything is asked for (`cargo xtask test --long`). With fewer, too, everything is done more than once.
const CALLS: usize = if option_env!("ITODENWA_LONG").is_some() { 50 } else { 12 };

#[wasm_bindgen_test]
async fn after_calls_with_everything_switched_published_and_taken_away_nothing_is_left() {
    offer_screen();
    for round in 0..CALLS {
        let relay = Relay::default();
        let mut one = kit::join(&relay, true, true).await;
        let mut other = kit::join(&relay, round % 2 == 0, true).await;
        join(kit::connected(&mut one), kit::connected(&mut other)).await;
        one.me().view().expect("a view");
        if round % 10 == 0 {
            kit::frames(&other).await;
        }
        let now = counts();
        assert!(now.connections == 2 && now.listeners > 0 && now.tracks >= 3, "what is there is counted: {now:?}");
        kit::within("the screen", one.screen(true)).await.expect("a screen");
        let quality = CameraOptions { quality: Quality::H180, ..CameraOptions::default() };
        kit::within("the camera", one.use_camera(quality)).await.expect("another camera");
        kit::within("the microphone", one.use_microphone(MicrophoneOptions::default())).await.expect("a microphone");
        one.limit(Source::Camera, Limits { max_height: Some(90), ..Limits::default() });
        for on in [false, true, false].into_iter().take(1 + round % 3) {
            kit::within("the camera", one.camera(on)).await.expect("switched");
            kit::within("the microphone", other.microphone(on)).await.expect("switched");
        }
        let painted = kit::painted();
        let picture: MediaStreamTrack = painted.get_video_tracks().get(0).unchecked_into();
        let board = Source::named("board").expect("a name");
        kit::within("a track", one.publish(&picture, board, PublishOptions::default())).await.expect("published");
        for source in [board, Source::Camera, Source::Microphone] {
            let copying: Rc<dyn Processor> = Rc::new(Copying::default());
            kit::within("a processor", one.process(source, Some(copying))).await.expect("it works");
        }
        if round % 2 == 0 {
            one.unpublish(board, false);
            kit::within("none", one.process(Source::Camera, None)).await.expect("taken away");
        }
        if round % 3 == 0 {
            kit::within("the screen", one.screen(false)).await.expect("off");
        }
        leave(one, other).await;
        painted.get_tracks().iter().for_each(|track| MediaStreamTrack::from(track).stop());
    }
}

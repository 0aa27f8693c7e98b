//! What the tests have in common: waiting for events, and for pictures.

mod connections;
mod devices;
mod files;
mod recorder;
mod sound;
mod views;

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use itodenwa::{ConnectionState, Counts, Event, Room, Source, counts};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

use crate::relay::Relay;
pub(crate) use connections::{
    answer_strangely, cut_channels, deafen_connections, forget_connections, grant_strange, hide_connections, is_sent,
    leave_channels_alone, mend_connections, open_strange, refuse_connections, rewrite_formats, say_strange,
    send_strange, show_connections, strange_open, texts_sent, watch_channels, watch_connections,
};
pub(crate) use devices::{
    asked_for, change_devices, end_track, interrupt, is_shared, loosen_devices, offer_screen, painted, questions,
    refuse_screen, restricts_own_audio, silence_devices, stop_sharing, times_asked, unplug,
};
pub(crate) use files::{plant_private, private_names};
pub(crate) use recorder::{fail_recorder, hide_recorder, is_recording, show_recorder, watch_recorder};
pub(crate) use sound::stand_in_for_sound;
use sound::{heard, runs_sound};
pub(crate) use views::{append, hide_page, loudest, play, play_back, put_into_frame, resize, unsize};
use views::{height_between, look, next_frame, stopped};

/// How long anything may take before a test gives up.
const LIMIT_MS: u32 = 40_000;

/// Waits, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match select(pin!(future), TimeoutFuture::new(LIMIT_MS)).await {
        Either::Left((value, _)) => value,
        Either::Right(_) => panic!("waited in vain for {what}"),
    }
}

/// Whether sound can be measured here.
pub(crate) async fn can_hear() -> bool {
    JsFuture::from(runs_sound()).await.is_ok_and(|runs| runs.is_truthy())
}

/// Reads a room's events until one is the one that is wanted, and gives what was made of it.
pub(crate) async fn until<T>(room: &mut Room, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    let mut seen = Vec::new();
    let found = async {
        while let Some(event) = room.next().await {
            if let Some(found) = wanted(&event) {
                return Some(found);
            }
            seen.push(format!("{event:?}"));
        }
        None
    };
    let found = match select(pin!(found), TimeoutFuture::new(LIMIT_MS)).await {
        Either::Left((found, _)) => found,
        Either::Right(_) => None,
    };
    found.unwrap_or_else(|| panic!("waited in vain for {what}; there was:\n{}", seen.join("\n")))
}

pub(crate) async fn connected(room: &mut Room) {
    until(room, "the connection", |event| {
        matches!(event, Event::Connection { state: ConnectionState::Connected, .. }).then_some(())
    })
    .await;
}

pub(crate) async fn media(room: &mut Room, source: Source, on: bool) {
    until(room, &format!("{source} {on}"), |event| match event {
        Event::Media { source: other, on: now, .. } => (*other == source && *now == on).then_some(()),
        _ => None,
    })
    .await;
}

/// Waits until the only peer of a room is seen moving.
pub(crate) async fn frames(room: &Room) {
    frames_in(&room.peers().first().expect("a peer").view().expect("a view")).await;
}

/// Waits until something moves in a video.
pub(crate) async fn frames_in(video: &HtmlVideoElement) {
    append(video);
    for _ in 0..3 {
        within("a frame", JsFuture::from(next_frame(video))).await.expect("a frame");
    }
}

/// Waits until the first knows how the other shows it now.
pub(crate) async fn told(one: &mut Room, other: &Room) {
    look();
    within("a turn", other.microphone(false)).await.expect("off");
    // It comes after what is shown.
    let _ = other.send("seen").expect("a text");
    until(one, "the text", |event| matches!(event, Event::Text { .. }).then_some(())).await;
}

/// Waits until the picture that comes is so high.
pub(crate) async fn height(video: &HtmlVideoElement, least: u32, most: u32) {
    let wait = JsFuture::from(height_between(video, least, most));
    within(&format!("a height from {least} to {most}"), wait).await.expect("a height");
}

/// Waits until no picture comes any more.
pub(crate) async fn no_frames(video: &HtmlVideoElement) {
    within("the end of the pictures", JsFuture::from(stopped(video))).await.expect("an end");
}

/// Waits until the only peer of a room is heard.
pub(crate) async fn sound(room: &Room) {
    sound_in(&room.peers().first().expect("a peer").view().expect("a view")).await;
}

/// Waits until something is heard in a video.
pub(crate) async fn sound_in(video: &HtmlVideoElement) {
    within("sound", JsFuture::from(heard(video))).await.expect("sound");
}

pub(crate) async fn join(relay: &Relay, camera: bool, microphone: bool) -> Room {
    let mut join = Room::join("blue-tiger").signaling(relay.line());
    if camera {
        join = join.camera();
    }
    if microphone {
        join = join.microphone();
    }
    within("the join", join.into_future()).await.expect("joined")
}

/// Two in a room, without media.
pub(crate) async fn pair() -> (Room, Room) {
    let relay = Relay::default();
    let mut one = join(&relay, false, false).await;
    let mut other = join(&relay, false, false).await;
    connected(&mut one).await;
    connected(&mut other).await;
    (one, other)
}

/// Both leave, and nothing is left.
pub(crate) async fn leave(one: Room, other: Room) {
    one.leave().await;
    other.leave().await;
    drop((one, other));
    nothing_is_left().await;
}

pub(crate) async fn nothing_is_left() {
    let gone = async {
        while counts() != Counts::default() {
            TimeoutFuture::new(10).await;
        }
    };
    if let Either::Right(_) = select(pin!(gone), TimeoutFuture::new(LIMIT_MS)).await {
        panic!("left over: {:?}", counts());
    }
}

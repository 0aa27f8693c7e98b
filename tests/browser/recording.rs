//! A call in a file, that plays.

use gloo_timers::future::TimeoutFuture;
use itodenwa::{RecordEnd, RecordError, RecordOptions, Recorded, Recording, Room, Source, Who};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{
    self, connected, fail_recorder, frames, hide_recorder, is_recording, leave, loosen_devices, loudest, media,
    nothing_is_left, pair, play_back, questions, show_recorder, watch_recorder, within,
};
use crate::relay::Relay;

#[derive(Debug)]
struct Played {
    size: (f64, f64),
    seconds: f64,
    pictures: f64,
    sounds: f64,
}

async fn played(recorded: &Recorded) -> Played {
    let seen = within("the file to play", JsFuture::from(play_back(&recorded.blob))).await.expect("a file that plays");
    let seen: js_sys::Array = seen.unchecked_into();
    let number = |index| seen.get(index).as_f64().expect("a number");
    Played { size: (number(0), number(1)), seconds: number(2), pictures: number(3), sounds: number(4) }
}

/// Records for so long, in milliseconds, and until there is something.
async fn runs(recording: &Recording, millis: u32) {
    let (bytes, duration) = (recording.bytes(), recording.duration());
    let grows = async {
        while recording.bytes() == bytes || (recording.duration() - duration).as_millis() < u128::from(millis) {
            TimeoutFuture::new(20).await;
        }
    };
    within("the file to grow", grows).await;
}

async fn record(room: &Room, who: Who) -> Recording {
    within("the recording", room.record(RecordOptions::new(who))).await.expect("a recording")
}

/// The file has what was told, and so much of it plays.
async fn plays(recorded: &Recorded, has_sound: bool) {
    let played = played(recorded).await;
    assert_eq!(played.size, (1280.0, 720.0));
    assert_eq!((played.pictures, played.sounds), (1.0, f64::from(u8::from(has_sound))), "{played:?}");
    let told = recorded.duration.as_secs_f64();
    assert!((told - played.seconds).abs() < 1.5, "{told} s were told, {played:?}");
    assert!(recorded.mime_type.starts_with("video/"), "{}", recorded.mime_type);
}

/// Where sounds are mixed, something is heard in the file.
async fn is_loud(recorded: &Recorded, recording: &Recording) {
    if recording.has_sound() {
        let loudest = within("the sound", JsFuture::from(loudest(&recorded.blob))).await.expect("sound");
        assert!(loudest.as_f64().is_some_and(|loudest| loudest > 0.01), "silence: {loudest:?}");
    }
}

#[wasm_bindgen_test]
async fn everybody_is_recorded_whoever_comes_and_goes() {
    let relay = Relay::default();
    // What is heard comes from others.
    let mut one = kit::join(&relay, true, false).await;
    let mut other = kit::join(&relay, true, true).await;
    connected(&mut one).await;
    connected(&mut other).await;
    frames(&one).await;
    let recording = record(&one, Who::Everybody).await;
    runs(&recording, 1000).await;
    within("the camera", one.camera(false)).await.expect("off");
    within("their camera", other.camera(false)).await.expect("off");
    media(&mut one, Source::Camera, false).await;
    runs(&recording, 500).await;
    within("the camera", one.camera(true)).await.expect("on");
    within("their camera", other.camera(true)).await.expect("on");
    media(&mut one, Source::Camera, true).await;
    let late = kit::join(&relay, true, true).await;
    connected(&mut one).await;
    runs(&recording, 1000).await;
    late.leave().await;
    drop(late);
    runs(&recording, 1000).await;
    let recorded = within("the file", recording.stop()).await.expect("a file");
    assert_eq!(recorded.end, RecordEnd::Stopped);
    assert_eq!(recorded.blob.size() as u64, recording.bytes(), "all that was told");
    assert!(recorded.duration.as_millis() >= 3500, "{:?}", recorded.duration);
    plays(&recorded, recording.has_sound()).await;
    is_loud(&recorded, &recording).await;
    let again = within("the file", recording.stop()).await.expect("the same file");
    assert_eq!(again.blob, recorded.blob);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn ones_own_is_recorded_until_the_room_is_over() {
    let relay = Relay::default();
    let one = kit::join(&relay, true, true).await;
    let recording = record(&one, Who::Own).await;
    runs(&recording, 1500).await;
    one.leave().await;
    let recorded = within("the end", recording.ended()).await.expect("a file");
    assert_eq!(recorded.end, RecordEnd::RoomClosed);
    plays(&recorded, recording.has_sound()).await;
    is_loud(&recorded, &recording).await;
    assert_eq!(one.record(RecordOptions::default()).await.err(), Some(RecordError::Closed));
    drop(one);
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn it_ends_at_its_limit() {
    let (one, other) = pair().await;
    let options = RecordOptions::new(Who::Everybody).limit(1);
    let recording = within("the recording", one.record(options)).await.expect("a recording");
    let recorded = within("the end", recording.ended()).await.expect("a file");
    assert_eq!(recorded.end, RecordEnd::Limit);
    assert!(recorded.blob.size() > 1.0);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn nothing_is_lost_when_the_browser_fails_and_nothing_is_left_when_nobody_wants_it() {
    watch_recorder();
    let (one, other) = pair().await;
    let recording = record(&one, Who::Everybody).await;
    runs(&recording, 1500).await;
    fail_recorder();
    let recorded = within("the end", recording.ended()).await.expect("a file");
    assert!(matches!(&recorded.end, RecordEnd::Failed(error) if error.name == "UnknownError"), "{:?}", recorded.end);
    plays(&recorded, recording.has_sound()).await;
    let recording = record(&one, Who::Own).await;
    assert!(is_recording());
    drop(recording);
    let ends = async {
        while is_recording() {
            TimeoutFuture::new(20).await;
        }
    };
    within("the end of what nobody wants", ends).await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn where_nothing_can_be_recorded_that_is_told() {
    let (one, other) = pair().await;
    hide_recorder();
    let refused = one.record(RecordOptions::default()).await;
    show_recorder();
    assert_eq!(refused.err().map(|error| error.code()), Some("record/unsupported"));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_comes_is_asked_before_as_long_as_everybody_is_recorded() {
    let relay = Relay::default();
    let mut one = kit::join(&relay, true, false).await;
    let ask = || Room::join("blue-tiger").signaling(relay.line()).camera().unless_recorded().into_future();
    // Of oneself alone nobody need be told.
    let _ = within("the file", record(&one, Who::Own).await.stop()).await;
    loosen_devices(false);
    let asked = questions();
    let first = record(&one, Who::Everybody).await;
    let second = record(&one, Who::Everybody).await;
    let refused = within("the answer", async {
        // It is said when the room next looks what there is to do.
        while relay.recording().is_empty() {
            TimeoutFuture::new(10).await;
        }
        ask().await
    });
    assert_eq!(refused.await.expect_err("refused").code(), "room/recorded");
    assert_eq!(questions(), asked, "no device was on");
    // Given up, or stopped, whatever there is by then.
    drop(first);
    let _ = within("the file", second.stop()).await;
    within("the end", async {
        while relay.recording().len() < 2 {
            TimeoutFuture::new(10).await;
        }
    })
    .await;
    assert_eq!(relay.recording(), [true, false]);
    let mut other = within("the join", ask()).await.expect("joined");
    assert!(other.me().settings(Source::Camera).is_some(), "it is on from the beginning");
    connected(&mut one).await;
    connected(&mut other).await;
    leave(one, other).await;
}

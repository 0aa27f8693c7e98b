//! What is shared, beside the camera. The browser's own question needs a person: here a painted canvas stands for the screen.

use futures_util::future::join;
use itodenwa::{Content, Event, MediaError, ScreenOptions, Source};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{
    self, asked_for, connected, frames, frames_in, is_shared, leave, media, offer_screen, pair, refuse_screen,
    restricts_own_audio, stop_sharing, times_asked, until, within,
};
use crate::relay::Relay;

#[wasm_bindgen_test]
async fn a_screen_is_shared_beside_the_camera_and_with_who_comes_later() {
    offer_screen();
    let relay = Relay::default();
    let mut one = kit::join(&relay, true, false).await;
    let mut other = kit::join(&relay, false, false).await;
    connected(&mut one).await;
    within("the screen", one.screen(true)).await.expect("a screen");
    for source in [Source::Screen, Source::ScreenAudio] {
        media(&mut other, source, true).await;
    }
    frames(&other).await;
    let mut late = kit::join(&relay, false, false).await;
    media(&mut late, Source::ScreenAudio, true).await;
    for room in [&other, &late] {
        let sharing = room.peers().into_iter().find(|peer| peer.id() == one.me().id()).expect("who shares");
        let screen = sharing.screen().view().expect("a view");
        frames_in(&screen).await;
        let shown = screen.src_object().expect("a stream");
        assert_eq!((shown.get_video_tracks().length(), shown.get_audio_tracks().length()), (1, 1));
        let person = sharing.view().expect("a view");
        frames_in(&person).await;
        let person = person.src_object().expect("a stream");
        assert_eq!(person.get_tracks().length(), 1, "the camera alone");
    }
    frames_in(&one.me().screen().view().expect("a view")).await;
    within("the screen", one.screen(false)).await.expect("off");
    assert!(!is_shared(), "nothing is captured any more");
    for source in [Source::Screen, Source::ScreenAudio] {
        media(&mut other, source, false).await;
    }
    frames(&other).await;
    late.leave().await;
    drop(late);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn the_browsers_own_button_ends_it() {
    offer_screen();
    let (mut one, mut other) = pair().await;
    within("the screen", one.screen(true)).await.expect("a screen");
    media(&mut other, Source::ScreenAudio, true).await;
    stop_sharing();
    until(&mut one, "the end", |event| match event {
        Event::MediaFailed { source: Source::Screen, error: MediaError::Ended } => Some(()),
        Event::MediaFailed { source, .. } => panic!("{source}"),
        _ => None,
    })
    .await;
    // In the order in which the browser ends its tracks.
    for _ in 0..2 {
        until(&mut other, "the end", |event| matches!(event, Event::Media { on: false, .. }).then_some(())).await;
    }
    assert_eq!(other.peers().first().map(|peer| peer.media()), Some(Vec::new()));
    within("the screen", one.screen(true)).await.expect("again");
    media(&mut other, Source::Screen, true).await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_chooses_nothing_is_told_and_the_call_goes_on() {
    refuse_screen();
    let (one, mut other) = pair().await;
    assert!(matches!(within("the answer", one.screen(true)).await, Err(MediaError::ScreenDenied(_))));
    within("the microphone", one.microphone(true)).await.expect("a microphone");
    media(&mut other, Source::Microphone, true).await;
    leave(one, other).await;
}

/// Its sound is never asked for with a bare `true`, which brings the voices of the others with it.
#[wasm_bindgen_test]
async fn its_sound_is_asked_for_without_the_call_and_as_it_is() {
    offer_screen();
    let (one, other) = pair().await;
    for suppress in [false, true] {
        let options = ScreenOptions { suppress_local_audio_playback: suppress, ..ScreenOptions::default() };
        within("the options", one.use_screen(options)).await.expect("options");
        within("the screen", one.screen(true)).await.expect("a screen");
        within("the screen", one.screen(false)).await.expect("off");
        let asked = asked_for();
        let ideal = |name: &str, value: &str| format!("\"{name}\":{{\"ideal\":{value}}}");
        for wanted in [
            ideal("restrictOwnAudio", "true"),
            ideal("suppressLocalAudioPlayback", &suppress.to_string()),
            ideal("channelCount", "2"),
            ideal("echoCancellation", "false"),
            ideal("noiseSuppression", "false"),
            ideal("autoGainControl", "false"),
            format!("\"systemAudio\":\"{}\"", if restricts_own_audio() { "include" } else { "exclude" }),
        ] {
            assert!(asked.contains(&wanted), "{wanted} in {asked}");
        }
    }
    let silent = ScreenOptions { audio: false, ..ScreenOptions::default() };
    within("the options", one.use_screen(silent)).await.expect("options");
    within("the screen", one.screen(true)).await.expect("a screen");
    assert!(asked_for().contains("\"audio\":false") && asked_for().contains("\"systemAudio\":\"exclude\""));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_has_chosen_is_not_asked_again() {
    offer_screen();
    let (one, mut other) = pair().await;
    let motion = ScreenOptions { content: Content::Motion, ..ScreenOptions::default() };
    let (shared, chosen) = within("the screen", join(one.screen(true), one.use_screen(motion))).await;
    assert!(shared.is_ok() && chosen.is_ok());
    media(&mut other, Source::Screen, true).await;
    assert_eq!(times_asked(), 1);
    leave(one, other).await;
}

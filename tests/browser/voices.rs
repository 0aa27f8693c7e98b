//! How others are heard: who speaks, how loud, and where.

use itodenwa::{Event, MediaError, Room, Source};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{append, leave, media, pair, until, within};

async fn speaking(room: &mut Room, wanted: bool) {
    until(room, &format!("speaking {wanted}"), |event| match event {
        Event::Speaking { speaking, .. } => (*speaking == wanted).then_some(()),
        _ => None,
    })
    .await;
}

#[wasm_bindgen_test]
async fn who_speaks_is_told_and_how_loud() {
    let (one, mut other) = pair().await;
    let peer = other.peers().into_iter().next().expect("a peer");
    // Some browsers take no notice of sound that nobody plays.
    append(&peer.view().expect("a view"));
    within("the microphone", one.microphone(true)).await.expect("a microphone");
    speaking(&mut other, true).await;
    assert!(peer.is_speaking() && peer.level() > 0.0 && peer.level() <= 1.0, "{}", peer.level());
    until(&mut other, "the speaker", |event| match event {
        Event::Speaker(Some(speaker)) => (*speaker == peer).then_some(()),
        _ => None,
    })
    .await;
    assert_eq!(other.speaker(), Some(peer.clone()));
    within("the microphone", one.microphone(false)).await.expect("off");
    speaking(&mut other, false).await;
    assert!(!peer.is_speaking() && peer.level() == 0.0);
    assert_eq!(other.speaker(), Some(peer), "who spoke last");
    one.leave().await;
    until(&mut other, "nobody", |event| matches!(event, Event::Speaker(None)).then_some(())).await;
    assert_eq!(other.speaker(), None);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn everybody_has_a_volume_here() {
    let (one, mut other) = pair().await;
    within("the microphone", one.microphone(true)).await.expect("a microphone");
    media(&mut other, Source::Microphone, true).await;
    let peer = other.peers().into_iter().next().expect("a peer");
    let view = peer.view().expect("a view");
    peer.set_volume(0.25);
    peer.set_muted(true);
    let shared = peer.screen().view().expect("a view that comes later");
    // Requests are taken in order; an answered one says that those before it were.
    within("a turn", other.microphone(false)).await.expect("off");
    for element in [&view, &shared] {
        assert_eq!((element.volume(), element.muted()), (0.25, true));
    }
    peer.set_muted(false);
    peer.set_volume(f64::NAN);
    within("a turn", other.microphone(false)).await.expect("off");
    assert_eq!((view.volume(), view.muted()), (1.0, false));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn a_loudspeaker_that_is_not_there_is_refused() {
    let (one, other) = pair().await;
    let refused = within("the answer", one.use_loudspeaker("nowhere")).await;
    assert!(matches!(refused, Err(MediaError::Missing(_))), "{refused:?}");
    within("the answer", one.use_loudspeaker("")).await.expect("the system's choice");
    leave(one, other).await;
}

//! How others are heard: who speaks, how loud, and where.

use futures_core::Stream;
use futures_util::StreamExt;
use itodenwa::{Event, MediaError, OwnLevel, Room, Source, counts};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{append, can_hear, leave, media, pair, stand_in_for_sound, until, within};

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

/// Waits until one's own level is as wanted.
async fn own(levels: &mut (impl Stream<Item = OwnLevel> + Unpin), what: &str, wanted: impl Fn(&OwnLevel) -> bool) {
    within(what, async { while !wanted(&levels.next().await.expect("the room goes on")) {} }).await;
}

#[wasm_bindgen_test]
async fn one_is_told_how_loud_one_is_also_while_nobody_else_hears_it() {
    if !can_hear().await {
        stand_in_for_sound();
    }
    let (one, mut other) = pair().await;
    let mut levels = one.watch_level();
    assert_eq!(levels.next().await, Some(OwnLevel::default()), "no microphone");
    within("the microphone", one.microphone(true)).await.expect("a microphone");
    own(&mut levels, "a voice", |now| now.speaking && now.level > 0.0 && now.level <= 1.0 && !now.muted).await;
    within("the microphone", one.microphone(false)).await.expect("off");
    own(&mut levels, "speech that nobody hears", |now| now.is_unheard() && now.level > 0.0).await;
    media(&mut other, Source::Microphone, false).await;
    assert_eq!(counts().tracks, 2, "the microphone, and the copy that is listened to");
    within("the microphone", one.microphone(true)).await.expect("on");
    own(&mut levels, "a voice again", |now| now.speaking && !now.muted && !now.is_unheard()).await;
    media(&mut other, Source::Microphone, true).await;
    assert_eq!(counts().tracks, 2, "the microphone itself, and what the other gets");
    drop(levels);
    within("the end of listening", async {
        while counts().sounds > 0 {
            gloo_timers::future::TimeoutFuture::new(10).await;
        }
    })
    .await;
    within("the microphone", one.microphone(false)).await.expect("off");
    // It holds nothing of a room that is over, read or not.
    let mut unread = one.watch_level();
    own(&mut unread, "silence", |now| now.muted).await;
    leave(one, other).await;
    within("the last ones", async { while unread.next().await.is_some() {} }).await;
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

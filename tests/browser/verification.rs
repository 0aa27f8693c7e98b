//! Words that two people compare: what is the same at both ends, and what is said when there are none.

use futures_util::future::join;
use itodenwa::{Comparison, Event, IncomingVerification, Peer, Room, Verification, VerificationError};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{connected, cut_channels, leave, leave_channels_alone, pair, until, watch_channels, within};

fn peer(room: &Room) -> Peer {
    room.peers().first().cloned().expect("a peer")
}

async fn asked(room: &mut Room) -> IncomingVerification {
    until(room, "a question for words", |event| match event {
        Event::Verification(asked) => Some(asked.clone()),
        _ => None,
    })
    .await
}

async fn compared(one: &Room, other: &mut Room) -> (Verification, Verification) {
    let peer = peer(one);
    let answer = async { asked(other).await.answer().await.expect("words") };
    let (ours, theirs) = within("words", join(peer.verification(), answer)).await;
    (ours.expect("words"), theirs)
}

#[wasm_bindgen_test]
async fn both_ends_have_the_same_words_and_keep_what_is_said_of_them() {
    let (one, mut other) = pair().await;
    let (ours, theirs) = compared(&one, &mut other).await;
    assert_eq!(ours.words(), theirs.words());
    assert_eq!(ours.emoji(), theirs.emoji());
    assert_eq!((ours.peer().clone(), theirs.peer().clone()), (peer(&one), peer(&other)));
    // The other side is not asked again.
    let again = within("the same words", peer(&one).verification()).await.expect("words");
    assert!(again.is_same(&ours));
    again.compared(true);
    assert_eq!((ours.comparison(), theirs.comparison()), (Comparison::Match, Comparison::Open));
    ours.compared(false);
    assert_eq!(again.comparison(), Comparison::Differ);
    leave(one, other).await;
    within("the end", ours.changed()).await;
    ours.compared(true);
    assert_eq!(ours.comparison(), Comparison::Changed);
}

#[wasm_bindgen_test]
async fn a_new_connection_has_words_of_its_own() {
    watch_channels();
    let (mut one, mut other) = pair().await;
    let (before, theirs) = compared(&one, &mut other).await;
    cut_channels();
    within("the end of the connection", join(before.changed(), theirs.changed())).await;
    assert_eq!((before.comparison(), theirs.comparison()), (Comparison::Changed, Comparison::Changed));
    connected(&mut one).await;
    connected(&mut other).await;
    let (after, theirs) = compared(&one, &mut other).await;
    assert_eq!(after.words(), theirs.words());
    assert_ne!(after.words(), before.words());
    leave_channels_alone();
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn an_application_that_leaves_it_out_is_told_apart_from_a_liar() {
    let (one, mut other) = pair().await;
    let peer = peer(&one);
    let refuse = async { drop(asked(&mut other).await) };
    let (refused, ()) = within("a refusal", join(peer.verification(), refuse)).await;
    assert_eq!(refused.err(), Some(VerificationError::Unanswered));
    // And it may be asked again.
    let (ours, theirs) = compared(&one, &mut other).await;
    assert_eq!(ours.words(), theirs.words());
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_has_left_has_no_words() {
    let (one, other) = pair().await;
    let peer = peer(&one);
    leave(one, other).await;
    let gone = within("an answer", peer.verification()).await;
    assert_eq!(gone.err(), Some(VerificationError::RoomClosed));
}

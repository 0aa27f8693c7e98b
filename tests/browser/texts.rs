//! Texts both ways.

use futures_util::future::join;
use itodenwa::wire::limits::{QUEUED_TEXTS, TEXT_BYTES};
use itodenwa::{Event, Room, SendError};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{leave, pair, until, within};
use crate::relay::Relay;

async fn text(room: &mut Room) -> String {
    until(room, "a text", |event| match event {
        Event::Text { text, .. } => Some(text.clone()),
        _ => None,
    })
    .await
}

#[wasm_bindgen_test]
async fn texts_arrive_and_are_acknowledged() {
    let (mut one, mut other) = pair().await;
    let hello = one.send("糸 \"電話\" <b>\u{1F4DE}</b>").expect("accepted");
    let long = "x".repeat(TEXT_BYTES);
    let answer = other.send(&long).expect("accepted");
    assert_eq!(text(&mut other).await, "糸 \"電話\" <b>\u{1F4DE}</b>");
    assert_eq!(text(&mut one).await, long);
    let (hello, answer) = within("delivery", join(hello.delivered(), answer.delivered())).await;
    assert_eq!((hello, answer), (Ok(()), Ok(())));
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn texts_wait_for_the_channel_in_order() {
    let relay = Relay::default();
    let one = crate::kit::join(&relay, false, false).await;
    let mut other = crate::kit::join(&relay, false, false).await;
    let mut one = one;
    until(&mut one, "the other", |event| matches!(event, Event::Joined(_)).then_some(())).await;
    for number in 0..QUEUED_TEXTS {
        drop(one.send(&number.to_string()).expect("accepted"));
    }
    assert_eq!(one.send("one too many").unwrap_err(), SendError::QueueFull);
    for number in 0..QUEUED_TEXTS {
        assert_eq!(text(&mut other).await, number.to_string());
    }
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn what_cannot_be_sent_is_told() {
    let relay = Relay::default();
    let one = crate::kit::join(&relay, false, false).await;
    assert_eq!(one.send("hello").unwrap_err(), SendError::Nobody);
    assert_eq!(one.send(&"x".repeat(TEXT_BYTES + 1)).unwrap_err(), SendError::TooLarge);
    one.leave().await;
    assert_eq!(one.send("hello").unwrap_err(), SendError::Closed);
}

#[wasm_bindgen_test]
async fn who_left_gets_nothing() {
    let (mut one, other) = pair().await;
    let peer = one.peers().first().cloned();
    other.leave().await;
    until(&mut one, "the other to leave", |event| matches!(event, Event::Left(..)).then_some(())).await;
    let message = peer.expect("a peer").send("too late").expect("accepted");
    assert_eq!(within("the answer", message.delivered()).await, Err(SendError::PeerGone));
    leave(one, other).await;
}

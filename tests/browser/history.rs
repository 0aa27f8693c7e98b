//! What was said before somebody came.

use itodenwa::{Event, History, Json, Payload, Room};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{cut_channels, leave, leave_channels_alone, until, watch_channels};
use crate::relay::Relay;

async fn join(relay: &Relay, name: &str, messages: usize) -> Room {
    let join = Room::join("room").name(name).signaling(relay.line());
    join.history(History::new(messages)).await.expect("joined")
}

/// The next that is said, and whether it was said before.
async fn heard(room: &mut Room) -> (bool, Payload) {
    until(room, "a message", |event| match event {
        Event::Earlier { message, .. } => Some((true, message.clone())),
        Event::Text { text, .. } => Some((false, Payload::Text(text.clone()))),
        Event::Json { value, .. } => Some((false, Payload::Json(value.clone()))),
        Event::Bytes { bytes, .. } => Some((false, Payload::Bytes(bytes.clone()))),
        _ => None,
    })
    .await
}

#[wasm_bindgen_test]
async fn who_comes_late_hears_what_was_said_in_its_order_and_once() {
    let relay = Relay::default();
    let mut one = join(&relay, "one", 4).await;
    let mut other = join(&relay, "other", 50).await;
    let comes = |event: &Event| matches!(event, Event::Joined(_)).then_some(());
    until(&mut one, "the other one", comes).await;
    let value = Json::parse("[1]").expect("a value");
    let said: [Payload; 4] = ["gone".into(), "first".into(), value.into(), vec![1_u8, 2].into()];
    for message in said.clone() {
        let sent = one.send(message.clone()).expect("accepted");
        assert_eq!(heard(&mut other).await, (false, message), "who was there hears it when it is said");
        sent.delivered().await.expect("delivered");
    }
    let mut late = join(&relay, "late", 1).await;
    until(&mut one, "the one who comes", comes).await;
    // Before they are connected: it waits for what was said before.
    let new = one.send("new").expect("accepted");
    for message in said.into_iter().skip(1) {
        assert_eq!(heard(&mut late).await, (true, message));
    }
    assert_eq!(heard(&mut late).await, (false, "new".into()));
    drop(new);
    // A new connection tells nothing anew.
    watch_channels();
    cut_channels();
    leave_channels_alone();
    let again = one.send("again").expect("accepted");
    assert_eq!(heard(&mut late).await, (false, "again".into()));
    drop(again);
    late.leave().await;
    drop(late);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_keeps_nothing_says_nothing_and_nothing_waits_for_it() {
    let relay = Relay::default();
    let one = crate::kit::join(&relay, false, false).await;
    let mut late = join(&relay, "late", 50).await;
    let waits = one.handle();
    while waits.peers().is_empty() {
        gloo_timers::future::TimeoutFuture::new(10).await;
    }
    let said = one.send("now").expect("accepted");
    assert_eq!(heard(&mut late).await, (false, "now".into()));
    drop(said);
    leave(one, late).await;
}

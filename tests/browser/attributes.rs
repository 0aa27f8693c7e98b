//! What members and the room have for everybody to see.

use itodenwa::wire::limits::ATTRIBUTE_BYTES;
use itodenwa::{AttributeError, Event, Json, Peer, Room};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{cut_channels, join, leave, leave_channels_alone, until, watch_channels};
use crate::relay::Relay;

fn json(text: &str) -> Json {
    Json::parse(text).expect("a value")
}

/// The next attribute that is told: whether of a peer, its key and value.
async fn told(room: &mut Room) -> (bool, String, Option<Json>) {
    until(room, "an attribute", |event| match event {
        Event::Attribute { peer, key, value } => Some((peer.is_some(), key.clone(), value.clone())),
        _ => None,
    })
    .await
}

#[wasm_bindgen_test]
async fn attributes_reach_everybody_and_whoever_comes_late() {
    let relay = Relay::default();
    watch_channels();
    let mut one = join(&relay, false, false).await;
    // Before anybody is there.
    one.set_attribute("hand", json("true")).expect("set");
    let topic = json("\"糸電話\"");
    one.set_room_attribute("topic", topic.clone()).expect("set");
    assert_eq!(one.set_attribute("", json("1")), Err(AttributeError::TooLarge));
    assert_eq!(one.set_attribute("a", json(&"1".repeat(ATTRIBUTE_BYTES + 1))), Err(AttributeError::TooLarge));
    let mut other = join(&relay, false, false).await;
    let first = [told(&mut other).await, told(&mut other).await];
    assert_eq!(first, [(true, "hand".into(), Some(json("true"))), (false, "topic".into(), Some(topic))]);
    assert_eq!(other.peers().first().map(Peer::attributes), Some(json(r#"{"hand":true}"#)));

    other.set_room_attribute("topic", json("[1]")).expect("set");
    assert_eq!(told(&mut one).await, (false, "topic".into(), Some(json("[1]"))));
    one.set_attribute("hand", None).expect("removed");
    assert_eq!(told(&mut other).await, (true, "hand".into(), None));
    cut_channels();
    one.set_attribute("cut", json("1")).expect("set");
    assert_eq!(told(&mut other).await, (true, "cut".into(), Some(json("1"))), "it comes with the next connection");
    leave_channels_alone();

    let mut late = join(&relay, false, false).await;
    while late.room_attributes() == json("{}")
        || !late.peers().iter().any(|peer| peer.attributes() == json(r#"{"cut":1}"#))
    {
        told(&mut late).await;
    }
    assert_eq!(late.room_attributes(), json(r#"{"topic":[1]}"#));
    late.leave().await;
    assert_eq!(late.set_attribute("hand", None), Err(AttributeError::Closed));
    drop(late);
    leave(one, other).await;
}

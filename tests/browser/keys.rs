//! Rooms with a key: the server passes on what it can neither read nor change.

use std::future::IntoFuture;

use futures_util::future::join;
use itodenwa::wire::Packet;
use itodenwa::{ConnectionState, Event, KeyError, LeaveReason, Room, RoomKey};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{connected, leave, nothing_is_left, until, within};
use crate::relay::Relay;

const KEY: &str = "4Qm1cX0u7vR2sT9bYpLw3A";
const OTHER: &str = "4Qm1cX0u7vR2sT9bYpLw3B";

async fn enter(relay: &Relay, key: Option<&str>) -> Room {
    // With these on nothing has to be said of what is off.
    let mut join = Room::join("blue-tiger").signaling(relay.line()).camera().microphone();
    if let Some(key) = key {
        join = join.key(RoomKey::new(key).expect("a key"));
    }
    within("the join", join.into_future()).await.expect("joined")
}

async fn sealed_pair(relay: &Relay) -> (Room, Room) {
    let (mut one, mut other) = (enter(relay, Some(KEY)).await, enter(relay, Some(KEY)).await);
    connected(&mut one).await;
    connected(&mut other).await;
    (one, other)
}

async fn text_passes(one: &Room, other: &mut Room) {
    let _ = one.send("hello").expect("a text");
    until(other, "the text", |event| matches!(event, Event::Text { .. }).then_some(())).await;
}

#[wasm_bindgen_test]
async fn nothing_that_members_say_is_open_to_the_server() {
    let relay = Relay::default();
    let (one, mut other) = sealed_pair(&relay).await;
    text_passes(&one, &mut other).await;
    let bodies = relay.bodies();
    assert!(bodies.len() > 2, "{bodies:?}");
    let open: Vec<_> = bodies.iter().filter(|body| !body.starts_with("sealed:")).collect();
    assert!(open.is_empty(), "{open:?}");
    let mut all = bodies.clone();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), bodies.len(), "each is sealed by itself");
    leave(one, other).await;
}

/// What is sealed goes out later than what is not: the end of a room waits for it.
#[wasm_bindgen_test]
async fn who_leaves_has_left() {
    let relay = Relay::default();
    let (one, mut other) = sealed_pair(&relay).await;
    one.leave().await;
    let reason = until(&mut other, "the end", |event| match event {
        Event::Left(_, reason) => Some(*reason),
        _ => None,
    })
    .await;
    assert_eq!(reason, LeaveReason::Left);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn another_key_or_none_is_told_once_to_both_and_connects_nobody() {
    for keys in [[Some(KEY), Some(OTHER)], [Some(KEY), None], [None, Some(KEY)]] {
        let relay = Relay::default();
        let (mut one, mut other) = (enter(&relay, keys[0]).await, enter(&relay, keys[1]).await);
        join(differs(&mut one), differs(&mut other)).await;
        // What they say again is not told again, and the room goes on: a third one comes with the first one's key.
        let mut third = enter(&relay, keys[0]).await;
        connected_to(&mut one, &third).await;
        connected_to(&mut third, &one).await;
        for peer in other.peers() {
            assert_ne!(peer.state(), ConnectionState::Connected);
        }
        other.leave().await;
        third.leave().await;
        one.leave().await;
        drop((one, other, third));
        nothing_is_left().await;
    }
}

async fn differs(room: &mut Room) {
    let peer = until(room, "the trouble", |event| match event {
        Event::Trouble(trouble) if trouble.code == "peer/key-differs" => trouble.peer.clone(),
        _ => None,
    })
    .await;
    assert_eq!(room.peers().first().map(itodenwa::Peer::id), Some(peer.id()));
}

/// Meanwhile nobody is told a second time that a key differs.
async fn connected_to(room: &mut Room, wanted: &Room) {
    let id = wanted.me().id();
    until(room, "the connection", |event| match event {
        Event::Trouble(trouble) => {
            let of_wanted = trouble.peer.as_ref().is_some_and(|peer| peer.id() == id);
            assert!(trouble.code != "peer/key-differs" || !of_wanted, "the same key");
            None
        }
        Event::Connection { peer, state: ConnectionState::Connected } => (peer.id() == id).then_some(()),
        _ => None,
    })
    .await;
}

/// Of what a server changes nothing arrives; what it leaves alone then makes the call.
#[wasm_bindgen_test]
async fn what_a_server_changes_is_not_taken() {
    let ways: [fn(&mut Packet, &[String]); 4] = [
        // A letter of what is sealed.
        |packet, _| {
            if let Some(body) = &mut packet.body {
                let last = body.len() - 8;
                let letter = if body.get(last..=last) == Some("A") { "B" } else { "A" };
                body.replace_range(last..=last, letter);
            }
        },
        // Its place in the order.
        |packet, _| packet.seq += u32::from(packet.body.is_some()),
        // What somebody said before.
        |packet, before| {
            if let Some(body) = &mut packet.body {
                *body = before.first().cloned().unwrap_or_default();
            }
        },
        // A text of the server's own.
        |packet, _| {
            if let Some(body) = &mut packet.body {
                *body = r#"{"offer":{"id":1,"sdp":"v=0","sources":[]}}"#.into();
            }
        },
    ];
    for way in ways {
        let relay = Relay::default();
        relay.tamper(Some(way));
        let (mut one, mut other) = (enter(&relay, Some(KEY)).await, enter(&relay, Some(KEY)).await);
        join(differs(&mut one), differs(&mut other)).await;
        for room in [&one, &other] {
            let steps: Vec<_> = room.steps().iter().map(|entry| entry.step.name()).collect();
            assert!(!steps.iter().any(|step| step.starts_with("receive")), "{steps:?}");
        }
        relay.tamper(None);
        join(connected(&mut one), connected(&mut other)).await;
        leave(one, other).await;
    }
}

/// Both are somebody else to the server, and the same to each other.
#[wasm_bindgen_test]
async fn a_call_with_a_key_goes_on_at_a_server_that_knows_nobody() {
    let relay = Relay::default();
    let (mut one, mut other) = sealed_pair(&relay).await;
    // The control channel is there.
    text_passes(&one, &mut other).await;
    text_passes(&other, &mut one).await;
    relay.forget_sessions();
    for room in [&mut one, &mut other] {
        until(room, "the other, who is back", |event| match event {
            Event::Away { away, .. } => (!away).then_some(()),
            Event::Left(..) | Event::Joined(_) | Event::Connection { .. } => panic!("the call noticed: {event:?}"),
            _ => None,
        })
        .await;
    }
    one.peers().first().expect("a peer").restart_ice();
    until(&mut other, "new paths", |event| {
        assert!(!matches!(event, Event::Left(..)), "nobody left");
        matches!(event, Event::Step(entry) if entry.step.name() == "setOffer").then_some(())
    })
    .await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
fn a_key_is_one_that_nobody_guesses() {
    for wrong in ["", "short", "fifteen letters", &"x".repeat(257)] {
        assert_eq!(RoomKey::new(wrong).err(), Some(KeyError::Invalid), "{wrong}");
    }
    let (one, other) = (RoomKey::random().expect("a key"), RoomKey::random().expect("a key"));
    assert_ne!(one, other);
    for key in [one, other] {
        assert!(key.len() == 22 && key.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c)), "{key}");
        RoomKey::new(key).expect("a key");
    }
}

//! The server is away for a while: the call does not notice.

use futures_util::future::join;
use itodenwa::{Event, Room, SignalingState, Source, counts};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{self, connected, frames, leave, until};
use crate::relay::Relay;

async fn away_and_back(room: &mut Room) {
    for wanted in [SignalingState::Reconnecting, SignalingState::Connected] {
        until(room, wanted.as_str(), |event| match event {
            Event::Signaling(state) => {
                assert_eq!(*state, wanted);
                Some(())
            }
            Event::Left(..) | Event::Joined(_) | Event::Connection { .. } if wanted == SignalingState::Reconnecting => {
                None
            }
            Event::Left(..) | Event::Joined(_) | Event::Connection { .. } => panic!("the call noticed: {event:?}"),
            _ => None,
        })
        .await;
    }
}

#[wasm_bindgen_test]
async fn the_same_session_and_the_same_call_go_on() {
    let relay = Relay::default();
    let mut one = kit::join(&relay, true, false).await;
    let mut other = kit::join(&relay, true, false).await;
    join(connected(&mut one), connected(&mut other)).await;
    join(frames(&one), frames(&other)).await;
    let (me, before) = (one.me().id(), counts());
    relay.welcome_back();
    join(away_and_back(&mut one), away_and_back(&mut other)).await;
    let now = counts();
    // Timers come and go.
    assert_eq!((one.me().id(), now.connections, now.tracks), (me, before.connections, before.tracks));
    join(frames(&one), frames(&other)).await;
    // And it can still be changed.
    one.microphone(true).await.expect("a microphone");
    kit::media(&mut other, Source::Microphone, true).await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn with_a_new_session_the_same_call_goes_on() {
    let relay = Relay::default();
    let mut one = kit::join(&relay, true, false).await;
    let mut other = kit::join(&relay, true, false).await;
    join(connected(&mut one), connected(&mut other)).await;
    join(frames(&one), frames(&other)).await;
    // The control channel is there.
    let message = one.send("hello").expect("it is sent");
    until(&mut other, "the text", |event| matches!(event, Event::Text { .. }).then_some(())).await;
    message.delivered().await.expect("it is delivered");
    let (me, before) = (one.me().id(), counts());
    relay.forget_sessions();
    for room in [&mut one, &mut other] {
        until(room, "the other, who is back", |event| match event {
            Event::Away { away, .. } => (!away).then_some(()),
            Event::Left(..) | Event::Joined(_) | Event::Connection { .. } => panic!("the call noticed: {event:?}"),
            _ => None,
        })
        .await;
    }
    assert_ne!(one.me().id(), me);
    assert_eq!(other.peers().first().map(|peer| peer.id()), Some(me), "who they were is who they are");
    let now = counts();
    assert_eq!((now.connections, now.tracks), (before.connections, before.tracks));
    join(frames(&one), frames(&other)).await;
    one.microphone(true).await.expect("a microphone");
    kit::media(&mut other, Source::Microphone, true).await;
    leave(one, other).await;
}

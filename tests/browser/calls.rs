//! One connection by hand.

use std::time::Duration;

use futures_util::future::join;
use itodenwa::{Call, CallEvent, CallOptions, ConnectionState, IceMode, Source};
use js_sys::{JSON, Object, Reflect};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{self, nothing_is_left, refuse_connections, show_connections, within};

async fn call(ice: IceMode) -> Call {
    let options = CallOptions { camera: true, microphone: true, ice, ..CallOptions::default() };
    within("the call", Call::open(options)).await.expect("a call")
}

async fn until<T>(call: &mut Call, what: &str, mut wanted: impl FnMut(CallEvent) -> Option<T>) -> T {
    let found = async {
        loop {
            let event = call.next().await.expect("the call goes on");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    };
    within(what, found).await
}

/// As `RTCSessionDescription` is written.
fn description(kind: &str, sdp: &str) -> Object {
    let description = Object::new();
    for (name, value) in [("type", kind), ("sdp", sdp)] {
        Reflect::set(&description, &name.into(), &value.into()).expect("an object");
    }
    description
}

async fn connected(call: &mut Call) {
    until(call, "the connection", |event| {
        matches!(event, CallEvent::Connection(ConnectionState::Connected)).then_some(())
    })
    .await;
}

#[wasm_bindgen_test]
async fn vanilla_by_copy_and_paste() {
    let vanilla = IceMode::Vanilla { limit: Duration::from_secs(5) };
    let (mut one, mut other) = (call(vanilla).await, call(vanilla).await);
    let offer = within("the offer", one.make_offer()).await.expect("an offer");
    assert!(offer.contains("a=candidate:"), "the offer is complete");
    // As a page sends it, and as a chat leaves it.
    let pasted = String::from(JSON::stringify(&description("offer", &offer)).expect("JSON"));
    within("the offer", other.set_offer(&pasted)).await.expect("set");
    let answer = within("the answer", other.make_answer()).await.expect("an answer");
    assert!(answer.contains("a=candidate:"), "the answer is complete");
    let answer = format!("Here it is:\n> {}", answer.trim().replace("\r\n", "\n> "));
    let mut media = Vec::new();
    within("the answer", one.set_answer(&answer)).await.expect("set");
    while media.len() < 2 {
        media.push(
            until(&mut one, "media", |event| match event {
                CallEvent::Media { source, on: true } => Some(source),
                _ => None,
            })
            .await,
        );
    }
    media.sort_unstable();
    assert_eq!(media, [Source::Microphone, Source::Camera]);
    kit::frames_in(&other.view(true).expect("a view")).await;
    one.send("hello").expect("accepted");
    let text = until(&mut other, "the text", |event| match event {
        CallEvent::Text(text) => Some(text),
        _ => None,
    });
    assert_eq!(text.await, "hello");
    one.close();
    until(&mut other, "the end", |event| matches!(event, CallEvent::Closed).then_some(())).await;
    drop((one, other));
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn trickle_by_hand_with_candidates_before_the_description() {
    let (mut one, mut other) = (call(IceMode::Trickle).await, call(IceMode::Trickle).await);
    let offer = within("the offer", one.make_offer()).await.expect("an offer");
    let mut early = Vec::new();
    until(&mut one, "all candidates", |event| match event {
        CallEvent::Candidate(candidate) => {
            early.push(candidate);
            None
        }
        CallEvent::EndOfCandidates => Some(()),
        _ => None,
    })
    .await;
    assert!(!early.is_empty());
    let last = async {
        for candidate in early {
            other.add_candidate(Some(candidate)).await.expect("added");
        }
        other.add_candidate(None).await.expect("ended");
    };
    let described = async {
        other.set_offer(&offer).await.expect("set");
        let answer = other.make_answer().await.expect("an answer");
        one.set_answer(&answer).await.expect("set");
    };
    within("the steps", join(last, described)).await;
    connected(&mut one).await;
    connected(&mut other).await;
    drop((one, other));
    nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn steps_out_of_order_and_nonsense_are_refused() {
    let call = call(IceMode::Trickle).await;
    assert_eq!(call.make_answer().await.expect_err("no offer").code(), "call/state");
    assert_eq!(call.set_answer("v=0").await.expect_err("no offer").code(), "call/state");
    assert_eq!(call.set_offer("nonsense").await.expect_err("nonsense").code(), "call/refused");
    assert_eq!(call.set_offer(&"x".repeat(300_000)).await.expect_err("large").code(), "call/too-large");
    let offer = call.make_offer().await.expect("the call is as good as before");
    assert_eq!(call.make_offer().await.expect_err("twice").code(), "call/state");
    assert_eq!(call.set_offer(&offer).await.expect_err("it waits for an answer").code(), "call/state");
    let password =
        offer.split("a=ice-pwd:").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a password");
    let other = self::call(IceMode::Trickle).await;
    for spoilt in [offer.replacen("m=audio", "m=audio nonsense", 1), offer.replacen("a=ice-pwd:", "a=ice-pwd", 1)] {
        let refused = other.set_offer(&spoilt).await.expect_err("spoilt");
        assert_eq!(refused.code(), "call/refused");
        assert!(!format!("{refused} {refused:?}").contains(password), "{refused}");
    }
    drop((call, other));
    refuse_connections();
    let refused = Call::open(CallOptions::default()).await;
    show_connections();
    assert_eq!(refused.expect_err("none is made").code(), "call/not-made");
    nothing_is_left().await;
}

//! Two in a room.

use std::time::Duration;

use futures_util::future::join;
use itodenwa::wire::{IceServer, IceServers, ServerMessage};
use itodenwa::{Event, IceMode, Json, NameError, Room, Source};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{connected, frames, leave, media, pair, sound, until, within};
use crate::relay::Relay;

#[wasm_bindgen_test]
async fn both_see_and_hear_each_other() {
    let relay = Relay::default();
    let mut one = crate::kit::join(&relay, true, true).await;
    let mut other = crate::kit::join(&relay, true, true).await;
    for room in [&mut one, &mut other] {
        let mut missing = vec![Source::Camera, Source::Microphone];
        until(room, "media", |event| {
            if let Event::Media { source, on: true, .. } = event {
                let place = missing.iter().position(|wanted| wanted == source).expect("told once");
                missing.remove(place);
            }
            missing.is_empty().then_some(())
        })
        .await;
    }
    join(frames(&one), frames(&other)).await;
    join(sound(&one), sound(&other)).await;
    let names: Vec<_> = one.steps().iter().map(|entry| entry.step.name()).collect();
    assert!(names.contains(&"connected") && names.contains(&"channelOpen"), "{names:?}");
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_comes_late_is_told_who_is_there() {
    let (mut one, mut other) = pair().await;
    let (me, you) = (one.me().id(), other.me().id());
    assert_eq!(one.peers().first().map(|peer| peer.id()), Some(you));
    assert_eq!(other.peers().first().map(|peer| peer.id()), Some(me));
    one.peers().first().expect("a peer").restart_ice();
    connected_steps(&mut one, "restartIce").await;
    connected_steps(&mut other, "setOffer").await;
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn another_name_is_told_to_everybody_and_seen_by_those_who_come_later() {
    let (mut one, mut other) = pair().await;
    assert_eq!(one.set_name(" Bea ").await, Ok(()));
    assert_eq!(one.me().name(), Some("Bea"));
    let who = until(&mut one, "the own name", |event| match event {
        Event::Renamed(who) => Some(who.is_some()),
        _ => None,
    });
    assert!(!who.await, "it is oneself");
    let named = |event: &Event| match event {
        Event::Renamed(Some(peer)) => Some(peer.name()),
        _ => None,
    };
    assert_eq!(until(&mut other, "the name", named).await, Some("Bea".to_owned()));
    assert_eq!(other.peers().first().and_then(|peer| peer.name()), Some("Bea".to_owned()));
    // Several at once are done in their turn.
    let (first, second, third) = (one.set_name("1"), one.set_name("a\nb"), one.set_name("  "));
    let done = futures_util::future::join3(first, second, third).await;
    assert_eq!(done, (Ok(()), Err(NameError::Invalid), Ok(())));
    assert_eq!(one.me().name(), None);
    let is_nameless = |event: &Event| match event {
        Event::Renamed(Some(peer)) => peer.name().is_none().then_some(()),
        _ => None,
    };
    until(&mut other, "no name any more", is_nameless).await;
    assert_eq!(one.set_name("Fixed").await, Err(NameError::Fixed));
    let handle = one.handle();
    leave(one, other).await;
    assert_eq!(handle.set_name("Bea").await, Err(NameError::Closed));
}

#[wasm_bindgen_test]
async fn the_lock_and_the_waiting_room_are_told_to_everybody() {
    let (mut one, mut other) = pair().await;
    for locked in [true, false] {
        one.lock(locked);
        for room in [&mut one, &mut other] {
            until(room, "the lock", |event| matches!(event, Event::Locked(told) if *told == locked).then_some(()))
                .await;
            assert_eq!(room.is_locked(), locked);
        }
        one.set_waiting_room(locked);
        for room in [&mut one, &mut other] {
            until(room, "the waiting room", |event| {
                matches!(event, Event::Waiting(told) if told.on == locked).then_some(())
            })
            .await;
            assert_eq!(room.waiting_room().on, locked);
        }
    }
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn who_is_asked_is_told_by_whom_and_a_hand_goes_down_by_itself() {
    let (mut one, mut other) = pair().await;
    let (me, you) = (one.me().id(), other.me().id());
    let peer = one.peers().into_iter().next().expect("a peer");
    other.set_attribute("hand", Json::parse("true").expect("it is JSON")).expect("it is small");
    let raised = |json: Json| json.as_str() == r#"{"hand":true}"#;
    while !raised(peer.attributes()) {
        until(&mut one, "the hand", |event| matches!(event, Event::Attribute { .. }).then_some(())).await;
    }
    peer.ask_to_mute();
    let by = until(&mut other, "the wish", |event| match event {
        Event::AskedToMute { by } => Some(by.clone()),
        _ => None,
    });
    assert_eq!(by.await.map(|peer| peer.id()), Some(me));
    one.lower_hands();
    let by = until(&mut other, "the hand is lowered", |event| match event {
        Event::HandLowered { by } => Some(by.clone()),
        _ => None,
    });
    assert_eq!(by.await.map(|peer| peer.id()), Some(me));
    assert_eq!(other.attributes().as_str(), "{}");
    while raised(peer.attributes()) {
        let is_of_them = |event: &Event| matches!(event, Event::Attribute { peer: Some(peer), .. } if peer.id() == you);
        until(&mut one, "the hand is down", |event| is_of_them(event).then_some(())).await;
    }
    leave(one, other).await;
}

#[wasm_bindgen(inline_js = "
let taken, told, told_twice;
export function forget_taken_servers() {
    taken = [];
    told_twice = new Promise((done) => { told = () => taken.length === 2 && done(); });
}
forget_taken_servers();
const original = RTCPeerConnection.prototype.setConfiguration;
RTCPeerConnection.prototype.setConfiguration = function (configuration) {
    original.call(this, configuration);
    taken.push(this.getConfiguration().iceServers[0].urls[0]);
    told();
};
export function taken_servers() { return taken; }
export function when_told_twice() { return told_twice; }
")]
extern "C" {
    /// The addresses that connections were told after they were made.
    fn taken_servers() -> Vec<String>;
    fn forget_taken_servers();
    fn when_told_twice() -> js_sys::Promise;
}

#[wasm_bindgen_test]
async fn new_ice_servers_are_taken_by_both_sides_when_paths_are_looked_for() {
    const URL: &str = "stun:127.0.0.1:3478";
    let relay = Relay::default();
    let mut one = crate::kit::join(&relay, true, false).await;
    let mut other = crate::kit::join(&relay, false, false).await;
    join(connected(&mut one), connected(&mut other)).await;
    let server = IceServer { urls: vec![URL.into()], username: None, credential: None };
    relay.say(Ok(ServerMessage::IceServers(IceServers { servers: vec![server], expires_in: Some(3600) })));
    one.microphone(true).await.expect("a microphone");
    media(&mut other, Source::Microphone, true).await;
    assert_eq!(taken_servers(), Vec::<String>::new(), "nothing is wrong with the paths that there are");
    one.peers().first().expect("a peer").restart_ice();
    within("both to take them", JsFuture::from(when_told_twice())).await.expect("never fails");
    assert_eq!(taken_servers(), [URL, URL]);
    leave(one, other).await;
}

#[wasm_bindgen_test]
async fn servers_that_a_browser_does_not_take_are_left_out() {
    const GOOD: &str = "stun:127.0.0.1:3478";
    let server = |url: &str| IceServer { urls: vec![url.into()], username: None, credential: None };
    // RFC 7064 has no transport, and TURN needs a credential.
    let bad =
        ["stun:127.0.0.1:3478?transport=udp", "turn:127.0.0.1:3478", "turn:127.0.0.1:3478?transport=tls", "nonsense"];
    let servers: Vec<_> = bad.into_iter().chain([GOOD]).map(server).collect();
    let told = ServerMessage::IceServers(IceServers { servers, expires_in: Some(3600) });
    let relay = Relay::default();
    let mut one = crate::kit::join(&relay, false, false).await;
    relay.say(Ok(told.clone()));
    within("a turn", one.microphone(false)).await.expect("off");
    let mut other = crate::kit::join(&relay, false, false).await;
    join(connected(&mut one), connected(&mut other)).await;
    forget_taken_servers();
    relay.say(Ok(told));
    within("a turn", one.microphone(false)).await.expect("off");
    one.peers().first().expect("a peer").restart_ice();
    within("both to take them", JsFuture::from(when_told_twice())).await.expect("never fails");
    let taken = taken_servers();
    assert!(taken.iter().all(|url| url.starts_with("stun:")), "{taken:?}");
    forget_taken_servers();
    leave(one, other).await;
}

async fn connected_steps(room: &mut Room, name: &str) {
    until(room, name, |event| match event {
        Event::Step(entry) => (entry.step.name() == name).then_some(()),
        _ => None,
    })
    .await;
}

/// The textbook pattern fails at this in Chromium, every time.
#[wasm_bindgen_test]
async fn one_adds_sound_while_the_other_adds_pictures() {
    for _ in 0..5 {
        let (mut one, mut other) = pair().await;
        let (camera, microphone) = join(one.camera(true), other.microphone(true)).await;
        camera.expect("a camera");
        microphone.expect("a microphone");
        join(media(&mut one, Source::Microphone, true), media(&mut other, Source::Camera, true)).await;
        join(frames(&other), sound(&one)).await;
        leave(one, other).await;
    }
}

#[wasm_bindgen_test]
async fn vanilla_ice_sends_one_complete_description() {
    let relay = Relay::default();
    let vanilla = || {
        let mode = IceMode::Vanilla { limit: Duration::from_secs(5) };
        Room::join("blue-tiger").signaling(relay.line()).ice(mode).camera()
    };
    let mut one = within("the join", vanilla().into_future()).await.expect("joined");
    let mut other = within("the join", vanilla().into_future()).await.expect("joined");
    join(connected(&mut one), connected(&mut other)).await;
    join(frames(&one), frames(&other)).await;
    for room in [&one, &other] {
        let names: Vec<_> = room.steps().iter().map(|entry| entry.step.name()).collect();
        assert!(names.contains(&"gatherCandidates") && !names.contains(&"sendCandidate"), "{names:?}");
    }
    leave(one, other).await;
}

//! A peer and a server that send nonsense: the room lives on.

use futures_util::future::join;
use futures_util::{FutureExt, StreamExt};
use itodenwa::signaling::Signaling;
use itodenwa::wire::{
    ClientMessage, Epoch, Join, Member, PROTOCOL_VERSION, Packet, PeerId, RoomName, ServerMessage, Signal,
};
use itodenwa::{Event, Room, SignalingError};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{self, connected, until, within};
use crate::relay::{Line, Relay};

/// Joins as somebody who speaks the server's protocol and no more.
async fn stranger(relay: &Relay) -> (Line, Member) {
    let mut line = relay.line();
    let room = RoomName::new("blue-tiger").expect("a name");
    line.send(&ClientMessage::Join(Join {
        version: PROTOCOL_VERSION,
        max_version: None,
        room,
        name: None,
        token: None,
        resume: None,
        former: None,
        unless_recorded: false,
        offer: Vec::new(),
    }))
    .expect("sent");
    let Some(Ok(ServerMessage::Welcome(welcome))) = line.next().await else { panic!("no welcome") };
    (line, welcome.me)
}

fn packet(session: u32, to: u32, seq: u32, body: &str) -> Packet {
    Packet {
        from_epoch: Epoch::of_session(session),
        to_epoch: Epoch::of_session(to),
        seq,
        ack: 0,
        body: Some(body.into()),
    }
}

fn signal(line: &mut Line, to: PeerId, packet: Packet) {
    line.send(&ClientMessage::Signal(Signal { to, packet })).expect("sent");
    // It goes out when the stream is polled; what comes is of no use.
    let _ = line.next().now_or_never();
}

async fn trouble(room: &mut Room, code: &str) {
    until(room, code, |event| match event {
        Event::Trouble(trouble) => {
            assert!(!trouble.explain().is_empty());
            (trouble.code == code).then_some(())
        }
        _ => None,
    })
    .await;
}

#[wasm_bindgen_test]
async fn nonsense_of_a_peer_is_trouble_and_no_more() {
    let relay = Relay::default();
    let mut one = kit::join(&relay, false, false).await;
    let (mut line, Member { session, .. }) = stranger(&relay).await;
    let to: PeerId = one.me().id();
    let unreadable = ["", "null", "{}", "{\"offer\":{}}", "\"\\ud800\"", "{\"candidate\":7}", "[[[[[[[["];
    for (seq, nonsense) in (1..).zip(unreadable) {
        signal(&mut line, to, packet(session, 1, seq, nonsense));
    }
    // The first, the second and the fourth are told, and how many there were.
    for _ in 0..3 {
        trouble(&mut one, "peer/packet-malformed").await;
    }
    for (seq, body) in [
        r#"{"candidate":{"candidate":"candidate:nonsense","sdpMid":"0"}}"#,
        r#"{"answer":{"id":99,"sdp":"v=0\r\nnonsense","sources":[["0","camera"]]}}"#,
        r#"{"offer":{"id":1,"sdp":"nonsense","sources":[]}}"#,
        r#"{"offer":{"id":2,"sdp":"v=0\r\nnonsense","sources":[["0","camera"],["0","camera"]]}}"#,
        r#"{"endOfCandidates":"nobody"}"#,
        r#"{"media":{"on":["camera","camera","screen"]}}"#,
        r#""giveTurn""#,
        r#""bye""#,
    ]
    .into_iter()
    .enumerate()
    {
        let seq = u32::try_from(unreadable.len() + seq).expect("small") + 1;
        signal(&mut line, to, packet(session, 1, seq, body));
    }
    // Somebody sensible comes, and is talked with.
    let mut other = kit::join(&relay, false, false).await;
    connected(&mut other).await;
    let you = one.peer(other.me().id()).expect("a peer");
    let message = you.send("still here").expect("accepted");
    let read = until(&mut other, "the text", |event| matches!(event, Event::Text { .. }).then_some(()));
    let (delivered, ()) = within("delivery", join(message.delivered(), read)).await;
    delivered.expect("delivered");
    drop(line);
    kit::leave(one, other).await;
}

/// One message of each kind stopped a Chromium page for 45, 18 and 1.6 s.
#[wasm_bindgen_test]
async fn descriptions_that_would_hold_the_page_are_not_given_to_the_browser() {
    let relay = Relay::default();
    relay.let_the_last_offer();
    let mut one = kit::join(&relay, false, false).await;
    let to = one.me().id();
    let (mut line, Member { session, .. }) = stranger(&relay).await;
    let lines = [
        (1..=3000).map(|number| format!("a=rtcp-fb:96 x{number}\r\n")).collect::<String>(),
        format!("a=fmtp:96 {}\r\n", "x=1;".repeat(65_000)),
        "a=msid:a b\r\n".repeat(3000),
    ];
    let refusals = ["lines of a kind", "a line of more than", "lines of a kind"];
    for ((seq, lines), refusal) in (1..).zip(lines).zip(refusals) {
        let sdp = format!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n{lines}");
        let sdp = sdp.replace("\r\n", "\\r\\n");
        let offer = format!(r#"{{"offer":{{"id":{seq},"sdp":"{sdp}","sources":[]}}}}"#);
        signal(&mut line, to, packet(session, 1, seq, &offer));
        let what = until(&mut one, "the refusal", |event| match event {
            Event::Step(entry) if entry.step.name() == "setOffer" => Some(String::new()),
            Event::Trouble(trouble) if trouble.code == "peer/description-refused" => Some(trouble.detail.clone()),
            _ => None,
        });
        let what = what.await;
        assert!(what.contains(refusal), "{seq}: {what}");
    }
    drop((line, one));
    kit::nothing_is_left().await;
}

#[wasm_bindgen_test]
async fn nonsense_of_a_server_is_trouble_and_no_more() {
    let relay = Relay::default();
    let mut one = kit::join(&relay, false, false).await;
    relay.say(Err(SignalingError::Malformed("a test".into())));
    trouble(&mut one, "signaling/malformed").await;
    relay.say(Ok(ServerMessage::Pong(7)));
    let mut other = kit::join(&relay, false, false).await;
    connected(&mut other).await;
    // What another member sent is not the server's fault.
    relay.say(Err(SignalingError::Packet(other.me().id(), "a test".into())));
    trouble(&mut one, "peer/packet-malformed").await;
    // Nor is it told as often as they like: the 2nd, 4th, 8th, … to the 64th.
    for _ in 1..100 {
        relay.say(Err(SignalingError::Packet(other.me().id(), "a test".into())));
    }
    relay.say(Err(SignalingError::Malformed("the end".into())));
    let mut told = 0;
    until(&mut one, "the end", |event| match event {
        Event::Trouble(trouble) if trouble.code == "peer/packet-malformed" => {
            told += 1;
            None
        }
        Event::Trouble(trouble) => (trouble.code == "signaling/malformed").then_some(()),
        _ => None,
    })
    .await;
    assert_eq!(told, 6);
    kit::leave(one, other).await;
}

#[wasm_bindgen_test]
async fn names_and_addresses_are_checked_first() {
    let code = |room: &str, name: &str, server: &str| {
        let join = Room::join(room).name(name).server(server);
        async { within("the refusal", join.into_future()).await.expect_err("refused").code() }
    };
    assert_eq!(code("no spaces", "Ann", "ws://127.0.0.1:9").await, "room/invalid");
    assert_eq!(code("room", "a\nb", "ws://127.0.0.1:9").await, "name/invalid");
    for blank in ["", "   ", "\n\n"] {
        assert_eq!(code("room", blank, "ws://127.0.0.1:9").await, "signaling/unreachable", "as without a name");
    }
    for address in ["not a host", "ftp://127.0.0.1", "127.0.0.1:port"] {
        assert_eq!(code("room", "Ann", address).await, "signaling/address", "{address}");
    }
    assert_eq!(code("room", "Ann", "127.0.0.1:9").await, "signaling/unreachable", "a host alone");
    assert_eq!(code("room", "Ann", "ws://[nonsense").await, "signaling/address");
    assert_eq!(code("room", "Ann", "ws://127.0.0.1:9").await, "signaling/unreachable");
    kit::nothing_is_left().await;
}

//! Messages both ways.

use std::collections::VecDeque;

use futures_util::FutureExt;
use futures_util::future::join;
use itodenwa::wire::limits::{MESSAGE_OF_BYTES, QUEUED_TEXTS, TEXT_BYTES};
use itodenwa::{ConnectionState, Event, Handle, Json, Message, Payload, Room, SendError};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::kit::{
    cut_channels, leave, leave_channels_alone, pair, rewrite_formats, texts_sent, until, watch_channels, within,
};
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
        drop(one.send(number.to_string()).expect("accepted"));
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
    assert_eq!(one.send("x".repeat(TEXT_BYTES + 1)).unwrap_err(), SendError::TooLarge);
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

/// Sends so many texts, as the other side reads them, and waits until the last one is delivered.
async fn send_all(from: Handle, numbers: std::ops::Range<usize>, mut undelivered: VecDeque<Message>) {
    for number in numbers {
        let message = loop {
            match from.send(number.to_string()) {
                Ok(message) => break message,
                Err(SendError::QueueFull) => {
                    let first = undelivered.pop_front().expect("a text that waits");
                    first.delivered().await.expect("delivered");
                }
                Err(error) => panic!("{error}"),
            }
        };
        undelivered.push_back(message);
    }
    for message in undelivered {
        message.delivered().await.expect("delivered");
    }
}

#[wasm_bindgen_test]
async fn whoever_reads_late_reads_everything_once_and_in_order_whatever_becomes_of_connections() {
    const TEXTS: usize = 600;
    watch_channels();
    let (mut one, mut other) = pair().await;
    let mut sent = VecDeque::new();
    let refused = loop {
        match one.send(sent.len().to_string()) {
            Ok(message) => sent.push_back(message),
            Err(error) => break error,
        }
    };
    assert_eq!((sent.len(), refused), (QUEUED_TEXTS, SendError::QueueFull));
    within("all texts on their way", texts_sent(64)).await;
    // They arrive, and nobody reads them: a new connection has them all again, and none is delivered.
    cut_channels();
    until(&mut one, "a new connection", |event| match event {
        Event::Connection { state: ConnectionState::Connected, .. } => Some(()),
        Event::Delivered { .. } => panic!("nobody read it"),
        _ => None,
    })
    .await;
    let sending = send_all(one.handle(), QUEUED_TEXTS..TEXTS, sent);
    let reading = async {
        for number in 0..TEXTS {
            assert_eq!(text(&mut other).await, number.to_string());
            if number == TEXTS / 2 {
                cut_channels();
            }
        }
    };
    within("delivery", join(sending, reading)).await;
    leave_channels_alone();
    assert!(
        std::iter::from_fn(|| other.next().now_or_never().flatten()).all(|event| !matches!(event, Event::Text { .. }))
    );
    leave(one, other).await;
}

/// As many as there are places for, all the time, to somebody who needs 10 ms for each and sends as much back: nothing is lost, and
/// the events of deliveries, which nobody reads faster, do not end the call.
#[wasm_bindgen_test]
async fn many_texts_to_a_slow_reader_are_all_read_and_the_call_goes_on() {
    const TEXTS: usize = 300;
    let (mut one, mut other) = pair().await;
    let slow = async |room: &mut Room| {
        let mut read = 0;
        while read < TEXTS {
            match within("an event", room.next()).await.expect("the room goes on") {
                Event::Text { text, .. } => {
                    assert_eq!(text, read.to_string());
                    read += 1;
                }
                Event::Closed(error) => panic!("{error:?}"),
                _ => {}
            }
            gloo_timers::future::TimeoutFuture::new(10).await;
        }
    };
    let sending =
        join(send_all(one.handle(), 0..TEXTS, VecDeque::new()), send_all(other.handle(), 0..TEXTS, VecDeque::new()));
    join(sending, join(slow(&mut one), slow(&mut other))).await;
    leave(one, other).await;
}

/// Values and bytes are what they were, in one order with texts; what a later version sends is consumed.
#[wasm_bindgen_test]
async fn values_and_bytes_arrive_as_what_they_are() {
    let (one, mut other) = pair().await;
    let bytes: Vec<u8> = (0..=255).cycle().take(MESSAGE_OF_BYTES).collect();
    let value = Json::new(&("e2", vec![Some(1.5), None], "\"<糸>\u{1F4DE}")).expect("a value");
    assert_eq!(one.send([bytes.as_slice(), &[0]].concat()).unwrap_err(), SendError::TooLarge);
    assert_eq!(Json::from_js(&js_sys::Function::new_no_args("").into()), Err(SendError::Unsupported));
    assert_eq!(Json::parse("{"), Err(SendError::Unsupported));
    let sent = [one.send("a text"), one.send(value.clone()), one.send(bytes.clone()), one.send(Vec::<u8>::new())];
    let mut got = Vec::new();
    while got.len() < 4 {
        let message = until(&mut other, "a message", |event| match event {
            Event::Text { text, .. } => Some(Payload::from(text)),
            Event::Json { value, .. } => Some(Payload::from(value.clone())),
            Event::Bytes { bytes, .. } => Some(Payload::from(bytes.clone())),
            _ => None,
        });
        got.push(message.await);
    }
    let expected: [Payload; 4] = ["a text".into(), value.clone().into(), bytes.into(), Vec::new().into()];
    assert_eq!(got, expected);
    assert_eq!(value.get::<(String, Vec<Option<f64>>, String)>().map(|value| value.1), Some(vec![Some(1.5), None]));
    for message in sent {
        assert_eq!(within("delivery", message.expect("accepted").delivered()).await, Ok(()));
    }
    // As of a later version, and as of somebody who lies: each takes its number, and the text after them arrives.
    rewrite_formats(["hologram", "json", "base64"].map(String::from).to_vec());
    let odd = [Json::new(&1), Json::new("x"), Json::new(&2)].map(|value| one.send(value.expect("a value")));
    let last = one.send("last");
    assert_eq!(text(&mut other).await, "last");
    for message in odd.into_iter().chain([last]) {
        assert_eq!(within("delivery", message.expect("accepted").delivered()).await, Ok(()));
    }
    leave_channels_alone();
    leave(one, other).await;
}

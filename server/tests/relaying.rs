//! Signals from member to member.

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, TestServer, refusal, soon};

#[tokio::test]
async fn packets_arrive_in_order_and_as_the_text_that_they_were() {
    let server = TestServer::start().await;
    let (mut a, a_id) = Client::in_room(&server, "r").await;
    let (mut b, b_id) = Client::in_room(&server, "r").await;
    let packet = r#"{"body" : "\u7cf8 \"{\"",  "n":1.50, "n":[{}]}"#;
    a.send_raw(Message::text(format!(r#"{{"signal":{{"to":"{b_id}","packet":{packet}}}}}"#))).await;
    let raw = loop {
        match soon(b.socket.next()).await.unwrap().unwrap() {
            Message::Text(text) => break text,
            _ => continue,
        }
    };
    assert_eq!(raw.as_str(), format!(r#"{{"signal":{{"from":"{a_id}","packet":{packet}}}}}"#));
    for number in 0..100 {
        a.signal(&b_id, json!(number)).await;
    }
    for number in 0..100 {
        assert_eq!(b.receive().await, json!({"signal": {"from": a_id, "packet": number}}));
    }
}

#[tokio::test]
async fn a_signal_as_large_as_may_be_arrives() {
    let server = TestServer::start().await;
    let (mut a, a_id) = Client::in_room(&server, "r").await;
    let (mut b, b_id) = Client::in_room(&server, "r").await;
    let frame = json!({"signal": {"to": b_id, "packet": ""}}).to_string().len();
    let packet = "x".repeat(itodenwa_wire::limits::DESCRIPTION_MESSAGE_BYTES - frame);
    a.signal(&b_id, json!(packet)).await;
    assert_eq!(b.receive().await, json!({"signal": {"from": a_id, "packet": packet}}));
}

#[tokio::test]
async fn who_sends_is_stamped_by_the_server() {
    let server = TestServer::start().await;
    let (mut a, a_id) = Client::in_room(&server, "r").await;
    let (mut b, b_id) = Client::in_room(&server, "r").await;
    let (_c, c_id) = Client::in_room(&server, "r").await;
    assert!(b.receive().await["joined"].is_object());
    a.send(json!({"signal": {"from": c_id, "to": b_id, "packet": {"from": c_id}}})).await;
    assert_eq!(b.receive().await, json!({"signal": {"from": a_id, "packet": {"from": c_id}}}));
}

#[tokio::test]
async fn nothing_crosses_from_room_to_room() {
    let server = TestServer::start().await;
    let (mut a, a_id) = Client::in_room(&server, "r").await;
    let (mut stranger, stranger_id) = Client::in_room(&server, "s").await;
    let nobody = "00000001deadbeef".to_owned();
    for to in [&stranger_id, &nobody, &a_id] {
        for _ in 0..20 {
            a.signal(to, json!("hello")).await;
            assert_eq!(refusal(&a.receive().await), "peer/unknown");
        }
    }
    stranger.received_nothing().await;
    a.received_nothing().await;
}

#[tokio::test]
async fn a_signal_reaches_its_addressee_alone() {
    let server = TestServer::start().await;
    let (mut a, _) = Client::in_room(&server, "r").await;
    let (mut b, b_id) = Client::in_room(&server, "r").await;
    let (mut c, _) = Client::in_room(&server, "r").await;
    a.signal(&b_id, json!("secret")).await;
    assert!(b.receive().await["joined"].is_object());
    assert_eq!(b.receive().await["signal"]["packet"], Value::from("secret"));
    c.received_nothing().await;
}

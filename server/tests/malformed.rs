//! Messages that are none: refused, counted, and at last closed; others notice nothing.

use itodenwa_server::Limits;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{Client, TestServer, refusal};

fn malformed() -> Vec<Message> {
    let deep = format!(r#"{{"signal":{{"to":"00000000000000ab","packet":{}{}}}}}"#, "[".repeat(15), "]".repeat(15));
    ["", "hello", "{", "null", "[1,2]", r#"{"ping":"one"}"#, r#"{"signal":{"to":"me","packet":1}}"#, deep.as_str()]
        .map(Message::text)
        .to_vec()
}

#[tokio::test]
async fn as_first_message_they_close() {
    let server = TestServer::start().await;
    for message in malformed() {
        let mut client = Client::connect(&server).await;
        client.send_raw(message.clone()).await;
        assert_eq!(client.refused_and_closed().await, ("message/malformed".to_owned(), 1008), "{message}");
    }
}

#[tokio::test]
async fn a_member_may_send_a_few() {
    let server = TestServer::limited(Limits { malformed_messages: 8, ..Limits::default() }).await;
    let (mut other, _) = Client::in_room(&server, "r").await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    assert!(other.receive().await["joined"].is_object());
    for message in malformed() {
        client.send_raw(message).await;
        assert_eq!(refusal(&client.receive().await), "message/malformed");
    }
    client.received_nothing().await;
    other.received_nothing().await;
    client.send_raw(Message::text("one too many")).await;
    assert_eq!(client.refused_and_closed().await, ("message/malformed".to_owned(), 1008));
    assert_eq!(other.receive().await["left"]["reason"], "refused");
}

#[tokio::test]
async fn what_has_another_type_is_none_and_packets_are_not_read() {
    let server = TestServer::limited(Limits { malformed_messages: 1000, ..Limits::default() }).await;
    let (mut other, to) = Client::in_room(&server, "r").await;
    let (mut client, from) = Client::in_room(&server, "r").await;
    assert!(other.receive().await["joined"].is_object());
    let signal = |packet: &str| format!(r#"{{"signal":{{"to":"{to}","packet":{packet}}}}}"#);
    let mut wrong: Vec<String> =
        ["01", "+1", ".5", "NaN", "'a'", "\"\u{1}\"", r#""\x""#, r#""\u12""#, r#"{"a":}"#, "/**/1", "", "1 1"]
            .map(signal)
            .to_vec();
    wrong.push(signal(&format!("{}{}", "[".repeat(15), "]".repeat(15))));
    wrong.extend([
        format!(r#"{{"signal":{{"to":"{to}","to":"{to}","packet":1}}}}"#),
        format!(r#"{{"signal":{{"to":"{to}","packet":1,"packet":2}}}}"#),
        format!(r#"{{"signal":{{"to":"{to}"}}}}"#),
        format!(r#"{{"signal":{{"to":"{to} ","packet":1}}}}"#),
        format!(r#"{{"signal":{{"to":["{to}"],"packet":1}}}}"#),
        format!(r#"{{"ping":1,"signal":{{"to":"{to}","packet":1}}}}"#),
    ]);
    wrong.extend(
        [
            r#"{"ping":-1}"#,
            r#"{"ping":1.5}"#,
            r#"{"ping":1e99}"#,
            r#"{"ping":4294967296}"#,
            r#"{"ping":null}"#,
            r#"{"leave":1}"#,
            r#"{"remove":[]}"#,
            r#"["leave"]"#,
            r#"{"ping":1}{"ping":1}"#,
            "\u{feff}{\"ping\":1}",
        ]
        .map(str::to_owned),
    );
    for message in wrong {
        client.send_raw(Message::text(message.clone())).await;
        assert_eq!(refusal(&client.receive().await), "message/malformed", "{message}");
    }
    other.received_nothing().await;
    // What is JSON is handed on as it was written: it is for the others to read or to refuse.
    for packet in [
        r#""\ud800""#,
        "1e999",
        "-1e-999",
        "111111111111111111111",
        r#"{"a":1,"a":2}"#,
        r#"{"__proto__":1}"#,
        r#""\u0000[[[""#,
    ] {
        client.send_raw(Message::text(signal(packet))).await;
        let expected = format!(r#"{{"signal":{{"from":"{from}","packet":{packet}}}}}"#);
        assert_eq!(other.receive_text().await, expected);
    }
    client.received_nothing().await;
}

#[tokio::test]
async fn binary_messages_are_none() {
    let server = TestServer::start().await;
    let mut visitor = Client::connect(&server).await;
    visitor.send_raw(Message::binary(br#"{"join":{"version":1,"room":"r"}}"#.to_vec())).await;
    assert_eq!(visitor.refused_and_closed().await, ("message/malformed".to_owned(), 1003));
    let (mut member, _) = Client::in_room(&server, "r").await;
    member.send_raw(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(refusal(&member.receive().await), "message/malformed");
    member.received_nothing().await;
}

#[tokio::test]
async fn text_is_utf8() {
    let server = TestServer::start().await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    let frame = Frame::message(vec![b'"', 0xff, b'"'], OpCode::Data(Data::Text), true);
    client.send_raw(Message::Frame(frame)).await;
    assert_eq!(client.refused_and_closed().await, ("message/malformed".to_owned(), 1007));
}

#[tokio::test]
async fn only_signals_may_be_large() {
    let server = TestServer::start().await;
    let (mut other, _) = Client::in_room(&server, "r").await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    assert!(other.receive().await["joined"].is_object());
    client.send_raw(Message::text(format!("{}{{\"ping\":1}}", " ".repeat(16 * 1024)))).await;
    assert_eq!(client.refused_and_closed().await, ("message/too-large".to_owned(), 1009));
    assert_eq!(other.receive().await["left"]["reason"], "refused");
}

#[tokio::test]
async fn no_message_is_larger_than_a_description() {
    let server = TestServer::start().await;
    let (mut client, id) = Client::in_room(&server, "r").await;
    // It arrives whole, and is not read: the refusal reaches the client all the same.
    client.signal(&id, json!("x".repeat(600_000))).await;
    assert_eq!(client.refused_and_closed().await, ("message/too-large".to_owned(), 1009));
}

#[tokio::test]
async fn a_frame_that_is_too_large_is_refused_before_it_is_there() {
    let server = TestServer::start().await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    // The head of a masked text frame of 2^40 bytes.
    let head = [0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    client.socket.get_mut().write_all(&head).await.unwrap();
    assert_eq!(client.refused_and_closed().await, ("message/too-large".to_owned(), 1009));
}

#[tokio::test]
async fn what_is_no_websocket_frame_closes() {
    let server = TestServer::start().await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    client.socket.get_mut().write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(client.receive_to_the_end().await, (vec![], Some(1002)));
}

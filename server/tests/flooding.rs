//! Too fast: delayed first, closed if it goes on.

use std::time::Duration;

use itodenwa_server::Limits;
use serde_json::json;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, PATIENCE, Received, TestServer, refusal, soon};

#[tokio::test]
async fn a_little_too_fast_is_read_later() {
    let limits = Limits { message_rate: 20, message_burst: 5, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    let start = Instant::now();
    for number in 0..14 {
        client.send(json!({ "ping": number })).await;
    }
    for number in 0..14 {
        assert_eq!(client.receive().await, json!({ "pong": number }));
    }
    // With the join 15 messages, 5 of them at once; the tenth of the others is read after nine twentieths of a second.
    assert!(start.elapsed() >= Duration::from_millis(440), "{:?}", start.elapsed());
}

/// Sends a message again and again and reads what comes, until the connection is closed: the last refusal, the close code.
pub(crate) async fn flood(client: Client, message: Message) -> (String, Option<u16>) {
    use futures_util::{SinkExt, StreamExt};
    let (mut sink, mut source) = client.socket.split();
    let sending = tokio::spawn(async move {
        while sink.send(message.clone()).await.is_ok() {
            // So that the close frame is read soon after it came, however busy the machine is: the server waits for the
            // end of the flood, but not for ever.
            tokio::task::yield_now().await;
        }
    });
    let mut last = String::new();
    let code = loop {
        // A flood that is slow, because the computer is busy with many of them, ends late.
        match tokio::time::timeout(4 * PATIENCE, source.next()).await.expect("the flood is ended") {
            Some(Ok(Message::Text(text))) if text.contains("refused") => {
                last = refusal(&serde_json::from_str(&text).unwrap());
            }
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(error)) => panic!("{error}"),
            None => break None,
        }
    };
    sending.abort();
    (last, code)
}

#[tokio::test]
async fn who_goes_on_is_closed_and_others_notice_nothing() {
    let limits = Limits {
        message_rate: 50,
        message_burst: 5,
        byte_rate: 1024,
        byte_burst: 2048,
        rate_patience: Duration::from_millis(300),
        resume_window: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = TestServer::limited(limits).await;
    let (mut elsewhere, _) = Client::in_room(&server, "elsewhere").await;
    let (mut witness, _) = Client::in_room(&server, "r").await;
    for (message, roster) in [
        Message::text(r#"{"ping":1}"#),
        Message::text(format!(r#"{{"signal":{{"to":"00000000000000ab","packet":"{}"}}}}"#, "x".repeat(500))),
        Message::Ping(vec![0; 20].into()),
    ]
    .into_iter()
    .zip([3, 5, 7])
    {
        let (client, id) = Client::in_room(&server, "r").await;
        assert_eq!(witness.receive().await["joined"]["member"]["id"], id);
        assert_eq!(flood(client, message).await, ("message/too-fast".to_owned(), Some(1008)));
        assert_eq!(witness.receive().await["left"], json!({"id": id, "reason": "gone", "roster": roster}));
    }
    elsewhere.received_nothing().await;
}

#[tokio::test]
async fn a_flood_of_fragments_is_closed_as_well() {
    use tokio::io::AsyncWriteExt;
    let limits = Limits {
        byte_rate: 16 * 1024,
        byte_burst: 16 * 1024,
        rate_patience: Duration::from_millis(300),
        resume_window: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = TestServer::limited(limits).await;
    let (client, _) = Client::in_room(&server, "r").await;
    let (mut witness, _) = Client::in_room(&server, "r").await;
    let mut stream = client.socket.into_inner();
    let flooding = tokio::spawn(async move {
        // A text that never ends: continuation frames with nothing in them, which no limit of size stops.
        let mut frames = vec![0x01, 0x80, 0, 0, 0, 0];
        while stream.write_all(&frames).await.is_ok() {
            frames = [0x00, 0x80, 0, 0, 0, 0].repeat(1000);
        }
    });
    match witness.receive_any().await {
        Received::Message(left) => assert_eq!(left["left"]["reason"], "gone"),
        closed => panic!("{closed:?}"),
    }
    soon(flooding).await.unwrap();
}

#[tokio::test]
async fn who_was_too_fast_may_come_back_and_is_still_in_the_room() {
    let limits =
        Limits { message_rate: 50, message_burst: 5, rate_patience: Duration::from_millis(300), ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let (mut witness, _) = Client::in_room(&server, "r").await;
    let mut fast = Client::connect(&server).await;
    let welcome = fast.join("r").await["welcome"].take();
    assert!(witness.receive().await["joined"].is_object());
    // As somebody is made to whom others send what has to be answered.
    assert_eq!(flood(fast, Message::text(r#"{"ping":0}"#)).await, ("message/too-fast".to_owned(), Some(1008)));

    let mut again = Client::connect(&server).await;
    let resume = json!({"ticket": welcome["ticket"], "signals": 0});
    again.send(json!({"join": {"version": 1, "room": "r", "resume": resume}})).await;
    assert_eq!(again.receive().await["welcome"]["me"], welcome["me"]);
    witness.received_nothing().await;
}

//! A client that reads slowly, or nothing: closed when its queue is full, nobody waits for it, and it hears everybody.

use std::time::Duration;

use itodenwa_server::Limits;
use serde_json::json;
use tokio::net::TcpSocket;

use crate::support::{Client, Received, TestServer, soon};

async fn narrow(server: &TestServer) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    Client::over(socket.connect(server.address).await.unwrap(), "").await.unwrap()
}

#[tokio::test]
async fn is_closed_when_its_queue_is_full() {
    let limits = Limits {
        message_rate: 100_000,
        message_burst: 100_000,
        byte_rate: 1 << 30,
        byte_burst: 1 << 30,
        resume_window: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = TestServer::limited(limits).await;
    let (mut sender, _) = Client::in_room(&server, "r").await;
    let mut slow = narrow(&server).await;
    let slow_id = slow.join("r").await["welcome"]["me"]["id"].as_str().unwrap().to_owned();
    let (mut reader, reader_id) = Client::in_room(&server, "r").await;
    assert!(sender.receive().await["joined"].is_object() && sender.receive().await["joined"].is_object());

    let packet = json!("x".repeat(100_000));
    let mut sent = 0;
    let left = loop {
        sender.signal(&slow_id, packet.clone()).await;
        sender.signal(&reader_id, json!(sent)).await;
        let heard = reader.receive().await;
        assert!(heard["signal"]["packet"] == sent || heard["left"]["id"] == slow_id, "others are served: {heard}");
        sent += 1;
        assert!(sent < 1000, "100 MB are waiting somewhere");
        // The answer to a ping comes after everything that the signals caused.
        sender.send(json!({"ping": sent})).await;
        match sender.receive().await {
            pong if pong["pong"] == sent => {}
            left => break left,
        }
    };
    assert_eq!(left["left"], json!({"id": slow_id, "reason": "gone", "roster": 4}));

    // What the network had taken comes, then the reason.
    let mut received = 0;
    let (last, code) = soon(async {
        let mut last = json!(null);
        loop {
            match slow.receive_any().await {
                Received::Message(message) => last = message,
                Received::Closed(code) => break (last, code),
            }
            received += 1;
        }
    })
    .await;
    assert_eq!((&last["refused"]["code"], code), (&json!("queue/full"), Some(1013)), "after {received} messages");
    assert!(received < sent, "what had queued was dropped");
}

#[tokio::test]
async fn hears_one_who_says_little_before_all_of_one_who_floods() {
    const FLOOD: usize = 80;
    let limits = Limits { message_burst: 1000, byte_rate: 1 << 30, byte_burst: 1 << 30, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let mut slow = narrow(&server).await;
    let slow_id = slow.join("r").await["welcome"]["me"]["id"].as_str().unwrap().to_owned();
    let (mut flooding, flooding_id) = Client::in_room(&server, "r").await;
    let (mut quiet, quiet_id) = Client::in_room(&server, "r").await;
    assert!(flooding.receive().await["joined"].is_object());
    for number in 0..FLOOD {
        flooding.signal(&slow_id, json!([number, "x".repeat(10_000)])).await;
    }
    // The answer to a ping comes after everything that the signals caused.
    flooding.received_nothing().await;
    for number in 0..2 {
        quiet.signal(&slow_id, json!([number])).await;
    }
    quiet.received_nothing().await;

    let mut heard = Vec::new();
    while heard.len() < FLOOD + 2 {
        let message = slow.receive().await;
        if message["signal"].is_object() {
            let number = message["signal"]["packet"][0].as_u64().unwrap();
            heard.push((message["signal"]["from"].as_str().unwrap().to_owned(), number));
        }
    }
    let of = |id: &str| heard.iter().filter(|(from, _)| from == id).map(|(_, number)| *number).collect::<Vec<_>>();
    assert_eq!(of(&flooding_id), (0..FLOOD as u64).collect::<Vec<_>>());
    assert_eq!(of(&quiet_id), [0, 1]);
    let last = heard.iter().rposition(|(from, _)| *from == quiet_id).unwrap();
    assert!(last < FLOOD / 4, "behind {last} of the flood");
}

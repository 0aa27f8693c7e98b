//! Who does not read what it is sent: closed when its queue is full, and nobody waits for it.

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

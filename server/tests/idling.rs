//! Who says nothing for long: alive or dead.

use std::time::Duration;

use futures_util::StreamExt;
use itodenwa_server::Limits;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, TestServer, soon, sooner_than};

fn limits() -> Limits {
    Limits { idle_timeout: Duration::from_millis(1500), ..Limits::default() }
}

#[tokio::test]
async fn who_answers_pings_stays() {
    let server = TestServer::limited(limits()).await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    let mut pings = 0;
    while pings < 6 {
        match soon(client.socket.next()).await {
            Some(Ok(Message::Ping(_))) => pings += 1,
            other => panic!("after {pings} pings: {other:?}"),
        }
    }
    client.received_nothing().await;
}

#[tokio::test]
async fn who_does_not_is_gone() {
    // Who was silent for so long has had its time to come back.
    let limits = Limits { resume_window: limits().idle_timeout, ..limits() };
    let server = TestServer::limited(limits).await;
    // This one's socket stays open, and nobody reads it.
    let (mut dead, id) = Client::in_room(&server, "r").await;
    let (mut other, _) = Client::in_room(&server, "r").await;
    let left = sooner_than(Limits::default().idle_timeout, other.receive()).await;
    assert_eq!((&left["left"]["id"], &left["left"]["reason"]), (&id.into(), &"gone".into()));
    assert_eq!(dead.receive_to_the_end().await.1, Some(1008));
}

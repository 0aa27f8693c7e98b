//! The end of a connection, as the other end of it sees it.

use futures_util::StreamExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{Client, TestServer, soon};

/// A close that the client sees as clean: a close frame, then the end of the stream, never a reset.
async fn is_clean(mut client: Client) {
    loop {
        match soon(client.socket.next()).await {
            Some(Ok(_)) => {}
            Some(Err(Error::ConnectionClosed)) | None => return,
            Some(Err(error)) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn is_clean_when_the_client_leaves() {
    let server = TestServer::start().await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    client.send(json!("leave")).await;
    is_clean(client).await;
}

#[tokio::test]
async fn is_clean_when_the_client_closes() {
    let server = TestServer::start().await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    client.send_raw(Message::Close(None)).await;
    is_clean(client).await;
}

#[tokio::test]
async fn is_clean_when_much_is_still_to_be_read() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server).await;
    client.send_raw(Message::text("nonsense")).await;
    for _ in 0..50 {
        // The server has closed its direction; what is sent to it now is thrown away.
        let _ = futures_util::SinkExt::feed(&mut client.socket, Message::text("x".repeat(10_000))).await;
    }
    is_clean(client).await;
}

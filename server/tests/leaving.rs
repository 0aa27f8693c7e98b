//! Going out of a room: on purpose, or not.

use std::time::{Duration, Instant};

use itodenwa_server::Limits;
use itodenwa_wire::CLOSE_TO_RESUME;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::support::{Client, TestServer};

const NONE: Duration = Duration::ZERO;
/// When the end of the socket was seen.
const AFTER_END: Duration = Duration::from_secs(1);
/// When nobody knows.
const WINDOW: Duration = Duration::from_millis(2500);
/// What the product promises: when it was said, and after the time of waiting when a connection broke.
const AT_MOST: Duration = Duration::from_secs(1);

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Two are in a room, one goes in some way; what the other hears of it, after this time at the earliest.
async fn goes<F: Future<Output = ()>>(wait: Duration, how: impl FnOnce(Client) -> F) -> String {
    // Who answers pings is heard of again and again, who does not is silent before the time of waiting is over.
    let idle_timeout = WINDOW / 2;
    let limits = Limits { resume_window: WINDOW, resume_after_end: AFTER_END, idle_timeout, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let (mut stays, _) = Client::in_room(&server, "r").await;
    let start = now();
    let (goes, id) = Client::in_room(&server, "r").await;
    assert!(stays.receive().await["joined"].is_object());
    how(goes).await;
    let left = stays.receive().await["left"].take();
    let time = now() - start;
    assert!(wait <= time && time < wait + AT_MOST, "{time:?}");
    assert_eq!(left["id"], id);
    stays.received_nothing().await;
    left["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn by_saying_so() {
    let reason = goes(NONE, async |mut client: Client| {
        client.send(json!("leave")).await;
        assert_eq!(client.receive_to_the_end().await, (vec![], Some(1000)));
    });
    assert_eq!(reason.await, "left");
}

#[tokio::test]
async fn by_closing_the_socket() {
    let reason = goes(NONE, async |mut client: Client| {
        client.send_raw(Message::Close(None)).await;
        client.receive_to_the_end().await;
    });
    assert_eq!(reason.await, "gone");
}

#[tokio::test]
async fn by_a_connection_that_ends() {
    assert_eq!(goes(AFTER_END, async |client: Client| drop(client)).await, "gone");
}

#[tokio::test]
async fn by_a_connection_that_is_reset() {
    let reason = goes(AFTER_END, async |client: Client| client.socket.get_ref().set_zero_linger().unwrap());
    assert_eq!(reason.await, "gone");
}

#[tokio::test]
async fn in_the_middle_of_a_message() {
    let reason = goes(AFTER_END, async |client: Client| {
        let mut stream = client.socket.into_inner();
        // A text frame of 100 bytes, of which only two come.
        tokio::io::AsyncWriteExt::write_all(&mut stream, &[0x81, 0x80 | 100, 1, 2, 3, 4, 5, 6]).await.unwrap();
    });
    assert_eq!(reason.await, "gone");
}

#[tokio::test]
async fn by_being_silent() {
    let reason = goes(WINDOW, async |client: Client| {
        // Its socket stays open, and nobody reads it.
        tokio::spawn(async move {
            let _client = client;
            std::future::pending::<()>().await;
        });
    });
    assert_eq!(reason.await, "gone");
}

#[tokio::test]
async fn by_saying_that_it_comes_back_and_not_coming() {
    let reason = goes(WINDOW, async |mut client: Client| {
        let frame = CloseFrame { code: CLOSE_TO_RESUME.into(), reason: "".into() };
        client.send_raw(Message::Close(Some(frame))).await;
        assert_eq!(client.receive_to_the_end().await, (vec![], Some(CLOSE_TO_RESUME)), "as it was said");
    });
    assert_eq!(reason.await, "gone");
}

#[tokio::test]
async fn who_left_comes_back_as_somebody_new() {
    let server = TestServer::start().await;
    let (mut stays, _) = Client::in_room(&server, "r").await;
    let (mut client, old) = Client::in_room(&server, "r").await;
    client.send(json!("leave")).await;
    assert_eq!(stays.receive().await["joined"]["member"]["id"], old);
    assert_eq!(stays.receive().await["left"]["id"], old);
    let (_client, new) = Client::in_room(&server, "r").await;
    assert!(old < new, "ids rise");
    assert_eq!(stays.receive().await["joined"]["member"]["id"], new);
}

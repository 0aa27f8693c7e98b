//! Coming into a room.

use itodenwa_server::{Config, Limits};
use itodenwa_wire::IceServer;
use serde_json::json;

use crate::support::{Client, TestServer, refusal};

#[tokio::test]
async fn newcomers_and_members_learn_of_each_other() {
    let server = TestServer::start().await;
    let mut first = Client::connect(&server).await;
    first.send(json!({"join": {"version": 1, "room": "blue-tiger", "name": "彩 👩‍👩‍👧"}})).await;
    let welcome = first.receive().await["welcome"].take();
    assert_eq!(welcome["me"]["name"], "彩 👩‍👩‍👧");
    assert_eq!((&welcome["me"]["session"], &welcome["members"]), (&json!(1), &json!([])));

    let mut second = Client::connect(&server).await;
    let second_welcome = second.join("blue-tiger").await["welcome"].take();
    assert_eq!(second_welcome["members"], json!([welcome["me"]]));
    assert_eq!(first.receive().await, json!({"joined": {"member": second_welcome["me"], "roster": 2}}));
    assert!(welcome["me"]["id"].as_str() < second_welcome["me"]["id"].as_str(), "ids rise");
}

#[tokio::test]
async fn sessions_go_on_rising_when_a_room_was_empty() {
    let server = TestServer::start().await;
    for session in 1..4 {
        let mut client = Client::connect(&server).await;
        assert_eq!(client.join("r").await["welcome"]["me"]["session"], session);
        client.send(json!("leave")).await;
        assert_eq!(client.receive_to_the_end().await, (vec![], Some(1000)));
    }
}

#[tokio::test]
async fn everybody_is_told_of_the_ice_servers() {
    let servers = vec![IceServer {
        urls: vec!["turn:example.org".to_owned()],
        username: Some("user".to_owned()),
        credential: Some("secret".to_owned()),
    }];
    let server = TestServer::configured(Config { ice_servers: servers, ..Config::default() }).await;
    let welcome = Client::connect(&server).await.join("r").await;
    let expected = json!([{"urls": ["turn:example.org"], "username": "user", "credential": "secret"}]);
    assert_eq!(welcome["welcome"]["iceServers"]["servers"], expected);
}

#[tokio::test]
async fn a_full_room_lets_nobody_in_until_somebody_leaves() {
    let server = TestServer::limited(Limits { room_peers: 2, ..Limits::default() }).await;
    let (mut first, _) = Client::in_room(&server, "r").await;
    let (mut second, _) = Client::in_room(&server, "r").await;
    let mut third = Client::connect(&server).await;
    third.send(json!({"join": {"version": 1, "room": "r"}})).await;
    assert_eq!(third.refused_and_closed().await, ("room/full".to_owned(), 1008));
    assert!(first.receive().await["joined"].is_object());
    second.send(json!("leave")).await;
    assert!(first.receive().await["left"].is_object());
    Client::in_room(&server, "r").await;
}

#[tokio::test]
async fn a_full_server_makes_no_more_rooms() {
    let server = TestServer::limited(Limits { rooms: 1, ..Limits::default() }).await;
    let _first = Client::in_room(&server, "r").await;
    let mut second = Client::connect(&server).await;
    let refused = second.join("s").await;
    assert_eq!(refusal(&refused), "server/full");
    assert!(refused["refused"]["retryAfter"].is_u64());
    assert_eq!(second.receive_to_the_end().await, (vec![], Some(1013)));
}

#[tokio::test]
async fn a_join_says_what_is_wrong_with_it() {
    let server = TestServer::start().await;
    let long = "x".repeat(65);
    for (join, code) in [
        (json!({"version": 6, "room": "r"}), "version/unsupported"),
        (json!({"version": 6, "room": "不"}), "version/unsupported"),
        (json!({"version": 1, "room": "a room"}), "room/invalid"),
        (json!({"version": 1, "room": "../etc"}), "room/invalid"),
        (json!({"version": 1, "room": long}), "room/invalid"),
        (json!({"version": 1, "room": "r", "name": ""}), "name/invalid"),
        (json!({"version": 1, "room": "r", "name": long}), "name/invalid"),
        (json!({"version": 1, "room": "r", "name": "a\u{202e}b"}), "name/invalid"),
        (json!({"version": 1}), "message/malformed"),
        (json!({"version": true, "room": "r"}), "message/malformed"),
    ] {
        let mut client = Client::connect(&server).await;
        client.send(json!({ "join": join })).await;
        assert_eq!(client.refused_and_closed().await, (code.to_owned(), 1008), "{join}");
    }
}

#[tokio::test]
async fn the_first_message_is_a_join() {
    let server = TestServer::start().await;
    for message in [json!({"ping": 1}), json!("leave"), json!({"signal": {"to": "00000000000000ab", "packet": 1}})] {
        let mut client = Client::connect(&server).await;
        client.send(message).await;
        assert_eq!(client.refused_and_closed().await, ("join/expected".to_owned(), 1008));
    }
}

#[tokio::test]
async fn the_first_message_comes_in_time() {
    let limits = Limits { join_timeout: std::time::Duration::from_millis(200), ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let (mut member, _) = Client::in_room(&server, "r").await;
    let mut late = Client::connect(&server).await;
    assert_eq!(late.refused_and_closed().await, ("join/timeout".to_owned(), 1008));
    member.received_nothing().await;
}

#[tokio::test]
async fn who_says_so_may_join_later() {
    let (short, long) = (std::time::Duration::from_millis(200), std::time::Duration::from_secs(300));
    let limits = Limits { join_timeout: short, visit_timeout: long, visitors: 1, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let visit = || async { Client::at(&server, "/ws?a=b&visit", &[]).await.unwrap() };
    let mut visitor = visit().await;
    // One more has to join at once, and so has who says something else.
    for mut other in [visit().await, Client::at(&server, "/ws?visits", &[]).await.unwrap()] {
        assert_eq!(other.refused_and_closed().await, ("join/timeout".to_owned(), 1008));
    }
    assert!(visitor.join("r").await["welcome"].is_object());
    // A member is no visitor any longer, and one that is gone is none as soon as the server sees that: there is a place again.
    drop(visit().await);
    let mut stays = None;
    while stays.is_none() {
        let mut next = visit().await;
        let mut other = Client::connect(&server).await;
        assert_eq!(other.refused_and_closed().await, ("join/timeout".to_owned(), 1008));
        stays = next.join("r").await["welcome"].is_object().then_some(next);
    }

    let limits = Limits { join_timeout: long, visit_timeout: short, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let mut visitor = Client::at(&server, "/ws?visit", &[]).await.unwrap();
    assert_eq!(visitor.refused_and_closed().await, ("join/timeout".to_owned(), 1008));
}

#[tokio::test]
async fn a_second_join_is_refused_and_the_first_holds() {
    let server = TestServer::start().await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    assert_eq!(refusal(&client.join("s").await), "join/twice");
    assert_eq!(refusal(&client.join("r").await), "join/twice");
    client.received_nothing().await;
    let (_other, _) = Client::in_room(&server, "r").await;
    assert!(client.receive().await["joined"].is_object(), "still in the room");
}

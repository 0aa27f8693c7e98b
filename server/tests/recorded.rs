//! Who comes into a call that is being recorded is asked before.

use serde_json::{Value, json};

use crate::support::{Client, TestServer};

/// Says that it wants to know before.
async fn ask(server: &TestServer, join: Value) -> Client {
    let mut client = Client::connect(server).await;
    client.send(json!({ "join": join })).await;
    client
}

fn wary(room: &str) -> Value {
    json!({"version": 1, "room": room, "unlessRecorded": true})
}

/// Waits until the server has read what the client said before.
async fn is_heard(client: &mut Client) {
    client.send(json!({"ping": 0})).await;
    assert_eq!(client.receive().await, json!({"pong": 0}));
}

#[tokio::test]
async fn newcomers_are_asked_and_nobody_hears_of_them_until_they_agree() {
    let server = TestServer::start().await;
    let (mut ann, _) = Client::in_room(&server, "r").await;
    ann.send(json!({"record": true})).await;
    is_heard(&mut ann).await;
    assert_eq!(ask(&server, wary("r")).await.refused_and_closed().await, ("room/recorded".to_owned(), 1008));
    ann.received_nothing().await;
    // A client of before does not know of this.
    let mut ben = Client::connect(&server).await;
    assert!(ben.join("r").await["welcome"].is_object());
    assert!(ann.receive().await["joined"].is_object());
    ann.send(json!({"record": false})).await;
    is_heard(&mut ann).await;
    assert!(ask(&server, wary("r")).await.receive().await["welcome"].is_object());
}

#[tokio::test]
async fn a_word_that_is_none_is_malformed_and_changes_nothing() {
    let server = TestServer::start().await;
    let (mut ann, _) = Client::in_room(&server, "r").await;
    for nonsense in [json!({"record": null}), json!({"record": 1}), json!("record"), json!({"record": {"on": true}})] {
        ann.send(nonsense).await;
        assert_eq!(ann.receive().await["refused"]["code"], "message/malformed");
    }
    assert!(ask(&server, wary("r")).await.receive().await["welcome"].is_object());
    let mut eve = ask(&server, json!({"version": 1, "room": "r", "unlessRecorded": "yes"})).await;
    assert_eq!(eve.refused_and_closed().await, ("message/malformed".to_owned(), 1008));
    // Before it has joined a client says nothing of the kind.
    let mut eve = Client::connect(&server).await;
    eve.send(json!({"record": true})).await;
    assert_eq!(eve.refused_and_closed().await, ("join/expected".to_owned(), 1008));
}

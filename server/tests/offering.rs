//! The offer that goes with a join, over sockets.

use itodenwa_server::Limits;
use serde_json::{Value, json};

use crate::support::{Client, TestServer};

/// What a peer says is the peers' affair.
const BODIES: [&str; 2] = [r#"{"media":{"on":[]}}"#, r#"{"offer":{"id":1,"sdp":"v=0\r\n","sources":[]}}"#];

async fn come(server: &TestServer, room: &str, offer: Value) -> (Client, Value) {
    let mut client = Client::connect(server).await;
    client.send(json!({"join": {"version": 1, "maxVersion": 5, "room": room, "offer": offer}})).await;
    let welcome = client.receive().await["welcome"].take();
    (client, welcome)
}

/// The one who is there gets the offer, and is told so as the newcomer is.
pub(crate) async fn hears_an_offer(ann: &mut Client, of_ann: &Value, server: &TestServer, room: &str) -> Client {
    let (ben, of_ben) = come(server, room, json!(BODIES)).await;
    assert_eq!(of_ben["me"]["offered"], of_ann["me"]["session"]);
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    for (place, body) in BODIES.into_iter().enumerate() {
        let epoch = |of: &Value| of["me"]["session"].as_u64().unwrap() << 16;
        let packet = json!({
            "fromEpoch": epoch(&of_ben), "toEpoch": epoch(of_ann), "seq": place + 1, "ack": 0, "body": body,
        });
        assert_eq!(ann.receive().await, json!({"signal": {"from": of_ben["me"]["id"], "packet": packet}}));
    }
    ben
}

#[tokio::test]
async fn the_only_other_member_gets_it_word_for_word() {
    let server = TestServer::start().await;
    let (mut ann, of_ann) = come(&server, "r", json!([])).await;
    let mut ben = hears_an_offer(&mut ann, &of_ann, &server, "r").await;
    // With two of them it is nobody's.
    let (_, of_cem) = come(&server, "r", json!(BODIES)).await;
    assert_eq!(of_cem["me"].get("offered"), None);
    for client in [&mut ann, &mut ben] {
        assert!(client.receive().await["joined"].is_object());
        client.received_nothing().await;
    }
}

#[tokio::test]
async fn a_client_of_before_is_told_nothing_of_it() {
    let server = TestServer::start().await;
    let mut old = Client::connect(&server).await;
    old.send(json!({"join": {"version": 1, "maxVersion": 4, "room": "r"}})).await;
    assert_eq!(old.receive().await["welcome"]["version"], 4);
    let (_, of_ben) = come(&server, "r", json!(BODIES)).await;
    assert_eq!(of_ben["me"].get("offered"), None);
    assert_eq!(old.receive().await["joined"]["member"], of_ben["me"]);
    old.received_nothing().await;
}

#[tokio::test]
async fn what_is_too_large_keeps_nobody_out() {
    let server = TestServer::limited(Limits { message_bytes: 1024, ..Limits::default() }).await;
    let (mut ann, _) = come(&server, "r", json!([])).await;
    let (_, of_ben) = come(&server, "r", json!(["x".repeat(15_000)])).await;
    assert_eq!(of_ben["me"].get("offered"), None);
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    ann.received_nothing().await;
}

#[tokio::test]
async fn what_is_no_list_of_texts_is_malformed() {
    let server = TestServer::start().await;
    for nonsense in [json!([1]), json!("offer"), json!({"id": 1})] {
        let mut eve = Client::connect(&server).await;
        eve.send(json!({"join": {"version": 1, "maxVersion": 5, "room": "r", "offer": nonsense}})).await;
        assert_eq!(eve.refused_and_closed().await, ("message/malformed".to_owned(), 1008));
    }
}

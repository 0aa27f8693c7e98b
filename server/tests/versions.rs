//! Clients of other versions: yesterday's, as they were recorded, and later ones.

use std::collections::HashMap;

use itodenwa_server::Config;
use serde_json::{Value, json};

use crate::metrics::measure;
use crate::support::{Client, TestServer, refusal, soon};

/// A call of two pages of version 1, as they and their server said it.
const CALL: &str = include_str!("../../wire/tests/recorded/call-v1.jsonl");

/// Whether a message has all that a recorded one has. What is new each time need only be there.
pub(crate) fn is_like(recorded: &Value, message: &Value) -> bool {
    match (recorded, message) {
        (Value::Object(recorded), Value::Object(message)) => recorded.iter().all(|(key, recorded)| {
            let is_new = matches!(key.as_str(), "ticket" | "iceServers");
            message.get(key).is_some_and(|message| is_new || is_like(recorded, message))
        }),
        (Value::Array(recorded), Value::Array(message)) => {
            recorded.len() == message.len() && recorded.iter().zip(message).all(|(old, new)| is_like(old, new))
        }
        (recorded, message) => recorded == message,
    }
}

#[tokio::test]
async fn yesterdays_clients_are_served_as_yesterday() {
    let server = TestServer::start().await;
    let mut clients = HashMap::new();
    // The ids of the recording, and those of today.
    let mut ids: Vec<(String, String)> = Vec::new();
    for line in CALL.lines() {
        let today = ids.iter().fold(line.to_owned(), |line, (old, new)| line.replace(old, new));
        let step: Value = serde_json::from_str(&today).unwrap();
        let who = step["who"].as_str().unwrap().to_owned();
        if step["opened"] == true {
            clients.insert(who, Client::connect(&server).await);
            continue;
        }
        let client = clients.get_mut(&who).unwrap();
        if step["closed"] == true {
            soon(client.socket.close(None)).await.unwrap();
        } else if let Some(sent) = step.get("sent") {
            client.send(sent.clone()).await;
        } else {
            let message = client.receive().await;
            for id in ["/received/welcome/me/id", "/received/joined/member/id"] {
                let new = id.strip_prefix("/received").and_then(|id| message.pointer(id));
                if let (Some(old), Some(new)) = (step.pointer(id), new) {
                    ids.push((old.as_str().unwrap().to_owned(), new.as_str().unwrap().to_owned()));
                }
            }
            let expected = ids.iter().fold(step["received"].to_string(), |text, (old, new)| text.replace(old, new));
            let expected = serde_json::from_str(&expected).unwrap();
            assert!(is_like(&expected, &message), "{expected} is {message}");
        }
    }
    assert_eq!(clients.len(), 2);
}

#[tokio::test]
async fn the_newest_version_of_both_is_used_and_said() {
    let server = TestServer::start().await;
    for (versions, used) in [
        (json!({"version": 1}), 1),
        (json!({"version": 1, "maxVersion": 1}), 1),
        (json!({"version": 1, "maxVersion": 9}), 5),
        (json!({"version": 1, "maxVersion": 2}), 2),
        (json!({"version": 2}), 2),
    ] {
        let mut join = versions.clone();
        join["room"] = json!("r");
        let mut client = Client::connect(&server).await;
        client.send(json!({ "join": join })).await;
        assert_eq!(client.receive().await["welcome"]["version"], used, "{versions}");
    }
    for versions in [json!({"version": 6}), json!({"version": 6, "maxVersion": 9}), json!({"version": 0})] {
        let mut join = versions.clone();
        join["room"] = json!("r");
        let mut client = Client::connect(&server).await;
        client.send(json!({ "join": join })).await;
        assert_eq!(client.refused_and_closed().await, ("version/unsupported".to_owned(), 1008), "{versions}");
    }
}

#[tokio::test]
async fn what_a_later_client_adds_is_ignored_and_counted() {
    let server = TestServer::configured(Config { public_metrics: true, ..Config::default() }).await;
    let mut later = Client::connect(&server).await;
    later.send(json!({"join": {"version": 1, "maxVersion": 6, "room": "r", "colour": "blue"}})).await;
    let welcome = later.receive().await;
    let id = welcome["welcome"]["me"]["id"].as_str().unwrap().to_owned();
    let (mut today, today_id) = Client::in_room(&server, "r").await;
    assert!(later.receive().await["joined"].is_object());
    // More of them than malformed messages would be borne.
    for number in 0..20 {
        later.send(json!({"shout": {"number": number}})).await;
        later.send(json!("wave")).await;
    }
    later.received_nothing().await;
    later.send(json!({"signal": {"to": today_id, "packet": {"future": 1}, "urgent": true}})).await;
    assert_eq!(today.receive().await["signal"], json!({"from": id, "packet": {"future": 1}}));
    assert_eq!(measure(&server, "messages_unknown_total").await, 40);

    let mut visitor = Client::connect(&server).await;
    visitor.send(json!({"shout": 1})).await;
    assert_eq!(visitor.refused_and_closed().await, ("join/expected".to_owned(), 1008));
    later.send(json!({"ping": -1})).await;
    assert_eq!(refusal(&later.receive().await), "message/malformed");
}

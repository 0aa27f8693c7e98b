//! What yesterday's clients and servers said is still read, and all of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do"
)]

use itodenwa_wire::{Body, ClientMessage, ServerMessage};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const RECORDINGS: [&str; 2] = [include_str!("recorded/call-v1.jsonl"), include_str!("recorded/sessions-v1.jsonl")];

/// All messages that were sent, or received.
fn messages(direction: &str) -> Vec<Value> {
    let lines = RECORDINGS.into_iter().flat_map(str::lines);
    let messages = lines.filter_map(|line| serde_json::from_str::<Value>(line).unwrap().get(direction).cloned());
    messages.collect()
}

/// Nothing of a message is lost: what is written again has all that it had.
fn is_read<T: DeserializeOwned + Serialize>(message: &Value) {
    let read: T = serde_json::from_value(message.clone()).unwrap_or_else(|error| panic!("{error}: {message}"));
    let again = serde_json::to_value(&read).unwrap();
    assert!(covers(&again, message), "{message} became {again}");
}

fn covers(value: &Value, less: &Value) -> bool {
    match (value, less) {
        (Value::Object(value), Value::Object(less)) => {
            less.iter().all(|(key, less)| value.get(key).is_some_and(|value| covers(value, less)))
        }
        (Value::Array(value), Value::Array(less)) => {
            value.len() == less.len() && value.iter().zip(less).all(|(value, less)| covers(value, less))
        }
        (value, less) => value == less,
    }
}

#[test]
fn what_clients_of_version_1_send() {
    let messages = messages("sent");
    assert!(messages.len() > 20);
    messages.iter().for_each(is_read::<ClientMessage>);
}

#[test]
fn what_servers_of_version_1_send() {
    let messages = messages("received");
    for kind in ["welcome", "joined", "left", "roster", "signal", "ticket", "refused", "pong"] {
        assert!(messages.iter().any(|message| message.get(kind).is_some()), "no {kind} was recorded");
    }
    messages.iter().for_each(is_read::<ServerMessage>);
}

#[test]
fn what_peers_of_version_1_send() {
    let received = messages("received");
    let bodies: Vec<_> = received.iter().filter_map(|message| message["signal"]["packet"]["body"].as_str()).collect();
    assert!(bodies.len() > 10);
    for body in bodies {
        is_read::<Body>(&serde_json::from_str(body).unwrap());
    }
}

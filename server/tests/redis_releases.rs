//! A release after another: a server beside one of the release before, whose messages of version 1 were recorded as two of its
//! servers sent them, over a real Redis. The test says what one of both said, and the server has to say what the other one did.

use std::collections::VecDeque;
use std::sync::Arc;

use ::redis::AsyncTypedCommands;
use ::redis::aio::{MultiplexedConnection, PubSubStream};
use futures_util::StreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::support::redis::{Node, Redis};
use crate::support::{Client, Received, soon};
use crate::versions::is_like;

/// Two servers of version 1 with a room: Ann is at the one that does not keep it, and so is an operator; Ben is at its home.
const RECORDED: &str = include_str!("cluster-v1.jsonl");

/// What is another one each time, and is learnt where it comes first.
const NAMES: [&str; 3] = ["id", "ticket", "connected"];

/// A server of version 1, as far as the others see it.
struct OldNode {
    name: String,
    engine: MultiplexedConnection,
    channel: PubSubStream,
    said: u64,
    /// Messages that came, and were not looked at yet.
    heard: VecDeque<Value>,
    /// The connection's end that came last: it is told once or twice.
    ended: Value,
    counted: u64,
}

impl OldNode {
    async fn join(redis: &Redis, name: &str) -> Self {
        let client = ::redis::Client::open(redis.url()).unwrap();
        let mut channel = client.get_async_pubsub().await.unwrap();
        channel.subscribe(format!("itodenwa:node:{name}")).await.unwrap();
        let mut engine = client.get_multiplexed_async_connection().await.unwrap();
        // It beats for as long as anybody looks.
        engine.zadd("itodenwa:nodes", format!("{name}/1-1"), 99_999_999_999_999_u64).await.unwrap();
        engine.publish("itodenwa:news", "").await.unwrap();
        let channel = channel.into_on_message();
        OldNode {
            name: name.to_owned(),
            engine,
            channel,
            said: 0,
            heard: VecDeque::new(),
            ended: Value::Null,
            counted: 0,
        }
    }

    /// The other one's name.
    async fn other(&mut self) -> String {
        let names = self.engine.zrange("itodenwa:nodes", 0, -1).await.unwrap();
        let name = names.iter().find(|name| !name.starts_with(&self.name)).expect("another one");
        assert!(name.ends_with("/1-2"), "{name} speaks both versions");
        name.strip_suffix("/1-2").unwrap().to_owned()
    }

    async fn say(&mut self, to: &str, messages: &[Value]) {
        let batch = json!({"from": self.name, "epoch": 0, "before": self.said, "messages": messages});
        self.said += messages.len() as u64;
        assert_eq!(self.engine.publish(format!("itodenwa:node:{to}"), batch.to_string()).await.unwrap(), 1);
    }

    /// The next message that version 1 knows.
    async fn hear(&mut self, from: &str) -> Value {
        loop {
            while let Some(message) = self.heard.pop_front() {
                let is_new = message == "released" || !message["removed"].is_null();
                let is_again = !message["disconnected"].is_null() && message == self.ended;
                if !is_new && !is_again {
                    if !message["disconnected"].is_null() {
                        self.ended = message.clone();
                    }
                    return message;
                }
            }
            let message = soon(self.channel.next()).await.expect("the engine is there");
            let batch: Value = serde_json::from_slice(message.get_payload_bytes()).unwrap();
            assert_eq!(
                (&batch["from"], &batch["epoch"], &batch["before"]),
                (&json!(from), &json!(0), &self.counted.into())
            );
            let messages = batch["messages"].as_array().unwrap();
            self.counted += messages.len() as u64;
            self.heard.extend(messages.iter().cloned());
        }
    }
}

/// Names of the recording, and what they are today.
#[derive(Default)]
struct Names(Vec<(String, String)>);

impl Names {
    fn today(&self, recorded: &str) -> Value {
        let text = self.0.iter().fold(recorded.to_owned(), |text, (old, new)| text.replace(old, new));
        serde_json::from_str(&text).unwrap()
    }

    fn learn(&mut self, recorded: &Value, today: &Value) {
        match (recorded, today) {
            (Value::Object(recorded), Value::Object(today)) => {
                for (key, old) in recorded {
                    let Some(new) = today.get(key) else { continue };
                    if NAMES.contains(&key.as_str()) && !old.is_object() {
                        self.name(old, new);
                    } else {
                        self.learn(old, new);
                    }
                }
            }
            (Value::Array(recorded), Value::Array(today)) => {
                recorded.iter().zip(today).for_each(|(old, new)| self.learn(old, new));
            }
            _ => {}
        }
    }

    fn name(&mut self, old: &Value, new: &Value) {
        let [old, new] = [old, new].map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        if !self.0.iter().any(|(known, _)| *known == old) {
            self.0.push((old, new));
        }
    }

    /// What came has all that was recorded.
    fn check(&mut self, recorded: &Value, came: &Value) {
        self.learn(recorded, came);
        let expected = self.today(&recorded.to_string());
        assert!(is_like(&expected, came), "{expected} is {came}");
    }
}

/// A room that the first of two nodes keeps, as each release has to find it.
fn room_of(home: &str, other: &str) -> String {
    let weight = |room: &str, node: &str| {
        let id: u16 = node.split_once('-').unwrap().0.parse().unwrap();
        Sha256::new().chain_update(id.to_be_bytes()).chain_update(room).finalize()
    };
    (0..).map(|number| format!("kept-{number}")).find(|room| weight(room, home) > weight(room, other)).unwrap()
}

/// The part of this one is played by the test: `home`, which keeps the room, or `other`.
async fn replay(old_part: &str) {
    let Some(redis) = Redis::start(&[]).await else { return };
    let mut lines = RECORDED.lines();
    let head: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let name = head[old_part].as_str().unwrap();
    // Each of them may be there first.
    let (node, mut old) = if old_part == "home" {
        let old = OldNode::join(&redis, name).await;
        (Node::start(&redis, &["--redis-timeout", "60"]).await, old)
    } else {
        let node = Node::start(&redis, &["--redis-timeout", "60"]).await;
        (node, OldNode::join(&redis, name).await)
    };
    node.until("cluster_nodes", 2).await;
    let (node, new) = (Arc::new(node), old.other().await);
    let is_home = old_part == "home";
    let room = if is_home { room_of(name, &new) } else { room_of(&new, name) };
    let mut names = Names(vec![(head["room"].as_str().unwrap().to_owned(), room)]);
    let ours = if is_home { "ann" } else { "ben" };
    let mut client = None;
    let mut asked: Option<JoinHandle<String>> = None;
    let mut done = 0;
    for line in lines {
        let recorded: Value = serde_json::from_str(line).unwrap();
        let step = names.today(line);

        if let Some(who) = step["node"].as_str() {
            let messages = step["sent"].as_array().unwrap();
            if who == old_part {
                old.say(&new, messages).await;
                continue;
            }
            for recorded in recorded["sent"].as_array().unwrap() {
                if names.today(&recorded.to_string()) == old.ended {
                    continue;
                }
                let came = old.hear(&new).await;
                names.check(recorded, &came);
                done += 1;
            }
        } else if let Some(question) = step["operator"].as_str().filter(|_| is_home) {
            let (node, (method, path)) = (node.clone(), question.split_once(' ').unwrap());
            let (method, path) = (method.to_owned(), path.to_owned());
            asked = Some(tokio::spawn(async move { node.ask(&method, &path).await }));
        } else if let Some(asked) = asked.take_if(|_| step["status"].is_u64()) {
            let answer = soon(asked).await.unwrap();
            let (answer, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {} ", step["status"])), "{step}: {answer}");
            assert_eq!(serde_json::from_str(body).unwrap_or(Value::Null), step["answered"]);
        } else if step["who"] == ours {
            if step["opened"] == true {
                let stream = TcpStream::connect(node.address).await.unwrap();
                client = Some(Client::over(stream, "").await.unwrap());
            } else if step["cut"] == true {
                client = None;
            } else if let Some(sent) = step.get("sent") {
                client.as_mut().unwrap().send(sent.clone()).await;
            } else if let Some(recorded) = recorded.get("received") {
                let came = client.as_mut().unwrap().receive().await;
                names.check(recorded, &came);
                done += 1;
            } else {
                let end = client.as_mut().unwrap().receive_any().await;
                assert!(matches!(end, Received::Closed(Some(code)) if step["closed"] == code), "{step}: {end:?}");
                // Its end is what the other one hears of next.
                client = None;
            }
        }
    }
    assert!(done > 15, "{done} messages of the new one were checked");

    // Nothing was lost on the way; and what no release says is dropped and counted, and the next one is taken.
    let question = json!({"ask": [9, {"rooms": [null, 100]}]});
    old.say(&new, &[json!({"later": 1}), json!(5), json!({"connected": -1}), question]).await;
    assert_eq!(old.hear(&new).await, json!({"answer": [9, {"rooms": []}]}));
    let number = async |name: &str| node.number(&format!("cluster_{name}_total")).await;
    assert_eq!((number("messages_dropped").await, number("links_broken").await), (3.0, 0.0));
}

#[tokio::test]
async fn a_server_of_the_release_before_sends_members_to_a_room_here() {
    replay("other").await;
}

#[tokio::test]
async fn members_here_are_in_a_room_that_a_server_of_the_release_before_keeps() {
    replay("home").await;
}

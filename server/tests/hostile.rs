//! Hostile clients of every kind, all at once: the good ones notice nothing, and nothing is left of the others.

use std::time::Duration;

use itodenwa_server::{Config, Limits};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::flooding::flood;
use crate::metrics::measure;
use crate::support::{Client, TestServer, soon};

/// Rooms of two good ones, and how often one of each says how much at once: a quarter of what they may.
const PAIRS: usize = 4;
const EVERY: Duration = Duration::from_millis(100);
const AT_ONCE: usize = 10;
/// Members who say nothing, sockets that never join, and requests that never end.
const IDLE: usize = 200;
const VISITORS: usize = 20;
const SLOW: usize = 40;

fn config() -> Config {
    let limits = Limits {
        message_rate: 200,
        message_burst: 100,
        byte_rate: 64 * 1024,
        byte_burst: 1024 * 1024,
        rate_patience: Duration::from_millis(500),
        // Floods that are answered end for their speed, also where the machine is too busy to read the answers.
        queue_messages: 10_000,
        join_timeout: Duration::from_secs(2),
        resume_after_end: Duration::from_millis(200),
        resume_window: Duration::from_secs(2),
        // Who idles here answers no pings, and has to be there to the end, however long it takes.
        idle_timeout: Duration::from_secs(600),
        ..Limits::default()
    };
    Config { limits, behind_proxy: true, public_metrics: true, ..Config::default() }
}

/// Somebody in a room.
struct Member {
    client: Client,
    id: String,
}

/// Comes from this address, and into this room.
async fn enter(server: &TestServer, address: &str, room: &str) -> Member {
    let mut client = Client::at(server, "/ws", &[("x-forwarded-for", address)]).await.unwrap();
    let welcome = client.join(room).await;
    let id = welcome["welcome"]["me"]["id"].as_str().unwrap_or_else(|| panic!("{welcome}")).to_owned();
    Member { client, id }
}

async fn pair(server: &TestServer, number: usize) -> [Member; 2] {
    let room = format!("good-{number}");
    let mut ann = enter(server, &format!("192.0.2.{number}"), &room).await;
    let ben = enter(server, &format!("192.0.2.{number}"), &room).await;
    assert_eq!(ann.client.receive().await["joined"]["member"]["id"], ben.id);
    [ann, ben]
}

/// They talk in turn, and each hears what the other one says, in its order, and nothing else; how much they said.
async fn talk([mut from, mut to]: [Member; 2], mut over: watch::Receiver<bool>) -> usize {
    let mut pace = interval(EVERY);
    // Where the computer is busy they say less, and never more.
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut said = 0;
    while !*over.borrow_and_update() {
        pace.tick().await;
        for packet in said..said + AT_ONCE {
            from.client.signal(&to.id, json!(packet)).await;
        }
        for packet in said..said + AT_ONCE {
            assert_eq!(to.client.receive().await, json!({"signal": {"from": from.id, "packet": packet}}));
        }
        std::mem::swap(&mut from, &mut to);
        said += AT_ONCE;
    }
    // What the others said was heard of by now, if it ever is.
    for someone in [&mut from, &mut to] {
        someone.client.received_nothing().await;
    }
    // Told to whom is still there.
    from.client.send(json!("leave")).await;
    assert_eq!(from.client.receive_to_the_end().await.1, Some(1000));
    assert_eq!(to.client.receive().await["left"]["reason"], "left");
    said
}

/// Everything that can be said again and again, and how it ends.
fn floods(victims: &[String]) -> Vec<(Message, &'static str, u16)> {
    let text = |message: Value| Message::text(message.to_string());
    let (victim, other) = (&victims[0], &victims[1]);
    let signal = |to: &str, bytes| text(json!({"signal": {"to": to, "packet": "x".repeat(bytes)}}));
    let not_utf8 = Frame::message(vec![b'"', 0xff, b'"'], OpCode::Data(Data::Text), true);
    let mut floods = vec![
        (text(json!({"ping": 1})), "message/too-fast", 1008),
        (Message::Ping(vec![1; 100].into()), "message/too-fast", 1008),
        (Message::Pong(vec![1; 100].into()), "message/too-fast", 1008),
        (signal("00000000000000ab", 300), "message/too-fast", 1008),
        (signal(victim, 100_000), "message/too-fast", 1008),
        (signal(victim, 600_000), "message/too-large", 1009),
        (text(json!({"ping": 1, "padding": "x".repeat(20_000)})), "message/too-large", 1009),
        (text(json!({"remove": victim})), "message/too-fast", 1008),
        (text(json!({"join": {"version": 1, "room": "good-0"}})), "join/twice", 1008),
        (text(json!({"welcome": {"me": {"id": other}}})), "message/too-fast", 1008),
        (Message::text("{".repeat(1000)), "message/malformed", 1008),
        (Message::binary(vec![0; 1000]), "message/malformed", 1003),
        (Message::Frame(not_utf8), "message/malformed", 1007),
    ];
    // Real people, in other rooms; also as if it came from who is with them.
    for (to, from) in victims.iter().zip(victims.iter().skip(1)) {
        floods.push((signal(to, 10), "message/too-fast", 1008));
        let spoofed = json!({"signal": {"to": to, "from": from, "packet": "spoofed"}, "from": from});
        floods.push((text(spoofed["signal"].clone()), "message/malformed", 1008));
        floods.push((text(json!({"signal": spoofed["signal"]})), "message/too-fast", 1008));
    }
    floods
}

/// Says to be somebody else, to somebody in the same room.
async fn spoof(server: &TestServer, somebody: &str) {
    let mut witness = enter(server, "198.51.100.1", "shared").await;
    let mut mallory = enter(server, "198.51.100.2", "shared").await;
    assert!(witness.client.receive().await["joined"].is_object());
    for packet in 0..50 {
        let signal = json!({"to": witness.id, "from": somebody, "packet": packet});
        mallory.client.send(json!({"signal": signal})).await;
        assert_eq!(witness.client.receive().await["signal"], json!({"from": mallory.id, "packet": packet}));
    }
}

/// Sends the head of a request, but for its end.
async fn slow(server: &TestServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /ws HTTP/1.1\r\nhost: a\r\nx-padding: ").await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_ones_notice_nothing_and_nothing_is_left() {
    let server = TestServer::configured(config()).await;
    let (mut pairs, mut idle, mut slow_ones, mut visitors) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for number in 0..PAIRS {
        pairs.push(pair(&server, number).await);
    }
    let victims: Vec<_> = pairs.iter().flatten().map(|member| member.id.clone()).collect();
    for number in 0..IDLE {
        let address = format!("198.18.0.{}", number / 10);
        idle.push(enter(&server, &address, &format!("idle-{}", number / 2)).await);
    }
    for _ in 0..SLOW {
        slow_ones.push(slow(&server).await);
    }
    for number in 0..VISITORS {
        let address = format!("198.19.0.{}", number / 10);
        visitors.push(Client::at(&server, "/ws", &[("x-forwarded-for", &address)]).await.unwrap());
    }

    let (over, is_over) = watch::channel(false);
    let good: JoinSet<_> = pairs.into_iter().map(|pair| talk(pair, is_over.clone())).collect();
    let mut bad = JoinSet::new();
    for (number, (message, refusal, code)) in floods(&victims).into_iter().enumerate() {
        let member = enter(&server, &format!("203.0.113.{number}"), &format!("bad-{number}")).await;
        bad.spawn(async move {
            let end = flood(member.client, message.clone()).await;
            let said = message.to_text().unwrap_or("binary");
            assert_eq!(end, (refusal.to_owned(), Some(code)), "{}", said.get(..100).unwrap_or(said));
        });
    }
    spoof(&server, &victims[0]).await;
    bad.join_all().await;
    for mut visitor in visitors {
        assert_eq!(visitor.refused_and_closed().await, ("join/timeout".to_owned(), 1008));
    }
    over.send(true).unwrap();
    for said in soon(good.join_all()).await {
        assert!(said > 20, "they talked all the time: {said}");
    }

    soon(async { while measure(&server, "members").await > IDLE as u64 {} }).await;
    assert_eq!(measure(&server, "members").await, IDLE as u64, "who only idles is still there");
    drop((idle, slow_ones));
    for gauge in ["connections", "members", "rooms"] {
        soon(async { while measure(&server, gauge).await > 0 {} }).await;
    }
}

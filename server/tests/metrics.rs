//! `/metrics`: what is counted, and who may read it.

use itodenwa_server::{Config, Limits};
use serde_json::json;

use crate::support::{Client, TestServer, http, soon};

/// The value of this line.
pub(crate) async fn measure(server: &TestServer, name: &str) -> u64 {
    let answer = server.get("/metrics").await;
    let line = answer.lines().find_map(|line| line.strip_prefix(&format!("itodenwa_{name} ")));
    line.unwrap_or_else(|| panic!("no {name}: {answer}")).parse().unwrap()
}

#[tokio::test]
async fn everything_that_happens_is_counted() {
    let limits = Limits { room_peers: 2, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let answer = server.get("/metrics").await.to_lowercase();
    assert!(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
    assert!(answer.contains("\nprocess_start_time_seconds "), "{answer}");
    assert_eq!(measure(&server, "connections").await, 0);

    let (mut ann, ann_id) = Client::in_room(&server, "r").await;
    let (mut ben, _) = Client::in_room(&server, "r").await;
    let visitor = Client::connect(&server).await;
    ann.receive().await;
    ben.signal(&ann_id, json!("a packet")).await;
    ann.receive().await;
    ben.signal("00000000000000ab", json!("for nobody")).await;
    ben.receive().await;
    for (name, expected) in [
        ("connections", 3),
        ("members", 2),
        ("rooms", 1),
        ("connections_total", 3),
        ("joins_total", 2),
        ("signals_total", 1),
        ("messages_received_total", 4),
        // Two welcomes, one joined, one signal, one refusal.
        ("messages_sent_total", 5),
        ("refusals_total{code=\"peer/unknown\"}", 1),
    ] {
        assert_eq!(measure(&server, name).await, expected, "{name}");
    }
    assert!(measure(&server, "message_bytes_sent_total").await > 100);

    let mut cem = Client::connect(&server).await;
    cem.send(json!({"join": {"version": 1, "room": "r"}})).await;
    assert_eq!(cem.refused_and_closed().await.0, "room/full");
    assert_eq!(measure(&server, "refusals_total{code=\"room/full\"}").await, 1);
    // Who only loses the socket is waited for, and the room with it.
    for mut leaving in [ann, ben] {
        leaving.send(json!("leave")).await;
        // Received to the end: a socket that is dropped with something unread takes what it said last with it.
        assert_eq!(leaving.receive_to_the_end().await.1, Some(1000));
    }
    drop((cem, visitor));
    soon(async { while measure(&server, "connections").await > 0 {} }).await;
    assert_eq!((measure(&server, "members").await, measure(&server, "rooms").await), (0, 0));
}

#[tokio::test]
async fn who_is_turned_away_is_counted_by_why() {
    let origins = vec!["https://example.org".parse().unwrap()];
    let limits = Limits { connections: 2, connections_per_address: 1, ..Limits::default() };
    let config = Config { origins, limits, behind_proxy: true, public_metrics: true, ..Config::default() };
    let server = TestServer::configured(config).await;
    let connect = async |from: &str, origin: &str| {
        Client::at(&server, "/ws", &[("x-forwarded-for", from), ("origin", origin)]).await.ok()
    };
    let good = "https://example.org";
    let _first = connect("192.0.2.1", good).await.unwrap();
    let _second = connect("192.0.2.2", good).await.unwrap();
    assert!(connect("192.0.2.3", "https://example.com").await.is_none());
    assert!(connect("192.0.2.3", good).await.is_none());
    for (reason, expected) in [("origin", 1), ("full", 1), ("address", 0)] {
        let name = format!("connections_denied_total{{reason=\"{reason}\"}}");
        assert_eq!(measure(&server, &name).await, expected, "{reason}");
    }
}

#[tokio::test]
async fn only_this_computer_reads_it_unless_everybody_may() {
    for public in [false, true] {
        let config = Config { behind_proxy: true, public_metrics: public, ..Config::default() };
        let server = TestServer::configured(config).await;
        let from = async |address: &str| {
            let request =
                format!("GET /metrics HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {address}\r\nconnection: close\r\n\r\n");
            http(server.address, &request).await.starts_with("HTTP/1.1 200")
        };
        assert!(from("127.0.0.1").await && from("::1").await && from("::ffff:127.0.0.1").await);
        assert_eq!(from("192.0.2.1").await, public);
        assert_eq!(from("127.0.0.1, 192.0.2.1").await, public, "the last one is the proxy's word");
        for value in ["198.51.100.7:5000", "[2001:db8::1]:443", "unknown", "127.0.0.1.", "localhost", "127.0.0.1,"] {
            assert_eq!(from(value).await, public, "{value}");
        }
    }
}

#[tokio::test]
async fn behind_a_proxy_of_the_same_host_it_is_not_public() {
    // Nobody said that there is one: all that it passes on comes from this computer's own address.
    let server = TestServer::start().await;
    for header in [
        "x-forwarded-for: 198.51.100.7",
        "x-forwarded-for: 127.0.0.1",
        "forwarded: for=127.0.0.1",
        "x-real-ip: 127.0.0.1",
    ] {
        let request = format!("GET /metrics HTTP/1.1\r\nhost: a\r\n{header}\r\nconnection: close\r\n\r\n");
        assert!(http(server.address, &request).await.starts_with("HTTP/1.1 404"), "{header}");
    }
    assert!(server.get("/metrics").await.starts_with("HTTP/1.1 200"));
}

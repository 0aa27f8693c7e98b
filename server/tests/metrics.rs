//! `/metrics`: what is counted, and where it is read.

use itodenwa_server::{Config, Limits, Server};
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
    let server = TestServer::configured(Config { limits, public_metrics: true, ..Config::default() }).await;
    let answer = server.get("/metrics").await.to_lowercase();
    assert!(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
    assert!(answer.contains("\nprocess_start_time_seconds "), "{answer}");
    if cfg!(target_os = "linux") {
        assert!(
            answer.contains("\nprocess_open_fds ") && answer.contains("\nprocess_resident_memory_bytes "),
            "{answer}"
        );
    }
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
    for _ in 0..3 {
        assert!(connect("192.0.2.1", good).await.is_none());
    }
    let _second = connect("192.0.2.2", good).await.unwrap();
    assert!(connect("192.0.2.3", "https://example.com").await.is_none());
    for _ in 0..2 {
        assert!(connect("192.0.2.3", good).await.is_none());
    }
    // Of a node that has no place in its cluster: in redis.rs.
    for (reason, expected) in [("origin", 1), ("full", 2), ("address", 3), ("cluster", 0)] {
        let name = format!("connections_denied_total{{reason=\"{reason}\"}}");
        assert_eq!(measure(&server, &name).await, expected, "{reason}");
    }
}

/// What comes from this computer may be what a proxy on it passes on, and it need not say so.
#[tokio::test]
async fn they_are_where_no_proxy_leads() {
    let config = Config { metrics: Some(([127, 0, 0, 1], 0).into()), ..Config::default() };
    for behind_proxy in [false, true] {
        let server = Server::bind(Config { behind_proxy, ..config.clone() }).await.unwrap();
        let metrics = server.metrics_address().unwrap();
        let server = TestServer { address: server.address(), task: tokio::spawn(server.serve()) };
        for header in [
            "",
            "x-forwarded-for: 127.0.0.1\r\n",
            "x-real-ip: 127.0.0.1\r\n",
            "forwarded: for=127.0.0.1\r\n",
            "via: 1.1 a\r\n",
            "cf-connecting-ip: 127.0.0.1\r\n",
        ] {
            let request = format!("GET /metrics HTTP/1.1\r\nhost: localhost\r\n{header}connection: close\r\n\r\n");
            assert!(http(server.address, &request).await.starts_with("HTTP/1.1 404"), "{header}");
            let answer = http(metrics, &request).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\nitodenwa_connections 0"), "{answer}");
            assert!(answer.contains("nosniff"), "{answer}");
        }
        for path in ["/", "/healthz", "/ws", "/api/rooms"] {
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            assert!(http(metrics, &request).await.starts_with("HTTP/1.1 404"), "{path} is not there");
        }
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = Server::bind(Config { metrics: taken.local_addr().ok(), ..config }).await.unwrap_err();
    assert!(error.to_string().contains("--metrics"), "{error}");
}

//! `/ws/admission`: why a WebSocket is not opened, for pages, which do not see what an upgrade is refused with.

use itodenwa_server::{Config, Limits};
use serde_json::Value;

use crate::support::{Client, TestServer, http};

/// The status, and the refusal.
async fn ask(server: &TestServer, from: &str, origin: &str) -> (u16, Value) {
    let request = format!(
        "GET /ws/admission HTTP/1.1\r\nhost: {}\r\nx-forwarded-for: {from}\r\norigin: {origin}\r\nconnection: close\r\n\r\n",
        server.address
    );
    let answer = http(server.address, &request).await;
    assert!(answer.to_lowercase().contains("access-control-allow-origin: *"), "{answer}");
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

async fn connect(server: &TestServer, from: &str) -> Option<Client> {
    Client::at(server, "/ws", &[("x-forwarded-for", from)]).await.ok()
}

#[tokio::test]
async fn a_page_learns_why_and_when_to_come_back() {
    let origins = vec!["https://example.org".parse().unwrap()];
    let limits = Limits { connections: 2, connections_per_address: 1, ..Limits::default() };
    let server = TestServer::configured(Config { origins, limits, behind_proxy: true, ..Config::default() }).await;
    let good = "https://example.org";
    for _ in 0..300 {
        assert_eq!(ask(&server, "192.0.2.1", good).await.0, 204, "asking costs nothing");
    }
    let _first = connect(&server, "192.0.2.1").await.unwrap();
    let (status, body) = ask(&server, "192.0.2.1", good).await;
    let refused = &body["refused"];
    assert_eq!(
        (status, refused["code"].as_str(), refused["retryAfter"].as_u64()),
        (429, Some("address/too-many"), Some(10_000))
    );
    assert_eq!(ask(&server, "192.0.2.2", good).await.0, 204);
    let _second = connect(&server, "192.0.2.2").await.unwrap();
    let (status, body) = ask(&server, "192.0.2.3", good).await;
    assert_eq!((status, body["refused"]["code"].as_str()), (503, Some("server/full")));
    let (status, body) = ask(&server, "192.0.2.3", "https://example.com").await;
    assert_eq!((status, body["refused"]["code"].as_str()), (403, Some("origin/forbidden")));
}

#[tokio::test]
async fn a_school_class_behind_one_address_comes_in_at_once_and_again() {
    let server = TestServer::configured(Config { behind_proxy: true, ..Config::default() }).await;
    let mut class = Vec::new();
    for _ in 0..40 {
        class.push(connect(&server, "192.0.2.1").await.expect("each of 40"));
    }
    // All of them reload their page before the server knows that they are gone.
    for _ in 0..40 {
        class.push(connect(&server, "192.0.2.1").await.expect("each of 40 again"));
    }
}

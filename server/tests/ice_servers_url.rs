//! ICE servers that a service gives.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use itodenwa_server::{Config, IceServersUrl, Limits};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::support::{Client, TestServer, soon};

/// A service that answers one request after another, the last answer again and again.
struct Service {
    url: String,
    requests: watch::Receiver<Vec<String>>,
}

impl Service {
    async fn start(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/credentials", listener.local_addr().unwrap());
        let (seen, requests) = watch::channel(Vec::<String>::new());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let mut length = stream.read(&mut request).await.unwrap();
                if request.starts_with(b"POST") && !request[..length].ends_with(b"}") {
                    length += stream.read(&mut request[length..]).await.unwrap();
                }
                request.truncate(length);
                let number = seen.borrow().len();
                seen.send_modify(|seen| seen.push(String::from_utf8(request).unwrap()));
                let _ = stream.write_all(answers[number.min(answers.len() - 1)].as_bytes()).await;
            }
        });
        Service { url, requests }
    }

    /// Waits until it was asked so often.
    async fn asked(&mut self, times: usize) {
        soon(self.requests.wait_for(|requests| requests.len() >= times)).await.unwrap();
    }

    fn config(&self) -> Config {
        let url = IceServersUrl {
            url: self.url.parse().unwrap(),
            authorization: Some("Bearer secret".parse().unwrap()),
            body: Some(r#"{"ttl": 2}"#.to_owned()),
            ttl: Duration::from_secs(2),
        };
        // The tests come again and again.
        let limits = Limits { upgrade_burst: 1000, connections_per_address: 1000, ..Limits::default() };
        Config { ice_servers_url: Some(url), limits, ..Config::default() }
    }
}

fn ok(body: &Value) -> String {
    let body = body.to_string();
    format!("HTTP/1.1 201 Created\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn turn(user: &str) -> Value {
    json!({"iceServers": {"urls": ["turn:turn.example.org"], "username": user, "credential": "c"}})
}

static ROOMS: AtomicUsize = AtomicUsize::new(0);

/// What somebody is told who comes now.
async fn welcome(server: &TestServer) -> Value {
    // Who was here is waited for a while: each has a room of its own.
    let room = format!("room-{}", ROOMS.fetch_add(1, Ordering::Relaxed));
    Client::connect(server).await.join(&room).await["welcome"]["iceServers"].clone()
}

#[tokio::test]
async fn members_get_what_the_service_gives_and_then_what_it_gives_next() {
    let mut service = Service::start(vec![ok(&turn("first")), ok(&turn("second"))]).await;
    let server = TestServer::configured(service.config()).await;
    let first = welcome(&server).await;
    assert_eq!(first["servers"], json!([{"urls": ["turn:turn.example.org"], "username": "first", "credential": "c"}]));
    assert_eq!(first["expiresIn"], 60, "it is looked at again");
    let request = service.requests.borrow()[0].to_lowercase();
    assert!(request.starts_with("post /credentials http/1.1") && request.contains("authorization: bearer secret"));
    assert!(request.contains("content-type: application/json") && request.ends_with(r#"{"ttl": 2}"#), "{request}");
    service.asked(2).await;
    comes(&server, "second").await;
}

#[tokio::test]
async fn a_service_that_fails_leaves_the_last_list() {
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{}", " ".repeat(100_000));
    let none = "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_owned();
    let failures = [none, ok(&json!([])), "no".to_owned(), large].map(async |failure| {
        let mut service = Service::start(vec![ok(&turn("first")), failure]).await;
        let mut config = service.config();
        // Asked for again after half of it, and 2 s after that: the list is still good then.
        config.ice_servers_url.as_mut().unwrap().ttl = Duration::from_secs(12);
        let server = TestServer::configured(config).await;
        // When it is asked once more, what came of the failure is done.
        service.asked(3).await;
        assert_eq!(welcome(&server).await["servers"][0]["username"], "first");
    });
    futures_util::future::join_all(failures).await;
}

#[tokio::test]
async fn a_service_that_fails_at_first_does_not_stop_the_server() {
    let mut service = Service::start(vec!["no".to_owned(), ok(&turn("later"))]).await;
    let server = TestServer::configured(service.config()).await;
    assert_eq!(welcome(&server).await["servers"], json!([]));
    service.asked(2).await;
    comes(&server, "later").await;
}

/// Browsers refuse a whole list for one mistake in it.
#[tokio::test]
async fn what_a_browser_would_refuse_is_left_out_of_the_list() {
    let good = json!({"urls": ["turn:good.example.org?transport=tcp"], "username": "u", "credential": "c"});
    let service = Service::start(vec![ok(&json!({"iceServers": [
        {"urls": "stun:bad.example.org:3478?transport=udp"},
        {"urls": "stun:bad.example.org:99999"},
        {"urls": "turn:bad.example.org", "username": "u", "credential": ""},
        {"urls": ["turn:bad.example.org?transport=tls", "turn:good.example.org?transport=tcp"], "username": "u", "credential": "c"},
    ]}))])
    .await;
    let server = TestServer::configured(service.config()).await;
    assert_eq!(welcome(&server).await["servers"], json!([good]));
}

/// A list that was asked for comes to those that join after it.
async fn comes(server: &TestServer, username: &str) {
    soon(async { while welcome(server).await["servers"][0]["username"] != username {} }).await;
}

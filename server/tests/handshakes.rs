//! The heads of requests, as no client of good will writes them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestServer, soon};

const HOST: &str = "host: a\r\n";
const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\n";
const VERSION: &str = "sec-websocket-version: 13\r\n";
const KEY: &str = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The status of the answer.
async fn status(server: &TestServer, request: &str) -> u16 {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    soon(stream.read_exact(&mut answer)).await.unwrap();
    std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_handshake_says_everything_once() {
    let server = TestServer::start().await;
    let good = [HOST, UPGRADE, VERSION, KEY].concat();
    let without = |what: &str| good.replace(what, "");
    let with = |what: &str, other: &str| good.replace(what, other);
    for (head, expected) in [
        (good.clone(), 101),
        (with(UPGRADE, "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"), 101),
        (without(HOST), 400),
        (without(UPGRADE), 426),
        (without(VERSION), 426),
        (without(KEY), 426),
        (with(UPGRADE, "connection: xupgrade\r\nupgrade: websocket\r\n"), 426),
        (with(UPGRADE, "connection: upgrade\r\nupgrade: h2c\r\n"), 426),
        (with(VERSION, "sec-websocket-version: 12\r\n"), 426),
        (with(VERSION, "sec-websocket-version: 13, 8\r\n"), 426),
        (with(VERSION, &[VERSION, "sec-websocket-version: 8\r\n"].concat()), 400),
        (with(KEY, &[KEY, KEY].concat()), 400),
        (with(KEY, "sec-websocket-key: abc\r\n"), 426),
        (with(KEY, "sec-websocket-key: eHh4eHh4eHh4eHh4eHh4\r\n"), 426),
        ([&good, "content-length: 5\r\n"].concat(), 400),
        ([&good, "transfer-encoding: chunked\r\n"].concat(), 400),
    ] {
        assert_eq!(status(&server, &format!("GET /ws HTTP/1.1\r\n{head}\r\n")).await, expected, "{head}");
    }
    for line in ["POST /ws HTTP/1.1", "HEAD /ws HTTP/1.1", "GET /ws HTTP/1.0"] {
        assert!([405, 426].contains(&status(&server, &format!("{line}\r\n{good}\r\n")).await), "{line}");
    }
}

/// RFC 9112, section 3.2.
#[tokio::test]
async fn every_request_names_one_host() {
    let server = TestServer::start().await;
    let handshake = [UPGRADE, VERSION, KEY].concat();
    let wrong =
        ["", "host:\r\n", "host: a\r\nhost: a\r\n", "host: a b\r\n", "host: a,b\r\n", "host: b@a\r\n", "host: a/b\r\n"];
    for hosts in wrong.into_iter().chain(["host: a:99999\r\n", "host: :80\r\n"]) {
        for line in ["GET /healthz HTTP/1.1", "GET /ws HTTP/1.1", "GET http://a/healthz HTTP/1.1", "GET / HTTP/1.1"] {
            assert_eq!(status(&server, &format!("{line}\r\n{hosts}{handshake}\r\n")).await, 400, "{line} {hosts}");
        }
    }
    let refused =
        crate::support::http(server.address, "GET / HTTP/1.1\r\nhost: a,b\r\nconnection: close\r\n\r\n").await;
    assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("nosniff"), "as every answer: {refused}");
    assert_eq!(status(&server, "GET /healthz HTTP/1.0\r\n\r\n").await, 200, "before 1.1 there need be none");
    assert_eq!(status(&server, "GET /healthz HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n").await, 400);
    assert_eq!(status(&server, "GET /healthz HTTP/1.1\r\nhost: [::1]:8080\r\n\r\n").await, 200);
}

//! Clients that ask for much and read nothing: they are let go, and others are served meanwhile.

use std::time::Duration;

use itodenwa_server::{Config, Limits, Page};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use crate::page::Www;
use crate::support::{TestServer, http, soon};

/// Asks for a large file twelve times and reads nothing of it.
async fn greedy(server: &TestServer) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    stream.write_all(b"GET /large.wasm HTTP/1.1\r\nhost: a\r\n\r\n".repeat(12).as_slice()).await.unwrap();
    stream
}

#[tokio::test]
async fn who_reads_nothing_is_let_go() {
    let www = Www::new("greedy");
    std::fs::write(www.folder().join("large.wasm"), vec![7; 8_000_000]).unwrap();
    // Eight connections of an address, all of them taken.
    let limits = Limits { connections_per_address: 1, write_timeout: Duration::from_millis(300), ..Limits::default() };
    let server = TestServer::configured(Config { page: Page::Folder(www.folder()), limits, ..Config::default() }).await;
    let mut taken = Vec::new();
    for _ in 0..8 {
        taken.push(greedy(&server).await);
    }
    let request = "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    soon(async {
        loop {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            let mut answer = Vec::new();
            let _ = stream.write_all(request.as_bytes()).await;
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
            if answer.starts_with(b"HTTP/1.1 200") {
                break;
            }
        }
    })
    .await;
    drop(taken);
    // Somebody who reads gets all of it.
    let answer = soon(http(server.address, "GET /large.wasm HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
    assert!(answer.len() > 8_000_000);
}

//! Clients that ask for much and read nothing: they are let go, and others are served meanwhile.

use std::time::Duration;

use itodenwa_server::{Config, Limits, Page};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::page::Www;
use crate::support::{TestServer, soon};
use crate::tls::{Files, secure};

/// How many connections an address may have here.
const PLACES: usize = 8;

/// Asks for a large file twelve times and reads nothing of it.
async fn greedy(server: &TestServer) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    stream.write_all(b"GET /large.wasm HTTP/1.1\r\nhost: a\r\n\r\n".repeat(12).as_slice()).await.unwrap();
    stream
}

/// Takes as many places as there are, each with an answer that is read by the client.
async fn serve_all(server: &TestServer) -> Vec<TcpStream> {
    let request = "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut served = Vec::new();
    soon(async {
        // When as many are served at once, all that were there before are gone.
        while served.len() < PLACES {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            let mut answer = [0; 9];
            let _ = stream.write_all(request.as_bytes()).await;
            if stream.read_exact(&mut answer).await.is_ok() && answer == *b"HTTP/1.1 " {
                served.push(stream);
            }
        }
    })
    .await;
    served
}

/// Eight connections of an address.
fn limits() -> Limits {
    Limits { connections_per_address: 1, write_timeout: Duration::from_millis(300), ..Limits::default() }
}

#[tokio::test]
async fn who_reads_nothing_is_let_go() {
    let www = Www::new("greedy");
    std::fs::write(www.folder().join("large.wasm"), vec![7; 8_000_000]).unwrap();
    let server =
        TestServer::configured(Config { page: Page::Folder(www.folder()), limits: limits(), ..Config::default() })
            .await;
    let mut taken = Vec::new();
    for _ in 0..PLACES {
        taken.push(greedy(&server).await);
    }
    let mut served = serve_all(&server).await;
    // What the system held for one of them, here and there: little of what was asked for.
    let mut rest = Vec::new();
    let _ = soon(taken[0].read_to_end(&mut rest)).await;
    assert!((1000..100_000).contains(&rest.len()), "{} bytes", rest.len());
    // Somebody who reads gets all of it.
    let reads = &mut served[0];
    reads.write_all(b"GET /large.wasm HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    soon(reads.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.len() > 8_000_000);
}

#[tokio::test]
async fn who_reads_nothing_of_what_is_encrypted_is_let_go() {
    let (www, files) = (Www::new("greedy-tls"), Files::new("greedy"));
    let config =
        Config { page: Page::Folder(www.folder()), tls: Some(files.tls()), limits: limits(), ..Config::default() };
    let server = TestServer::configured(config).await;
    let mut taken = Vec::new();
    for place in 1..=PLACES {
        // More than the system takes, or no more than that and what TLS keeps.
        let name = format!("{place}.wasm");
        std::fs::write(www.folder().join(&name), vec![7; place * 24 * 1024]).unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let stream = socket.connect(server.address).await.unwrap();
        let mut stream = secure(stream, &files.certificate).await.unwrap();
        let request = format!("GET /{name} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        taken.push(stream);
    }
    serve_all(&server).await;
}

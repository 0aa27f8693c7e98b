//! How many may connect, and how fast.

use std::time::Duration;

use itodenwa_server::{Config, Limits};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;

use crate::support::{Client, TestServer, soon, sooner_than};

async fn server(limits: Limits) -> TestServer {
    TestServer::configured(Config { behind_proxy: true, limits, ..Config::default() }).await
}

/// The status and `Retry-After` of a refused upgrade, or the client.
async fn connect(server: &TestServer, from: &str) -> Result<Client, (u16, u64)> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    Client::over(stream, from).await.map_err(|error| match error {
        Error::Http(response) => {
            let retry_after = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            (response.status().as_u16(), retry_after)
        }
        error => panic!("{error}"),
    })
}

#[tokio::test]
async fn each_address_has_so_many() {
    let server = server(Limits { connections_per_address: 2, ..Limits::default() }).await;
    let first = connect(&server, "192.0.2.1").await.unwrap();
    let _second = connect(&server, "192.0.2.1").await.unwrap();
    assert_eq!(connect(&server, "192.0.2.1").await.err(), Some((429, 10)));
    let _other = connect(&server, "192.0.2.2").await.unwrap();
    assert_eq!(
        connect(&server, "192.0.2.2, 192.0.2.1").await.err(),
        Some((429, 10)),
        "the last one is the proxy's word"
    );
    drop(first);
    soon(async { while connect(&server, "192.0.2.1").await.is_err() {} }).await;
}

#[tokio::test]
async fn clients_are_told_apart_however_a_proxy_writes_them() {
    let server = server(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let mut open = Vec::new();
    for from in ["198.51.100.7:5000", "[2001:db8:1::1]:443", "2001:db8:2::1", "192.0.2.9"] {
        open.push(connect(&server, from).await.unwrap());
    }
    for same in ["198.51.100.7", "198.51.100.7:6000", "2001:db8:1::2", "[2001:db8:2::5]"] {
        assert_eq!(connect(&server, same).await.err(), Some((429, 10)), "{same}");
    }
    // What can't be read is one client.
    open.push(connect(&server, "unknown").await.unwrap());
    assert_eq!(connect(&server, "_hidden").await.err(), Some((429, 10)));
    let forwarded = Client::at(&server, "/ws", &[("forwarded", "for=\"[2001:db8:3::1]:4711\"")]).await;
    open.push(forwarded.unwrap());
    assert!(Client::at(&server, "/ws", &[("forwarded", "for=\"[2001:db8:3::1]\"")]).await.is_err());
    // Whatever the client writes before it, it is what the proxy adds; or nothing that can be read, and that is taken.
    for own in ["for=203.0.113.1;x=\"", "for=203.0.113.2;x=\"\\\"", "for=203.0.113.3"] {
        let forwarded = format!("{own}, for=\"[2001:db8:3::1]\"");
        assert!(Client::at(&server, "/ws", &[("forwarded", &forwarded)]).await.is_err(), "{own}");
    }
    let both = [("x-forwarded-for", "203.0.113.4"), ("forwarded", "for=\"[2001:db8:3::1]\"")];
    assert!(Client::at(&server, "/ws", &both).await.is_err(), "one of the two is the client's own");
}

#[tokio::test]
async fn many_networks_of_one_owner_are_not_many_owners() {
    let server = server(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let mut open = Vec::new();
    for (networks, most) in [(0..8, 4), (0x100..0x108, 8), (0x200..0x208, 12), (0x300..0x308, 16), (0x400..0x408, 16)] {
        for network in networks {
            open.extend(connect(&server, &format!("2001:db8:0:{network:x}::1")).await.ok());
        }
        assert_eq!(open.len(), most, "of a /56 four, of a /48 sixteen");
    }
    assert!(connect(&server, "2001:db8:1::1").await.is_ok());
}

#[tokio::test]
async fn each_address_connects_so_fast() {
    let server = server(Limits { upgrade_rate: 1, upgrade_burst: 3, ..Limits::default() }).await;
    for _ in 0..3 {
        connect(&server, "192.0.2.1").await.unwrap();
    }
    assert_eq!(connect(&server, "192.0.2.1").await.err(), Some((429, 1)));
    connect(&server, "192.0.2.2").await.unwrap();
}

#[tokio::test]
async fn the_server_has_so_many() {
    let server = server(Limits { connections: 2, ..Limits::default() }).await;
    let first = connect(&server, "192.0.2.1").await.unwrap();
    let _second = connect(&server, "192.0.2.2").await.unwrap();
    assert_eq!(connect(&server, "192.0.2.3").await.err(), Some((503, 10)));
    drop(first);
    soon(async { while connect(&server, "192.0.2.3").await.is_err() {} }).await;
}

#[tokio::test]
async fn without_a_proxy_nobody_is_believed() {
    let limits = Limits { connections_per_address: 1, ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let _first = connect(&server, "192.0.2.1").await.unwrap();
    assert_eq!(connect(&server, "192.0.2.2").await.err(), Some((429, 10)));
}

#[tokio::test]
async fn who_asks_for_nothing_is_closed() {
    let limits = Limits { request_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut answer = Vec::new();
    // Hyper may say 408 before it closes.
    let _ = sooner_than(Limits::default().request_timeout, silent.read_to_end(&mut answer)).await;
}

#[tokio::test]
async fn an_address_has_only_so_many_tcp_connections() {
    let server = TestServer::limited(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(TcpStream::connect(server.address).await.unwrap());
    }
    let mut ninth = TcpStream::connect(server.address).await.unwrap();
    let ended = soon(ninth.read(&mut [0; 1])).await;
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    drop(open);
    soon(async { while Client::over(TcpStream::connect(server.address).await.unwrap(), "").await.is_err() {} }).await;
}

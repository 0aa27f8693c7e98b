//! The end of the server: everybody is told, and it does not take long.

use std::time::Duration;

use itodenwa_server::{Config, Limits, Server};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, PATIENCE, TestServer, refusal, soon, sooner_than};

async fn stoppable(limits: Limits) -> (TestServer, oneshot::Sender<()>) {
    let server = Server::bind(Config { limits, ..Config::default() }).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let address = server.address();
    let task = tokio::spawn(server.serve_until(async move { stopped.await.unwrap_or(()) }));
    (TestServer { address, task }, stop)
}

#[tokio::test]
async fn everybody_is_told_and_the_server_ends() {
    let (mut server, stop) = stoppable(Limits::default()).await;
    let (mut first, _) = Client::in_room(&server, "r").await;
    let mut visitor = Client::connect(&server).await;
    stop.send(()).unwrap();
    for client in [&mut first, &mut visitor] {
        let (messages, code) = client.receive_to_the_end().await;
        let [message] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!((refusal(message).as_str(), code), ("server/going-away", Some(1012)));
        assert!(message["refused"]["retryAfter"].is_u64());
    }
    drop((first, visitor));
    soon(&mut server.task).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn everybody_is_told_at_once_and_closed_one_after_another() {
    let (mut server, stop) = stoppable(Limits::default()).await;
    let mut clients = Vec::new();
    for room in 0..16 {
        clients.push(Client::in_room(&server, &format!("r{room}")).await.0);
    }
    stop.send(()).unwrap();
    let mut told = Vec::new();
    for client in &mut clients {
        let refused = client.receive().await;
        assert_eq!(refusal(&refused), "server/going-away");
        told.push(refused["refused"]["retryAfter"].as_u64().unwrap());
    }
    told.sort_unstable();
    told.dedup();
    assert!(told.len() > 1, "nobody is to come back at the same time as all others: {told:?}");
    let start = tokio::time::Instant::now();
    let closed = futures_util::future::join_all(clients.iter_mut().map(async |client| {
        assert_eq!(client.receive_to_the_end().await, (vec![], Some(1012)));
        start.elapsed()
    }))
    .await;
    let (first, last) = (closed.iter().min().unwrap(), closed.iter().max().unwrap());
    // That 16 of them are within a tenth of a second has a probability of 10⁻¹⁴.
    assert!(*last - *first > Duration::from_millis(100), "{closed:?}");
    drop(clients);
    soon(&mut server.task).await.unwrap();
}

#[tokio::test]
async fn it_does_not_wait_for_ever() {
    // Nothing else ends what is deaf or idle.
    let limits = Limits {
        stop_timeout: Duration::from_millis(300),
        close_timeout: PATIENCE,
        write_timeout: PATIENCE,
        request_timeout: PATIENCE,
        ..Limits::default()
    };
    let (mut server, stop) = stoppable(limits).await;
    let (_deaf, _) = Client::in_room(&server, "r").await;
    let _idle = TcpStream::connect(server.address).await.unwrap();
    stop.send(()).unwrap();
    sooner_than(Limits::default().stop_timeout, &mut server.task).await.unwrap();
}

#[tokio::test]
async fn dropping_it_ends_everything() {
    let server = TestServer::start().await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    let address = server.address;
    drop(server);
    client.receive_to_the_end().await;
    soon(async { while TcpStream::connect(address).await.is_ok() {} }).await;
}

#[tokio::test]
async fn what_is_said_meanwhile_is_no_harm() {
    let (mut server, stop) = stoppable(Limits::default()).await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    stop.send(()).unwrap();
    while futures_util::SinkExt::send(&mut client.socket, Message::text(r#"{"ping":1}"#)).await.is_ok() {
        if let crate::support::Received::Closed(code) = client.receive_any().await {
            assert_eq!(code, Some(1012));
            break;
        }
    }
    drop(client);
    soon(&mut server.task).await.unwrap();
}

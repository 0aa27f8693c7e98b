//! A server and its clients.

#[cfg(all(unix, feature = "redis"))]
pub(crate) mod proxy;
#[cfg(all(unix, feature = "redis"))]
pub(crate) mod redis;
pub(crate) mod turn;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use itodenwa_server::{Config, Limits, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Much longer than anything takes; nothing waits for it unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Awaits something that has to happen.
pub(crate) async fn soon<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens in time")
}

/// Awaits what a limit ends that the test has set: clearly sooner than the default, `usual`, would.
pub(crate) async fn sooner_than<F: Future>(usual: Duration, what: F) -> F::Output {
    tokio::time::timeout(usual * 4 / 5, what).await.expect("it ends by the limit that was set")
}

/// Looks again and again until it is so.
pub(crate) fn soon_true(mut what: impl FnMut() -> bool) {
    let until = std::time::SystemTime::now() + PATIENCE;
    while !what() {
        assert!(std::time::SystemTime::now() < until, "it does not become true in time");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A running server; dropped, it ends.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) task: JoinHandle<()>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        TestServer::limited(Limits::default()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        TestServer::configured(Config { limits, ..Config::default() }).await
    }

    pub(crate) async fn configured(config: Config) -> Self {
        let server = Server::bind(config).await.unwrap();
        TestServer { address: server.address(), task: tokio::spawn(server.serve()) }
    }

    /// The answer to a GET request, with its head.
    pub(crate) async fn get(&self, path: &str) -> String {
        http(self.address, &format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")).await
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// All that a server answers to a request, up to the end of the connection.
pub(crate) async fn http(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// A WebSocket client that says what a test wants it to say.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Client {
    pub(crate) async fn connect(server: &TestServer) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        Client::over(stream, "").await.unwrap()
    }

    /// Over this TCP connection, and as a proxy would hand it on if `forwarded_for` is not empty.
    pub(crate) async fn over(stream: TcpStream, forwarded_for: &str) -> Result<Self, Error> {
        let headers = Some(("x-forwarded-for", forwarded_for)).filter(|(_, value)| !value.is_empty());
        Client::asking(stream, "/ws", headers.as_slice()).await
    }

    /// At this path, with these headers.
    pub(crate) async fn at(server: &TestServer, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        Client::asking(TcpStream::connect(server.address).await?, path, headers).await
    }

    async fn asking(stream: TcpStream, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = format!("ws://{}{path}", stream.peer_addr()?).into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse()?);
        }
        let (socket, _) = soon(client_async(request, stream)).await?;
        Ok(Client { socket })
    }

    /// A client that is in the room, and its id.
    pub(crate) async fn in_room(server: &TestServer, room: &str) -> (Self, String) {
        let mut client = Client::connect(server).await;
        let welcome = client.join(room).await;
        let id = welcome["welcome"]["me"]["id"].as_str().unwrap_or_else(|| panic!("{welcome}")).to_owned();
        (client, id)
    }

    /// Says join; the answer.
    pub(crate) async fn join(&mut self, room: &str) -> Value {
        self.send(json!({"join": {"version": 1, "room": room}})).await;
        self.receive().await
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        soon(self.socket.send(message)).await.unwrap();
    }

    pub(crate) async fn signal(&mut self, to: &str, packet: Value) {
        self.send(json!({"signal": {"to": to, "packet": packet}})).await;
    }

    /// The next message.
    pub(crate) async fn receive(&mut self) -> Value {
        match self.receive_any().await {
            Received::Message(message) => message,
            Received::Closed(code) => panic!("closed with {code:?}"),
        }
    }

    /// The next message as it was written.
    pub(crate) async fn receive_text(&mut self) -> String {
        loop {
            match soon(self.socket.next()).await {
                Some(Ok(Message::Text(text))) => return text.as_str().to_owned(),
                Some(Ok(message)) if !message.is_close() => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next message or the end.
    pub(crate) async fn receive_any(&mut self) -> Received {
        loop {
            match soon(self.socket.next()).await {
                Some(Ok(Message::Text(text))) => return Received::Message(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Received::Closed(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Received::Closed(None),
            }
        }
    }

    /// All messages up to the end, and its close code. A connection that stays has no end, whatever comes over it.
    pub(crate) async fn receive_to_the_end(&mut self) -> (Vec<Value>, Option<u16>) {
        soon(async {
            let mut messages = Vec::new();
            loop {
                match self.receive_any().await {
                    Received::Message(message) => messages.push(message),
                    Received::Closed(code) => return (messages, code),
                }
            }
        })
        .await
    }

    /// The code of the refusal that comes last, and the close code.
    pub(crate) async fn refused_and_closed(&mut self) -> (String, u16) {
        let (messages, code) = self.receive_to_the_end().await;
        let last = messages.last().unwrap_or_else(|| panic!("closed with {code:?} and without a word"));
        (refusal(last), code.expect("a close frame"))
    }

    /// Nothing is waiting to be heard: the next thing is the answer to a ping that is sent now.
    pub(crate) async fn received_nothing(&mut self) {
        self.send(json!({"ping": 4711})).await;
        assert_eq!(self.receive().await, json!({"pong": 4711}));
    }
}

/// What a client heard.
#[derive(Debug)]
pub(crate) enum Received {
    Message(Value),
    Closed(Option<u16>),
}

/// The code of a refusal.
pub(crate) fn refusal(message: &Value) -> String {
    message["refused"]["code"].as_str().unwrap_or_else(|| panic!("not a refusal: {message}")).to_owned()
}

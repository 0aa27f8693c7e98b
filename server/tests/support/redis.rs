//! Redis, and servers that keep rooms together over it: real processes, which do not outlive their test.

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{Client, Received, http, soon};

/// What nodes are told where they are to be found out soon, and where a busy machine's two seconds are no silence yet.
pub(crate) const SOON: [&str; 2] = ["--redis-timeout", "6"];

pub(crate) const API_SECRET: &str = "a secret of operators";

/// As if there had been a cluster long ago, of which no node is left: in a new one the first nodes would wait for others. An engine
/// with a password does not take it.
const LONG_AGO: &str =
    "HSET itodenwa:cluster generation before since 0 check before secret bWFkZSBsb25nIGFnbywgYnkgbm9ib2R5";

/// An engine on a port of its own, without files.
pub(crate) struct Redis {
    pub(crate) port: u16,
    arguments: Vec<String>,
    child: Child,
}

impl Redis {
    /// None, and a word, where it is not installed; where `cargo xtask test` has found it, that fails the test.
    pub(crate) async fn start(arguments: &[&str]) -> Option<Self> {
        // Free a moment ago; no two tests get the same.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let Ok(child) = spawn(port, &arguments) else {
            assert!(std::env::var_os("ITODENWA_NEED_REDIS").is_none(), "there is no redis-server");
            println!("skipped: there is no redis-server; on Debian: apt-get install redis-server");
            return None;
        };
        let redis = Redis { port, arguments, child };
        redis.answers().await;
        redis.tell(LONG_AGO).await;
        Some(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// What it answers to a command, as it comes.
    pub(crate) async fn tell(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        answer
    }

    /// Hears this channel from now on; what is given takes in all until `end` is said there, and says how many messages came before.
    pub(crate) async fn hear(&self, channel: &str, end: &'static str) -> impl Future<Output = usize> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(format!("SUBSCRIBE {channel}\r\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        // Once it has said how many channels there are it listens.
        soon(async { while lines.next_line().await.unwrap().expect("an answer") != ":1" {} }).await;
        async move {
            let mut messages = 0;
            loop {
                match soon(lines.next_line()).await.unwrap().expect("a message").as_str() {
                    "message" => messages += 1,
                    line if line == end => return messages - 1,
                    _ => {}
                }
            }
        }
    }

    /// Nodes' names, as their channels have them.
    pub(crate) async fn channels(&self) -> Vec<String> {
        let answer = self.tell("PUBSUB CHANNELS itodenwa:node:*").await;
        answer.lines().filter(|line| line.starts_with("itodenwa:node:")).map(str::to_owned).collect()
    }

    /// With all that it knew.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(self.port, &self.arguments).unwrap();
        self.answers().await;
    }

    pub(crate) async fn signal(&self, name: &str) {
        send_signal(&self.child, name).await;
    }

    async fn answers(&self) {
        soon(async { while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {} }).await;
        soon(async { while self.tell("PING").await.starts_with("-LOADING") {} }).await;
    }
}

/// The address of an engine that says that it has this version, and OK to all else.
pub(crate) async fn old_redis(version: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let info = format!("# Server\r\nredis_version:{version}\r\n");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reads, mut writes) = stream.into_split();
            let mut lines = BufReader::new(reads).lines();
            // Each command says how many words follow, and before each word how long it is.
            while let Ok(Some(head)) = lines.next_line().await {
                let mut words = Vec::new();
                for _ in 0..head.trim_start_matches('*').parse().unwrap() {
                    lines.next_line().await.unwrap();
                    words.extend(lines.next_line().await.unwrap());
                }
                let answer = match words.first().map(String::as_str) {
                    Some("INFO") => format!("${}\r\n{info}\r\n", info.len()),
                    _ => "+OK\r\n".to_owned(),
                };
                if writes.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    url
}

async fn send_signal(child: &Child, name: &str) {
    let id = child.id().unwrap().to_string();
    assert!(soon(Command::new("kill").args([name, &id]).status()).await.unwrap().success());
}

fn spawn(port: u16, arguments: &[String]) -> std::io::Result<Child> {
    let port = port.to_string();
    let mut command = Command::new("redis-server");
    command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]).args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()
}

/// The program.
pub(crate) fn program(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
    command
        .args([
            "--listen",
            "127.0.0.1:0",
            "--turn",
            "off",
            "--public-metrics",
            "--api-secret",
            API_SECRET,
            "--redis",
            url,
        ])
        .args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// One server of several.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    pub(crate) child: Child,
}

impl Node {
    pub(crate) async fn start(redis: &Redis, arguments: &[&str]) -> Self {
        Node::start_at(&redis.url(), arguments).await
    }

    /// With the engine at this address.
    pub(crate) async fn start_at(url: &str, arguments: &[&str]) -> Self {
        Node::start_with(url, arguments, &[]).await
    }

    /// With these variables of the environment, too.
    pub(crate) async fn start_with(url: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = program(url, arguments);
        let mut child = command.envs(variables.iter().copied()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        soon(BufReader::new(child.stdout.take().unwrap()).read_line(&mut line)).await.unwrap();
        let address = line.strip_prefix("itodenwa: http://").and_then(|rest| rest.strip_suffix("/\n")).expect(&line);
        Node { address: address.parse().unwrap(), child }
    }

    pub(crate) async fn signal(&self, name: &str) {
        send_signal(&self.child, name).await;
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        http(self.address, &format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")).await
    }

    /// What `/api` answers, with its head.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> String {
        let head = format!("{method} /api/{path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
        http(self.address, &format!("{head}authorization: Bearer {API_SECRET}\r\n\r\n")).await
    }

    pub(crate) async fn is_healthy(&self) -> bool {
        self.get("/healthz").await.starts_with("HTTP/1.1 200")
    }

    /// A number at `/metrics`.
    pub(crate) async fn number(&self, name: &str) -> f64 {
        let metrics = self.get("/metrics").await;
        let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("itodenwa_{name} ")));
        line.unwrap_or_else(|| panic!("no {name}: {metrics}")).parse().unwrap()
    }

    /// Waits until a number is this one.
    pub(crate) async fn until(&self, name: &str, value: u64) {
        soon(async { while self.number(name).await.to_bits() != (value as f64).to_bits() {} }).await;
    }

    pub(crate) async fn join(&self, room: &str) -> (Client, Value) {
        self.try_to_join(room, json!(null)).await.expect("a welcome")
    }

    /// Comes in with a ticket, as often as it takes, as clients do.
    pub(crate) async fn come_back(&self, room: &str, ticket: &Value) -> (Client, Value) {
        self.come_back_after(room, ticket, 0).await
    }

    /// The same after so many signals came in the session.
    pub(crate) async fn come_back_after(&self, room: &str, ticket: &Value, signals: u32) -> (Client, Value) {
        let resume = json!({"ticket": ticket, "signals": signals});
        soon(async {
            loop {
                if let Some(joined) = self.try_to_join(room, resume.clone()).await {
                    break joined;
                }
            }
        })
        .await
    }

    /// Somebody new is not let into a room: why, and how the connection is closed.
    pub(crate) async fn refuses(&self, room: &str) -> (String, u16) {
        let mut client = Client::over(TcpStream::connect(self.address).await.unwrap(), "").await.unwrap();
        client.send(json!({"join": {"version": 1, "room": room}})).await;
        client.refused_and_closed().await
    }

    async fn try_to_join(&self, room: &str, resume: Value) -> Option<(Client, Value)> {
        let mut client = Client::over(TcpStream::connect(self.address).await.unwrap(), "").await.ok()?;
        client.send(json!({"join": {"version": 1, "room": room, "resume": resume}})).await;
        match client.receive_any().await {
            Received::Message(mut message) if message["welcome"].is_object() => {
                Some((client, message["welcome"].take()))
            }
            _ => None,
        }
    }

    /// Somebody in a room that `home` keeps.
    pub(crate) async fn join_at_home_of(&self, home: &Node) -> (Client, Value, String) {
        let before = home.number("rooms").await;
        for number in 0.. {
            let room = format!("room-{number}");
            let (mut client, welcome) = self.join(&room).await;
            if home.number("rooms").await > before {
                return (client, welcome, room);
            }
            client.send(json!("leave")).await;
            assert_eq!(client.receive_to_the_end().await.1, Some(1000));
        }
        unreachable!()
    }
}

/// Nodes that see each other.
pub(crate) async fn nodes<const N: usize>(redis: &Redis, arguments: &[&str]) -> [Node; N] {
    nodes_at([(); N].map(|()| redis.url()), arguments).await
}

/// The same, each with an address of its own for the engine.
pub(crate) async fn nodes_at<const N: usize>(urls: [String; N], arguments: &[&str]) -> [Node; N] {
    let mut nodes = Vec::new();
    for url in urls {
        nodes.push(Node::start_at(&url, arguments).await);
    }
    see_each_other(&nodes.iter().collect::<Vec<_>>()).await;
    nodes.try_into().unwrap_or_else(|_| unreachable!())
}

/// Until these nodes see all of them, and those whose room has moved are sent away.
pub(crate) async fn see_each_other(nodes: &[&Node]) {
    for node in nodes {
        node.until("cluster_nodes", nodes.len() as u64).await;
    }
    for node in nodes {
        // Answers of the others come after the news of them.
        soon(async { while !node.ask("GET", "rooms").await.starts_with("HTTP/1.1 200") {} }).await;
    }
}

pub(crate) fn id(welcome: &Value) -> &str {
    welcome["me"]["id"].as_str().unwrap_or_else(|| panic!("{welcome}"))
}

/// Each hears the other.
pub(crate) async fn talk(one: (&mut Client, &Value), other: (&mut Client, &Value)) {
    one.0.signal(id(other.1), json!("over")).await;
    assert_eq!(other.0.receive().await["signal"], json!({"from": id(one.1), "packet": "over"}));
    other.0.signal(id(one.1), json!("and back")).await;
    assert_eq!(one.0.receive().await["signal"], json!({"from": id(other.1), "packet": "and back"}));
}

/// The server sends a client away, to come back; what it heard before.
pub(crate) async fn sent_away(client: &mut Client) -> Vec<Value> {
    let mut heard = Vec::new();
    loop {
        match client.receive_any().await {
            Received::Message(message) => heard.push(message),
            Received::Closed(code) => {
                assert_eq!(code, Some(1012), "{heard:?}");
                // At a time of its own, so that not all come back at once.
                assert!(heard.iter().any(|message| message["refused"]["retryAfter"].is_u64()), "{heard:?}");
                return heard;
            }
        }
    }
}

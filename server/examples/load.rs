//! What a server costs: memory for each idle connection, processor time for each message that is passed on.
//!
//! ```sh
//! cargo build --release -p itodenwa-server --example load
//! ulimit -n 20000; target/release/examples/load target/release/itodenwa-server idle 5000
//! ulimit -n 20000; target/release/examples/load target/release/itodenwa-server relay 50 10
//! ```
//! The server is a process of its own, and its numbers are those of Linux' `/proc`. All traffic is on 127.0.0.1.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that can't be made ends"
)]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

type Socket = WebSocketStream<TcpStream>;

/// Ticks of a second in `/proc/PID/stat`, on every Linux there is.
const TICKS: f64 = 100.0;
/// As large as a candidate and its envelope.
const PACKET_BYTES: usize = 300;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [program, "idle", sockets] => idle(Server::start(program).await, sockets.parse().unwrap()).await,
        [program, "relay", pairs, seconds] => {
            let seconds = Duration::from_secs(seconds.parse().unwrap());
            relay(Server::start(program).await, pairs.parse().unwrap(), seconds).await;
        }
        _ => panic!("load PROGRAM idle SOCKETS, or load PROGRAM relay PAIRS SECONDS"),
    }
}

/// Everybody in a room of two, silent.
async fn idle(server: Server, sockets: usize) {
    let before = server.resident();
    let mut open = Vec::new();
    for number in 0..sockets {
        open.push(server.join(&format!("room-{}", number / 2)).await.0);
    }
    // Until everything that was only needed for coming in is given back.
    sleep(Duration::from_secs(3)).await;
    let after = server.resident();
    println!("{sockets} idle: {:.2} KiB each ({before} to {after} bytes)", (after - before) / sockets as f64 / 1024.0);
}

/// In each room one sends a packet, the other sends it back, and so on.
async fn relay(server: Server, pairs: usize, time: Duration) {
    let mut people = Vec::new();
    for number in 0..pairs {
        let (mut ann, _) = server.join(&format!("room-{number}")).await;
        let (ben, welcome) = server.join(&format!("room-{number}")).await;
        let ben_id = hear(&mut ann).await["joined"]["id"].as_str().unwrap().to_owned();
        let ann_id = welcome["welcome"]["members"][0]["id"].as_str().unwrap().to_owned();
        people.push((ann, ann_id, ben, ben_id));
    }
    let (before, start) = (server.cpu(), Instant::now());
    let mut tasks = Vec::new();
    for (mut ann, ann_id, mut ben, ben_id) in people {
        tasks.push(tokio::spawn(async move {
            let signal = |to: &str| json!({"signal": {"to": to, "packet": "x".repeat(PACKET_BYTES)}}).to_string();
            let (to_ann, to_ben) = (signal(&ann_id), signal(&ben_id));
            let mut messages = 0_u64;
            while start.elapsed() < time {
                ann.send(Message::text(&to_ben)).await.unwrap();
                hear_signal(&mut ben).await;
                ben.send(Message::text(&to_ann)).await.unwrap();
                hear_signal(&mut ann).await;
                messages += 2;
            }
            messages
        }));
    }
    let mut messages = 0;
    for task in tasks {
        messages += task.await.unwrap();
    }
    let (used, took) = (server.cpu() - before, start.elapsed().as_secs_f64());
    println!(
        "{pairs} pairs: {:.0} messages/s, {:.2} us of processor time each, {:.0} % of a processor",
        messages as f64 / took,
        used / messages as f64 * 1e6,
        used / took * 100.0
    );
}

async fn hear_signal(socket: &mut Socket) {
    let message = hear(socket).await;
    assert!(message["signal"].is_object(), "{message}");
}

async fn hear(socket: &mut Socket) -> Value {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
}

/// The program, with limits that do not matter here.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    async fn start(program: &str) -> Self {
        let many = "1000000";
        let mut process = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--connections", many, "--connections-per-address", many])
            .args(["--upgrade-rate", many, "--upgrade-burst", many, "--message-rate", many, "--message-burst", many])
            .args(["--byte-rate", "1073741824", "--byte-burst", "1073741824"])
            .env("RUST_LOG", "warn")
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        let address =
            line.trim().strip_prefix("itodenwa: http://").expect("an address").trim_end_matches('/').to_owned();
        Server { process, address }
    }

    async fn join(&self, room: &str) -> (Socket, Value) {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut socket, _) = client_async(format!("ws://{}/ws", self.address), stream).await.unwrap();
        let join = json!({"join": {"version": 1, "room": room}});
        socket.send(Message::text(join.to_string())).await.unwrap();
        let welcome = hear(&mut socket).await;
        (socket, welcome)
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.process.id().unwrap())).unwrap()
    }

    /// Bytes.
    fn resident(&self) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
    }

    /// Seconds.
    fn cpu(&self) -> f64 {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS
    }
}

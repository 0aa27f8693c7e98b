//! What a signalling server costs: memory for each idle connection, processor time and delay of each message that is passed
//! on. `cargo xtask bench server` runs it; its output is one line of JSON.
//!
//! ```sh
//! load itodenwa idle 5000 target/release/itodenwa-server
//! load itodenwa after 1000 target/release/itodenwa-server
//! load member target/release/itodenwa-server
//! load cluster 2 spread 2500 4 2000 10 target/release/itodenwa-server --listen 127.0.0.1:0 --public-metrics
//! load hostile 10 target/release/itodenwa-server --listen 127.0.0.1:0
//! load peer relay 50 10 node server/bench/peer.mjs
//! ```
//! The server is a process of its own, and its numbers are those of Linux' `/proc`. All traffic is on 127.0.0.1.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that can't be made ends"
)]

mod cluster;
mod dialect;
mod hostile;
mod redis;
mod server;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use dialect::Dialect;
use server::Server;

type Socket = WebSocketStream<TcpStream>;

/// Until everything that was only needed for a while is given back.
const SETTLED: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match &arguments[..] {
        ["member", program @ ..] => return member(Server::start(program).await).await,
        ["hostile", seconds, program @ ..] => {
            let program = [program, &hostile::OPTIONS].concat();
            let seconds = Duration::from_secs(seconds.parse().unwrap());
            return println!("{}", hostile::run(Server::start(&program).await, seconds).await);
        }
        ["cluster", nodes, place, rooms, members, rate, seconds, program @ ..] => {
            let [nodes, rooms, members] = [nodes, rooms, members].map(|number| number.parse().unwrap());
            let (place, rate) = (place.parse().unwrap(), rate.parse().unwrap());
            let time = Duration::from_secs(seconds.parse().unwrap());
            let plan = cluster::Plan { nodes, place, rooms, members, rate, time };
            return println!("{}", cluster::run(plan, program).await);
        }
        _ => {}
    }
    let (dialect, rest) = arguments.split_first().expect("a dialect");
    let dialect: Dialect = dialect.parse().unwrap();
    let measured = match rest {
        ["idle", sockets, program @ ..] => idle(dialect, Server::start(program).await, sockets.parse().unwrap()).await,
        ["after", sockets, program @ ..] => {
            after(dialect, Server::start(program).await, sockets.parse().unwrap()).await
        }
        ["relay", pairs, seconds, program @ ..] => {
            let seconds = Duration::from_secs(seconds.parse().unwrap());
            relay(dialect, Server::start(program).await, pairs.parse().unwrap(), seconds).await
        }
        _ => panic!("load DIALECT idle|after SOCKETS PROGRAM…, or load DIALECT relay PAIRS SECONDS PROGRAM…"),
    };
    println!("{measured}");
}

/// Somebody in a room: prints which process the server is, and the credentials for its relay. Stays until there is no more input.
async fn member(server: Server) {
    let (mut socket, welcome) = enter(Dialect::Itodenwa, &server, 0, 0).await;
    let welcome: serde_json::Value = serde_json::from_str(&welcome).unwrap();
    let relay = &welcome["welcome"]["iceServers"]["servers"][1];
    println!("{}", json!({"process": server.id(), "username": relay["username"], "credential": relay["credential"]}));
    tokio::select! {
        _ = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())) => {}
        () = async { while socket.next().await.is_some() {} } => panic!("the server closed the socket"),
    }
}

/// Everybody in a room of two, silent.
async fn idle(dialect: Dialect, server: Server, sockets: usize) -> serde_json::Value {
    let before = server.resident();
    let mut open = Vec::new();
    for number in 0..sockets {
        open.push(join(dialect, &server, number / 2, number % 2).await);
    }
    sleep(SETTLED).await;
    json!({"bytes": (server.resident() - before) / sockets as f64})
}

/// Everybody in a room of two, silent after each has said and heard one description.
async fn after(dialect: Dialect, server: Server, sockets: usize) -> serde_json::Value {
    let before = server.resident();
    let mut rooms = Vec::new();
    for room in 0..sockets / 2 {
        let mut people = [join(dialect, &server, room, 0).await, join(dialect, &server, room, 1).await];
        for (from, to) in [(0, 1), (1, 0)] {
            let description = dialect.description(&people[to].1);
            people[from].0.send(Message::text(description)).await.unwrap();
            while !dialect.is_signal(&hear(&mut people[to].0).await) {}
            if let Some(acknowledgement) = dialect.acknowledgement() {
                people[to].0.send(Message::text(acknowledgement)).await.unwrap();
                hear(&mut people[to].0).await;
            }
        }
        rooms.push(people);
    }
    sleep(SETTLED).await;
    json!({"bytes_after": (server.resident() - before) / sockets as f64})
}

/// In each room one sends a packet, the other sends it back, and so on.
async fn relay(dialect: Dialect, server: Server, pairs: usize, time: Duration) -> serde_json::Value {
    let mut people = Vec::new();
    for number in 0..pairs {
        let (ann, ann_id) = join(dialect, &server, number, 0).await;
        let (ben, ben_id) = join(dialect, &server, number, 1).await;
        people.push((ann, ann_id, ben, ben_id));
    }
    let before = server.cpu();
    let (delays, took) = talk(dialect, people, time).await;
    let after = server.cpu();
    let each = |seconds: f64| seconds / delays.len() as f64 * 1e6;
    json!({
        "cpu_us": each(after.0 - before.0 + after.1 - before.1),
        "system_us": each(after.1 - before.1),
        "messages_per_second": delays.len() as f64 / took,
        "p99_ms": delays[delays.len() * 99 / 100].as_secs_f64() * 1e3,
    })
}

/// In each room one sends a packet, the other sends it back, and so on; gives how long each took, the shortest first, and how
/// many seconds all did.
async fn talk(dialect: Dialect, people: Vec<(Socket, String, Socket, String)>, time: Duration) -> (Vec<Duration>, f64) {
    let start = Instant::now();
    let mut tasks = Vec::new();
    for (ann, ann_id, ben, ben_id) in people {
        tasks.push(tokio::spawn(async move {
            let (mut from, mut to) = ((ann, dialect.signal(&ben_id)), (ben, dialect.signal(&ann_id)));
            let mut delays = Vec::new();
            while start.elapsed() < time {
                let sent = Instant::now();
                from.0.send(Message::text(&from.1)).await.unwrap();
                while !dialect.is_signal(&hear(&mut to.0).await) {}
                delays.push(sent.elapsed());
                std::mem::swap(&mut from, &mut to);
            }
            delays
        }));
    }
    let mut delays = Vec::new();
    for task in tasks {
        delays.extend(task.await.unwrap());
    }
    let took = start.elapsed().as_secs_f64();
    delays.sort_unstable();
    (delays, took)
}

/// Comes into a room; gives the name by which others reach who came.
async fn join(dialect: Dialect, server: &Server, room: usize, seat: usize) -> (Socket, String) {
    let (socket, welcome) = enter(dialect, server, room, seat).await;
    let id = dialect.id(&welcome, room, seat);
    (socket, id)
}

/// The same; gives what is said to who came.
async fn enter(dialect: Dialect, server: &Server, room: usize, seat: usize) -> (Socket, String) {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let path = dialect.path(room, seat);
    let (mut socket, _) = client_async(format!("ws://{}{path}", server.address()), stream).await.unwrap();
    if let Some(join) = dialect.join(room) {
        socket.send(Message::text(join)).await.unwrap();
    }
    let welcome = hear(&mut socket).await;
    (socket, welcome)
}

async fn hear(socket: &mut Socket) -> String {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => return text.to_string(),
            Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
}

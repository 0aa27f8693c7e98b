//! Good clients while others do their worst: how long their messages take, and what the server's memory comes to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::dialect::Dialect;
use crate::server::Server;
use crate::{Socket, hear};

/// Rooms of two good clients, and how often each says something.
const PAIRS: usize = 20;
const EVERY: Duration = Duration::from_millis(50);
/// Who does what, all at the same time.
const IDLE: usize = 10_000;
const SLOW: usize = 200;
const UPGRADES_PER_SECOND: u32 = 1000;
const FLOODERS: usize = 24;

/// The options of the server: each client has an address of its own.
pub(crate) const OPTIONS: [&str; 2] = ["--behind-proxy", "--connections=12000"];

/// Measures good clients alone, then among the others.
pub(crate) async fn run(server: Server, time: Duration) -> Value {
    let server = Arc::new(server);
    let alone = good(&server, time).await;
    let before = server.resident();
    let over = Arc::new(AtomicBool::new(false));
    let done = Arc::new(Counts::default());
    let mut bad = JoinSet::new();
    for number in 0..IDLE {
        // Each address may have some connections.
        let Ok(mut socket) = connect(&server, &format!("198.18.{}.{}", number / 4 / 250, number / 4 % 250)).await
        else {
            continue;
        };
        say(&mut socket, &json!({"join": {"version": 1, "room": format!("idle-{}", number / 2)}})).await;
        done.idle.fetch_add(1, Ordering::Relaxed);
        let over = over.clone();
        bad.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let _ = tokio::time::timeout(Duration::from_secs(1), socket.next()).await;
            }
        });
    }
    for number in 0..SLOW {
        bad.spawn(slow(server.clone(), number, over.clone()));
    }
    bad.spawn(upgrades(server.clone(), over.clone(), done.clone()));
    for number in 0..FLOODERS {
        bad.spawn(flood(server.clone(), number, over.clone(), done.clone()));
    }
    let among = good(&server, time).await;
    let most = server.resident();
    over.store(true, Ordering::Relaxed);
    while bad.join_next().await.is_some() {}
    json!({
        "alone": alone,
        "among": among,
        "idle": done.idle.load(Ordering::Relaxed),
        "upgrades": done.upgrades.load(Ordering::Relaxed),
        "flooded": done.flooded.load(Ordering::Relaxed),
        "memory_before": before,
        "memory": most,
    })
}

/// What the bad ones came to.
#[derive(Default)]
struct Counts {
    idle: AtomicU64,
    upgrades: AtomicU64,
    flooded: AtomicU64,
}

/// Delays of the messages of good clients, in milliseconds.
async fn good(server: &Arc<Server>, time: Duration) -> Value {
    let mut pairs = JoinSet::new();
    for number in 0..PAIRS {
        let server = server.clone();
        pairs.spawn(async move {
            let room = json!({"join": {"version": 1, "room": format!("good-{number}")}});
            let mut people = Vec::new();
            for seat in 0..2 {
                let mut socket = connect(&server, &format!("192.0.2.{}", number * 2 + seat)).await.unwrap();
                say(&mut socket, &room).await;
                let id = Dialect::Itodenwa.id(&hear(&mut socket).await, 0, 0);
                people.push((socket, id));
            }
            let (mut to, id) = people.pop().unwrap();
            let (mut from, _) = people.pop().unwrap();
            let signal = Dialect::Itodenwa.signal(&id);
            let (start, mut delays) = (Instant::now(), Vec::new());
            while start.elapsed() < time {
                let sent = Instant::now();
                from.send(Message::text(&signal)).await.unwrap();
                while !Dialect::Itodenwa.is_signal(&hear(&mut to).await) {}
                delays.push(sent.elapsed());
                sleep(EVERY).await;
            }
            delays
        });
    }
    let mut delays = pairs.join_all().await.concat();
    delays.sort_unstable();
    let at = |share: usize| delays[(delays.len() - 1) * share / 100].as_secs_f64() * 1e3;
    json!({"messages": delays.len(), "p50_ms": at(50), "p99_ms": at(99), "most_ms": at(100)})
}

/// A request that comes byte by byte.
async fn slow(server: Arc<Server>, number: usize, over: Arc<AtomicBool>) {
    let request = format!("GET /ws HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 203.0.113.{number}\r\nx-padding: ");
    while !over.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(server.address()).await else { return };
        for byte in request.bytes().chain(std::iter::repeat(b'x')) {
            if over.load(Ordering::Relaxed) || stream.write_all(&[byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Sockets that are opened and dropped, from ever other addresses.
async fn upgrades(server: Arc<Server>, over: Arc<AtomicBool>, done: Arc<Counts>) {
    let mut attempts = JoinSet::new();
    let (start, mut number) = (Instant::now(), 0_u32);
    while !over.load(Ordering::Relaxed) {
        if number < (start.elapsed().as_secs_f64() * f64::from(UPGRADES_PER_SECOND)) as u32 && attempts.len() < 500 {
            number += 1;
            let (server, done) = (server.clone(), done.clone());
            attempts.spawn(async move {
                let address = format!("198.19.{}.{}", number / 250 % 250, number % 250);
                if connect(&server, &address).await.is_ok() {
                    done.upgrades.fetch_add(1, Ordering::Relaxed);
                }
            });
        } else {
            sleep(Duration::from_millis(1)).await;
        }
        while attempts.try_join_next().is_some() {}
    }
}

/// A member that says one kind of thing as fast as it can, and comes back when it is thrown out.
async fn flood(server: Arc<Server>, number: usize, over: Arc<AtomicBool>, done: Arc<Counts>) {
    let address = format!("203.0.113.{}", number % 250);
    let signal = |to: &str, size: usize| json!({"signal": {"to": to, "packet": "x".repeat(size)}}).to_string();
    let said = match number % 8 {
        0 => Message::text(json!({"ping": 1}).to_string()),
        1 => Message::text(signal("00000000000000ab", 300)),
        2 => Message::text(
            json!({"signal": {"to": "00000000000000ab", "from": "00000000000000ac", "packet": 1}}).to_string(),
        ),
        3 => Message::text("{".repeat(1000)),
        4 => Message::binary(vec![0; 1000]),
        5 => Message::text(json!({"join": {"version": 1, "room": "again"}}).to_string()),
        6 => Message::text(signal("00000000000000ab", 400_000)),
        _ => Message::Ping(vec![0; 100].into()),
    };
    while !over.load(Ordering::Relaxed) {
        let Ok(mut socket) = connect(&server, &address).await else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        say(&mut socket, &json!({"join": {"version": 1, "room": format!("flood-{number}")}})).await;
        let (mut sink, mut stream) = socket.split();
        let reads = tokio::spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
        while !over.load(Ordering::Relaxed) && sink.send(said.clone()).await.is_ok() {
            done.flooded.fetch_add(1, Ordering::Relaxed);
        }
        reads.abort();
    }
}

async fn connect(server: &Server, address: &str) -> Result<Socket, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(server.address()).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{}/ws", server.address()).into_client_request()?;
    request.headers_mut().insert("x-forwarded-for", address.parse()?);
    Ok(client_async(request, stream).await?.0)
}

async fn say(socket: &mut Socket, message: &Value) {
    // Who is thrown out at once sees it when it listens.
    let _ = socket.send(Message::text(message.to_string())).await;
}

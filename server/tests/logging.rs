//! What the log has, and what it never has.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use itodenwa_server::token::{Claims, Secret};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::support::{Client, http, refusal, soon};

const SECRET: &str = "a secret that nobody may read in a log";
const ROOM: &str = "a-room-that-nobody-may-read";
const CANDIDATE: &str = "candidate:1 1 udp 2122260223 198.51.100.23 51234 typ host";

/// The program, where it listens, and all that it logs until it ends.
async fn start(mut program: Command) -> (Child, SocketAddr, JoinHandle<String>) {
    program.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut program = program.spawn().unwrap();
    let mut line = String::new();
    soon(BufReader::new(program.stdout.take().unwrap()).read_line(&mut line)).await.unwrap();
    let address = line.trim().strip_prefix("itodenwa: http://").unwrap().trim_end_matches('/').parse().unwrap();
    let mut stderr = program.stderr.take().unwrap();
    let log = tokio::spawn(async move {
        let mut log = String::new();
        stderr.read_to_string(&mut log).await.unwrap();
        log
    });
    (program, address, log)
}

/// Everything that the program logs, at the finest level, while people come in, talk and are refused.
async fn log_of_a_busy_run(format: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
    program.args(["--listen", "127.0.0.1:0", "--behind-proxy", "--log-format", format, "--room-peers", "2"]);
    program.env("RUST_LOG", "trace").env("ITODENWA_SECRET", SECRET.replace(' ', "-"));
    let (mut program, address, log) = start(program).await;

    let connect = async || Client::over(TcpStream::connect(address).await.unwrap(), "203.0.113.77").await.unwrap();
    let (mut ann, ann_id) = join(connect().await, "ann").await;
    let (mut ben, _) = join(connect().await, "ben").await;
    let sdp = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\na=ice-pwd:nobody-may-read-this";
    for packet in [json!({"offer": {"sdp": sdp}}), json!({"candidate": CANDIDATE})] {
        ben.signal(&ann_id, packet).await;
    }
    ben.send(json!({"ping": "of nobody's concern"})).await;
    assert_eq!(refusal(&ben.receive().await), "message/malformed");
    ann.receive().await;
    ann.receive().await;
    // A full room, a wrong token, an address with a token in it.
    let (mut cem, _) = joining(connect().await, &token("cem")).await;
    cem.receive_to_the_end().await;
    drop(cem);
    let (mut dan, _) = joining(connect().await, &token("dan").replace('.', ".x")).await;
    dan.receive_to_the_end().await;
    http(address, &format!("GET /ws?token={} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", token("eve"))).await;

    let id = program.id().unwrap().to_string();
    assert!(soon(Command::new("kill").args(["-TERM", &id]).status()).await.unwrap().success());
    ann.receive_to_the_end().await;
    ben.receive_to_the_end().await;
    drop((ann, ben, dan));
    assert!(soon(program.wait()).await.unwrap().success());
    soon(log).await.unwrap()
}

/// What is logged while strangers send what is of no use, and the answer to a request that came behind all of it.
#[cfg(unix)]
async fn log_of_strangers(level: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
    program.args(["--listen", "127.0.0.1:0", "--turn-listen", "127.0.0.1:0", "--allow-origin", "https://example.org"]);
    program.env("RUST_LOG", level);
    let (mut program, address, log) = start(program).await;
    let mut ann = Client::over(TcpStream::connect(address).await.unwrap(), "").await.unwrap();
    let stun = ann.join("r").await["welcome"]["iceServers"]["servers"][0]["urls"][0].clone();
    let relay = stun.as_str().unwrap().strip_prefix("stun:").unwrap();

    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // With the cookie of STUN; of 100 bytes that it speaks of there are none, and an attribute that is cut off.
    let cookie = [0x21, 0x12, 0xa4, 0x42];
    let without_attributes = [&[0, 1, 0, 100][..], &cookie, &[7; 12]].concat();
    let cut_off = [&[0, 1, 0, 4][..], &cookie, &[7; 12], &[0, 6, 0, 100]].concat();
    let binding = [&[0, 1, 0, 0][..], &cookie, &[8; 12]].concat();
    let mut answer = [0; 100];
    soon(async {
        loop {
            for datagram in [&without_attributes, &cut_off, &binding] {
                socket.send_to(datagram, relay).await.unwrap();
            }
            // Datagrams may be lost.
            let heard = tokio::time::timeout(Duration::from_secs(1), socket.recv(&mut answer)).await;
            if heard.is_ok_and(|length| length.is_ok()) {
                break;
            }
        }
    })
    .await;
    let key = "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let upgrade =
        format!("connection: upgrade, close\r\nupgrade: websocket\r\n{key}origin: https://elsewhere.example\r\n\r\n");
    let refused = http(address, &format!("GET /ws HTTP/1.1\r\nhost: a\r\n{upgrade}")).await;
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");

    let id = program.id().unwrap().to_string();
    assert!(soon(Command::new("kill").args(["-TERM", &id]).status()).await.unwrap().success());
    assert!(soon(program.wait()).await.unwrap().success());
    soon(log).await.unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn strangers_write_nothing_into_the_log_unless_somebody_asks_for_it() {
    for level in ["info", "itodenwa_server=info,warn"] {
        let log = log_of_strangers(level).await;
        assert!(log.contains("stopping"), "it does log: {log}");
        assert!(!log.contains("stun_types") && !log.contains("elsewhere"), "{level}: {log}");
    }
    let log = log_of_strangers("debug,stun_types=warn").await;
    assert!(log.contains("stun_types") && log.contains("elsewhere"), "{log}");
}

/// Members come and go and ask the relay as often as they like.
#[cfg(unix)]
#[tokio::test]
async fn members_do_not_fill_the_log() {
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let gone = axum::routing::post(async move || {
        let _ = sender.send(());
        axum::http::StatusCode::GONE
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/", gone)).await });
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let ports = taken.local_addr().unwrap().port();

    let mut program = Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
    program.args([
        "--listen",
        "127.0.0.1:0",
        "--turn-listen",
        "127.0.0.1:0",
        "--turn-ports",
        &format!("{ports}-{ports}"),
    ]);
    program.args(["--webhook", &webhook, "--webhook-secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"]);
    program.env("RUST_LOG", "info");
    let (mut program, address, log) = start(program).await;
    for _ in 0..10 {
        let mut ann = Client::over(TcpStream::connect(address).await.unwrap(), "").await.unwrap();
        let welcome = ann.join("r").await["welcome"].clone();
        assert_eq!(crate::turn_members::turn(&welcome["iceServers"]).allocate().code(), 508);
        ann.send(json!("leave")).await;
        ann.receive_to_the_end().await;
        soon(events.recv()).await.expect("the application runs");
    }
    let id = program.id().unwrap().to_string();
    assert!(soon(Command::new("kill").args(["-TERM", &id]).status()).await.unwrap().success());
    assert!(soon(program.wait()).await.unwrap().success());
    let log = soon(log).await.unwrap();
    for once in ["events are dropped", "found no free port"] {
        assert_eq!(log.matches(once).count(), 1, "{once}: {log}");
    }
}

fn token(identity: &str) -> String {
    let secret = Secret::new(SECRET.replace(' ', "-")).unwrap();
    Claims::new(ROOM, identity, SystemTime::now(), Duration::from_secs(60)).sign(&secret)
}

async fn joining(mut client: Client, token: &str) -> (Client, Value) {
    client.send(json!({"join": {"version": 1, "room": ROOM, "name": "Nobody of the log", "token": token}})).await;
    let answer = client.receive().await;
    (client, answer)
}

async fn join(client: Client, identity: &str) -> (Client, String) {
    let (client, answer) = joining(client, &token(identity)).await;
    let id = answer["welcome"]["me"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (client, id)
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_that_is_said_and_nobody_is_in_the_log() {
    let log = log_of_a_busy_run("text").await;
    assert!(log.contains("connected") && log.contains("stopping"), "it does log: {log}");
    assert!(log.contains("203.0.113.0/24"), "whole networks may be read: {log}");
    let tokens = ["ann", "cem", "eve"].map(token);
    let parts = tokens.iter().flat_map(|token| token.split('.').skip(1));
    let never =
        ["203.0.113.77", "198.51.100.23", "candidate:", "ice-pwd", "o=-", "nobody", "Nobody", "a-secret", "eyJ"];
    for secret in never.into_iter().chain(parts) {
        assert!(!log.contains(secret), "the log has {secret}: {log}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn for_programs_every_line_is_json() {
    let log = log_of_a_busy_run("json").await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let refused = lines.iter().filter(|line| line["message"] == "message refused").collect::<Vec<_>>();
    assert!(refused.iter().any(|line| line["level"] == "DEBUG" && line["code"] == "message/malformed"), "{refused:?}");
    assert!(lines.iter().any(|line| line["message"] == "stopping" && line["connections"].is_u64()));
}

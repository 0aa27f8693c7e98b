//! The relay, in a program of its own: a flood of who has no credentials leaves nothing behind.

#![cfg(target_os = "linux")]

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use itodenwa_server::relay::credentials::{Credentials, Secret};
use stun_types::message::BINDING;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;
use turn_types::attribute::RequestedTransport;
use turn_types::message::{ALLOCATE, CREATE_PERMISSION};

use crate::support::turn::{Turn, request};
use crate::support::{PATIENCE, soon, soon_true};

const FLOOD: usize = 30_000;
/// One after another.
const FLOODS: usize = 4;
/// KiB that one of them may leave: 10 bytes for each packet would be more, and 150 for each client.
const MOST: u64 = 150;
/// From so many ports, each of which is another client.
const CLIENTS: usize = 1000;

#[tokio::test]
async fn a_flood_of_who_has_no_credentials_leaves_nothing_behind() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_itodenwa-server"))
        .args(["--listen", "127.0.0.1:0", "--turn-listen", "127.0.0.1:0", "--turn-unauthenticated-rate", "1000000"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(program.stderr.take().unwrap());
    let mut started = String::new();
    let relay = loop {
        soon(log.read_line(&mut started)).await.unwrap();
        if let Some((_, address)) = started.split_once("relay address=") {
            break address.trim().parse().unwrap();
        }
    };
    let process = program.id().unwrap();

    let questions = questions(relay);
    flood(relay, &questions);
    // What each packet or client leaves behind, each flood leaves behind; what a thread takes when it first works, one of them.
    let mut before = resident(process);
    let grown = [(); FLOODS].map(|()| {
        flood(relay, &questions);
        let now = resident(process);
        now.saturating_sub(std::mem::replace(&mut before, now))
    });
    assert!(grown.iter().min() < Some(&MOST), "{grown:?} KiB");
    program.kill().await.unwrap();
    let mut rest = String::new();
    let _ = log.read_to_string(&mut rest).await;
    assert!(rest.lines().count() < 10, "nor in the log: {rest}");
}

fn questions(relay: SocketAddr) -> Vec<Vec<u8>> {
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let somebody = Secret::new(*b"not the secret of this server").unwrap().mint(u64::MAX, "eve");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(relay).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut client = Turn::over(socket, somebody);
    client.challenge = Some(client.exchange(&request(ALLOCATE, &[], None)).challenge());
    let mut broken = request(BINDING, &[&transport], None);
    let end = broken.len() - 6;
    broken[end] = 0xff;
    vec![
        request(ALLOCATE, &[&transport], None),
        request(CREATE_PERMISSION, &[], None),
        request(BINDING, &[], None),
        client.signed(ALLOCATE, &[&transport]),
        {
            client.credentials = Credentials { username: "x".repeat(500), password: String::new() };
            client.signed(ALLOCATE, &[&transport])
        },
        broken,
        b"\x40\x00\x00\x04data".to_vec(),
    ]
}

/// Sends a flood, and a question after each few packets, so that all are read.
fn flood(relay: SocketAddr, questions: &[Vec<u8>]) {
    for client in 0..CLIENTS {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(relay).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        for number in 0..FLOOD / CLIENTS {
            socket.send(&questions[(client + number) % questions.len()]).unwrap();
        }
        // It is asked again, as packets may be lost.
        soon_true(|| {
            let last = request(BINDING, &[], None);
            socket.send(&last).unwrap();
            let mut buffer = [0; 1024];
            while let Ok(length) = socket.recv(&mut buffer) {
                if length >= 20 && buffer[8..20] == last[8..20] {
                    return true;
                }
            }
            false
        });
    }
}

/// How much memory a process has, in KiB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

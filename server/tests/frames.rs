//! Frames, byte by byte (RFC 6455): what is wrong closes the connection by its code, and everything else is answered.

use std::time::Duration;

use itodenwa_server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestServer, soon};

const TEXT: u8 = 0x81;
const PONG: u8 = 0x8a;
const CLOSE: u8 = 0x88;
/// What answers [`ping`].
const ANSWER: &[u8] = br#"{"pong":1}"#;

/// A frame as a client sends it, with its length in the shortest form.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    match payload.len() {
        length @ 0..=125 => with_length(first, &[0x80 | length as u8], payload),
        length => with_length(first, &[&[0xfe], &(length as u16).to_be_bytes()[..]].concat(), payload),
    }
}

/// The same with this length.
fn with_length(first: u8, length: &[u8], payload: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 4];
    let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [&[first], length, &mask].concat().into_iter().chain(masked).collect()
}

fn ping() -> Vec<u8> {
    frame(TEXT, br#"{"ping":1}"#)
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(CLOSE, &[&code.to_be_bytes(), reason].concat())
}

async fn upgraded(server: &TestServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(soon(stream.read_u8()).await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    stream
}

async fn member(server: &TestServer, room: &str) -> TcpStream {
    let mut stream = upgraded(server).await;
    let join = format!(r#"{{"join":{{"version":1,"room":"{room}"}}}}"#);
    stream.write_all(&frame(TEXT, join.as_bytes())).await.unwrap();
    let (_, welcome) = received(&mut stream).await.unwrap();
    assert!(welcome.starts_with(b"{\"welcome\""), "{}", String::from_utf8_lossy(&welcome));
    stream
}

/// The first byte and the payload of the next frame; none at the end.
async fn received(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    soon(async {
        let first = stream.read_u8().await.ok()?;
        let length = match stream.read_u8().await.ok()? {
            126 => stream.read_u16().await.ok()?.into(),
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.ok()?;
        Some((first, payload))
    })
    .await
}

/// The last thing that is said on it, and then its end.
async fn ended(stream: &mut TcpStream) -> (Vec<u8>, Option<u16>) {
    let mut said = Vec::new();
    while let Some((first, payload)) = received(stream).await {
        if first == CLOSE {
            assert!(received(stream).await.is_none(), "nothing comes after the close frame");
            return (said, payload.first_chunk().copied().map(u16::from_be_bytes));
        }
        said = payload;
    }
    panic!("it ended without a close frame");
}

async fn server() -> TestServer {
    let limits = Limits { upgrade_burst: 1000, connections_per_address: 1000, ..Limits::default() };
    TestServer::limited(limits).await
}

#[tokio::test]
async fn what_is_wrong_closes_by_its_code() {
    let server = server().await;
    let part = |payload| frame(TEXT & 0x7f, payload);
    let mut wrong = vec![
        (with_length(TEXT, &[0xfe, 0, 10], b"{\"ping\":1}"), 1002, "two bytes for a length of one"),
        (with_length(TEXT, &[0xff, 0, 0, 0, 0, 0, 0, 0, 10], b"{\"ping\":1}"), 1002, "eight for one of one"),
        (with_length(TEXT, &[0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], b""), 1002, "eight for one of two"),
        (with_length(TEXT, &[0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], b""), 1002, "a length with the highest bit"),
        (with_length(TEXT, &[0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255], b""), 1009, "the largest length"),
        (with_length(0x89, &[0xfe, 0, 1], b"a"), 1002, "a control frame of two bytes of length"),
        (frame(0x89, &[b'a'; 126]), 1002, "a large ping"),
        (close(1000, &[b'a'; 124]), 1002, "a large close frame"),
        (frame(0x09, b"a"), 1002, "a ping in fragments"),
        (frame(0x08, &[3, 0xe8]), 1002, "a close frame in fragments"),
        (b"\x81\x0a{\"ping\":1}".to_vec(), 1002, "not masked"),
        (frame(0xc1, b"{}"), 1002, "the first reserved bit"),
        (frame(0xa1, b"{}"), 1002, "the second one"),
        (frame(0x99, b""), 1002, "the third one, on a ping"),
        (frame(0x83, b""), 1002, "a reserved kind of data"),
        (frame(0x8b, b""), 1002, "a reserved kind of control frame"),
        (frame(0x80, b"{}"), 1002, "a continuation of nothing"),
        ([part(b"{"), ping()].concat(), 1002, "a message within a message"),
        (frame(TEXT, b"\"\xff\""), 1007, "no UTF-8"),
        (frame(TEXT, b"\"\xed\xa0\x80\""), 1007, "half of a pair"),
        (frame(TEXT, b"\"\xc0\x80\""), 1007, "a longer form of NUL"),
        (close(1000, b"\xff\xfe"), 1007, "a reason that is no UTF-8"),
        (frame(CLOSE, &[3]), 1002, "half a code"),
    ];
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535] {
        wrong.push((close(code, b""), 1002, "a code that nobody sends"));
    }
    for (number, (bytes, code, why)) in wrong.into_iter().enumerate() {
        let mut stream = member(&server, &format!("r{number}")).await;
        // What follows is not read any more.
        stream.write_all(&[bytes.clone(), ping()].concat()).await.unwrap();
        let (said, closed) = ended(&mut stream).await;
        assert_eq!(closed, Some(code), "{why}: {bytes:x?}");
        assert_ne!(said, ANSWER, "{why}");
    }
}

#[tokio::test]
async fn a_close_frame_is_answered_with_its_code() {
    let server = server().await;
    for code in [1000, 1001, 1003, 1007, 1011, 1012, 1013, 3000, 3999, 4000, 4999] {
        let mut stream = member(&server, &format!("r{code}")).await;
        // In the middle of a message as well.
        stream.write_all(&[frame(1, b"{"), close(code, &[b'a'; 123]), ping()].concat()).await.unwrap();
        assert_eq!(ended(&mut stream).await.1, Some(code));
    }
    let mut stream = member(&server, "r").await;
    stream.write_all(&frame(CLOSE, b"")).await.unwrap();
    assert_eq!(ended(&mut stream).await.1, None);
}

#[tokio::test]
async fn what_is_right_is_read_however_it_is_cut() {
    let server = server().await;
    let mut stream = member(&server, "r").await;
    let bytes = [
        frame(1, b"{\"pi"),
        frame(0x89, &[b'a'; 125]),
        frame(0, b""),
        frame(0x80, b"ng\":1}"),
        frame(PONG, b"of nothing"),
        with_length(TEXT, &[0xfe, 0, 126], format!("{:126}", r#"{"ping":1}"#).as_bytes()),
    ];
    for byte in bytes.concat() {
        stream.write_u8(byte).await.unwrap();
    }
    let expected: [(u8, &[u8]); 3] = [(PONG, &[b'a'; 125]), (TEXT, ANSWER), (TEXT, ANSWER)];
    for (first, payload) in expected {
        assert_eq!(received(&mut stream).await.unwrap(), (first, payload.to_vec()));
    }
}

#[tokio::test]
async fn nobody_who_has_not_joined_sends_much() {
    let server = server().await;
    let mut visitor = upgraded(&server).await;
    let signal = format!(r#"{{"signal":{{"to":"00000000000000ab","packet":"{}"}}}}"#, "x".repeat(70_000));
    let length = [&[0xff], &(signal.len() as u64).to_be_bytes()[..]].concat();
    visitor.write_all(&with_length(TEXT, &length, b"")).await.unwrap();
    let (said, closed) = ended(&mut visitor).await;
    assert_eq!(closed, Some(1009));
    assert!(String::from_utf8_lossy(&said).contains("16384"), "{}", String::from_utf8_lossy(&said));
    let with_waiting_rooms = Limits { waiting_rooms: true, ..Limits::default() };
    let with_waiting_rooms = TestServer::limited(with_waiting_rooms).await;
    // The first one does not wait.
    let _first = member(&with_waiting_rooms, "r").await;
    let mut waiting = upgraded(&with_waiting_rooms).await;
    waiting.write_all(&frame(TEXT, br#"{"join":{"version":3,"room":"r"}}"#)).await.unwrap();
    let (_, answer) = received(&mut waiting).await.unwrap();
    assert!(answer.starts_with(b"{\"wait\""), "{}", String::from_utf8_lossy(&answer));
    waiting.write_all(&with_length(TEXT, &length, b"")).await.unwrap();
    assert_eq!(ended(&mut waiting).await.1, Some(1009), "who waits is no member");
    let mut member = member(&server, "r").await;
    member.write_all(&with_length(TEXT, &length, signal.as_bytes())).await.unwrap();
    let (_, answer) = received(&mut member).await.unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("peer/unknown"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_message_that_never_ends_is_not_waited_for() {
    let limits = Limits { idle_timeout: Duration::from_millis(300), ..Limits::default() };
    let server = TestServer::limited(limits).await;
    let mut stream = member(&server, "r").await;
    stream.write_all(&frame(1, &[b' '; 60_000])).await.unwrap();
    // It answers every ping, and an idle connection may stay as long as it does. One comes in a third of that time.
    for _ in 0..30 {
        match received(&mut stream).await.expect("a close frame") {
            (0x89, payload) => stream.write_all(&frame(PONG, &payload)).await.unwrap(),
            (CLOSE, payload) => return assert_eq!(payload[..2], 1008_u16.to_be_bytes()),
            other => panic!("{other:?}"),
        }
    }
    panic!("it is waited for");
}

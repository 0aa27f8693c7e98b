//! A session outlives its socket, and the server.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::SinkExt;
use itodenwa_server::{Config, Limits, TicketSecret};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::support::{Client, TestServer, soon};

/// A client in room `r`, and its welcome.
async fn join(server: &TestServer) -> (Client, Value) {
    let mut client = Client::connect(server).await;
    let welcome = client.join("r").await["welcome"].take();
    (client, welcome)
}

/// A client that goes on with a session, and its welcome.
async fn resume(server: &TestServer, room: &str, ticket: &Value, signals: u32) -> (Client, Value) {
    again(Client::connect(server).await, room, ticket, signals).await
}

async fn again(mut client: Client, room: &str, ticket: &Value, signals: u32) -> (Client, Value) {
    let resume = json!({"ticket": ticket, "signals": signals});
    client.send(json!({"join": {"version": 1, "room": room, "resume": resume}})).await;
    let welcome = client.receive().await["welcome"].take();
    (client, welcome)
}

fn id(welcome: &Value) -> &str {
    welcome["me"]["id"].as_str().unwrap_or_else(|| panic!("{welcome}"))
}

async fn receive_packets(client: &mut Client, packets: impl IntoIterator<Item = u32>) {
    for packet in packets {
        assert_eq!(client.receive().await["signal"]["packet"], packet);
    }
}

/// Ann and Ben in room `r`.
async fn two(limits: Limits) -> (TestServer, (Client, Value), (Client, Value)) {
    let server = TestServer::limited(limits).await;
    let (mut ann, welcome) = join(&server).await;
    let ben = join(&server).await;
    assert!(ann.receive().await["joined"].is_object());
    (server, (ann, welcome), ben)
}

#[tokio::test]
async fn after_a_cut_everything_that_was_missed_comes_and_nobody_is_told() {
    let (server, (mut ann, welcome), (mut ben, _)) = two(Limits::default()).await;
    for packet in 0..3 {
        ben.signal(id(&welcome), json!(packet)).await;
    }
    receive_packets(&mut ann, 0..3).await;
    ann.socket.get_ref().set_zero_linger().unwrap();
    drop(ann);
    for packet in 3..100 {
        ben.signal(id(&welcome), json!(packet)).await;
    }
    ben.received_nothing().await;
    let (mut ann, resumed) = resume(&server, "r", &welcome["ticket"], 3).await;
    assert_eq!((&resumed["me"], &resumed["signals"]), (&welcome["me"], &json!(3)));
    receive_packets(&mut ann, 3..100).await;
    ann.received_nothing().await;
    ben.received_nothing().await;
}

#[tokio::test]
async fn a_socket_that_is_only_silent_is_fenced_off() {
    let (server, (mut old, welcome), (mut ben, of_ben)) = two(Limits::default()).await;
    let (mut new, resumed) = resume(&server, "r", &welcome["ticket"], 0).await;
    assert_eq!(resumed["me"], welcome["me"]);
    // The old one does not know yet, and goes on.
    for _ in 0..10 {
        let signal = json!({"signal": {"to": id(&of_ben), "packet": "from the past"}}).to_string();
        if old.socket.send(Message::text(signal)).await.is_err() {
            break;
        }
    }
    assert_eq!(old.refused_and_closed().await, ("session/replaced".to_owned(), 1008));
    new.signal(id(&of_ben), json!("now")).await;
    assert_eq!(ben.receive().await["signal"], json!({"from": id(&welcome), "packet": "now"}));
    drop(old);
    ben.received_nothing().await;
    new.received_nothing().await;
}

#[tokio::test]
async fn of_two_that_resume_the_newest_wins() {
    let (server, (_ann, welcome), (mut ben, _)) = two(Limits::default()).await;
    let (mut second, _) = resume(&server, "r", &welcome["ticket"], 0).await;
    let (mut third, _) = resume(&server, "r", &welcome["ticket"], 0).await;
    assert_eq!(second.refused_and_closed().await, ("session/replaced".to_owned(), 1008));
    third.received_nothing().await;
    ben.received_nothing().await;
}

#[tokio::test]
async fn a_dead_socket_that_nobody_closed_is_waited_for_and_then_gone() {
    // Long enough for Ben to answer also where others use the processors for a while.
    let limits =
        Limits { idle_timeout: Duration::from_secs(5), resume_window: Duration::from_secs(6), ..Limits::default() };
    let (server, (_dead, welcome), (mut ben, _)) = two(limits).await;
    // Ben answers pings while he waits, Ann does not.
    let left = ben.receive().await;
    assert_eq!((&left["left"]["id"], &left["left"]["reason"]), (&welcome["me"]["id"], &json!("gone")));
    let (_ann, anew) = resume(&server, "r", &welcome["ticket"], 0).await;
    assert_ne!(id(&anew), id(&welcome));
    assert_eq!(ben.receive().await["joined"]["member"]["id"], anew["me"]["id"]);
}

#[tokio::test]
async fn from_another_address_and_with_a_close_frame_that_says_so() {
    let (server, (mut ann, welcome), (mut ben, _)) = two(Limits::default()).await;
    let frame = CloseFrame { code: itodenwa_wire::CLOSE_TO_RESUME.into(), reason: "".into() };
    ann.send_raw(Message::Close(Some(frame))).await;
    ann.receive_to_the_end().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
    let client = Client::over(soon(socket.connect(server.address)).await.unwrap(), "").await.unwrap();
    let (_ann, resumed) = again(client, "r", &welcome["ticket"], 0).await;
    assert_eq!(resumed["me"], welcome["me"]);
    ben.received_nothing().await;
}

#[tokio::test]
async fn what_is_too_much_is_lost_and_told() {
    let (server, (ann, welcome), (mut ben, _)) =
        two(Limits { resume_messages: 10, resume_bytes: 5000, ..Limits::default() }).await;
    drop(ann);
    for packet in 0..30 {
        ben.signal(id(&welcome), json!(packet)).await;
    }
    ben.received_nothing().await;
    let (mut ann, resumed) = resume(&server, "r", &welcome["ticket"], 0).await;
    assert_eq!(resumed["signals"], 20);
    receive_packets(&mut ann, 20..30).await;
    drop(ann);
    ben.signal(id(&welcome), json!("x".repeat(4990))).await;
    ben.signal(id(&welcome), json!(32)).await;
    ben.received_nothing().await;
    let (mut ann, resumed) = resume(&server, "r", &welcome["ticket"], 30).await;
    assert_eq!(resumed["signals"], 31);
    receive_packets(&mut ann, [32]).await;
}

#[tokio::test]
async fn what_is_kept_for_all_is_bounded() {
    // One may have a sixteenth of what is free: 20 000 bytes.
    let (server, (ann, welcome), (mut ben, _)) = two(Limits { resumes_bytes: 320_000, ..Limits::default() }).await;
    drop(ann);
    for _ in 0..50 {
        ben.signal(id(&welcome), json!("x".repeat(1000))).await;
    }
    ben.received_nothing().await;
    let (_, resumed) = resume(&server, "r", &welcome["ticket"], 0).await;
    let lost = resumed["signals"].as_u64().unwrap();
    assert!((31..35).contains(&lost), "{lost}");
}

#[tokio::test]
async fn a_full_ring_fits_a_new_socket() {
    let (server, (ann, welcome), (mut ben, _)) =
        two(Limits { message_burst: 1000, byte_burst: 1 << 30, ..Limits::default() }).await;
    drop(ann);
    for packet in 0..300 {
        ben.signal(id(&welcome), json!(packet)).await;
    }
    ben.received_nothing().await;
    let (mut ann, resumed) = resume(&server, "r", &welcome["ticket"], 0).await;
    assert_eq!(resumed["signals"], 45);
    receive_packets(&mut ann, 45..300).await;
    ann.received_nothing().await;
}

#[tokio::test]
async fn forged_expired_and_foreign_tickets_are_worth_nothing() {
    let limits = Limits {
        ticket_lifetime: Duration::from_secs(1),
        join_timeout: Duration::from_millis(1500),
        ..Limits::default()
    };
    let (server, (ann, welcome), _ben) = two(limits).await;
    drop(ann);
    let mut visitor = Client::connect(&server).await;
    let ticket = welcome["ticket"].as_str().unwrap();
    let forged = format!("{}{}", if ticket.starts_with('A') { 'B' } else { 'A' }, &ticket[1..]);
    for (room, ticket) in [("r", forged.as_str()), ("r", ""), ("r", "nonsense"), ("elsewhere", ticket)] {
        let (_client, anew) = resume(&server, room, &json!(ticket), 0).await;
        assert_ne!(id(&anew), id(&welcome), "{room} {ticket}");
    }
    // By the server's own clock a visitor's time is longer than a ticket's.
    assert_eq!(visitor.refused_and_closed().await.0, "join/timeout");
    let (_client, anew) = resume(&server, "r", &json!(ticket), 0).await;
    assert_ne!(id(&anew), id(&welcome), "it has expired");
    let mut client = Client::connect(&server).await;
    let long = json!({"ticket": "x".repeat(3000), "signals": 0});
    client.send(json!({"join": {"version": 1, "room": "r", "resume": long}})).await;
    assert_eq!(client.refused_and_closed().await, ("message/malformed".to_owned(), 1008));
}

async fn with_secret(secret: &str) -> TestServer {
    let ticket_secret = Some(TicketSecret::new(secret.as_bytes()).unwrap());
    let limits = Limits { resume_window: Duration::from_secs(2), ..Limits::default() };
    TestServer::configured(Config { ticket_secret, limits, ..Config::default() }).await
}

#[tokio::test]
async fn a_server_that_was_restarted_builds_the_room_up_again() {
    let server = with_secret("the same for both").await;
    let (_ann, of_ann) = join(&server).await;
    let (_ben, of_ben) = join(&server).await;
    let (_cem, of_cem) = join(&server).await;
    drop(server);

    let server = with_secret("the same for both").await;
    let (mut ann, resumed) = resume(&server, "r", &of_ann["ticket"], 7).await;
    assert_eq!((&resumed["me"], &resumed["settling"]), (&of_ann["me"], &json!(true)));
    assert_eq!(resumed["members"], json!([]));
    let (mut cem, resumed) = resume(&server, "r", &of_cem["ticket"], 7).await;
    assert_eq!((&resumed["me"], &resumed["members"]), (&of_cem["me"], &json!([of_ann["me"]])));
    assert_eq!(ann.receive().await["joined"]["member"], of_cem["me"]);
    ann.signal(id(&of_cem), json!("hello")).await;
    assert_eq!(cem.receive().await["signal"]["packet"], "hello");
    let (mut dan, of_dan) = join(&server).await;
    assert_eq!(of_dan["me"]["session"], 4);

    // Ben does not come back in time.
    for client in [&mut ann, &mut cem] {
        assert_eq!(client.receive().await["joined"]["member"], of_dan["me"]);
    }
    for (client, others) in
        [(&mut ann, [&of_cem, &of_dan]), (&mut cem, [&of_ann, &of_dan]), (&mut dan, [&of_ann, &of_cem])]
    {
        let members = others.map(|other| &other["me"]);
        assert_eq!(client.receive().await["roster"], json!({"version": 3, "members": members}));
    }
    let (_ben, anew) = resume(&server, "r", &of_ben["ticket"], 0).await;
    assert_ne!(id(&anew), id(&of_ben));
    assert_eq!(ann.receive().await["joined"]["member"], anew["me"]);
}

#[tokio::test]
async fn a_server_with_another_secret_knows_nobody() {
    let server = with_secret("of the first server").await;
    let (_ann, of_ann) = join(&server).await;
    drop(server);
    let server = with_secret("of the second server").await;
    let (_ann, anew) = resume(&server, "r", &of_ann["ticket"], 0).await;
    assert_ne!(id(&anew), id(&of_ann));
    assert_eq!(anew["settling"], Value::Null);
}

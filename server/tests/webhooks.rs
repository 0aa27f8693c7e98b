//! Webhooks: what an application is told of its rooms.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use itodenwa_server::{Config, Limits, WebhookConfig};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::{Client, TestServer, soon};

const KEYS: [[u8; 32]; 2] = [[7; 32], [8; 32]];

/// What an application received.
struct Received {
    id: String,
    body: Value,
}

/// An application that takes events, after it refused the first attempts with these answers.
struct Application {
    url: String,
    received: mpsc::UnboundedReceiver<Received>,
}

#[derive(Clone)]
struct Answers {
    statuses: Arc<Vec<u16>>,
    attempts: Arc<AtomicUsize>,
    received: mpsc::UnboundedSender<Received>,
}

impl Application {
    async fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, received) = mpsc::unbounded_channel();
        let answers = Answers { statuses: Arc::new(statuses.to_vec()), attempts: Arc::default(), received: sender };
        let router = Router::new().route("/hook", post(take)).with_state(answers);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Application { url, received }
    }

    fn config(&self) -> Config {
        let secrets = KEYS.iter().map(|key| format!("whsec_{}", STANDARD.encode(key)).parse().unwrap()).collect();
        let webhook = WebhookConfig { url: self.url.parse().unwrap(), secrets };
        Config { webhook: Some(webhook), public_metrics: true, ..Config::default() }
    }

    async fn next(&mut self) -> Received {
        soon(self.received.recv()).await.expect("the application runs")
    }

    /// The next event, without its time.
    async fn event(&mut self) -> Value {
        let mut body = self.next().await.body;
        body.as_object_mut().unwrap().remove("timestamp").expect("a time");
        body
    }
}

async fn take(State(answers): State<Answers>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let signatures = KEYS.map(|key| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(&[id.as_bytes(), b".", timestamp.as_bytes(), b".", &body].concat());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    });
    assert_eq!(header("webhook-signature"), signatures.join(" "), "signed by each secret");
    let attempt = answers.attempts.fetch_add(1, Ordering::Relaxed);
    let _ = answers.received.send(Received { id, body: serde_json::from_slice(&body).unwrap() });
    StatusCode::from_u16(answers.statuses.get(attempt).copied().unwrap_or(204)).unwrap()
}

fn joined(room: &str, id: &str, members: usize) -> Value {
    json!({"type": "member.joined", "data": {"room": room, "member": {"id": id}, "members": members}})
}

fn left(room: &str, id: &str, reason: &str, members: usize) -> Value {
    json!({"type": "member.left",
           "data": {"room": room, "member": {"id": id}, "reason": reason, "members": members}})
}

async fn until_counted(server: &TestServer, line: &str) {
    let counted = async {
        while !server.get("/metrics").await.contains(line) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    soon(counted).await;
}

#[tokio::test]
async fn who_comes_and_goes_is_told_in_order_and_who_resumes_is_not() {
    let mut application = Application::start(&[]).await;
    let server = TestServer::configured(application.config()).await;
    let (ann, of_ann) = Client::in_room(&server, "r").await;
    assert_eq!(application.event().await, joined("r", &of_ann, 1));
    let mut ben = Client::connect(&server).await;
    ben.send(json!({"join": {"version": 1, "room": "r", "name": "Ben"}})).await;
    let welcome = ben.receive().await["welcome"].clone();
    let of_ben = welcome["me"]["id"].as_str().unwrap().to_owned();
    let told = application.event().await;
    assert_eq!(told["data"]["member"], json!({"id": of_ben, "name": "Ben"}));

    // A socket without a word, and the next one with the session's ticket.
    drop(ben);
    let mut ben = Client::connect(&server).await;
    let resume = json!({"ticket": welcome["ticket"], "signals": 0});
    ben.send(json!({"join": {"version": 1, "room": "r", "name": "Ben", "resume": resume}})).await;
    assert_eq!(ben.receive().await["welcome"]["me"]["id"], of_ben.as_str());
    ben.send(json!("leave")).await;
    assert_eq!(application.event().await, {
        let mut event = left("r", &of_ben, "left", 1);
        event["data"]["member"]["name"] = json!("Ben");
        event
    });

    let mut ann = ann;
    ann.send(json!("leave")).await;
    assert_eq!(application.event().await, left("r", &of_ann, "left", 0));
    assert_eq!(application.event().await, json!({"type": "room.emptied", "data": {"room": "r"}}));
    until_counted(&server, "\nitodenwa_webhooks_delivered_total 5\n").await;
}

#[tokio::test]
async fn what_was_not_taken_is_tried_again_before_what_came_later() {
    let mut application = Application::start(&[500, 429]).await;
    let server = TestServer::configured(application.config()).await;
    let (mut ann, of_ann) = Client::in_room(&server, "r").await;
    ann.send(json!("leave")).await;
    let attempts = [application.next().await, application.next().await, application.next().await];
    for attempt in &attempts {
        assert_eq!((&attempt.id, &attempt.body), (&attempts[0].id, &attempts[0].body), "the same each time");
    }
    let next = application.next().await;
    assert_ne!(next.id, attempts[0].id);
    assert_eq!((next.body["type"].as_str(), &next.body["data"]["member"]["id"]), (Some("member.left"), &json!(of_ann)));
    until_counted(&server, "\nitodenwa_webhooks_failed_total 2\n").await;
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_dropped() {
    let mut application = Application::start(&[410]).await;
    let server = TestServer::configured(application.config()).await;
    let (mut ann, of_ann) = Client::in_room(&server, "r").await;
    ann.send(json!("leave")).await;
    let first = application.next().await;
    assert_eq!(application.event().await, left("r", &of_ann, "left", 0));
    assert_eq!(first.body["type"], "member.joined");
    until_counted(&server, "\nitodenwa_webhooks_dropped_total 1\n").await;
}

#[tokio::test]
async fn an_answer_is_known_by_its_head_and_its_body_may_never_end() {
    let (sender, mut ids) = mpsc::unbounded_channel();
    let never_ends = async move |headers: HeaderMap| {
        let _ = sender.send(headers["webhook-id"].to_str().unwrap().to_owned());
        axum::body::Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>())
    };
    let mut application = Application::start(&[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    application.url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(never_ends));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let server = TestServer::configured(application.config()).await;
    let (mut ann, _) = Client::in_room(&server, "r").await;
    ann.send(json!("leave")).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(soon(ids.recv()).await.unwrap());
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), 3, "each event once");
    until_counted(&server, "\nitodenwa_webhooks_delivered_total 3\n").await;
    until_counted(&server, "\nitodenwa_webhooks_failed_total 0\n").await;
}

/// A server that stops tells what it has to tell first; its members are waited for elsewhere, and have not left.
#[tokio::test]
async fn a_server_that_stops_tells_the_rest() {
    let mut application = Application::start(&[500]).await;
    let limits = Limits { stop_timeout: crate::support::PATIENCE, ..Limits::default() };
    let server = itodenwa_server::Server::bind(Config { limits, ..application.config() }).await.unwrap();
    let (address, stop) = (server.address(), CancellationToken::new());
    let stopped = stop.clone();
    let task = tokio::spawn(server.serve_until(async move { stopped.cancelled().await }));
    let mut server = TestServer { address, task };
    let (_ann, of_ann) = Client::in_room(&server, "r").await;
    application.next().await;
    stop.cancel();
    soon(&mut server.task).await.unwrap();
    assert_eq!(application.event().await, joined("r", &of_ann, 1));
    assert!(application.received.try_recv().is_err());
}

#[cfg(all(unix, feature = "redis"))]
#[tokio::test]
async fn of_several_servers_one_is_killed_and_who_moves_did_not_leave_and_who_vanished_with_it_did() {
    use crate::support::redis::{Redis, id, nodes};

    let Some(redis) = Redis::start(&[]).await else { return };
    let mut application = Application::start(&[]).await;
    let [first, second] = KEYS.map(|key| format!("whsec_{}", STANDARD.encode(key)));
    let arguments = ["--webhook", &application.url, "--webhook-secret", &first, "--webhook-secret", &second];
    let [mut home, other] =
        nodes(&redis, &[&arguments[..], &["--redis-timeout", "2", "--resume-window", "6"]].concat()).await;
    let (_ann, of_ann, room) = other.join_at_home_of(&home).await;
    loop {
        // Rooms that were tried until one was kept there.
        let told = application.event().await;
        if told["data"]["room"] == room.as_str() {
            assert_eq!(told, joined(&room, id(&of_ann), 1));
            break;
        }
    }
    let nodes: Value =
        serde_json::from_str(other.ask("GET", "status").await.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(nodes["nodes"].as_array().map(Vec::len), Some(2), "{nodes}");

    // Ben is at the one that keeps the room, and is never heard of again.
    let (_ben, of_ben) = home.join(&room).await;
    assert_eq!(events_of(&mut application, &room, 1).await, [joined(&room, id(&of_ben), 2)]);

    home.child.kill().await.unwrap();
    let (mut ann, resumed) = other.come_back(&room, &of_ann["ticket"]).await;
    assert_eq!(resumed["me"]["id"], of_ann["me"]["id"]);
    assert_eq!(events_of(&mut application, &room, 1).await, [left(&room, id(&of_ben), "gone", 1)]);
    ann.send(json!("leave")).await;
    let emptied = json!({"type": "room.emptied", "data": {"room": room}});
    assert_eq!(events_of(&mut application, &room, 2).await, [left(&room, id(&of_ann), "left", 0), emptied]);
}

/// The events of a room, and no more than these in the time that the next one of another room takes.
#[cfg(all(unix, feature = "redis"))]
async fn events_of(application: &mut Application, room: &str, count: usize) -> Vec<Value> {
    let mut events = Vec::new();
    while events.len() < count {
        let told = application.event().await;
        if told["data"]["room"] == room {
            events.push(told);
        }
    }
    events
}

#[cfg(all(unix, feature = "redis"))]
#[tokio::test]
async fn each_event_of_a_room_is_told_once_wherever_its_members_are_and_when_it_moves() {
    use crate::support::redis::{Node, Redis, id, nodes, see_each_other, sent_away};

    let Some(redis) = Redis::start(&[]).await else { return };
    let mut application = Application::start(&[]).await;
    let [first, second] = KEYS.map(|key| format!("whsec_{}", STANDARD.encode(key)));
    let url = application.url.clone();
    let arguments = ["--webhook", &url, "--webhook-secret", &first, "--webhook-secret", &second];
    let arguments = [&arguments[..], &["--redis-timeout", "60"]].concat();
    let [home, other] = nodes(&redis, &arguments).await;

    // Nobody of the room is at its home, and one goes without a word: its server is told to close the connection.
    let (mut ann, of_ann, room) = other.join_at_home_of(&home).await;
    let (mut ben, of_ben) = other.join(&room).await;
    let told = events_of(&mut application, &room, 2).await;
    assert_eq!(told, [joined(&room, id(&of_ann), 1), joined(&room, id(&of_ben), 2)]);
    ben.socket.close(None).await.unwrap();
    assert_eq!(events_of(&mut application, &room, 1).await, [left(&room, id(&of_ben), "gone", 1)]);

    // The room moves: its home stops. Ann, at another server, goes on there, and nobody is told; who comes now, and that all go, is.
    home.signal("-TERM").await;
    sent_away(&mut ann).await;
    other.until("cluster_nodes", 1).await;
    let (mut ann, resumed) = other.come_back(&room, &of_ann["ticket"]).await;
    assert_eq!(resumed["me"]["id"], of_ann["me"]["id"]);
    let (mut cem, of_cem) = other.join(&room).await;
    assert_eq!(events_of(&mut application, &room, 1).await, [joined(&room, id(&of_cem), 2)]);

    // It may move to one that starts; and all of it is told by one of them.
    let third = Node::start(&redis, &arguments).await;
    see_each_other(&[&other, &third]).await;
    if third.number("rooms").await + other.number("rooms").await < 1.0 {
        for (client, welcome) in [(&mut ann, &of_ann), (&mut cem, &of_cem)] {
            sent_away(client).await;
            *client = third.come_back(&room, &welcome["ticket"]).await.0;
        }
    }
    assert!(third.ask("DELETE", &format!("rooms/{room}")).await.starts_with("HTTP/1.1 204"));
    let told = events_of(&mut application, &room, 3).await;
    let emptied = json!({"type": "room.emptied", "data": {"room": room}});
    assert_eq!(told, [left(&room, id(&of_ann), "removed", 1), left(&room, id(&of_cem), "removed", 0), emptied]);

    // And none of that twice: what comes next of the room is the next one in it.
    let (_eve, of_eve) = third.join(&room).await;
    assert_eq!(events_of(&mut application, &room, 1).await, [joined(&room, id(&of_eve), 1)]);
}

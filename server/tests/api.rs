//! `/api`: what those who operate the server see and do.

use itodenwa_server::{Config, Limits};
use serde_json::{Value, json};

use crate::support::{Client, TestServer, http, soon};

const SECRET: &str = "a secret of operators";

async fn ask(server: &TestServer, method: &str, path: &str, authorization: &str) -> (u16, Value) {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{authorization}\r\n");
    let answer = http(server.address, &head).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(status == 204 || head.contains("application/json"), "{answer}");
    (status, serde_json::from_str(body).unwrap_or_default())
}

async fn allowed(server: &TestServer, method: &str, path: &str) -> (u16, Value) {
    ask(server, method, path, &format!("authorization: bearer {SECRET}\r\n")).await
}

#[tokio::test]
async fn rooms_are_seen_and_closed_by_those_who_have_the_secret() {
    let server = TestServer::configured(Config { api_secret: SECRET.parse().ok(), ..Config::default() }).await;
    for wrong in
        ["", "authorization: Bearer \r\n", "authorization: Bearer a secret of nobody\r\n", "authorization: x\r\n"]
    {
        for path in ["/api/rooms", "/api/openapi.json", "/api/nothing"] {
            assert_eq!(ask(&server, "GET", path, wrong).await.0, 401, "{path} {wrong}");
        }
    }
    let (mut ann, of_ann) = Client::in_room(&server, "r-2").await;
    let (mut ben, of_ben) = Client::in_room(&server, "r-2").await;
    let (mut eve, _) = Client::in_room(&server, "r-1").await;
    assert!(ann.receive().await["joined"].is_object());
    let two = json!({"room": "r-2", "members": 2});
    let all = json!({"rooms": [{"room": "r-1", "members": 1}, two]});
    assert_eq!(allowed(&server, "GET", "/api/rooms").await, (200, all));
    assert_eq!(allowed(&server, "GET", "/api/rooms?after=r-1&limit=1").await, (200, json!({"rooms": [two]})));
    let members = json!([{"id": of_ann, "connected": true}, {"id": of_ben, "connected": true}]);
    let room = json!({"room": "r-2", "members": members});
    assert_eq!(allowed(&server, "GET", "/api/rooms/r-2").await, (200, room));

    assert_eq!(allowed(&server, "PUT", "/api/rooms/r-2/lock").await.0, 204);
    let mut kept_out = Client::connect(&server).await;
    kept_out.send(json!({"join": {"version": 1, "room": "r-2"}})).await;
    assert_eq!(kept_out.refused_and_closed().await, ("room/locked".to_owned(), 1008));
    assert_eq!(allowed(&server, "GET", "/api/rooms?after=r-1").await.1["rooms"][0]["locked"], true);
    assert_eq!(allowed(&server, "DELETE", "/api/rooms/r-2/lock").await.0, 204);
    for client in [&mut ann, &mut ben] {
        for _ in 0..2 {
            // Of the first version: the lock is in the ticket alone.
            assert!(client.receive().await["ticket"].is_string());
        }
    }

    let path = format!("/api/rooms/r-2/members/{of_ben}");
    assert_eq!(allowed(&server, "DELETE", &path).await.0, 204);
    assert_eq!(ben.refused_and_closed().await, ("member/removed".to_owned(), 1008));
    assert_eq!(ann.receive().await["left"]["reason"], "removed");
    assert_eq!(allowed(&server, "DELETE", &path).await.0, 404);
    assert_eq!(allowed(&server, "DELETE", "/api/rooms/r-2").await.0, 204);
    assert_eq!(ann.refused_and_closed().await, ("member/removed".to_owned(), 1008));
    eve.received_nothing().await;
    for (method, path, status) in [
        ("GET", "/api/rooms/r-2", 404),
        ("DELETE", "/api/rooms/r-2", 404),
        ("PUT", "/api/rooms/r-2/lock", 404),
        ("PUT", "/api/rooms/a%20b/lock", 400),
        ("GET", "/api/rooms/a%20b", 400),
        ("DELETE", "/api/rooms/r-1/members/eve", 400),
        ("GET", "/api/rooms?limit=0", 400),
        ("POST", "/api/rooms", 405),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/rooms/%ff", 400),
    ] {
        assert_eq!(allowed(&server, method, path).await.0, status, "{method} {path}");
    }
    let (status, description) = allowed(&server, "GET", "/api/openapi.json").await;
    assert_eq!((status, description["openapi"].as_str()), (200, Some("3.1.0")));
}

#[tokio::test]
async fn who_waits_is_seen_let_in_and_refused() {
    let limits = Limits { room_peers: 2, ..Limits::default() };
    let config = Config { api_secret: SECRET.parse().ok(), limits, ..Config::default() };
    let server = TestServer::configured(config).await;
    let (_ann, _) = Client::in_room(&server, "r").await;
    let room = "/api/rooms/r/waiting-room";
    assert_eq!(allowed(&server, "PUT", room).await.0, 204);
    let knock = async |name: &str| {
        let mut client = Client::connect(&server).await;
        client.send(json!({"join": {"version": 3, "room": "r", "name": name}})).await;
        assert_eq!(client.receive().await["wait"], json!({"seconds": 600}));
        client
    };
    let (mut ben, mut cem, mut dana) = (knock("Ben").await, knock("Cem").await, knock("Dana").await);
    let (status, answer) = allowed(&server, "GET", "/api/rooms/r/waiting").await;
    let waiting = answer["waiting"].as_array().unwrap();
    assert_eq!((status, &answer["room"], waiting.len(), &waiting[1]["name"]), (200, &json!("r"), 3, &json!("Cem")));
    let path = |index: usize| format!("/api/rooms/r/waiting/{}", waiting[index]["id"].as_str().unwrap());
    let all = json!({"rooms": [{"room": "r", "members": 1, "waitingRoom": true, "waiting": 3}]});
    assert_eq!(allowed(&server, "GET", "/api/rooms").await.1, all);

    assert_eq!(allowed(&server, "DELETE", &path(0)).await.0, 204);
    assert_eq!(ben.refused_and_closed().await, ("room/refused".to_owned(), 1008));
    assert_eq!(allowed(&server, "DELETE", &path(0)).await.0, 404);
    assert_eq!(allowed(&server, "PUT", &path(1)).await.0, 204);
    assert!(cem.receive().await["welcome"].is_object());
    for path in ["/api/rooms/r/waiting", &path(2)] {
        assert_eq!(allowed(&server, "PUT", path).await.0, 409);
    }
    cem.send(json!("leave")).await;
    let mut status = 409;
    while status == 409 {
        status = allowed(&server, "PUT", "/api/rooms/r/waiting").await.0;
    }
    assert_eq!(status, 204);
    assert!(dana.receive().await["welcome"].is_object());
    assert_eq!(allowed(&server, "DELETE", room).await.0, 204);
    for (method, path, status) in [
        ("PUT", "/api/rooms/other/waiting-room", 404),
        ("GET", "/api/rooms/other/waiting", 404),
        ("PUT", "/api/rooms/other/waiting", 404),
        ("PUT", "/api/rooms/r/waiting/0000000000000001", 404),
        ("PUT", "/api/rooms/r/waiting/ben", 400),
        ("DELETE", "/api/rooms/a%20b/waiting/0000000000000001", 400),
        ("GET", "/api/rooms/a%20b/waiting", 400),
        ("POST", "/api/rooms/r/waiting", 405),
    ] {
        assert_eq!(allowed(&server, method, path).await.0, status, "{method} {path}");
    }
}

#[tokio::test]
async fn without_a_secret_there_is_nothing_to_ask() {
    let server = TestServer::start().await;
    assert!(server.get("/api/rooms").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn what_there_is_on_each_server_is_told_and_printed() {
    let server = TestServer::configured(Config { api_secret: SECRET.parse().ok(), ..Config::default() }).await;
    let (_ann, _) = Client::in_room(&server, "r-1").await;
    let (_ben, _) = Client::in_room(&server, "r-1").await;
    let _visitor = Client::connect(&server).await;
    let (status, mut answer) = allowed(&server, "GET", "/api/status").await;
    assert_eq!(status, 200);
    let node = answer["nodes"][0]["node"].take();
    assert!(node.is_u64(), "{node}");
    let version = env!("CARGO_PKG_VERSION");
    let nodes = json!([{"node": null, "version": version, "connections": 3, "rooms": 1, "members": 2}]);
    assert_eq!(answer, json!({"nodes": nodes}));

    let at = format!("http://{}", server.address);
    let (text, _) = status_of(&at, SECRET).await;
    assert!(
        text.lines().last().is_some_and(|line| line.split_whitespace().eq(["all", "(1)", "3", "1", "2"])),
        "{text}"
    );
    let (_, complaint) = status_of(&at, "another secret of somebody").await;
    assert_eq!(complaint, "error: --api-secret: the server does not take this secret\n");
    let without = TestServer::start().await;
    let (_, complaint) = status_of(&format!("http://{}/", without.address), SECRET).await;
    assert!(complaint.contains("without --api-secret"), "{complaint}");
    let (_, complaint) = status_of("http://127.0.0.1:1", SECRET).await;
    assert!(complaint.contains("not reached: "), "{complaint}");
}

/// What the program prints, and what it complains of.
async fn status_of(at: &str, secret: &str) -> (String, String) {
    let mut program = tokio::process::Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
    let output = soon(program.args(["status", "--at", at]).env("ITODENWA_API_SECRET", secret).output()).await.unwrap();
    let [printed, complaint] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(output.status.success(), complaint.is_empty(), "{complaint}");
    (printed, complaint)
}

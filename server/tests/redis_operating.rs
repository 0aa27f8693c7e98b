//! What operators and applications see of several servers: each of them answers for all, over real processes.

use serde_json::{Value, json};

use crate::support::Client;
use crate::support::redis::{Node, Redis, SOON, id, nodes, program, see_each_other};
use crate::support::soon;

/// Status and body.
async fn ask(node: &Node, method: &str, path: &str) -> (u16, Value) {
    let answer = node.ask(method, path).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect(head);
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// Somebody who has to wait to be let in.
async fn knock(node: &Node, room: &str) -> Client {
    let mut client = Client::over(tokio::net::TcpStream::connect(node.address).await.unwrap(), "").await.unwrap();
    client.send(json!({"join": {"version": 3, "room": room}})).await;
    assert!(client.receive().await["wait"].is_object());
    client
}

/// Until a message is of this kind.
async fn hears(client: &mut Client, kind: &str) -> Value {
    loop {
        let mut message = client.receive().await;
        if !message[kind].is_null() {
            return message[kind].take();
        }
    }
}

#[tokio::test]
async fn each_server_does_all_that_an_operator_asks_of_a_room_that_another_one_keeps() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [home, other, third] = nodes(&redis, &["--redis-timeout", "60"]).await;
    // Ann is at a server that does not keep the room, and Ben at its home; asked are the home, the one with Ann, and one with nobody.
    for asked in [&home, &other, &third] {
        let (mut ann, of_ann, room) = other.join_at_home_of(&home).await;
        let (mut ben, of_ben) = home.join(&room).await;
        let rooms = json!({"rooms": [{"room": room, "members": 2}]});
        assert_eq!(ask(asked, "GET", "rooms").await, (200, rooms));
        assert_eq!(ask(asked, "GET", &format!("rooms?after={room}")).await, (200, json!({"rooms": []})));
        let (status, members) = ask(asked, "GET", &format!("rooms/{room}")).await;
        let ids: Vec<_> = members["members"].as_array().unwrap().iter().map(|member| &member["id"]).collect();
        assert_eq!((status, ids), (200, vec![&of_ann["me"]["id"], &of_ben["me"]["id"]]));

        assert_eq!(ask(asked, "PUT", &format!("rooms/{room}/lock")).await.0, 204);
        assert_eq!(third.refuses(&room).await, ("room/locked".to_owned(), 1008));
        assert_eq!(ask(asked, "GET", "rooms").await.1["rooms"][0]["locked"], true);
        assert_eq!(ask(asked, "DELETE", &format!("rooms/{room}/lock")).await.0, 204);

        // The waiting room: who waits at one server is seen, refused and let in at each.
        let waiting = format!("rooms/{room}/waiting");
        assert_eq!(ask(asked, "PUT", &format!("rooms/{room}/waiting-room")).await.0, 204);
        let (mut cem, mut dana) = (knock(&third, &room).await, knock(&other, &room).await);
        let (status, answer) = ask(asked, "GET", &waiting).await;
        let ids: Vec<_> = answer["waiting"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!((status, ids.len()), (200, 2), "{answer}");
        assert_eq!(ask(asked, "DELETE", &format!("{waiting}/{}", ids[0])).await.0, 204);
        assert_eq!(cem.refused_and_closed().await, ("room/refused".to_owned(), 1008));
        assert_eq!(ask(asked, "PUT", &format!("{waiting}/{}", ids[1])).await.0, 204);
        assert!(dana.receive().await["welcome"].is_object());
        assert_eq!(ask(asked, "GET", "rooms").await.1["rooms"][0]["waitingRoom"], true);
        assert_eq!(ask(asked, "DELETE", &format!("rooms/{room}/waiting-room")).await.0, 204);
        // What a member asks of all reaches those at the other servers, who say by whom.
        ben.send(json!({"ask": {"what": "lower-hand"}})).await;
        assert_eq!(hears(&mut dana, "asked").await, json!({"what": "lower-hand", "from": id(&of_ben)}));
        dana.send(json!("leave")).await;
        assert_eq!(hears(&mut ben, "left").await["reason"], "left");

        let (mut eve, of_eve) = third.join(&room).await;
        let path = format!("rooms/{room}/members/{}", id(&of_eve));
        assert_eq!(ask(asked, "DELETE", &path).await.0, 204);
        assert_eq!(eve.refused_and_closed().await, ("member/removed".to_owned(), 1008));
        assert_eq!(hears(&mut ben, "left").await["reason"], "removed");
        assert_eq!(ask(asked, "DELETE", &path).await.0, 404);

        assert_eq!(ask(asked, "DELETE", &format!("rooms/{room}")).await.0, 204);
        for client in [&mut ann, &mut ben] {
            assert_eq!(client.refused_and_closed().await, ("member/removed".to_owned(), 1008));
        }
        for (method, path) in [("GET", ""), ("DELETE", ""), ("PUT", "/lock"), ("DELETE", "/lock")] {
            assert_eq!(ask(asked, method, &format!("rooms/{room}{path}")).await.0, 404, "{method} {path}");
        }
        // Nobody of them is anywhere, and their tickets let nobody back in as who they were.
        for node in [&home, &other, &third] {
            assert_eq!(ask(node, "GET", "rooms").await, (200, json!({"rooms": []})));
            let (mut again, welcome) = node.come_back(&room, &of_ann["ticket"]).await;
            assert_ne!(welcome["me"]["id"], of_ann["me"]["id"]);
            again.send(json!("leave")).await;
            again.receive_to_the_end().await;
        }
    }
}

#[tokio::test]
async fn each_server_tells_what_there_is_on_all_and_the_program_prints_it() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [home, other] = nodes(&redis, &["--redis-timeout", "60"]).await;
    let (_ann, _, room) = other.join_at_home_of(&home).await;
    let (_ben, _) = home.join(&room).await;
    let mut told = Vec::new();
    for node in [&home, &other] {
        let (status, mut body) = ask(node, "GET", "status").await;
        assert_eq!(status, 200);
        let each =
            |key: &str| body["nodes"].as_array().unwrap().iter().map(|node| node[key].as_u64().unwrap()).collect();
        let (rooms, connections): (Vec<u64>, Vec<u64>) = (each("rooms"), each("connections"));
        assert_eq!((rooms.iter().sum::<u64>(), connections), (1, vec![1, 1]), "{body}");
        told.push(body["nodes"].take());
        let at = format!("http://{}", node.address);
        let mut status = tokio::process::Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
        let status = status.args(["status", "--at", &at]).env("ITODENWA_API_SECRET", crate::support::redis::API_SECRET);
        let printed = String::from_utf8(soon(status.output()).await.unwrap().stdout).unwrap();
        assert!(
            printed.lines().last().is_some_and(|line| line.split_whitespace().eq(["all", "(2)", "2", "1", "2"])),
            "{printed}"
        );
    }
    assert_eq!(told[0], told[1], "both say the same");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_of_and_not_waited_for_for_ever() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [home, other] = nodes(&redis, &["--redis-timeout", "60"]).await;
    let (_ann, _, room) = other.join_at_home_of(&home).await;
    home.signal("-STOP").await;
    for (method, path) in
        [("GET", "rooms".to_owned()), ("DELETE", format!("rooms/{room}")), ("GET", "status".to_owned())]
    {
        let (status, body) = ask(&other, method, &path).await;
        assert!(status == 503 && body["error"].is_string(), "{method} {path}: {status} {body}");
    }
    home.signal("-CONT").await;
    see_each_other(&[&home, &other]).await;
}

#[tokio::test]
async fn a_redis_that_says_nothing_or_speaks_no_tls_is_told_of() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let web = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (silent_port, web_port) = (silent.local_addr().unwrap().port(), web.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = web.accept().await {
            let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
        }
    });
    let Some(redis) = Redis::start(&[]).await else { return };
    for (url, expected) in [
        (format!("redis://127.0.0.1:{silent_port}"), "--redis: it does not answer in time"),
        (format!("redis://127.0.0.1:{web_port}"), "--redis: "),
        (format!("rediss://127.0.0.1:{}", redis.port), "--redis: "),
        ("redis://no-such-host.invalid".to_owned(), "--redis: "),
    ] {
        let output = soon(program(&url, &["--redis-timeout", "2"]).output()).await.unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && log.contains(expected) && !log.contains("panicked"), "{url}: {log}");
        assert!(output.stdout.is_empty(), "{url}");
    }
    drop(silent);
}

/// With a certificate of its own and a password.
#[tokio::test]
async fn servers_meet_over_a_redis_with_tls_and_a_password() {
    let folder = tempfolder();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let [pem, key_pem] = ["pem", "key"].map(|name| folder.join(name));
    std::fs::write(&pem, certificate.pem()).unwrap();
    std::fs::write(&key_pem, key.serialize_pem()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let [pem, key_pem] = [&pem, &key_pem].map(|path| path.to_str().unwrap());
    let (port_text, none) = (port.to_string(), "no");
    let tls = ["--tls-port", &port_text, "--tls-cert-file", pem, "--tls-key-file", key_pem, "--tls-auth-clients", none];
    let started = Redis::start(&[&tls[..], &["--requirepass", "hush"]].concat()).await;
    let Some(_redis) = started else { return };
    let url = format!("rediss://:hush@localhost:{port}");
    let trusting = Node::start_with(&url, &SOON, &[("SSL_CERT_FILE", pem)]).await;
    let second = Node::start_with(&url, &SOON, &[("SSL_CERT_FILE", pem)]).await;
    see_each_other(&[&trusting, &second]).await;
    let (_ann, _, room) = second.join_at_home_of(&trusting).await;
    let (_, of_ben) = trusting.join(&room).await;
    assert_eq!(of_ben["members"].as_array().map(Vec::len), Some(1));
    // Who does not trust it does not talk with it.
    let output = soon(program(&url, &SOON).output()).await.unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && log.contains("--redis: ") && !log.contains("hush"), "{log}");
    std::fs::remove_dir_all(folder).unwrap();
}

fn tempfolder() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("itodenwa-redis-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

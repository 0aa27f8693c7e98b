//! Several servers over Redis, all of them real processes, and what breaks between them.

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::support::redis::{Node, Redis, SOON, id, nodes, old_redis, program, see_each_other, sent_away, talk};
use crate::support::{Client, soon};

/// What they are told where nothing is to be found out by silence.
const NEVER: [&str; 2] = ["--redis-timeout", "60"];

#[tokio::test]
async fn one_room_over_three_nodes_and_one_that_joins() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &NEVER).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (mut ben, of_ben) = first.join(&room).await;
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    for _ in 0..20 {
        talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
    }
    // The ticket is good on every node, though nobody was told a secret.
    let (mut ann_again, resumed) = first.come_back_after(&room, &of_ann["ticket"], 20).await;
    assert_eq!(resumed["me"], of_ann["me"]);
    assert_eq!(ann.refused_and_closed().await, ("session/replaced".to_owned(), 1008));
    talk((&mut ann_again, &of_ann), (&mut ben, &of_ben)).await;

    // An operator sees and does the same at each node.
    for node in [&first, &second] {
        let rooms = node.ask("GET", "rooms").await;
        assert!(rooms.ends_with(&format!(r#"{{"rooms":[{{"members":2,"room":"{room}"}}]}}"#)), "{rooms}");
        let members = node.ask("GET", &format!("rooms/{room}")).await;
        assert!(members.contains(id(&of_ann)) && members.contains(id(&of_ben)), "{members}");
    }
    let (mut eve, of_eve) = second.join(&room).await;
    let path = format!("rooms/{room}/members/{}", id(&of_eve));
    assert!(second.ask("DELETE", &path).await.starts_with("HTTP/1.1 204"));
    assert_eq!(eve.refused_and_closed().await, ("member/removed".to_owned(), 1008));
    for client in [&mut ann_again, &mut ben] {
        let message = client.receive().await;
        assert_eq!(message["joined"]["member"], of_eve["me"], "{message}");
        assert_eq!(client.receive().await["left"]["reason"], "removed");
    }

    for method in ["PUT", "DELETE"] {
        assert!(second.ask(method, &format!("rooms/{room}/lock")).await.starts_with("HTTP/1.1 204"));
        for client in [&mut ann_again, &mut ben] {
            assert!(client.receive().await["ticket"].is_string());
        }
        if method == "PUT" {
            assert_eq!(second.refuses(&room).await, ("room/locked".to_owned(), 1008));
        }
    }

    // What is no message is counted, and does no harm.
    for channel in redis.channels().await {
        for garbage in ["nonsense", "{}", "\"\\xff\\x00\"", "18446744073709551616"] {
            redis.tell(&format!("PUBLISH {channel} {garbage}")).await;
        }
    }
    first.until("cluster_messages_dropped_total", 4).await;

    // A third one may keep the room from now on: then both come back to it.
    let third = Node::start(&redis, &NEVER).await;
    see_each_other(&[&first, &second, &third]).await;
    if first.number("rooms").await == 0.0 {
        sent_away(&mut ann_again).await;
        sent_away(&mut ben).await;
        (ann_again, _) = first.come_back(&room, &of_ann["ticket"]).await;
        (ben, _) = second.come_back(&room, &of_ben["ticket"]).await;
        assert_eq!(ann_again.receive().await["joined"]["member"], of_ben["me"]);
    }
    talk((&mut ann_again, &of_ann), (&mut ben, &of_ben)).await;
    assert_eq!(third.number("cluster_links_broken_total").await, 0.0);
}

#[tokio::test]
async fn a_node_is_killed() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [mut first, second] = nodes(&redis, &SOON).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (_ben, of_ben) = first.join(&room).await;
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    first.child.kill().await.unwrap();
    sent_away(&mut ann).await;
    let (mut ann, resumed) = second.come_back(&room, &of_ann["ticket"]).await;
    assert_eq!((&resumed["me"], &resumed["settling"]), (&of_ann["me"], &json!(true)));
    let (mut ben, resumed) = second.come_back(&room, &of_ben["ticket"]).await;
    assert_eq!((&resumed["me"], &resumed["members"]), (&of_ben["me"], &json!([of_ann["me"]])));
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
    second.until("cluster_nodes", 1).await;
    // Once for each beat in which nobody heard what was sent there, not as often as Redis answers.
    let broken = second.number("cluster_links_broken_total").await;
    assert!(broken < 50.0, "{broken}");
}

#[tokio::test]
async fn who_was_removed_stays_out_when_the_node_that_kept_the_room_is_killed() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [mut first, mut second] = nodes(&redis, &SOON).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (mut eve, of_eve) = second.join(&room).await;
    let path = format!("rooms/{room}/members/{}", id(&of_eve));
    assert!(second.ask("DELETE", &path).await.starts_with("HTTP/1.1 204"));
    assert_eq!(eve.refused_and_closed().await, ("member/removed".to_owned(), 1008));
    first.child.kill().await.unwrap();
    sent_away(&mut ann).await;
    let comes_as_somebody_new = async |node: &Node| {
        let (_ann, resumed) = node.come_back(&room, &of_ann["ticket"]).await;
        assert_eq!(resumed["me"], of_ann["me"], "her ticket is good");
        let (mut eve, welcome) = node.come_back(&room, &of_eve["ticket"]).await;
        assert_ne!(welcome["me"]["id"], of_eve["me"]["id"]);
        eve.send(json!("leave")).await;
    };
    comes_as_somebody_new(&second).await;
    // One that joins later is told.
    let third = Node::start(&redis, &SOON).await;
    see_each_other(&[&second, &third]).await;
    second.child.kill().await.unwrap();
    third.until("cluster_nodes", 1).await;
    comes_as_somebody_new(&third).await;
}

#[tokio::test]
async fn a_node_is_stalled_and_keeps_no_room_when_it_goes_on() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &SOON).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (mut ben, of_ben) = first.join(&room).await;
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    first.signal("-STOP").await;
    assert!(sent_away(&mut ann).await.iter().all(|message| message["left"].is_null()));
    let (mut ann, resumed) = second.come_back(&room, &of_ann["ticket"]).await;
    assert_eq!(resumed["me"], of_ann["me"]);
    // What is said to it meanwhile is the first thing that it reads, and it does not act on it.
    ben.signal(id(&of_ann), json!("to nobody")).await;
    ben.send(json!({"ping": 1})).await;
    first.signal("-CONT").await;
    assert_eq!(sent_away(&mut ben).await.len(), 1, "the refusal alone");
    // It is there again, as another one, which may keep the room.
    first.until("cluster_rejoins_total", 1).await;
    see_each_other(&[&first, &second]).await;
    assert!(first.is_healthy().await);
    let (mut ben, _) = second.come_back(&room, &of_ben["ticket"]).await;
    let (mut ann_again, resumed) = second.come_back(&room, &of_ann["ticket"]).await;
    assert_eq!((&resumed["me"], &resumed["members"]), (&of_ann["me"], &json!([of_ben["me"]])));
    let (heard, _) = ann.receive_to_the_end().await;
    assert!(heard.iter().all(|message| message["signal"].is_null()), "{heard:?}");
    ben.send(json!({"ping": 1})).await;
    while ben.receive().await["pong"].is_null() {}
    talk((&mut ann_again, &of_ann), (&mut ben, &of_ben)).await;
}

#[tokio::test]
async fn a_node_is_drained_and_the_others_know_at_once() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [mut first, second] = nodes(&redis, &NEVER).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (mut ben, of_ben) = first.join(&room).await;
    ben.send(json!({"lock": true})).await;
    let ticket = ben.receive().await["ticket"].take();
    first.signal("-TERM").await;
    sent_away(&mut ann).await;
    sent_away(&mut ben).await;
    second.until("cluster_nodes", 1).await;
    let (mut ben, _) = second.come_back(&room, &ticket).await;
    assert!(ben.receive().await["ticket"].is_string(), "the room is locked here, too, and a new ticket says so");
    let (mut ann, resumed) = second.come_back(&room, &of_ann["ticket"]).await;
    assert_eq!((&resumed["me"], &resumed["members"]), (&of_ann["me"], &json!([of_ben["me"]])));
    assert_eq!(resumed["locked"], true);
    assert_eq!(ben.receive().await["joined"]["member"], of_ann["me"]);
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
    assert!(soon(first.child.wait()).await.unwrap().success());
}

#[tokio::test]
async fn redis_loses_everything_and_nobody_notices() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &SOON).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (mut ben, of_ben) = first.join(&room).await;
    ann.receive().await;
    redis.tell("FLUSHALL").await;
    // Until both are in again, and with the secret that all have.
    soon(async { while !redis.tell("ZCARD itodenwa:nodes").await.contains(":2") {} }).await;
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
    // It waits until those that were there before have to be in again.
    let third = Node::start(&redis, &SOON).await;
    let (_, resumed) = third.come_back(&room, &of_ben["ticket"]).await;
    assert_eq!(resumed["me"], of_ben["me"]);
    assert_eq!(first.number("cluster_rejoins_total").await + second.number("cluster_rejoins_total").await, 0.0);
}

/// While the node that knows the secret is stalled Redis loses everything, and another one starts; the first goes on as soon as that
/// one is known, or `too_late`: when it keeps rooms.
async fn a_node_starts_when_redis_lost_everything(timeout: &str, too_late: bool) {
    let Some(redis) = Redis::start(&[]).await else { return };
    let arguments = ["--redis-timeout", timeout];
    let first = Node::start(&redis, &arguments).await;
    let (_ann, of_ann) = first.join("r").await;
    first.signal("-STOP").await;
    redis.tell("FLUSHALL").await;
    let starts = Node::start(&redis, &arguments);
    let goes_on = async {
        let is_there = async || !redis.tell("ZCARD itodenwa:nodes").await.starts_with(":0");
        soon(async { while !is_there().await {} }).await;
        if !too_late {
            first.signal("-CONT").await;
        }
    };
    let (second, ()) = tokio::join!(starts, goes_on);
    if too_late {
        first.signal("-CONT").await;
    }
    see_each_other(&[&first, &second]).await;
    // Whichever room: both believe each other's tickets, and those of before if the first one was not too late.
    let (_ben, of_ben, room) = second.join_at_home_of(&first).await;
    first.signal("-TERM").await;
    second.until("cluster_nodes", 1).await;
    let (_ben, resumed) = second.come_back(&room, &of_ben["ticket"]).await;
    assert_eq!(resumed["me"], of_ben["me"]);
    if !too_late {
        let (_ann, resumed) = second.come_back("r", &of_ann["ticket"]).await;
        assert_eq!(resumed["me"], of_ann["me"]);
    }
}

#[tokio::test]
async fn a_node_that_starts_when_redis_lost_everything_takes_the_secret_of_those_that_are_there() {
    a_node_starts_when_redis_lost_everything("15", false).await;
}

#[tokio::test]
async fn a_node_that_comes_back_too_late_takes_the_secret_that_was_made_meanwhile() {
    a_node_starts_when_redis_lost_everything(SOON[1], true).await;
}

#[tokio::test]
async fn redis_restarts_and_what_it_lost_is_noticed() {
    let Some(mut redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &["--redis-timeout", "10"]).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (mut ben, of_ben) = first.join(&room).await;
    ann.receive().await;
    redis.kill().await;
    // It is on its way when there is no way.
    ann.signal(id(&of_ben), json!("lost")).await;
    redis.start_again().await;
    sent_away(&mut ann).await;
    let (mut ann, resumed) = second.come_back(&room, &of_ann["ticket"]).await;
    assert_eq!((&resumed["me"], &resumed["members"]), (&of_ann["me"], &json!([of_ben["me"]])));
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
    assert_eq!(first.number("cluster_rejoins_total").await, 0.0);
}

#[tokio::test]
async fn redis_is_away_for_longer_than_a_node_may_be_without_it() {
    redis_is_away(Duration::ZERO).await;
}

/// For as long as members are waited for; what they have is still good.
#[tokio::test]
async fn redis_is_away_for_half_a_minute() {
    redis_is_away(Duration::from_secs(30)).await;
}

/// For at least so long.
async fn redis_is_away(time: Duration) {
    let Some(mut redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &SOON).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (mut ben, of_ben) = first.join(&room).await;
    let (mut eve, of_eve) = second.join(&room).await;
    let path = format!("rooms/{room}/members/{}", id(&of_eve));
    assert!(second.ask("DELETE", &path).await.starts_with("HTTP/1.1 204"));
    assert_eq!(eve.refused_and_closed().await, ("member/removed".to_owned(), 1008));
    let until = tokio::time::Instant::now() + time;
    redis.kill().await;
    sent_away(&mut ann).await;
    sent_away(&mut ben).await;
    for node in [&first, &second] {
        soon(async { while node.is_healthy().await {} }).await;
        assert!(node.get("/ws/admission").await.starts_with("HTTP/1.1 503"));
        let denied = node.number("connections_denied_total{reason=\"cluster\"}").await;
        assert!(Client::over(TcpStream::connect(node.address).await.unwrap(), "").await.is_err());
        assert_eq!(node.number("connections_denied_total{reason=\"cluster\"}").await, denied + 1.0);
    }
    tokio::time::sleep_until(until).await;
    redis.start_again().await;
    see_each_other(&[&first, &second]).await;
    for node in [&first, &second] {
        soon(async { while !node.is_healthy().await {} }).await;
    }
    let (mut ben, _) = first.come_back(&room, &of_ben["ticket"]).await;
    let (mut ann, resumed) = second.come_back(&room, &of_ann["ticket"]).await;
    assert_eq!((&resumed["me"], &resumed["members"]), (&of_ann["me"], &json!([of_ben["me"]])));
    assert_eq!(ben.receive().await["joined"]["member"], of_ann["me"]);
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
    let (_eve, welcome) = first.come_back(&room, &of_eve["ticket"]).await;
    assert_ne!(welcome["me"]["id"], of_eve["me"]["id"], "who was removed is somebody new");
}

#[tokio::test]
async fn two_clusters_in_one_redis_do_not_see_each_other() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &NEVER).await;
    let other = Node::start(&redis, &["--redis-prefix", "other", "--ticket-secret", "0123456789abcdef"]).await;
    let (_ann, of_ann) = first.join("room").await;
    let (_ben, of_ben) = second.join("room").await;
    let (_eve, of_eve) = other.come_back("room", &of_ann["ticket"]).await;
    assert_eq!((&of_ben["members"], &of_eve["members"]), (&json!([of_ann["me"]]), &json!([])));
    assert_ne!(of_eve["me"], of_ann["me"], "a ticket of the other cluster is worth nothing");
    for (node, nodes, members) in [(&first, 2.0, 2), (&other, 1.0, 1)] {
        assert_eq!(node.number("cluster_nodes").await, nodes);
        let rooms = node.ask("GET", "rooms").await;
        assert!(rooms.ends_with(&format!(r#"{{"rooms":[{{"members":{members},"room":"room"}}]}}"#)), "{rooms}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let Some(redis) = Redis::start(&["--requirepass", "hush"]).await else { return };
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let with_password = format!("redis://:hush@127.0.0.1:{}", redis.port);
    let wrong_password = format!("redis://:wrong@127.0.0.1:{}", redis.port);
    for command in ["SET taken:nodes x", "HSET older:nodes x y", "ZADD newer:nodes 99999999999999 7-1/8-9"] {
        assert!(redis.tell(&format!("AUTH hush\r\n{command}")).await.contains("+OK"));
    }
    let mut other = program(&with_password, &["--ticket-secret", "0123456789abcdef"]).spawn().unwrap();
    let ready = async { while !redis.tell("AUTH hush\r\nHEXISTS itodenwa:cluster check").await.contains(":1") {} };
    soon(ready).await;
    for (url, arguments, expected) in [
        (format!("redis://{free}"), vec![], "--redis: "),
        (old_redis("6.0.16").await, vec![], "--redis: version 6.0.16 is too old: 6.2 or newer is needed"),
        (redis.url(), vec![], "--redis: it wants a password"),
        (wrong_password, vec![], "--redis: it wants a password"),
        (with_password.clone(), vec!["--redis-prefix", "taken"], "--redis-prefix: something else"),
        (with_password.clone(), vec!["--redis-prefix", "older"], "--redis-prefix: something else"),
        (with_password.clone(), vec!["--redis-prefix", "newer"], "of releases that this one cannot work with"),
        (with_password.clone(), vec![], "--ticket-secret: the other nodes have another one"),
        (with_password.clone(), vec!["--redis-prefix", "a b"], "--redis-prefix"),
        ("http://example.org".to_owned(), vec![], "--redis"),
    ] {
        let output = soon(program(&url, &arguments).output()).await.unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && log.contains(expected), "{url} {arguments:?}: {log}");
        assert!(!log.contains("hush") && output.stdout.is_empty(), "{log}");
    }
    other.kill().await.unwrap();
}

#[tokio::test]
async fn another_ticket_secret_counts_when_nobody_is_there_any_more() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let mut ticket = json!(null);
    let mut former = json!(null);
    for secret in [Some("0123456789abcdef"), Some("fedcba9876543210"), None, Some("0123456789abcdef")] {
        let secret = secret.map(|secret| ["--ticket-secret", secret]);
        let mut node =
            Node::start(&redis, &[&NEVER[..], secret.as_ref().map_or(&[], |secret| &secret[..])].concat()).await;
        let (_ann, of_ann) = match ticket.is_string() {
            true => node.come_back("r", &ticket).await,
            false => node.join("r").await,
        };
        assert_ne!(of_ann["me"]["id"], former, "a ticket of before is good for nothing");
        (ticket, former) = (of_ann["ticket"].clone(), of_ann["me"]["id"].clone());
        node.signal("-TERM").await;
        assert!(soon(node.child.wait()).await.unwrap().success());
        assert!(redis.tell("ZCARD itodenwa:nodes").await.contains(":0"));
    }
}

#[tokio::test]
async fn who_cannot_serve_takes_no_rooms() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &NEVER).await;
    let (mut ann, of_ann, room) = second.join_at_home_of(&first).await;
    let (mut ben, of_ben) = first.join(&room).await;
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    let taken = first.address.to_string();
    for (arguments, expected) in [
        (vec!["--tls-certificate", "missing.pem", "--tls-key", "missing.pem"], "missing.pem"),
        (vec!["--metrics", &taken], "--metrics: cannot listen"),
        (vec!["--redis-timeout", "59"], "--redis-timeout: the other nodes have another one"),
        (vec!["--ticket-secret", "0123456789abcdef"], "--ticket-secret: the other nodes have another one"),
    ] {
        let news = redis.hear("itodenwa:news", "the end").await;
        // A flag is given once.
        let timeout = if arguments[0] == NEVER[0] { &[][..] } else { &NEVER[..] };
        let output = soon(program(&redis.url(), &[timeout, &arguments].concat()).output()).await.unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && log.contains(expected), "{arguments:?}: {log}");
        redis.tell("PUBLISH itodenwa:news \"the end\"").await;
        assert_eq!(news.await, 0, "{arguments:?}: the others hear of no newcomer: {log}");
    }
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
    // Of a release that has no version in common.
    redis.tell("ZADD newer:nodes 99999999999999 7-1/8-9").await;
    let news = redis.hear("newer:news", "the end").await;
    assert!(!soon(program(&redis.url(), &["--redis-prefix", "newer"]).output()).await.unwrap().status.success());
    redis.tell("PUBLISH newer:news \"the end\"").await;
    assert_eq!(news.await, 0);
}

#[tokio::test]
async fn whose_port_is_taken_while_it_joins_leaves_again() {
    let Some(redis) = Redis::start(&[]).await else { return };
    // Nothing tells which nodes there were, so that it waits before it listens.
    redis.tell("FLUSHALL").await;
    let at = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut node = Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
    node.args(["--listen", &at.to_string(), "--turn", "off", "--redis", &redis.url(), "--redis-timeout", "15"]);
    let node = node.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    soon(async { while !redis.tell("ZCARD itodenwa:nodes").await.contains(":1") {} }).await;
    let _taken = std::net::TcpListener::bind(at).expect("it does not listen yet");
    let output = soon(node.wait_with_output()).await.unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && log.contains("cannot listen at"), "{log}");
    assert!(redis.tell("ZCARD itodenwa:nodes").await.contains(":0"), "nobody waits until it has expired: {log}");
}

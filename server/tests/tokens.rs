//! With a secret: who comes in, who does not, and who is sent away.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use itodenwa_server::token::{Claims, NumericDate, Secret};
use itodenwa_server::{Config, Limits};
use serde_json::{Value, json};

use crate::support::{Client, TestServer, refusal};

fn secret(letter: &str) -> Secret {
    Secret::new(letter.repeat(32)).unwrap()
}

fn claims(room: &str, identity: &str) -> Claims {
    Claims::new(room, identity, SystemTime::now(), Duration::from_secs(3600))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

async fn guarded(limits: Limits) -> TestServer {
    TestServer::configured(Config { secrets: vec![secret("a"), secret("o")], limits, ..Config::default() }).await
}

/// The first answer to a join with this token.
async fn answer(server: &TestServer, room: &str, token: Option<String>) -> (Client, Value) {
    let mut client = Client::connect(server).await;
    client.send(json!({"join": {"version": 1, "room": room, "token": token}})).await;
    let answer = client.receive().await;
    (client, answer)
}

async fn member(server: &TestServer, claims: &Claims) -> (Client, Value) {
    let (client, mut answer) = answer(server, &claims.video.room, Some(claims.sign(&secret("a")))).await;
    (client, answer["welcome"].take())
}

#[tokio::test]
async fn who_has_a_token_comes_in_as_who_it_says() {
    let server = guarded(Limits::default()).await;
    let mut ann = claims("r", "ann");
    ann.name = Some("Ann".to_owned());
    ann.video.can_publish = Some(false);
    let (_ann, welcome) = member(&server, &ann).await;
    assert_eq!(welcome["me"]["name"], "Ann");
    let pass = json!({"identity": "ann", "publish": false, "subscribe": true, "admin": false, "named": true});
    assert_eq!(welcome["me"]["pass"], pass);

    let (_ben, welcome) = member(&server, &claims("r", "ben")).await;
    assert_eq!(welcome["members"][0]["pass"], pass, "the others may rely on it");
    let (_cem, answer) = answer(&server, "r", Some(claims("r", "cem").sign(&secret("o")))).await;
    assert!(answer["welcome"].is_object(), "an older secret is believed, too");
}

#[tokio::test]
async fn every_other_token_is_refused_with_its_code() {
    let server = guarded(Limits::default()).await;
    let changed = |change: &dyn Fn(&mut Claims)| {
        let mut claims = claims("r", "ann");
        change(&mut claims);
        Some(claims.sign(&secret("a")))
    };
    let good = changed(&|_| {}).unwrap();
    let (signed, seal) = good.rsplit_once('.').unwrap();
    let (_, payload) = signed.split_once('.').unwrap();
    // {"alg":"none"}
    let none = format!("eyJhbGciOiJub25lIn0.{payload}.");
    for (token, code) in [
        (None, "token/required"),
        (Some(String::new()), "token/invalid"),
        (Some("nonsense".to_owned()), "token/invalid"),
        (Some(claims("r", "ann").sign(&secret("b"))), "token/invalid"),
        (Some(none.clone()), "token/invalid"),
        (Some(format!("{none}{seal}")), "token/invalid"),
        (Some(format!("{signed}.")), "token/invalid"),
        (Some(signed.to_owned()), "token/invalid"),
        (changed(&|claims| claims.sub = String::new()), "token/invalid"),
        (changed(&|claims| claims.name = Some("x".repeat(65))), "name/invalid"),
        (changed(&|claims| claims.name = Some("e\u{301}".repeat(65))), "name/invalid"),
        (changed(&|claims| claims.name = Some("a\u{202e}b".to_owned())), "name/invalid"),
        (changed(&|claims| claims.exp = NumericDate(now() - 1)), "token/expired"),
        (changed(&|claims| claims.nbf = Some(NumericDate(now() + 600))), "token/not-yet-valid"),
        (changed(&|claims| claims.video.room = "s".to_owned()), "token/forbidden"),
        (changed(&|claims| claims.video.room = String::new()), "token/forbidden"),
        (changed(&|claims| claims.video.room_join = false), "token/forbidden"),
    ] {
        let (mut client, refused) = answer(&server, "r", token.clone()).await;
        assert_eq!(refusal(&refused), code, "{token:?}");
        assert_eq!(client.receive_to_the_end().await, (vec![], Some(1008)), "{token:?}");
    }
    // Clocks differ by up to a minute.
    let of_soon = changed(&|claims| claims.nbf = Some(NumericDate(now() + 60)));
    for good in [Some(good), of_soon] {
        let (_, answer) = answer(&server, "r", good).await;
        assert!(answer["welcome"].is_object(), "{answer}");
    }
}

#[tokio::test]
async fn a_token_in_an_address_is_worth_nothing() {
    let server = guarded(Limits::default()).await;
    let path = format!("/ws?token={}", claims("r", "ann").sign(&secret("a")));
    let mut client = Client::at(&server, &path, &[]).await.unwrap();
    client.send(json!({"join": {"version": 1, "room": "r"}})).await;
    assert_eq!(client.refused_and_closed().await, ("token/required".to_owned(), 1008));
}

#[tokio::test]
async fn nothing_is_told_of_rooms_to_who_may_not_come_in() {
    let server = guarded(Limits { room_peers: 1, rooms: 1, ..Limits::default() }).await;
    let _ann = member(&server, &claims("full", "ann")).await;
    let token = claims("x", "ben").sign(&secret("a"));
    let mut answers = Vec::new();
    for (room, token) in [("full", None), ("other", None), ("full", Some(&token)), ("other", Some(&token))] {
        let (mut client, refused) = answer(&server, room, token.cloned()).await;
        answers.push((refused, client.receive_to_the_end().await));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[2], answers[3]);
}

#[tokio::test]
async fn the_newest_of_an_identity_stays() {
    let server = guarded(Limits::default()).await;
    let (mut ben, _) = member(&server, &claims("r", "ben")).await;
    let (mut older, _) = member(&server, &claims("r", "ann")).await;
    let (mut newer, welcome) = member(&server, &claims("r", "ann")).await;
    assert_eq!(older.refused_and_closed().await, ("identity/replaced".to_owned(), 1008));
    assert_eq!(welcome["members"].as_array().unwrap().len(), 1, "without the older one");
    let came = ben.receive().await["joined"].take();
    assert_eq!(ben.receive().await, json!({"left": {"id": came["member"]["id"], "reason": "replaced", "roster": 3}}));
    assert_eq!(ben.receive().await["joined"]["member"], welcome["me"]);
    newer.received_nothing().await;
}

#[tokio::test]
async fn who_may_removes_others_and_they_are_told() {
    let server = guarded(Limits::default()).await;
    let mut admin = claims("r", "ann");
    admin.video.room_admin = true;
    let (mut ann, _) = member(&server, &admin).await;
    let (mut ben, welcome) = member(&server, &claims("r", "ben")).await;
    ben.send(json!({"remove": welcome["members"][0]["id"]})).await;
    assert_eq!(refusal(&ben.receive().await), "token/forbidden");
    ann.receive().await;
    ann.send(json!({"remove": welcome["me"]["id"]})).await;
    assert_eq!(ben.refused_and_closed().await, ("member/removed".to_owned(), 1008));
    assert_eq!(ann.receive().await, json!({"left": {"id": welcome["me"]["id"], "reason": "removed", "roster": 3}}));
}

#[tokio::test]
async fn an_open_server_needs_no_token_and_nobody_is_an_admin() {
    let server = TestServer::start().await;
    let (mut ann, answer) = answer(&server, "r", Some("nonsense".to_owned())).await;
    assert!(answer["welcome"]["me"].get("pass").is_none());
    let (_ben, ben) = Client::in_room(&server, "r").await;
    ann.receive().await;
    ann.send(json!({ "remove": ben })).await;
    assert_eq!(refusal(&ann.receive().await), "token/forbidden");
}

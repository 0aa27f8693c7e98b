//! The relay, as members of rooms find it: what they are told of it, how long it is worth something, and its end.

use itodenwa_server::relay::credentials::Credentials;
use itodenwa_server::relay::{TurnConfig, TurnLimits};
use itodenwa_server::{Config, Server, StartError};
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::time::Duration;
use stun_types::attribute::ErrorCode;
use turn_types::attribute::Lifetime;
use turn_types::message::REFRESH;

use crate::support::turn::{Turn, config};
use crate::support::{Client, PATIENCE, TestServer};

fn with_relay() -> Config {
    Config { turn: Some(config()), ..Config::default() }
}

/// A client of the relay that a member was told of.
pub(crate) fn turn(ice_servers: &Value) -> Turn {
    let server =
        ice_servers["servers"].as_array().unwrap().iter().find(|server| server["username"].is_string()).unwrap();
    let url = server["urls"][0].as_str().unwrap();
    let address = url.strip_prefix("turn:").unwrap().strip_suffix("?transport=udp").unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let text = |field: &str| server[field].as_str().unwrap().to_owned();
    Turn::over(socket, Credentials { username: text("username"), password: text("credential") })
}

#[tokio::test]
async fn members_are_told_of_the_relay_and_may_use_it() {
    let server = TestServer::configured(with_relay()).await;
    let (mut ann, mut bob) = (Client::connect(&server).await, Client::connect(&server).await);
    let anns = ann.join("blue-tiger").await["welcome"]["iceServers"].clone();
    let bobs = bob.join("blue-tiger").await["welcome"]["iceServers"].clone();
    assert_eq!(anns["expiresIn"], 3600);
    let [stun, relay] = &anns["servers"].as_array().unwrap()[..] else { panic!("{anns}") };
    let port = stun["urls"][0].as_str().unwrap().strip_prefix("stun:127.0.0.1:").unwrap();
    let urls = ["udp", "tcp"].map(|transport| format!("turn:127.0.0.1:{port}?transport={transport}"));
    assert_eq!(relay["urls"], json!(urls));
    assert_ne!(anns["servers"][1]["username"], bobs["servers"][1]["username"]);
    let (mut ann, mut bob) = (turn(&anns), turn(&bobs));
    let (from, to) = (ann.allocate().relayed(), bob.allocate().relayed());
    assert_eq!((ann.permit(to).code(), bob.permit(from).code()), (0, 0));
    ann.indicate(to, b"hello");
    assert_eq!(bob.receive().unwrap().data(), (from, b"hello".to_vec()));
}

#[tokio::test]
async fn who_leaves_relays_no_more() {
    let server = TestServer::configured(with_relay()).await;
    let (mut ann, _bob) = (Client::connect(&server).await, Client::in_room(&server, "blue-tiger").await);
    let ice_servers = ann.join("blue-tiger").await["welcome"]["iceServers"].clone();
    let mut relayed = turn(&ice_servers);
    relayed.allocate().relayed();
    ann.send(json!("leave")).await;
    ann.receive_to_the_end().await;
    crate::support::soon_true(|| relayed.ask(REFRESH, &[&Lifetime::new(600)]).code() == ErrorCode::ALLOCATION_MISMATCH);
    assert_eq!(relayed.allocate().code(), ErrorCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whose_socket_broke_relays_on_for_as_long_as_the_member_is_waited_for() {
    let limits = itodenwa_server::Limits { resume_window: Duration::from_secs(2), ..Default::default() };
    let server = TestServer::configured(Config { limits, ..with_relay() }).await;
    let mut ann = Client::connect(&server).await;
    let ice_servers = ann.join("blue-tiger").await["welcome"]["iceServers"].clone();
    let (mut bob, _) = Client::in_room(&server, "blue-tiger").await;
    let mut relayed = turn(&ice_servers);
    relayed.allocate().relayed();
    drop(ann);
    bob.received_nothing().await;
    assert_eq!(relayed.ask(REFRESH, &[&Lifetime::new(600)]).code(), 0);
    assert!(bob.receive().await["left"].is_object());
    crate::support::soon_true(|| relayed.ask(REFRESH, &[&Lifetime::new(600)]).code() == ErrorCode::ALLOCATION_MISMATCH);
}

#[tokio::test]
async fn credentials_are_renewed_at_half_of_their_life() {
    let turn_limits = TurnLimits { turn_credential_lifetime: Duration::from_secs(2), ..TurnLimits::default() };
    let server = TestServer::configured(Config { turn_limits, ..with_relay() }).await;
    let mut ann = Client::connect(&server).await;
    let mut last = ann.join("blue-tiger").await["welcome"]["iceServers"].clone();
    for _ in 0..3 {
        let renewed = ann.receive().await["iceServers"].clone();
        assert_eq!(renewed["expiresIn"], 2);
        assert_ne!(renewed["servers"][1]["username"], last["servers"][1]["username"]);
        turn(&renewed).allocate().relayed();
        last = renewed;
    }
}

#[tokio::test]
async fn other_turn_servers_get_credentials_of_the_same_secret() {
    let given = |url: &str| itodenwa_wire::IceServer { urls: vec![url.into()], username: None, credential: None };
    let ice_servers = vec![given("stun:stun.example.org"), given("turn:turn.example.org")];
    let secret = "0123456789abcdef".parse().unwrap();
    let config = Config { ice_servers, turn_secret: Some(secret), ..Config::default() };
    let server = TestServer::configured(config.clone()).await;
    let ice_servers = Client::connect(&server).await.join("blue-tiger").await["welcome"]["iceServers"].clone();
    let [stun, turn] = &ice_servers["servers"].as_array().unwrap()[..] else { panic!("{ice_servers}") };
    assert_eq!(stun, &json!({"urls": ["stun:stun.example.org"]}));
    let (expiry, session) = turn["username"].as_str().unwrap().split_once(':').unwrap();
    let expected = config.turn_secret.as_ref().unwrap().mint(expiry.parse().unwrap(), session).password;
    assert_eq!(turn["credential"], expected);

    let without = Server::bind(Config { turn_secret: None, ..config }).await.unwrap_err();
    assert!(matches!(&without, StartError::IceServer { url, .. } if url == "turn:turn.example.org"), "{without}");
}

#[tokio::test]
async fn without_an_address_the_server_does_not_start() {
    let turn = TurnConfig { addresses: Vec::new(), ..config() };
    let error = Server::bind(Config { turn: Some(turn), ..Config::default() }).await.unwrap_err();
    assert!(error.to_string().contains("--turn-address"), "{error}");
    let turn = TurnConfig { addresses: vec!["0.0.0.0".parse().unwrap()], ..config() };
    assert!(Server::bind(Config { turn: Some(turn), ..Config::default() }).await.is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_not_shared_with_another_server() {
    let first =
        itodenwa_server::relay::Service::start(&config(), TurnLimits::default(), crate::support::turn::secret(), None);
    let taken = first.unwrap();
    let listen = taken.address();
    let again = |any_port| {
        let config = TurnConfig { listen, any_port, ..config() };
        itodenwa_server::relay::Service::start(&config, TurnLimits::default(), crate::support::turn::secret(), None)
    };
    assert!(again(false).unwrap_err().to_string().contains("--turn-listen"));
    assert_ne!(again(true).unwrap().address(), listen);
}

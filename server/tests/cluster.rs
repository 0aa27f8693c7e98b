//! Several servers that keep rooms together.

use std::time::{Duration, SystemTime};

use itodenwa_server::cluster::{LocalBus, Registry, Rendezvous};
use itodenwa_server::token::{Claims, Secret};
use itodenwa_server::{Config, Limits, Server, TicketSecret};
use itodenwa_wire::RoomName;
use serde_json::{Value, json};

use crate::offering::hears_an_offer;
use crate::support::turn::config as relay;
use crate::support::{Client, Received, TestServer, soon};
use crate::turn_members::turn;

/// Two nodes, and a room that the first one keeps.
async fn two_nodes(limits: Limits) -> ([TestServer; 2], String) {
    two_nodes_with(Config { limits, ..Config::default() }).await
}

/// The same, each with this configuration.
async fn two_nodes_with(config: Config) -> ([TestServer; 2], String) {
    let network = LocalBus::network(2);
    let room = room_of(&network[0].1, 0);
    let mut servers = Vec::new();
    for (bus, registry) in network {
        let ticket_secret = TicketSecret::new(*b"the same for all nodes").ok();
        let config = Config { ticket_secret, ..config.clone() };
        let server = Server::bind(config).await.unwrap().in_cluster(bus, registry);
        servers.push(TestServer { address: server.address(), task: tokio::spawn(server.serve()) });
    }
    (servers.try_into().unwrap_or_else(|_| unreachable!()), room)
}

/// A room that this node keeps.
fn room_of(registry: &Rendezvous, node: u16) -> String {
    let rooms = (0..).map(|number| format!("r{number}"));
    rooms.into_iter().find(|room| registry.home_node(&RoomName::new(room.clone()).unwrap()).0 == node).unwrap()
}

async fn join(server: &TestServer, room: &str, ticket: Option<&Value>) -> (Client, Value) {
    let mut client = Client::connect(server).await;
    let resume = ticket.map_or(json!(null), |ticket| json!({"ticket": ticket, "signals": 0}));
    client.send(json!({"join": {"version": 1, "room": room, "resume": resume}})).await;
    let welcome = client.receive().await["welcome"].take();
    (client, welcome)
}

/// A client of the newest version.
async fn newest(server: &TestServer, room: &str) -> (Client, Value) {
    let mut client = Client::connect(server).await;
    client.send(json!({"join": {"version": 1, "maxVersion": 5, "room": room}})).await;
    let welcome = client.receive().await["welcome"].take();
    (client, welcome)
}

fn id(welcome: &Value) -> &str {
    welcome["me"]["id"].as_str().unwrap_or_else(|| panic!("{welcome}"))
}

async fn talk(one: (&mut Client, &Value), other: (&mut Client, &Value)) {
    one.0.signal(id(other.1), json!("over")).await;
    assert_eq!(other.0.receive().await["signal"], json!({"from": id(one.1), "packet": "over"}));
    other.0.signal(id(one.1), json!("and back")).await;
    assert_eq!(one.0.receive().await["signal"], json!({"from": id(other.1), "packet": "and back"}));
}

#[tokio::test]
async fn one_room_over_two_nodes() {
    let ([first, second], room) = two_nodes(Limits::default()).await;
    let (mut ann, of_ann) = join(&second, &room, None).await;
    let (mut ben, of_ben) = join(&first, &room, None).await;
    assert_eq!(of_ben["members"], json!([of_ann["me"]]));
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
    for client in [&mut ann, &mut ben] {
        client.received_nothing().await;
    }
    // Recorded through the node that does not keep the room, and asked at both.
    ann.send(json!({"record": true})).await;
    ann.send(json!({"ping": 7})).await;
    assert_eq!(ann.receive().await["pong"], 7);
    for server in [&first, &second] {
        let mut eve = Client::connect(server).await;
        eve.send(json!({"join": {"version": 1, "room": room, "unlessRecorded": true}})).await;
        assert_eq!(eve.refused_and_closed().await, ("room/recorded".to_owned(), 1008));
    }
    // Asked through one node, and told at the other, by whom.
    let mut eve = Client::connect(&first).await;
    eve.send(json!({"join": {"version": 3, "room": room}})).await;
    let of_eve = eve.receive().await["welcome"].clone();
    for client in [&mut ann, &mut ben] {
        assert!(client.receive().await["joined"].is_object());
    }
    ann.send(json!({"ask": {"what": "mute", "to": of_eve["me"]["id"]}})).await;
    assert_eq!(eve.receive().await["asked"], json!({"what": "mute", "from": of_ann["me"]["id"]}));
    eve.send(json!("leave")).await;
    for client in [&mut ann, &mut ben] {
        assert!(client.receive().await["left"].is_object());
    }
    // A new name, said at one node and told at both; who comes at either sees it.
    let (mut eve, of_eve) = newest(&second, &room).await;
    for client in [&mut ann, &mut ben] {
        assert!(client.receive().await["joined"].is_object());
    }
    eve.send(json!({"rename": "Eva"})).await;
    assert_eq!(eve.receive().await["renamed"]["member"]["name"], "Eva");
    for client in [&mut ann, &mut ben] {
        assert_eq!(client.receive().await["joined"]["member"]["name"], "Eva", "as clients of version 1 know it");
    }
    for server in [&first, &second] {
        let (mut late, welcome) = newest(server, &room).await;
        let named = |member: &&Value| member["id"] == of_eve["me"]["id"];
        assert_eq!(welcome["members"].as_array().unwrap().iter().find(named).unwrap()["name"], "Eva");
        late.send(json!("leave")).await;
        for client in [&mut ann, &mut ben] {
            assert!(client.receive().await["joined"].is_object());
            assert!(client.receive().await["left"].is_object());
        }
    }
    eve.send(json!("leave")).await;
    for client in [&mut ann, &mut ben] {
        assert!(client.receive().await["left"].is_object());
    }
    // Its waiting room: switched on through one node, and waited in at both; the home node decides.
    let (mut eve, mut ira) = (Client::connect(&first).await, Client::connect(&second).await);
    ann.send(json!({"waitingRoom": true})).await;
    for client in [&mut ann, &mut ben] {
        assert!(client.receive().await["ticket"].is_string());
    }
    let mut in_it = Vec::new();
    for (client, identity) in [(&mut eve, "Eve"), (&mut ira, "Ira")] {
        client.send(json!({"join": {"version": 3, "room": room, "name": identity}})).await;
        assert_eq!(client.receive().await["wait"]["seconds"], 600);
        ann.send(json!({"admit": null})).await;
        let welcome = client.receive().await["welcome"].clone();
        assert_eq!(welcome["waitingRoom"], json!({"on": true}));
        in_it.push(welcome["me"]["id"].clone());
        for client in [&mut ann, &mut ben] {
            assert_eq!(client.receive().await["joined"]["member"], welcome["me"]);
        }
    }
    assert_eq!(eve.receive().await["joined"]["member"]["id"], in_it[1]);
    let mut cem = Client::connect(&first).await;
    cem.send(json!({"join": {"version": 3, "room": room, "name": "Cem"}})).await;
    assert!(cem.receive().await["wait"].is_object());
    // Ira, at the other node, is told who waits, perhaps after it was told of those before.
    let id = loop {
        let told = ira.receive().await["waitingRoom"].clone();
        if let Some(id) = told["waiting"][0]["id"].as_str() {
            break id.to_owned();
        }
    };
    ira.send(json!({"turnAway": id})).await;
    assert_eq!(cem.refused_and_closed().await, ("room/refused".to_owned(), 1008));
    eve.send(json!("leave")).await;
    ira.send(json!("leave")).await;
    for client in [&mut ann, &mut ben] {
        for _ in 0..2 {
            assert!(client.receive().await["left"].is_object());
        }
    }
    ann.send(json!({"waitingRoom": false})).await;
    for client in [&mut ann, &mut ben] {
        assert!(client.receive().await["ticket"].is_string());
    }
    // Locked through one node, and kept out at the other.
    ann.send(json!({"lock": true})).await;
    for client in [&mut ann, &mut ben] {
        assert!(client.receive().await["ticket"].is_string());
    }
    for server in [&first, &second] {
        let mut eve = Client::connect(server).await;
        eve.send(json!({"join": {"version": 1, "room": room}})).await;
        assert_eq!(eve.refused_and_closed().await, ("room/locked".to_owned(), 1008));
    }
    // Ann comes back at the other node: the first socket is fenced off there as here.
    let (mut again, resumed) = join(&first, &room, Some(&of_ann["ticket"])).await;
    assert_eq!(resumed["me"], of_ann["me"]);
    assert_eq!(ann.refused_and_closed().await, ("session/replaced".to_owned(), 1008));
    talk((&mut again, &of_ann), (&mut ben, &of_ben)).await;
    again.send(json!("leave")).await;
    assert_eq!(ben.receive().await["left"]["reason"], "left");
}

#[tokio::test]
async fn the_offer_of_a_join_goes_over_two_nodes() {
    let ([first, second], room) = two_nodes(Limits::default()).await;
    for (there, comes) in [(&first, &second), (&second, &first), (&second, &second)] {
        let (mut ann, of_ann) = newest(there, &room).await;
        let mut ben = hears_an_offer(&mut ann, &of_ann, comes, &room).await;
        ben.send(json!("leave")).await;
        assert!(ann.receive().await["left"].is_object());
        ann.send(json!("leave")).await;
        // The room is empty when the next ones come.
        assert_eq!(ann.receive_to_the_end().await.1, Some(1000));
    }
}

#[tokio::test]
async fn what_holds_for_a_room_holds_for_it_over_all_nodes() {
    let secret = Secret::new("a".repeat(32)).unwrap();
    let limits = Limits { room_peers: 2, ..Limits::default() };
    let (servers, room) = two_nodes_with(Config { secrets: vec![secret.clone()], limits, ..Config::default() }).await;
    let come = async |at: usize, identity: &str| {
        let token = Claims::new(&room, identity, SystemTime::now(), Duration::from_secs(3600)).sign(&secret);
        let mut client = Client::connect(&servers[at]).await;
        client.send(json!({"join": {"version": 1, "room": room, "token": token}})).await;
        client
    };
    let mut ann = come(1, "ann").await;
    assert!(ann.receive().await["welcome"].is_object());
    // An identity is in a room once, whatever node it comes to.
    let mut again = come(0, "ann").await;
    assert_eq!(ann.refused_and_closed().await, ("identity/replaced".to_owned(), 1008));
    assert_eq!(again.receive().await["welcome"]["members"], json!([]));
    // And a room is full for all of them.
    assert!(come(1, "ben").await.receive().await["welcome"].is_object());
    assert_eq!(come(1, "cem").await.refused_and_closed().await, ("room/full".to_owned(), 1008));
}

#[tokio::test]
async fn a_member_is_given_the_relay_of_the_rooms_home_and_uses_it_from_any_node() {
    let ([first, second], room) = two_nodes_with(Config { turn: Some(relay()), ..Config::default() }).await;
    let (mut ann, of_ann) = join(&second, &room, None).await;
    let (ben, of_ben) = join(&first, &room, None).await;
    let url = |welcome: &Value| welcome["iceServers"]["servers"][1]["urls"][0].clone();
    assert_eq!(url(&of_ann), url(&of_ben));
    let (mut anns, mut bens) = (turn(&of_ann["iceServers"]), turn(&of_ben["iceServers"]));
    let (from, to) = (anns.allocate().relayed(), bens.allocate().relayed());
    assert_eq!((anns.permit(to).code(), bens.permit(from).code()), (0, 0));
    anns.indicate(to, b"hello");
    assert_eq!(bens.receive().unwrap().data(), (from, b"hello".to_vec()));

    // Its home dies, and the relay with it: the next home has another one.
    drop((first, ben));
    soon(ann.receive_to_the_end()).await;
    let (_ann, resumed) = join(&second, &room, Some(&of_ann["ticket"])).await;
    assert_eq!(resumed["me"], of_ann["me"]);
    assert_ne!(url(&resumed), url(&of_ann));
    turn(&resumed["iceServers"]).allocate().relayed();
}

#[tokio::test]
async fn a_node_with_connections_is_gone() {
    let ([first, second], room) = two_nodes(Limits::default()).await;
    let (mut ben, of_ben) = join(&first, &room, None).await;
    let (ann, of_ann) = join(&second, &room, None).await;
    assert!(ben.receive().await["joined"].is_object());
    drop((second, ann));
    let (mut ann, resumed) = join(&first, &room, Some(&of_ann["ticket"])).await;
    assert_eq!(resumed["me"], of_ann["me"]);
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
}

#[tokio::test]
async fn who_does_not_come_back_from_a_node_that_is_gone_is_gone() {
    let limits = Limits { resume_window: Duration::from_millis(300), ..Limits::default() };
    let ([first, second], room) = two_nodes(limits).await;
    let (mut ben, _) = join(&first, &room, None).await;
    let (_ann, of_ann) = join(&second, &room, None).await;
    assert!(ben.receive().await["joined"].is_object());
    drop(second);
    assert_eq!(ben.receive().await["left"], json!({"id": of_ann["me"]["id"], "reason": "gone", "roster": 3}));
}

#[tokio::test]
async fn the_home_node_of_a_room_is_gone() {
    let ([first, second], room) = two_nodes(Limits::default()).await;
    let (ben, of_ben) = join(&first, &room, None).await;
    let (mut ann, of_ann) = join(&second, &room, None).await;
    drop((first, ben));
    let told = soon(async {
        loop {
            match ann.receive_any().await {
                Received::Message(message) => assert!(message["left"].is_null(), "{message}"),
                Received::Closed(code) => break code,
            }
        }
    });
    assert_eq!(told.await, Some(1012), "sent away, to come back");
    let (mut ann, resumed) = join(&second, &room, Some(&of_ann["ticket"])).await;
    assert_eq!((&resumed["me"], &resumed["settling"]), (&of_ann["me"], &json!(true)));
    let (mut ben, resumed) = join(&second, &room, Some(&of_ben["ticket"])).await;
    assert_eq!(resumed["members"], json!([of_ann["me"]]));
    assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
    talk((&mut ann, &of_ann), (&mut ben, &of_ben)).await;
}

#[test]
fn a_node_that_goes_moves_its_own_rooms_alone() {
    let mut network = LocalBus::network(3);
    let rooms: Vec<_> = (0..300).map(|number| RoomName::new(format!("r{number}")).unwrap()).collect();
    let registry = network[0].1.clone();
    let homes = || rooms.iter().map(|room| registry.home_node(room).0).collect::<Vec<_>>();
    let before = homes();
    for node in 0..3 {
        assert!(before.iter().filter(|home| **home == node).count() > 50);
    }
    network.remove(2);
    for (before, after) in before.into_iter().zip(homes()) {
        assert!(after == before || before == 2 && after < 2);
    }
}

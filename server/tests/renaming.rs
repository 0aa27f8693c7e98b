//! Members that change their names, over sockets.

use serde_json::{Value, json};

use crate::support::{Client, TestServer, refusal};

async fn join(server: &TestServer, newest: u32) -> (Client, Value) {
    let mut client = Client::connect(server).await;
    client.send(json!({"join": {"version": 1, "maxVersion": newest, "room": "r", "name": "Ann"}})).await;
    let welcome = client.receive().await["welcome"].take();
    (client, welcome)
}

#[tokio::test]
async fn a_name_is_changed_and_told_in_the_words_of_each_version() {
    let server = TestServer::start().await;
    let (mut ann, of_ann) = join(&server, 4).await;
    assert_eq!(of_ann["version"], 4);
    let (mut old, _) = join(&server, 3).await;
    assert!(ann.receive().await["joined"].is_object());
    ann.send(json!({"rename": "Bea"})).await;
    let renamed = json!({"member": {"id": of_ann["me"]["id"], "session": 1, "name": "Bea"}, "roster": 3});
    assert_eq!(ann.receive().await, json!({"renamed": renamed}));
    assert!(ann.receive().await["ticket"].is_string());
    assert_eq!(old.receive().await, json!({"joined": renamed}));
    // An old client can't change its own, and is told nothing that it does not know.
    old.send(json!({"rename": "Cem"})).await;
    assert_eq!(old.receive().await["joined"]["member"]["name"], "Cem");
    let (_, newest) = join(&server, 4).await;
    assert_eq!(newest["members"][0]["name"], "Bea");
}

#[tokio::test]
async fn what_is_no_name_is_refused_with_the_code_of_the_join() {
    let server = TestServer::start().await;
    let (mut ann, _) = join(&server, 4).await;
    for nonsense in ["", "  ", "a\nb", "\u{202e}a", &"x".repeat(257), &"é".repeat(65)] {
        ann.send(json!({"rename": nonsense})).await;
        assert_eq!(refusal(&ann.receive().await), "name/invalid", "{nonsense:?}");
    }
    for nonsense in [json!({"rename": 1}), json!({"rename": {"name": "Bea"}})] {
        ann.send(nonsense).await;
        assert_eq!(refusal(&ann.receive().await), "message/malformed");
    }
    ann.send(json!({"rename": null})).await;
    assert!(ann.receive().await["renamed"]["member"]["name"].is_null());
    // Before it has joined a client says nothing of the kind.
    let mut eve = Client::connect(&server).await;
    eve.send(json!({"rename": "Eve"})).await;
    assert_eq!(eve.refused_and_closed().await, ("join/expected".to_owned(), 1008));
}

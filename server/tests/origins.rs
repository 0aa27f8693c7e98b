//! Which pages may connect.

use itodenwa_server::Config;
use tokio_tungstenite::tungstenite::Error;

use crate::support::{Client, TestServer};

/// The status of the refusal, or the client.
async fn connect(server: &TestServer, origin: &str) -> Result<Client, u16> {
    Client::at(server, "/ws", &[("origin", origin)]).await.map_err(|error| match error {
        Error::Http(response) => response.status().as_u16(),
        error => panic!("{error}"),
    })
}

#[tokio::test]
async fn with_a_list_those_on_it_and_the_own_one() {
    let origins = vec!["https://example.org".parse().unwrap()];
    let server = TestServer::configured(Config { origins, ..Config::default() }).await;
    connect(&server, "https://example.org").await.unwrap().join("r").await;
    connect(&server, &format!("http://{}", server.address)).await.unwrap().join("r").await;
    Client::connect(&server).await.join("r").await;
    for origin in ["https://example.com", "http://example.org", "https://example.org:444", "null"] {
        assert_eq!(connect(&server, origin).await.err(), Some(403), "{origin}");
    }
}

#[tokio::test]
async fn without_a_list_every_page() {
    let server = TestServer::start().await;
    for origin in ["https://example.com", "null"] {
        connect(&server, origin).await.unwrap().join("r").await;
    }
}

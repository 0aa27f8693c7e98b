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
    let own = server.address;
    for origin in [
        "https://example.com",
        "http://example.org",
        "https://example.org:444",
        "https://example.org.example.com",
        "null",
    ]
    .map(str::to_owned)
    .into_iter()
    // The own name under another scheme is another origin, and so is one that only the client says.
    .chain([
        format!("https://{own}"),
        format!("ws://{own}"),
        format!("http://{own}@example.com"),
        format!("http://{own}/"),
    ]) {
        assert_eq!(connect(&server, &origin).await.err(), Some(403), "{origin}");
    }
    for said in [("x-forwarded-host", "example.com"), ("forwarded", "host=example.com"), ("host", "example.com")] {
        let headers = [("origin", "http://example.com"), said];
        // A browser sends the host that it connects to, and no page changes that.
        let is_let_in = Client::at(&server, "/ws", &headers).await.is_ok();
        assert_eq!(is_let_in, said.0 == "host", "{said:?}");
    }
}

#[tokio::test]
async fn without_a_list_every_page() {
    let server = TestServer::start().await;
    for origin in ["https://example.com", "null"] {
        connect(&server, origin).await.unwrap().join("r").await;
    }
}

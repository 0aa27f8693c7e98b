//! TLS: with a certificate that is made, and with one from files.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use itodenwa_server::relay::TurnConfig;
use itodenwa_server::{Config, Limits, Server, StartError, Tls};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{PATIENCE, TestServer, http, soon, sooner_than};

/// Certificate and key in files that are gone after the test.
pub(crate) struct Files {
    folder: PathBuf,
    pub(crate) certificate: CertificateDer<'static>,
}

impl Files {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("itodenwa-server-tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("certificate"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("key"), made.signing_key.serialize_pem()).unwrap();
        Files { folder, certificate: made.cert.der().clone() }
    }

    pub(crate) fn tls(&self) -> Tls {
        Tls::Files { certificate: self.folder.join("certificate"), key: self.folder.join("key") }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn server(files: &Files) -> TestServer {
    TestServer::configured(Config { tls: Some(files.tls()), ..Config::default() }).await
}

/// A client that trusts this certificate and no other.
async fn connect(server: &TestServer, trusted: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    secure(TcpStream::connect(server.address).await?, trusted).await
}

/// TLS over this connection.
pub(crate) async fn secure(
    stream: TcpStream,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    soon(TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}

async fn get(mut stream: TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn a_client_that_trusts_the_certificate_is_served_and_talks() {
    let files = Files::new("trusted");
    let server = server(&files).await;
    let answer = get(connect(&server, &files.certificate).await.unwrap(), "/healthz").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");

    let stream = connect(&server, &files.certificate).await.unwrap();
    let (mut socket, _) = soon(client_async("wss://localhost/ws", stream)).await.unwrap();
    soon(socket.send(Message::text(r#"{"join":{"version":1,"room":"r"}}"#))).await.unwrap();
    let welcome = soon(socket.next()).await.unwrap().unwrap().into_text().unwrap();
    assert!(welcome.starts_with(r#"{"welcome":"#), "{welcome}");
}

#[tokio::test]
async fn the_end_of_a_connection_is_seen_through_it() {
    let files = Files::new("ended");
    // Much longer than this waits: who is only silent would not be gone.
    let limits =
        Limits { resume_window: 10 * PATIENCE, resume_after_end: Duration::from_millis(100), ..Limits::default() };
    let server = TestServer::configured(Config { tls: Some(files.tls()), limits, ..Config::default() }).await;
    for reset in [false, true] {
        let mut people = Vec::new();
        for _ in 0..2 {
            let stream = connect(&server, &files.certificate).await.unwrap();
            let (mut socket, _) = client_async("wss://localhost/ws", stream).await.unwrap();
            socket.send(Message::text(format!(r#"{{"join":{{"version":1,"room":"r-{reset}"}}}}"#))).await.unwrap();
            assert!(soon(socket.next()).await.unwrap().unwrap().to_text().unwrap().contains("welcome"));
            people.push(socket);
        }
        let killed = people.pop().unwrap();
        if reset {
            killed.get_ref().get_ref().0.set_zero_linger().unwrap();
        }
        drop(killed);
        for expected in ["joined", "left"] {
            let heard = soon(people[0].next()).await.unwrap().unwrap();
            assert!(heard.to_text().unwrap().contains(expected), "{heard}");
        }
    }
}

#[tokio::test]
async fn a_client_that_trusts_another_one_is_not() {
    let (files, others) = (Files::new("ours"), Files::new("others"));
    let server = server(&files).await;
    assert!(connect(&server, &others.certificate).await.is_err());
    connect(&server, &files.certificate).await.unwrap();
}

#[tokio::test]
async fn plain_http_is_sent_to_https_and_gets_nothing_else() {
    let files = Files::new("plain");
    let server = server(&files).await;
    let ask = async |host: &str| {
        http(server.address, &format!("GET /a?room=b HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")).await
    };
    let answer = ask("localhost:8080").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 308"), "{answer}");
    assert!(answer.contains("location: https://localhost:8080/a?room=b\r\n"), "{answer}");
    assert!(answer.contains("nosniff") && !answer.contains("strict-transport-security"), "{answer}");
    for host in ["example.org", "localhost.example.org", "[::1]", "192.0.2.1:8080"] {
        let answer = ask(host).await;
        assert!(
            answer.starts_with("HTTP/1.1 421") && !answer.to_lowercase().contains("\nlocation:"),
            "{host}: {answer}"
        );
        assert!(answer.contains("nosniff"), "{host}: {answer}");
    }
    for host in ["", "a b", "user@example.org", "example.org/x", "localhost:99999", "localhost\r\nhost: localhost"] {
        let answer = ask(host).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("nosniff"), "{host}: {answer}");
    }
    let request = "OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert!(http(server.address, request).await.to_lowercase().contains("location: https://localhost/\r\n"));
}

#[tokio::test]
async fn one_that_is_made_has_the_fingerprint_that_is_told() {
    use sha2::{Digest, Sha256};
    let server = Server::bind(Config { tls: Some(Tls::SelfSigned), ..Config::default() }).await.unwrap();
    let told = server.fingerprint().unwrap();
    assert_eq!(server.urls(), [format!("https://{}/", server.address())]);
    let (address, task) = (server.address(), tokio::spawn(server.serve()));
    let server = TestServer { address, task };

    // As a browser before the person said yes: it looks at the certificate, and does not trust it.
    let (seen, shown) = tokio::sync::oneshot::channel();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let looker = looker::Looker::new(provider, seen);
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(looker)).with_no_client_auth();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = soon(TlsConnector::from(Arc::new(config)).connect(name, stream)).await.unwrap();
    let certificate = shown.await.unwrap();
    let hash: Vec<String> = Sha256::digest(&certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(hash.join(":"), told);
    let answer = get(stream, "/healthz").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 200") && !answer.contains("strict-transport-security"), "{answer}");

    // Who trusts it after that has nothing more to complain of: names and dates are right.
    connect(&server, &certificate).await.unwrap();
}

#[tokio::test]
async fn nobody_holds_a_place_without_shaking_hands() {
    let files = Files::new("silent");
    let limits = Limits { request_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = TestServer::configured(Config { tls: Some(files.tls()), limits, ..Config::default() }).await;
    for beginning in [&[][..], &[22, 3, 1]] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        let mut answer = Vec::new();
        let _ = sooner_than(Limits::default().request_timeout, stream.read_to_end(&mut answer)).await;
    }
}

/// A browser believes no certificate for TURN that names another host: such an address would only cost time.
#[tokio::test]
async fn turns_is_told_only_if_the_certificate_names_the_relay() {
    let files = Files::new("turns");
    let loopback = std::net::IpAddr::from([127, 0, 0, 1]);
    for (host, expected) in [(Some("localhost"), true), (None, false), (Some("elsewhere.example.org"), false)] {
        let turn = TurnConfig { host: host.map(str::to_owned), ..TurnConfig::new((loopback, 0).into(), loopback) };
        let config = Config { tls: Some(files.tls()), turn: Some(turn), ..Config::default() };
        let server = TestServer::configured(config).await;
        let stream = connect(&server, &files.certificate).await.unwrap();
        let (mut socket, _) = soon(client_async("wss://localhost/ws", stream)).await.unwrap();
        socket.send(Message::text(r#"{"join":{"version":1,"room":"blue-tiger"}}"#)).await.unwrap();
        let welcome = soon(socket.next()).await.unwrap().unwrap().into_text().unwrap();
        assert_eq!(welcome.contains("turns:"), expected, "{host:?}: {welcome}");
        assert!(welcome.contains("turn:"), "{welcome}");
    }
}

#[tokio::test]
async fn a_relay_has_no_name_that_cannot_be_in_an_address() {
    let loopback = std::net::IpAddr::from([127, 0, 0, 1]);
    for host in ["turn.example.org:3478", "turn example", "https://example.org", ""] {
        let turn = TurnConfig { host: Some(host.to_owned()), ..TurnConfig::new((loopback, 0).into(), loopback) };
        let error = Server::bind(Config { turn: Some(turn), ..Config::default() }).await.unwrap_err();
        assert!(error.to_string().starts_with("--turn-host"), "{error}");
    }
}

#[tokio::test]
async fn files_that_are_not_there_are_refused_at_the_start() {
    let tls = Some(Tls::Files { certificate: "no such file".into(), key: "no such file".into() });
    let error = Server::bind(Config { tls, ..Config::default() }).await.unwrap_err();
    assert!(matches!(error, StartError::Tls(_)) && error.to_string().contains("--tls-certificate"), "{error}");
}

/// What looks at a certificate.
mod looker {
    use std::sync::{Arc, Mutex};

    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};
    use tokio::sync::oneshot::Sender;

    #[derive(Debug)]
    pub(super) struct Looker {
        provider: Arc<CryptoProvider>,
        seen: Mutex<Option<Sender<CertificateDer<'static>>>>,
    }

    impl Looker {
        pub(super) fn new(provider: Arc<CryptoProvider>, seen: Sender<CertificateDer<'static>>) -> Self {
            Looker { provider, seen: Mutex::new(Some(seen)) }
        }
    }

    impl ServerCertVerifier for Looker {
        fn verify_server_cert(
            &self,
            certificate: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            let seen = self.seen.lock().unwrap().take().unwrap();
            seen.send(certificate.clone().into_owned()).unwrap();
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider.signature_verification_algorithms.supported_schemes()
        }
    }
}

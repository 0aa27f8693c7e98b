//! The relay over TCP and TLS: who is slow, silent or talks nonsense.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use itodenwa_server::relay::{Service, TurnConfig, TurnLimits};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use socket2::{Domain, Socket, Type};
use stun_types::message::{BINDING, Message};
use tokio::time::Instant;
use turn_types::attribute::Lifetime;
use turn_types::message::REFRESH;

use crate::support::turn::{Framed, Turn, config, limited, member, relay, request, secret, tcp};
use crate::support::{PATIENCE, soon_true};

/// Short, and clearly sooner than the default.
fn first_limit() -> TurnLimits {
    TurnLimits { turn_first_timeout: Duration::from_millis(200), ..TurnLimits::default() }
}

/// What [`first_limit`] ends: the default would not by then.
fn ended_by_first_limit(begun: Instant) -> bool {
    begun.elapsed() < TurnLimits::default().turn_first_timeout * 4 / 5
}

/// Whether the relay closes a connection, without a word.
fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => rest.is_empty(),
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn members_talk_over_tcp_and_udp() {
    let relay = relay();
    let mut ann = Turn::tcp(&relay, member(&relay, "ann"));
    let anns = ann.allocate().relayed();
    let (mut bob, bobs) = Turn::allocated(&relay, "bob");
    assert_eq!((ann.bind(0x4000, bobs).code(), bob.permit(anns).code()), (0, 0));
    for text in [&b"h"[..], b"he", b"hel", b"hell", b"hello"] {
        ann.through(0x4000, text);
        assert_eq!(bob.receive().unwrap().data(), (anns, text.to_vec()));
        bob.indicate(anns, text);
        assert_eq!(&ann.receive().unwrap().0[4..], text, "padding is not part of it");
    }
    ann.indicate(bobs, b"hello");
    assert_eq!(bob.receive().unwrap().data().1, b"hello");
}

#[test]
fn messages_may_come_in_pieces_or_together() {
    let relay = relay();
    let mut stream = tcp(&relay);
    stream.set_nodelay(true).unwrap();
    let question = request(BINDING, &[], None);
    for byte in &question {
        stream.write_all(&[*byte]).unwrap();
    }
    stream.write_all(&question.repeat(3)).unwrap();
    let mut client = Turn::over(Framed(stream), relay.secret().mint(0, "nobody"));
    for _ in 0..4 {
        assert_eq!(client.receive().unwrap().code(), 0);
    }
}

#[test]
fn an_allocation_ends_with_its_connection() {
    let relay = relay();
    let mut ann = Turn::tcp(&relay, member(&relay, "ann"));
    ann.allocate().relayed();
    assert_eq!((relay.ledger().allocations(), relay.ledger().connections()), (1, 1));
    drop(ann);
    soon_true(|| (relay.ledger().allocations(), relay.ledger().connections()) == (0, 0));
}

#[test]
fn nonsense_closes_the_connection() {
    let relay = relay();
    let mut large = request(BINDING, &[], None);
    large[2..4].copy_from_slice(&2032_u16.to_be_bytes());
    let mut odd = request(BINDING, &[], None);
    odd[3] = 1;
    for nonsense in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"\x80",
        b"\x04\x00\x00\x00",
        b"\x40\x00\x08\x00",
        b"\x16\x03\x01\x00\x05hello",
        &large,
        &odd,
        &[0xff; 100_000],
    ] {
        let mut stream = tcp(&relay);
        let _ = stream.write_all(nonsense);
        assert!(is_closed(&mut stream), "{:?}", &nonsense[..4.min(nonsense.len())]);
    }
    soon_true(|| relay.ledger().connections() == 0);
}

#[test]
fn who_says_nothing_or_half_a_word_is_not_waited_for() {
    let relay = limited(first_limit());
    let begun = Instant::now();
    let mut silent = tcp(&relay);
    let mut slow = tcp(&relay);
    slow.write_all(b"\0").unwrap();
    let mut client = Turn::tcp(&relay, member(&relay, "ann"));
    client.allocate().relayed();
    assert!(is_closed(&mut silent) && is_closed(&mut slow));
    assert!(ended_by_first_limit(begun), "after {:?}", begun.elapsed());
    assert_eq!(client.ask(REFRESH, &[&Lifetime::new(600)]).code(), 0, "who talks is listened to");
}

#[test]
fn who_says_nothing_more_is_not_waited_for_either() {
    let relay = limited(TurnLimits { turn_idle_timeout: Duration::from_millis(300), ..TurnLimits::default() });
    let mut client = Turn::tcp(&relay, member(&relay, "ann"));
    client.allocate().relayed();
    assert!(client.receive().is_none());
    soon_true(|| (relay.ledger().allocations(), relay.ledger().connections()) == (0, 0));
}

#[test]
fn who_does_not_read_loses_packets_and_then_the_connection() {
    let limits = TurnLimits {
        turn_write_timeout: Duration::from_millis(300),
        turn_session_rate: 1 << 30,
        ..TurnLimits::default()
    };
    let relay = limited(limits);
    let mut ann = Turn::tcp(&relay, member(&relay, "ann"));
    let anns = ann.allocate().relayed();
    let (mut bob, bobs) = Turn::allocated(&relay, "bob");
    assert_eq!((ann.permit(bobs).code(), bob.bind(0x4000, anns).code()), (0, 0));
    soon_true(|| {
        for _ in 0..100 {
            bob.through(0x4000, &[7; 1900]);
        }
        relay.ledger().connections() == 0
    });
    soon_true(|| relay.ledger().allocations() == 1);
    bob.received_nothing();
}

/// Nobody asks again over TCP (RFC 8489, section 6.2.2): an answer that is lost is an allocation that ends.
#[test]
fn who_reads_late_has_lost_packets_and_no_answer() {
    let limits = TurnLimits {
        turn_write_timeout: PATIENCE,
        turn_session_rate: 1 << 30,
        turn_queue_bytes: 8192,
        ..TurnLimits::default()
    };
    // One thread, so that what Bob sends has been handed on when he is answered.
    let config = TurnConfig { workers: Some(NonZeroUsize::MIN), ..config() };
    let relay = Service::start(&config, limits, secret(), None).unwrap();
    // The system holds little for it.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&relay.address().into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut ann = Turn::over(Framed(stream), member(&relay, "ann"));
    let anns = ann.allocate().relayed();
    let (mut bob, bobs) = Turn::allocated(&relay, "bob");
    assert_eq!((ann.bind(0x4000, bobs).code(), bob.bind(0x4000, anns).code()), (0, 0));
    // And what is left of it no packet fits into.
    for size in [1900; 400].into_iter().chain([8; 100]) {
        for _ in 0..25 {
            bob.through(0x4000, &vec![7; size]);
        }
        bob.received_nothing();
    }
    let mut asked = Vec::new();
    for _ in 0..40 {
        let request = ann.signed(REFRESH, &[&Lifetime::new(600)]);
        asked.push(Message::from_bytes(&request).unwrap().transaction_id());
        ann.send(&request);
        bob.received_nothing();
    }
    while let Some(first) = asked.first() {
        let answer = ann.receive().expect("the connection is there");
        if answer.0[0] < 0x40 {
            assert_eq!((answer.code(), answer.message().transaction_id()), (0, *first), "each once, in order");
            asked.remove(0);
        }
    }
}

#[test]
fn connections_are_counted_by_address_and_in_all() {
    for limits in [
        TurnLimits { turn_address_connections: 2, ..TurnLimits::default() },
        TurnLimits { turn_connections: 2, ..TurnLimits::default() },
    ] {
        let relay = limited(limits);
        let first = tcp(&relay);
        let _second = tcp(&relay);
        soon_true(|| relay.ledger().connections() == 2);
        assert!(is_closed(&mut tcp(&relay)));
        drop(first);
        soon_true(|| relay.ledger().connections() == 1);
        let mut client = Turn::tcp(&relay, member(&relay, "ann"));
        client.allocate().relayed();
    }
}

fn with_tls(limits: TurnLimits) -> (Service, Arc<rustls::ClientConfig>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = CertificateDer::from(made.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Service::start(&config(), limits, secret(), Some(Arc::new(server))).unwrap(), Arc::new(client))
}

fn tls(
    relay: &Service,
    config: &Arc<rustls::ClientConfig>,
) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    let name = ServerName::try_from("localhost").unwrap();
    let connection = rustls::ClientConnection::new(Arc::clone(config), name).unwrap();
    rustls::StreamOwned::new(connection, tcp(relay))
}

#[test]
fn tls_and_plain_turn_share_a_port() {
    let (relay, config) = with_tls(TurnLimits::default());
    let mut ann = Turn::over(Framed(tls(&relay, &config)), member(&relay, "ann"));
    let anns = ann.allocate().relayed();
    let mut bob = Turn::tcp(&relay, member(&relay, "bob"));
    let bobs = bob.allocate().relayed();
    assert_eq!((ann.bind(0x4000, bobs).code(), bob.bind(0x4001, anns).code()), (0, 0));
    for size in [0, 1, 500, 1900] {
        ann.through(0x4000, &vec![1; size]);
        assert_eq!(bob.receive().unwrap().0[4..], vec![1; size]);
        bob.through(0x4001, &vec![2; size]);
        assert_eq!(ann.receive().unwrap().0[4..], vec![2; size]);
    }
    drop(ann);
    soon_true(|| relay.ledger().allocations() == 1);
}

#[test]
fn a_handshake_is_not_waited_for_forever() {
    let (relay, config) = with_tls(first_limit());
    let begun = Instant::now();
    let mut slow = tcp(&relay);
    slow.write_all(b"\x16").unwrap();
    assert!(is_closed(&mut slow) && ended_by_first_limit(begun), "after {:?}", begun.elapsed());
    let mut wrong = tcp(&relay);
    wrong.write_all(b"\x16\x03\x01\x00\x05hello").unwrap();
    let mut alert = Vec::new();
    let _ = wrong.read_to_end(&mut alert);
    assert!(alert.is_empty() || alert[0] == 0x15, "TLS may say what it thinks of it");
    let mut idle = tls(&relay, &config);
    idle.conn.complete_io(&mut idle.sock).unwrap();
    // Session tickets may come before the end.
    let end = idle.sock.read_to_end(&mut Vec::new());
    assert!(end.is_ok(), "no message followed: {end:?}");
    let mut nonsense = tls(&relay, &config);
    nonsense.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(nonsense.read_to_end(&mut Vec::new()).is_err(), "closed in the middle of everything");
}

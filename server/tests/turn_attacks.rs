//! The relay: what strangers and members have tried against it.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;

use itodenwa_server::relay::credentials::Credentials;
use itodenwa_server::relay::peers::Peers;
use itodenwa_server::relay::{Client, Input, Moment, Output, Relay, Rules, Service, Transport, TurnConfig, TurnLimits};
use stun_types::attribute::{AttributeType, RawAttribute};
use stun_types::message::{BINDING, MessageClass, MessageType, Method};
use stun_types::prelude::AttributeWrite;
use turn_types::attribute::{Data, Lifetime, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CREATE_PERMISSION, REFRESH, SEND};

use crate::support::turn::{Answer, Turn, config, new_transaction, relay, request, secret, unix, write};

/// The answers that there are now.
#[cfg(target_os = "linux")]
fn answers(socket: &UdpSocket) -> Vec<Answer> {
    let mut buffer = [0; 2048];
    let mut answers = Vec::new();
    socket.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
    // What comes after everything else: the relay keeps the order of one client.
    while let Ok(length) = socket.recv(&mut buffer) {
        answers.push(Answer(buffer[..length].to_vec()));
        socket.set_nonblocking(true).unwrap();
    }
    answers
}

/// Whoever is written on a datagram gets the answers to it.
#[cfg(target_os = "linux")]
#[test]
fn a_flood_in_another_ones_name_is_answered_with_a_trickle() {
    let limits = TurnLimits { turn_unauthenticated_rate: 10, ..TurnLimits::default() };
    let one_worker = TurnConfig { workers: std::num::NonZeroUsize::new(1), ..config() };
    let relay = Service::start(&one_worker, limits, secret(), None).unwrap();
    // As many attributes as fit, of kinds that have to be understood and are not.
    let many: Vec<_> =
        (0..500).map(|number| RawAttribute::new(AttributeType::new(0x7000 + number % 250), &[])).collect();
    let many: Vec<&dyn AttributeWrite> = many.iter().map(|attribute| attribute as &dyn AttributeWrite).collect();
    let packets = [
        request(ALLOCATE, &[&RequestedTransport::new(17)], None),
        request(BINDING, &[], None),
        request(BINDING, &many, None),
    ];
    for (packet, ip) in packets.into_iter().zip(["127.0.0.8", "127.0.0.9", "127.0.0.10"]) {
        let victim = UdpSocket::bind((ip, 0)).unwrap();
        victim.connect(relay.address()).unwrap();
        (0..200).for_each(|_| drop(victim.send(&packet)));
        // Somebody else is answered at once, and by then everything before was handled.
        let (mut ann, _) = Turn::allocated(&relay, "ann");
        assert_eq!(ann.ask(REFRESH, &[]).code(), 0);
        let answers = answers(&victim);
        assert!((1..=40).contains(&answers.len()), "{} answers", answers.len());
        let longest = answers.iter().map(|answer| answer.0.len()).max().unwrap();
        assert!(longest <= 60, "{longest} bytes for {}", packet.len());
    }
}

/// RFC 8489, section 14.5: what follows the signature is ignored, whatever it is.
#[test]
fn what_follows_the_signature_is_ignored() {
    let relay = relay();
    let (mut ann, _) = Turn::allocated(&relay, "ann");
    let add = |packet: &[u8], attribute: RawAttribute<'_>| {
        let mut packet = [packet, &attribute.to_bytes()].concat();
        let length = (packet.len() - 20) as u16;
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        packet
    };
    let lifetime = RawAttribute::new(AttributeType::new(0x000d), &[0, 0, 0, 0]);
    let packet = add(&ann.signed(REFRESH, &[&Lifetime::new(700)]), lifetime.clone());
    assert_eq!(ann.exchange(&packet).lifetime(), 700);
    let packet = add(&ann.signed(REFRESH, &[]), lifetime);
    assert_eq!(ann.exchange(&packet).lifetime(), 600, "it is not ended by what nobody has signed");
    let unknown = RawAttribute::new(AttributeType::new(0x7777), &[1, 2, 3, 4]);
    let packet = add(&ann.signed(REFRESH, &[]), unknown);
    assert_eq!(ann.exchange(&packet).code(), 0, "it need not be understood");
    let peer = RawAttribute::new(AttributeType::new(0x0012), &[0, 1, 0, 0, 1, 1, 1, 1]);
    let packet = add(&ann.signed(CREATE_PERMISSION, &[]), peer);
    assert_eq!(ann.exchange(&packet).code(), 400, "no peer is named");
    assert_eq!(ann.ask(REFRESH, &[]).code(), 0, "everything is as before");
}

#[test]
fn services_of_other_computers_are_out_of_reach() {
    let config =
        TurnConfig { peer_ports: TurnConfig::new(config().listen, config().listen.ip()).peer_ports, ..config() };
    let relay = Service::start(&config, TurnLimits::default(), secret(), None).unwrap();
    let (mut ann, _) = Turn::allocated(&relay, "ann");
    for (number, (port, code)) in [(53, 403), (123, 403), (1023, 403), (1024, 0), (65_535, 0)].into_iter().enumerate() {
        assert_eq!(ann.bind(0x4000 + number as u16, SocketAddr::new([1, 1, 1, 1].into(), port)).code(), code, "{port}");
    }
}

/// An address that the computer got later is as much its own as the others.
#[test]
fn an_address_that_is_added_later_is_refused_from_then_on() {
    let at = tokio::time::Instant::now().into_std();
    let [first, later]: [IpAddr; 2] = ["198.51.100.1", "198.51.100.2"].map(|ip| ip.parse().unwrap());
    let rules = Rules::new(TurnLimits::default(), &[first], Peers::default(), secret(), secret(), at);
    rules.ledger.admit("ann");
    let mut relay = Relay::new(Arc::new(rules), vec![first]);
    let client = Client { transport: Transport::Datagram(None), address: "192.0.2.1:5000".parse().unwrap() };
    let now = Moment { at, unix: unix() };
    let credentials = secret().mint(now.unix + 600, "ann");
    let challenge = Answer(hand(&mut relay, now, client, &request(ALLOCATE, &[], None)).remove(0)).challenge();
    let auth = Some((&credentials, challenge.0.as_str(), challenge.1.as_str()));
    let ask = |relay: &mut Relay, packet: &[u8]| Answer(hand(relay, now, client, packet).remove(0)).code();
    assert_eq!(ask(&mut relay, &request(ALLOCATE, &[&RequestedTransport::new(17)], auth)), 0);
    assert_eq!(ask(&mut relay, &about(CREATE_PERMISSION, later, auth)), 0, "a computer as any other");
    let data = indication(later);
    assert_eq!(hand(&mut relay, now, client, &data), [b"hello"]);
    relay.handle(now, Input::LocalAddresses(vec![first, later]));
    assert!(
        hand(&mut relay, now, client, &data).is_empty(),
        "nothing but allocations of this computer may be talked to"
    );
}

/// What the relay sends when it is given a packet. Allocations get their port.
fn hand(relay: &mut Relay, now: Moment, client: Client, packet: &[u8]) -> Vec<Vec<u8>> {
    relay.handle(now, Input::FromClient { client, packet });
    let mut sent = Vec::new();
    loop {
        let opened = match relay.poll() {
            None => return sent,
            Some(Output::ToClient { packet, .. } | Output::ToPeer { payload: packet, .. }) => {
                sent.push(packet.to_vec());
                continue;
            }
            Some(Output::Open { allocation, .. }) => allocation,
            Some(Output::Close { .. }) => continue,
        };
        relay.handle(now, Input::Opened { allocation: opened, port: Some(50_000) });
    }
}

fn about(method: Method, peer: IpAddr, auth: Option<(&Credentials, &str, &str)>) -> Vec<u8> {
    let transaction = new_transaction();
    let peer = XorPeerAddress::new(SocketAddr::new(peer, 5000), transaction);
    write(MessageType::from_class_method(MessageClass::Request, method), transaction, &[&peer], auth)
}

fn indication(peer: IpAddr) -> Vec<u8> {
    let transaction = new_transaction();
    let peer = XorPeerAddress::new(SocketAddr::new(peer, 5000), transaction);
    let kind = MessageType::from_class_method(MessageClass::Indication, SEND);
    write(kind, transaction, &[&peer, &Data::new(b"hello")], None)
}

/// Behind a one-to-one NAT no socket has the address that others know, and few NATs send back what is for themselves.
#[test]
fn members_talk_from_relay_to_relay_behind_a_nat() {
    let nat: IpAddr = "203.0.113.10".parse().unwrap();
    let relay = Service::start(&TurnConfig { addresses: vec![nat], ..config() }, TurnLimits::default(), secret(), None)
        .unwrap();
    let (mut ann, anns) = Turn::allocated(&relay, "ann");
    let (mut bob, bobs) = Turn::allocated(&relay, "bob");
    assert_eq!((anns.ip(), bobs.ip()), (nat, nat));
    assert_eq!((ann.permit(bobs).code(), bob.permit(anns).code()), (0, 0));
    ann.indicate(bobs, b"one");
    assert_eq!(bob.receive().unwrap().data(), (anns, b"one".to_vec()));
    assert_eq!((ann.bind(0x4000, bobs).code(), bob.bind(0x4001, anns).code()), (0, 0));
    bob.through(0x4001, b"two");
    assert_eq!(ann.receive().unwrap().0, b"\x40\x00\x00\x03two");
    // What only looks like an allocation's port is none.
    let service = UdpSocket::bind("127.0.0.1:0").unwrap();
    service.set_nonblocking(true).unwrap();
    let pretended = SocketAddr::new(nat, service.local_addr().unwrap().port());
    assert_eq!(ann.bind(0x4002, pretended).code(), 403);
    ann.indicate(pretended, b"let me in");
    ann.received_nothing();
    assert_eq!(service.recv(&mut [0; 16]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    service.send_to(b"let me in", ("127.0.0.1", anns.port())).unwrap();
    bob.through(0x4001, b"three");
    assert_eq!(ann.receive().unwrap().0, b"\x40\x00\x00\x05three", "and nothing of the service before");
}

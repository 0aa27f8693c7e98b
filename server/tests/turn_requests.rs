//! The relay: what it is asked, and what it answers.

use std::net::UdpSocket;

use itodenwa_server::relay::{Service, TurnConfig, TurnLimits};
use stun_types::AddressFamily;
use stun_types::attribute::{AttributeType, Fingerprint, MessageIntegrity, RawAttribute, Software, UnknownAttributes};
use stun_types::message::{BINDING, Message, MessageWriteVec};
use stun_types::prelude::{AttributeStaticType, AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::attribute::{
    DontFragment, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken, XorPeerAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CONNECT, CREATE_PERMISSION, REFRESH};

use crate::support::PATIENCE;
use crate::support::turn::{Turn, config, limited, member, relay, request, secret, udp};

fn transport() -> RequestedTransport {
    RequestedTransport::new(RequestedTransport::UDP)
}

#[test]
fn everybody_is_told_their_own_address() {
    let relay = relay();
    let socket = udp(&relay);
    let own = socket.local_addr().unwrap();
    let mut client = Turn::over(socket, relay.secret().mint(0, "nobody"));
    let mut question = Message::builder_request(BINDING, MessageWriteVec::new());
    question.add_attribute(&Software::new("a test").unwrap()).unwrap();
    question.add_fingerprint().unwrap();
    let answer = client.exchange(&question.finish());
    assert_eq!((answer.code(), answer.mapped()), (0, own));
    assert!(answer.has::<Fingerprint>(), "as the question has");
}

/// Linux has all of 127.0.0.0/8 on its loopback; others have one address of it.
#[cfg(target_os = "linux")]
#[test]
fn who_asks_at_one_of_several_addresses_is_answered_from_it() {
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let config = TurnConfig { listen: listen.parse().unwrap(), ..config() };
        let relay = Service::start(&config, TurnLimits::default(), secret(), None).unwrap();
        let client = |address: &str| {
            // Connected, it takes nothing from elsewhere.
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.connect((address, relay.address().port())).unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut client = Turn::over(socket, member(&relay, "ann"));
            let relayed = client.allocate().relayed();
            (client, relayed)
        };
        let (mut sender, from) = client("127.0.0.1");
        for address in ["127.0.0.2", "127.1.2.3"] {
            let (mut receiver, relayed) = client(address);
            assert_eq!((receiver.permit(from).code(), sender.permit(relayed).code()), (0, 0));
            sender.indicate(relayed, b"hello");
            assert_eq!(receiver.receive().unwrap().data(), (from, b"hello".to_vec()), "{listen} {address}");
        }
    }
}

#[test]
fn an_allocation_lives_as_long_as_it_may() {
    let relay = relay();
    for (asked, given) in [(None, 600), (Some(1), 600), (Some(1200), 1200), (Some(3601), 3600), (Some(u32::MAX), 3600)]
    {
        let mut client = Turn::udp(&relay, member(&relay, "ann"));
        let (transport, lifetime) = (transport(), asked.map(Lifetime::new));
        let mut attributes: Vec<&dyn AttributeWrite> = vec![&transport];
        attributes.extend(lifetime.as_ref().map(|lifetime| lifetime as &dyn AttributeWrite));
        let answer = client.ask(ALLOCATE, &attributes);
        assert_eq!(answer.lifetime(), given, "{asked:?}");
        assert!(answer.has::<MessageIntegrity>() && answer.relayed().port() >= 49_152);
        assert_eq!(client.ask(REFRESH, &[&Lifetime::new(9999)]).lifetime(), 3600);
        assert_eq!(client.ask(REFRESH, &[&Lifetime::new(0)]).lifetime(), 0);
        assert_eq!(relay.ledger().allocations(), 0);
        assert_eq!(client.ask(REFRESH, &[&Lifetime::new(600)]).code(), 437, "it is over");
    }
    let short = limited(TurnLimits { turn_lifetime: std::time::Duration::from_secs(700), ..TurnLimits::default() });
    let (mut client, _) = Turn::allocated(&short, "ann");
    assert_eq!(client.ask(REFRESH, &[&Lifetime::new(3600)]).lifetime(), 700);
}

#[test]
fn a_client_has_one_allocation() {
    let relay = relay();
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    client.challenge = Some(client.exchange(&request(ALLOCATE, &[&transport()], None)).challenge());
    let first = client.signed(ALLOCATE, &[&transport()]);
    let relayed = client.exchange(&first).relayed();
    assert_eq!(client.exchange(&first).relayed(), relayed, "the answer was lost, and the same is asked again");
    assert_eq!(client.allocate().code(), 437);
    assert_eq!(relay.ledger().allocations(), 1);
}

#[test]
fn an_allocation_belongs_to_who_made_it() {
    let relay = relay();
    let (mut client, _) = Turn::allocated(&relay, "ann");
    client.credentials = member(&relay, "eve");
    assert_eq!(client.ask(REFRESH, &[&Lifetime::new(0)]).code(), 441);
    assert_eq!(client.permit("127.0.0.1:50000".parse().unwrap()).code(), 441);
    assert_eq!(client.allocate().code(), 441);
    assert_eq!(relay.ledger().allocations(), 1);
}

#[test]
fn without_an_allocation_there_is_nothing_to_be_changed() {
    let relay = relay();
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    let peer = "127.0.0.1:50000".parse().unwrap();
    assert_eq!(client.ask(REFRESH, &[]).code(), 437);
    assert_eq!(client.permit(peer).code(), 437);
    assert_eq!(client.bind(0x4000, peer).code(), 437);
    client.indicate(peer, b"hello");
    client.through(0x4000, b"hello");
    client.received_nothing();
}

#[test]
fn only_udp_is_relayed() {
    let relay = relay();
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    assert_eq!(client.ask(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::TCP)]).code(), 442);
    assert_eq!(client.ask(ALLOCATE, &[&RequestedTransport::new(0)]).code(), 442);
    assert_eq!(client.ask(ALLOCATE, &[]).code(), 400);
    client.send(&request(CONNECT, &[], None));
    client.received_nothing();
    assert_eq!(relay.ledger().allocations(), 0);
}

#[test]
fn both_families_are_relayed_and_no_others() {
    let relay = relay();
    for (family, is_v6) in [(AddressFamily::IPV4, false), (AddressFamily::IPV6, true)] {
        let mut client = Turn::udp(&relay, member(&relay, "ann"));
        let family = RequestedAddressFamily::new(family);
        assert_eq!(client.ask(ALLOCATE, &[&transport(), &family]).relayed().is_ipv6(), is_v6);
        let other = if is_v6 { AddressFamily::IPV4 } else { AddressFamily::IPV6 };
        assert_eq!(client.ask(REFRESH, &[&RequestedAddressFamily::new(other)]).code(), 443);
        let other = if is_v6 { "1.1.1.1:9" } else { "[2606:4700::1]:9" };
        assert_eq!(client.permit(other.parse().unwrap()).code(), 443);
        assert_eq!(client.bind(0x4000, other.parse().unwrap()).code(), 443);
    }
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    let unknown = RawAttribute::new(RequestedAddressFamily::TYPE, &[3, 0, 0, 0]);
    assert_eq!(client.ask(ALLOCATE, &[&transport(), &unknown]).code(), 440);
    let v4_only = TurnConfig { addresses: vec!["127.0.0.1".parse().unwrap()], ..config() };
    let v4_only = Service::start(&v4_only, TurnLimits::default(), secret(), None).unwrap();
    let mut client = Turn::udp(&v4_only, member(&v4_only, "ann"));
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    assert_eq!(client.ask(ALLOCATE, &[&transport(), &v6]).code(), 440);
}

#[test]
fn what_must_be_understood_and_is_not_is_named() {
    let relay = relay();
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    let unknown = RawAttribute::new(AttributeType::new(0x7abc), &[1, 2, 3, 4]);
    let [reserved, whole] = [&ReservationToken::new(7) as &dyn AttributeWrite, &DontFragment::new()];
    for (attribute, kind) in
        [(reserved, ReservationToken::TYPE), (whole, DontFragment::TYPE), (&unknown, AttributeType::new(0x7abc))]
    {
        let answer = client.ask(ALLOCATE, &[&transport(), attribute]);
        assert_eq!(answer.code(), 420);
        assert!(answer.message().attribute::<UnknownAttributes>().unwrap().has_attribute(kind));
        assert_eq!(client.exchange(&request(BINDING, &[attribute], None)).code(), 420);
    }
    let optional = RawAttribute::new(AttributeType::new(0xFF05), &[1, 2, 3, 4]);
    assert_eq!(client.ask(ALLOCATE, &[&transport(), &optional]).code(), 0);
}

#[test]
fn a_port_may_have_to_be_even_but_has_no_companion() {
    let relay = relay();
    for _ in 0..8 {
        let mut client = Turn::udp(&relay, member(&relay, "ann"));
        assert_eq!(client.ask(ALLOCATE, &[&transport(), &EvenPort::new(true)]).code(), 508);
        assert_eq!(client.ask(ALLOCATE, &[&transport(), &EvenPort::new(false)]).relayed().port() % 2, 0);
    }
}

#[test]
fn requests_that_lack_something_are_refused() {
    let relay = relay();
    let (mut client, _) = Turn::allocated(&relay, "ann");
    assert_eq!(client.ask(CREATE_PERMISSION, &[]).code(), 400);
    assert_eq!(client.ask(CHANNEL_BIND, &[]).code(), 400);
    let nonsense = RawAttribute::new(XorPeerAddress::TYPE, &[0, 9, 0, 0]);
    assert_eq!(client.ask(CREATE_PERMISSION, &[&nonsense]).code(), 400);
}

#[test]
fn what_is_no_stun_gets_no_answer() {
    let relay = relay();
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    let mut cut = request(BINDING, &[&transport()], None);
    cut.truncate(24);
    let mut cookie = request(BINDING, &[], None);
    cookie[4] = 0;
    for junk in [&b""[..], b"\0", b"GET / HTTP/1.1\r\n\r\n", &[0; 20], &[0xff; 4096], b"\x40\0\xff\xff", &cut, &cookie]
    {
        client.send(junk);
    }
    client.received_nothing();
}

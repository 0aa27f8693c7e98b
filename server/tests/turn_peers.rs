//! The relay: whom clients may talk to through it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use itodenwa_server::relay::peers::{REFUSED_V4, REFUSED_V6};
use itodenwa_server::relay::{Service, TurnConfig, TurnLimits};
use stun_types::AddressFamily;
use turn_types::attribute::{RequestedAddressFamily, RequestedTransport};
use turn_types::message::ALLOCATE;

use crate::support::soon_true;
use crate::support::turn::{Turn, config, member, relay, secret};

/// Allocations of both kinds.
fn both(relay: &Service) -> [Turn; 2] {
    [AddressFamily::IPV4, AddressFamily::IPV6].map(|family| {
        let mut client = Turn::udp(relay, member(relay, "ann"));
        let transport = RequestedTransport::new(RequestedTransport::UDP);
        assert_eq!(client.ask(ALLOCATE, &[&transport, &RequestedAddressFamily::new(family)]).code(), 0);
        client
    })
}

fn is_refused(clients: &mut [Turn; 2], ip: IpAddr) {
    for client in clients {
        let peer = SocketAddr::new(ip, 4000);
        assert_eq!(client.permit(peer).code(), 403, "{ip}");
        assert_eq!(client.bind(0x4000, peer).code(), 403, "{ip}");
        client.indicate(peer, b"let me in");
    }
}

#[test]
fn what_is_not_the_public_internet_is_refused_in_every_spelling() {
    let relay = relay();
    let mut clients = both(&relay);
    for network in REFUSED_V4 {
        let inside = network.hosts().nth(77).unwrap();
        for v4 in [network.network(), inside, network.broadcast()] {
            // The relay's own address is another story.
            if v4 != Ipv4Addr::LOCALHOST {
                is_refused(&mut clients, v4.into());
            }
            is_refused(&mut clients, v4.to_ipv6_compatible().into());
        }
        is_refused(&mut clients, inside.to_ipv6_mapped().into());
        let [a, b, c, d] = inside.octets();
        let [high, low] = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
        for hidden in [
            format!("64:ff9b::{high:x}:{low:x}"),
            format!("2002:{high:x}:{low:x}::1"),
            format!("64:ff9b:1::{high:x}:{low:x}"),
        ] {
            is_refused(&mut clients, hidden.parse().unwrap());
        }
    }
    for network in REFUSED_V6 {
        [network.network(), network.broadcast()].iter().for_each(|v6| is_refused(&mut clients, (*v6).into()));
    }
    for v6 in ["::", "fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "100::1", "1fff::1", "4000::"] {
        is_refused(&mut clients, v6.parse().unwrap());
    }
    clients.iter_mut().for_each(Turn::received_nothing);
}

#[test]
fn one_refused_address_among_others_refuses_them_all() {
    let relay = relay();
    let (mut client, _) = Turn::allocated(&relay, "ann");
    let transaction = crate::support::turn::new_transaction();
    let [public, private] = ["1.1.1.1:9", "10.0.0.1:9"]
        .map(|peer| turn_types::attribute::XorPeerAddress::new(peer.parse().unwrap(), transaction));
    let kind = stun_types::message::MessageType::from_class_method(
        stun_types::message::MessageClass::Request,
        turn_types::message::CREATE_PERMISSION,
    );
    let (realm, nonce) = client.challenge.clone().unwrap();
    let credentials = client.credentials.clone();
    let auth = Some((&credentials, realm.as_str(), nonce.as_str()));
    let packet = crate::support::turn::write(kind, transaction, &[&public, &private], auth);
    assert_eq!(client.exchange(&packet).code(), 403);
}

#[test]
fn the_public_internet_may_be_talked_to() {
    let relay = relay();
    let [mut v4, mut v6] = both(&relay);
    // Permissions send nothing.
    assert_eq!(v4.permit("1.1.1.1:9".parse().unwrap()).code(), 0);
    assert_eq!(v4.permit("[::ffff:1.1.1.1]:9".parse().unwrap()).code(), 0);
    assert_eq!(v4.bind(0x4000, "8.8.8.8:9".parse().unwrap()).code(), 0);
    assert_eq!(v6.permit("[2606:4700::1111]:9".parse().unwrap()).code(), 0);
}

#[test]
fn this_computer_is_refused_but_for_other_allocations() {
    let relay = relay();
    let (mut ann, anns) = Turn::allocated(&relay, "ann");
    let (mut bob, bobs) = Turn::allocated(&relay, "bob");
    let service = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    service.set_nonblocking(true).unwrap();
    let theirs = service.local_addr().unwrap();
    assert_eq!(ann.permit(theirs).code(), 0, "a permission is for an address, not for a port");
    assert_eq!(ann.bind(0x4000, theirs).code(), 403);
    assert_eq!(ann.bind(0x4000, relay.address()).code(), 403);
    ann.indicate(theirs, b"let me in");
    assert_eq!(bob.permit(anns).code(), 0);
    ann.indicate(bobs, b"hello");
    assert_eq!(bob.receive().unwrap().data(), (anns, b"hello".to_vec()), "what was sent before went nowhere");
    let mut buffer = [0; 16];
    assert_eq!(service.recv(&mut buffer).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);

    assert_eq!(ann.bind(0x4000, bobs).code(), 0);
    relay.dismiss("bob");
    // The allocation is counted out a moment before its socket is closed.
    let mut heir = None;
    soon_true(|| {
        heir = std::net::UdpSocket::bind(bobs).ok();
        heir.is_some()
    });
    let heir = heir.unwrap();
    heir.set_nonblocking(true).unwrap();
    ann.through(0x4000, b"are you still there?");
    ann.indicate(bobs, b"are you still there?");
    ann.received_nothing();
    assert_eq!(heir.recv(&mut buffer).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn members_talk_to_each_other_from_relay_to_relay() {
    let relay = relay();
    let (mut ann, anns) = Turn::allocated(&relay, "ann");
    let (mut bob, bobs) = Turn::allocated(&relay, "bob");
    ann.indicate(bobs, b"too early");
    assert_eq!((ann.permit(bobs).code(), bob.permit(anns).code()), (0, 0));
    ann.indicate(bobs, b"one");
    assert_eq!(bob.receive().unwrap().data(), (anns, b"one".to_vec()));
    assert_eq!(bob.bind(0x7FFE, anns).code(), 0);
    ann.indicate(bobs, b"two");
    assert_eq!(bob.receive().unwrap().0, b"\x7f\xfe\x00\x03two", "through the channel, without padding");
    assert_eq!(ann.bind(0x4000, bobs).code(), 0);
    ann.through(0x4000, b"three");
    assert_eq!(bob.receive().unwrap().0, b"\x7f\xfe\x00\x05three");
    bob.through(0x7FFE, b"");
    assert_eq!(ann.receive().unwrap().0, b"\x40\x00\x00\x00");
    bob.through(0x4FFF, b"no such channel");
    bob.received_nothing();
    ann.received_nothing();
}

#[test]
fn a_channel_is_one_peer_and_a_peer_one_channel() {
    let relay = relay();
    let (mut ann, _) = Turn::allocated(&relay, "ann");
    let [one, two] = ["1.1.1.1:9", "1.1.1.1:10"].map(|peer| peer.parse().unwrap());
    for number in [0, 0x3FFF, 0x7FFF, 0x8000, 0xFFFF] {
        assert_eq!(ann.bind(number, one).code(), 400, "{number:x}");
    }
    assert_eq!(ann.bind(0x4000, one).code(), 0);
    assert_eq!(ann.bind(0x4000, one).code(), 0);
    assert_eq!(ann.bind(0x4000, two).code(), 400);
    assert_eq!(ann.bind(0x4001, one).code(), 400);
    assert_eq!(ann.bind(0x4001, two).code(), 0);
    for port in 0..62 {
        assert_eq!(ann.bind(0x4100 + port, SocketAddr::new(one.ip(), 1000 + port)).code(), 0);
    }
    assert_eq!(ann.bind(0x4FFF, SocketAddr::new(one.ip(), 9999)).code(), 508);
}

#[test]
fn there_are_so_many_permissions_and_no_more() {
    let relay = relay();
    let (mut ann, _) = Turn::allocated(&relay, "ann");
    for last in 0..64 {
        assert_eq!(ann.permit(SocketAddr::new([1, 1, 1, last].into(), 9)).code(), 0);
    }
    assert_eq!(ann.permit("1.1.2.1:9".parse().unwrap()).code(), 508);
    assert_eq!(ann.permit("1.1.1.63:9".parse().unwrap()).code(), 0);
}

/// Every address of 127.0.0.0/8 is one of this computer, but not one that it has.
#[cfg(target_os = "linux")]
mod with_a_lan {
    use super::*;
    use std::net::UdpSocket;

    fn with_peers(limits: TurnLimits) -> (Service, UdpSocket) {
        let config = TurnConfig { allow: vec!["127.0.0.0/30".parse().unwrap()], ..config() };
        let peer = UdpSocket::bind("127.0.0.2:0").unwrap();
        peer.set_read_timeout(Some(crate::support::PATIENCE)).unwrap();
        (Service::start(&config, limits, secret(), None).unwrap(), peer)
    }

    fn receive(peer: &UdpSocket) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 4096];
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        (buffer[..length].to_vec(), from)
    }

    #[test]
    fn a_network_that_is_allowed_may_be_talked_to() {
        let (relay, peer) = with_peers(TurnLimits::default());
        let (mut ann, relayed) = Turn::allocated(&relay, "ann");
        let at = peer.local_addr().unwrap();
        assert_eq!(ann.permit(at).code(), 0);
        ann.indicate(at, b"ping");
        assert_eq!(receive(&peer), (b"ping".to_vec(), relayed));
        peer.send_to(b"pong", relayed).unwrap();
        assert_eq!(ann.receive().unwrap().data(), (at, b"pong".to_vec()));
        let stranger = UdpSocket::bind("127.0.0.3:0").unwrap();
        stranger.send_to(b"let me in", relayed).unwrap();
        ann.indicate(at, b"again");
        receive(&peer);
        peer.send_to(b"pong", relayed).unwrap();
        assert_eq!(ann.receive().unwrap().data(), (at, b"pong".to_vec()), "the stranger was not heard");
        assert_eq!(ann.permit("127.0.0.4:9".parse().unwrap()).code(), 403);
        assert_eq!(ann.bind(0x4000, relay.address()).code(), 403, "what the server has is never allowed");
    }

    #[test]
    fn what_is_too_large_for_a_message_is_lost() {
        let (relay, peer) = with_peers(TurnLimits::default());
        let (mut ann, relayed) = Turn::allocated(&relay, "ann");
        let at = peer.local_addr().unwrap();
        assert_eq!(ann.bind(0x4000, at).code(), 0);
        for (size, passes) in [(1984, true), (1985, false), (60_000, false), (0, true)] {
            peer.send_to(&vec![7; size], relayed).unwrap();
            match passes {
                true => assert_eq!(ann.receive().unwrap().0.len(), 4 + size),
                false => ann.received_nothing(),
            }
        }
    }

    #[test]
    fn a_member_has_so_many_bytes_a_second_and_so_many_in_all() {
        let limits = TurnLimits { turn_session_rate: 1024, turn_session_bytes: 10_000, ..TurnLimits::default() };
        let (relay, peer) = with_peers(limits);
        let (mut ann, relayed) = Turn::allocated(&relay, "ann");
        let at = peer.local_addr().unwrap();
        assert_eq!(ann.bind(0x4000, at).code(), 0);
        // Two seconds' worth at once, both ways together.
        for _ in 0..2 {
            ann.through(0x4000, &[1; 990]);
            assert_eq!(receive(&peer).0.len(), 990);
        }
        peer.send_to(&[2; 1000], relayed).unwrap();
        ann.received_nothing();
        let (mut bob, _) = Turn::allocated(&relay, "bob");
        assert_eq!(bob.bind(0x4000, at).code(), 0);
        bob.through(0x4000, b"others notice nothing");
        assert_eq!(receive(&peer).0, b"others notice nothing");
        // A packet with nothing in it is a packet: IP and UDP have 28 bytes.
        let (relay, peer) = with_peers(TurnLimits { turn_session_bytes: 2_800, ..TurnLimits::default() });
        let (mut ann, _) = Turn::allocated(&relay, "ann");
        assert_eq!(ann.bind(0x4000, peer.local_addr().unwrap()).code(), 0);
        (0..120).for_each(|_| ann.through(0x4000, b""));
        assert_eq!(ann.ask(turn_types::message::REFRESH, &[]).code(), 0, "all of them were handled");
        peer.set_nonblocking(true).unwrap();
        let passed = std::iter::from_fn(|| peer.recv(&mut [0; 16]).ok()).count();
        assert_eq!(passed, 100);
    }
}

//! The relay: nobody has more than their share, and nothing is kept for who has no credentials.

use std::net::UdpSocket;

use itodenwa_server::relay::{Service, TurnLimits};
use turn_types::attribute::Lifetime;
use turn_types::message::REFRESH;

use crate::support::soon_true;
use crate::support::turn::{Turn, limited, member, relay, secret};

fn allocate(relay: &Service, session: &str) -> (Turn, u16) {
    let mut client = Turn::udp(relay, member(relay, session));
    let code = client.allocate().code();
    (client, code)
}

#[test]
fn a_member_has_so_many_allocations() {
    let relay = limited(TurnLimits { turn_session_allocations: 2, ..TurnLimits::default() });
    let (mut first, _) = allocate(&relay, "ann");
    let (_second, code) = allocate(&relay, "ann");
    assert_eq!(code, 0);
    assert_eq!(allocate(&relay, "ann").1, 486);
    assert_eq!(allocate(&relay, "bob").1, 0);
    first.ask(REFRESH, &[&Lifetime::new(0)]);
    assert_eq!(allocate(&relay, "ann").1, 0);
}

#[test]
fn an_address_has_so_many_allocations() {
    let relay = limited(TurnLimits { turn_address_allocations: 2, ..TurnLimits::default() });
    let _held = [allocate(&relay, "ann"), allocate(&relay, "bob")];
    assert_eq!(allocate(&relay, "eve").1, 486);
}

#[test]
fn the_relay_has_so_many_allocations() {
    let relay = limited(TurnLimits { turn_allocations: 2, ..TurnLimits::default() });
    let _held = [allocate(&relay, "ann"), allocate(&relay, "bob")];
    assert_eq!(allocate(&relay, "eve").1, 508);
    relay.dismiss("ann");
    soon_true(|| relay.ledger().allocations() == 1);
    assert_eq!(allocate(&relay, "eve").1, 0);
}

#[test]
fn a_port_range_that_is_used_up_is_told() {
    // Below those that systems give to sockets by themselves, such as other tests'.
    let port = (20_000..30_000).find(|port| UdpSocket::bind(("127.0.0.1", *port)).is_ok()).unwrap();
    let config = itodenwa_server::relay::TurnConfig { ports: port..=port, ..crate::support::turn::config() };
    let relay = Service::start(&config, TurnLimits::default(), secret(), None).unwrap();
    let (mut ann, relayed) = Turn::allocated(&relay, "ann");
    assert_eq!(relayed.port(), port);
    assert_eq!(allocate(&relay, "bob").1, 508);
    ann.ask(REFRESH, &[&Lifetime::new(0)]);
    assert_eq!(allocate(&relay, "bob").1, 0);
}

#[test]
fn who_leaves_the_room_loses_all_allocations_at_once() {
    let relay = relay();
    let mut clients: Vec<Turn> = (0..8).map(|_| Turn::allocated(&relay, "ann").0).collect();
    let _others = Turn::allocated(&relay, "bob");
    relay.dismiss("ann");
    soon_true(|| relay.ledger().allocations() == 1);
    for client in &mut clients {
        assert_eq!(client.ask(REFRESH, &[]).code(), 437);
        assert_eq!(client.allocate().code(), 401);
    }
}

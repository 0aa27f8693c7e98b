//! The relay: nobody gets anything without credentials that are worth something now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use itodenwa_server::relay::credentials::{Credentials, REALM, Secret};
use itodenwa_server::relay::peers::Peers;
use itodenwa_server::relay::{Client, Input, Moment, Output, Relay, Rules, Service, Transport, TurnLimits};
use stun_types::attribute::{MessageIntegrity, Username};
use stun_types::prelude::AttributeWrite;
use turn_types::attribute::{Lifetime, RequestedTransport};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use crate::support::turn::{Answer, Turn, member, relay, request, secret, unix};

fn code(relay: &Service, credentials: Credentials) -> u16 {
    Turn::udp(relay, credentials).allocate().code()
}

#[test]
fn nothing_is_done_for_who_has_none() {
    let relay = relay();
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    for method in [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        let answer = client.exchange(&request(method, &[], None));
        assert_eq!((answer.code(), answer.challenge().0.as_str()), (401, REALM));
        assert!(answer.0.len() <= 100, "{} bytes: an answer to a forged address is no weapon", answer.0.len());
        let answer = client.exchange(&request(method, &[&Username::new("ann").unwrap()], None));
        assert_eq!(answer.code(), 401, "a name is not enough");
    }
    assert_eq!(relay.ledger().allocations(), 0);
}

#[test]
fn credentials_have_their_time() {
    let relay = relay();
    relay.admit("ann");
    let mint = |seconds: i64| relay.secret().mint(unix().saturating_add_signed(seconds), "ann");
    assert_eq!(code(&relay, mint(600)), 0);
    assert_eq!(code(&relay, mint(3600)), 0);
    assert_eq!(code(&relay, mint(-1)), 401, "it is over");
    assert_eq!(code(&relay, mint(-1_000_000_000)), 401);
    assert_eq!(code(&relay, mint(3800)), 401, "nobody is given so much time");
    assert_eq!(code(&relay, mint(i64::MAX)), 401);
}

#[test]
fn credentials_are_for_those_who_are_in_a_room() {
    let relay = relay();
    let credentials = member(&relay, "ann");
    assert_eq!(code(&relay, relay.secret().mint(unix() + 600, "eve")), 401, "never was");
    assert_eq!(code(&relay, credentials.clone()), 0);
    relay.dismiss("ann");
    assert_eq!(code(&relay, credentials), 401, "is not any more");
}

#[test]
fn credentials_are_made_with_the_secret() {
    let relay = relay();
    let good = member(&relay, "ann");
    let other = Secret::new(*b"what somebody else keeps secret").unwrap();
    assert_eq!(code(&relay, other.mint(unix() + 600, "ann")), 401);
    for username in ["", ":ann", "ann", "x:ann", "9999999999:ann", "-1:ann", &format!("{}:", unix() + 600)] {
        assert_eq!(code(&relay, Credentials { username: username.to_owned(), ..good.clone() }), 401, "{username}");
    }
    for password in ["", "x", &good.password[1..], &format!("{}=", good.password)] {
        assert_eq!(code(&relay, Credentials { password: password.to_owned(), ..good.clone() }), 401, "{password}");
    }
    assert_eq!(relay.ledger().allocations(), 0);
}

#[test]
fn a_request_that_was_changed_on_its_way_is_refused() {
    let relay = relay();
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    client.challenge = Some(client.exchange(&request(ALLOCATE, &[], None)).challenge());
    let mut changed = client.signed(ALLOCATE, &[&transport, &Lifetime::new(600)]);
    changed[35] ^= 1;
    let answer = client.exchange(&changed);
    assert_eq!(answer.code(), 401);
    assert!(!answer.has::<MessageIntegrity>(), "nothing is signed for who is not known");
}

#[test]
fn nonces_are_the_relays_own_and_for_one_client() {
    let relay = relay();
    let mut client = Turn::udp(&relay, member(&relay, "ann"));
    let mut other = Turn::udp(&relay, client.credentials.clone());
    assert_eq!(other.allocate().code(), 0);
    let (realm, nonce) = other.challenge.clone().unwrap();
    let mut forged = nonce.clone().into_bytes();
    forged[3] ^= 1;
    for nonce in [nonce, String::from_utf8(forged).unwrap(), "x".repeat(100), String::new()] {
        client.challenge = Some((realm.clone(), nonce));
        let answer = client.allocate();
        assert_eq!(answer.code(), 438);
        client.challenge = Some(answer.challenge());
        assert_eq!(client.ask(REFRESH, &[]).code(), 437, "the new one is good");
    }
    client.challenge = Some(("elsewhere".to_owned(), client.challenge.clone().unwrap().1));
    assert_eq!(client.allocate().code(), 401);
}

/// A relay whose clock is the test's.
struct Timed {
    relay: Relay,
    now: Moment,
    client: Client,
    credentials: Credentials,
    challenge: (String, String),
}

impl Timed {
    fn new() -> Self {
        let at: Instant = tokio::time::Instant::now().into_std();
        let own = "127.0.0.1".parse().unwrap();
        let rules = Rules::new(TurnLimits::default(), &[own], Peers::default(), secret(), secret(), at);
        rules.ledger.admit("ann");
        let client = Client { transport: Transport::Datagram(None), address: "192.0.2.1:5000".parse().unwrap() };
        let now = Moment { at, unix: 1_900_000_000 };
        let credentials = secret().mint(now.unix + 3600, "ann");
        let mut timed = Timed {
            relay: Relay::new(Arc::new(rules), Vec::new()),
            now,
            client,
            credentials,
            challenge: Default::default(),
        };
        timed.challenge = timed.hand(&request(ALLOCATE, &[], None)).unwrap().challenge();
        timed
    }

    fn pass(&mut self, seconds: u64) {
        self.now = Moment { at: self.now.at + Duration::from_secs(seconds), unix: self.now.unix + seconds };
        while self.relay.deadline().is_some_and(|deadline| deadline <= self.now.at) {
            self.relay.handle(self.now, Input::Deadline);
            while self.relay.poll().is_some() {}
        }
    }

    fn ask(&mut self, method: stun_types::message::Method, attributes: &[&dyn AttributeWrite]) -> Answer {
        let (realm, nonce) = self.challenge.clone();
        self.hand(&request(method, attributes, Some((&self.credentials, &realm, &nonce)))).expect("an answer")
    }

    fn allocate(&mut self) -> Answer {
        self.ask(ALLOCATE, &[&RequestedTransport::new(RequestedTransport::UDP)])
    }

    fn hand(&mut self, packet: &[u8]) -> Option<Answer> {
        self.relay.handle(self.now, Input::FromClient { client: self.client, packet });
        let mut answer = None;
        while let Some(output) = self.relay.poll() {
            match output {
                Output::ToClient { packet, .. } => answer = Some(Answer(packet.to_vec())),
                Output::Open { allocation, .. } => {
                    self.relay.handle(self.now, Input::Opened { allocation, port: Some(50_000) });
                }
                Output::ToPeer { .. } | Output::Close { .. } => {}
            }
        }
        answer
    }
}

#[test]
fn an_old_nonce_is_replaced() {
    let mut timed = Timed::new();
    assert_eq!(timed.allocate().lifetime(), 600);
    timed.pass(500);
    assert_eq!(timed.ask(REFRESH, &[&Lifetime::new(3600)]).lifetime(), 3600);
    timed.pass(3101);
    let answer = timed.ask(REFRESH, &[]);
    assert_eq!(answer.code(), 438);
    timed.challenge = answer.challenge();
    assert_eq!(timed.ask(REFRESH, &[]).lifetime(), 600);
}

#[test]
fn an_allocation_outlives_its_credentials_and_nothing_new_is_given_for_them() {
    let mut timed = Timed::new();
    timed.allocate();
    for _ in 0..8 {
        timed.pass(500);
        let answer = timed.ask(REFRESH, &[]);
        if answer.code() == 438 {
            timed.challenge = answer.challenge();
            assert_eq!(timed.ask(REFRESH, &[]).lifetime(), 600);
        }
    }
    assert_eq!(timed.relay.allocations(), 1);
    assert_eq!(timed.ask(REFRESH, &[&Lifetime::new(0)]).code(), 0);
    assert_eq!(timed.allocate().code(), 401);
}

#[test]
fn an_allocation_that_is_not_refreshed_ends() {
    let mut timed = Timed::new();
    timed.allocate();
    timed.pass(599);
    assert_eq!(timed.relay.allocations(), 1);
    timed.pass(1);
    assert_eq!((timed.relay.allocations(), timed.relay.deadline()), (0, None));
    assert_eq!(timed.ask(REFRESH, &[]).code(), 437);
}

#[test]
fn without_a_free_port_there_is_no_allocation() {
    let mut timed = Timed::new();
    let (realm, nonce) = timed.challenge.clone();
    let transport = RequestedTransport::new(RequestedTransport::UDP);
    let packet = request(ALLOCATE, &[&transport], Some((&timed.credentials, &realm, &nonce)));
    timed.relay.handle(timed.now, Input::FromClient { client: timed.client, packet: &packet });
    let Some(Output::Open { allocation, .. }) = timed.relay.poll() else { panic!("nothing is opened") };
    timed.relay.handle(timed.now, Input::Opened { allocation, port: None });
    let Some(Output::ToClient { packet, .. }) = timed.relay.poll() else { panic!("no answer") };
    assert_eq!(Answer(packet.to_vec()).code(), 508);
    assert_eq!(timed.allocate().code(), 0, "its place is free again");
}

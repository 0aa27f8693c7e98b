//! Members that change their names.

use itodenwa_wire::{Identity, Member, Pass};

use super::lock::{ticket_for, welcome};
use super::*;

const PACE: Duration = Duration::from_millis(500);

fn name(text: &str) -> Option<DisplayName> {
    DisplayName::new(text).ok()
}

fn rename(text: &str) -> ClientMessage<u32> {
    ClientMessage::Rename(name(text))
}

/// Whom these outputs tell of a new name, and which, with the version of the roster.
fn told(outputs: &[Output]) -> Vec<(ConnectionId, Option<String>, u32)> {
    let renamed = outputs.iter().filter_map(|output| match output {
        Output::Send(to, ServerMessage::Renamed { member, roster }) => {
            Some((*to, member.name.as_ref().map(ToString::to_string), *roster))
        }
        _ => None,
    });
    renamed.collect()
}

fn refused(outputs: &[Output]) -> Option<RefusalCode> {
    match outputs {
        [Output::Send(_, ServerMessage::Refused(refusal))] => Some(refusal.code),
        _ => None,
    }
}

fn two() -> Bench {
    let mut bench = Bench::new(Limits::default());
    bench.enter(A, "r");
    bench.enter(B, "r");
    bench
}

#[test]
fn everybody_is_told_with_the_next_version_of_the_roster_and_newcomers_see_it() {
    let mut bench = two();
    let outputs = bench.say(A, rename("Bea"));
    assert_eq!(told(&outputs), [(A, Some("Bea".into()), 3), (B, Some("Bea".into()), 3)]);
    let newcomer = bench.session(C, "r");
    assert_eq!((newcomer.members[0].name.clone(), newcomer.roster), (name("Bea"), 4));
    assert_eq!(told(&bench.say(B, ClientMessage::Rename(None))), [(A, None, 5), (B, None, 5), (C, None, 5)]);
    let (rooms, _) = bench.hub.rooms.iter().next().map(|(name, room)| (name.clone(), room.len())).unwrap();
    assert_eq!(rooms.as_str(), "r");
}

#[test]
fn of_names_that_change_fast_the_last_one_is_told() {
    let mut bench = two();
    bench.say(A, rename("1"));
    for number in 2..50 {
        assert_eq!(bench.say(A, rename(&number.to_string())), [], "it is told in a moment");
    }
    assert_eq!(told(&bench.say(B, rename("Ben"))).len(), 2, "each has a pace of its own");
    assert_eq!(bench.session(C, "r").members[0].name, name("49"), "it counts at once");
    let outputs = bench.wait(PACE);
    assert_eq!(told(&outputs).iter().map(|(_, name, _)| name.as_deref()).collect::<Vec<_>>(), [Some("49"); 3]);
    assert_eq!(bench.wait(PACE), []);
}

#[test]
fn a_client_of_before_is_told_by_what_it_knows() {
    let mut bench = two();
    let ClientMessage::Join(today) = join("r") else { panic!("no join") };
    bench.come(C, ClientMessage::Join(Join { version: 1, max_version: Some(3), ..today }));
    let outputs = bench.say(A, rename("Bea"));
    let of_old = outputs.iter().find_map(|output| match output {
        Output::Send(to, ServerMessage::Joined { member, roster }) if *to == C => Some((member.clone(), *roster)),
        _ => None,
    });
    let (member, roster) = of_old.expect("told");
    assert_eq!((member.name, roster), (name("Bea"), 4));
    assert_eq!(told(&outputs).len(), 2);
}

#[test]
fn a_name_that_is_too_long_is_refused_and_closes_nothing() {
    let mut bench = two();
    for _ in 0..20 {
        let outputs = bench.say(A, rename(&"e\u{301}".repeat(65)));
        assert_eq!(refused(&outputs), Some(RefusalCode::NameInvalid), "{outputs:?}");
    }
    assert_eq!(bench.session(C, "r").members[0].name, name("Aya"), "it is as before");
    assert_eq!(told(&bench.say(A, rename(&"e\u{301}".repeat(64)))).len(), 3);
}

#[test]
fn a_name_that_is_none_is_refused_however_often_and_closes_nothing() {
    let mut bench = two();
    for _ in 0..20 {
        let Err(no_name) = crate::message::parse(r#"{"rename":" "}"#, &Limits::default()) else { panic!("a name") };
        let outputs = bench.give(Input::Received(A, Err(no_name)));
        assert_eq!(refused(&outputs), Some(RefusalCode::NameInvalid), "{outputs:?}");
    }
    assert_eq!(told(&bench.say(A, rename("Bea"))).len(), 2);
}

#[test]
fn who_has_a_name_by_token_keeps_it_also_after_a_restart() {
    let secret = Secret::new("a".repeat(32)).unwrap();
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret.clone()]));
    let token = |identity: &str, name: Option<&str>| {
        let mut claims = Claims::new("r", identity, SystemTime::now(), Duration::from_secs(600));
        claims.name = name.map(ToOwned::to_owned);
        let ClientMessage::Join(today) = join("r") else { panic!("no join") };
        ClientMessage::Join(Join { token: Some(claims.sign(&secret).into()), ..today })
    };
    let ann = bench.come(A, token("ann", Some("Ann")));
    bench.come(B, token("ben", None));
    assert_eq!(refused(&bench.say(A, rename("Ben"))), Some(RefusalCode::NameFixed));
    assert_eq!(told(&bench.say(B, rename("Ben"))).len(), 2, "whose token has no name chooses");
    let ticket = ticket_for(&ann, A);
    bench.restart("0123456789abcdef");
    let back = bench.come_with(C, &ticket, Some(token("ann", Some("Ann"))));
    let Some(Welcome { me: Member { pass: Some(pass), .. }, .. }) = welcome(&back) else { panic!("{back:?}") };
    let identity = Identity::new("ann").unwrap();
    assert_eq!(*pass, Pass { identity, publish: true, subscribe: true, admin: false, named: true });
    assert_eq!(refused(&bench.say(C, rename("Ben"))), Some(RefusalCode::NameFixed));
}

#[test]
fn the_name_goes_through_interruptions_and_restarts() {
    let mut bench = two();
    let ticket = ticket_for(&bench.say(A, rename("Bea")), A);
    bench.cut(A);
    let back = bench.come_with(C, &ticket, None);
    assert_eq!(welcome(&back).unwrap().me.name, name("Bea"));
    bench.restart("0123456789abcdef");
    let back = bench.come_with(D, &ticket, None);
    assert_eq!(welcome(&back).unwrap().me.name, name("Bea"), "the ticket says it");
}

#[test]
fn who_leaves_before_it_is_told_is_not_told_of() {
    let mut bench = two();
    bench.say(A, rename("1"));
    bench.say(A, rename("2"));
    bench.say(A, ClientMessage::Leave);
    assert_eq!(told(&bench.wait(PACE)), []);
}

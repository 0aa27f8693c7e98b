//! An offer goes with one join.

use super::*;

fn offering() -> Join {
    Join { offer: vec!["\"offer\"".into()], ..join(None) }
}

fn say(session: Session) -> (Bench, Vec<Action>) {
    let mut bench = Bench { session, now: Time::from_millis(1000) };
    assert_eq!(bench.session.send(bench.now, ClientMessage::Join(offering())), Ok(()));
    let said = bench.outputs();
    (bench, said)
}

#[test]
fn a_session_that_goes_on_brings_none() {
    let (mut bench, said) = say(Session::new(|| 0.5, || true));
    assert_eq!(said, [Action::Send(ClientMessage::Join(offering()))]);
    bench.hear(ServerMessage::Welcome(welcome("first", 0)));
    bench.lose();
    assert_eq!(bench.tick().1, [Action::Open, resuming("first", 0)]);
}

#[test]
fn who_was_not_answered_joins_again_without_it() {
    let (mut bench, said) = say(Session::visit(|| 0.5, || true));
    assert_eq!(said, [Action::Send(ClientMessage::Join(offering()))]);
    // Somebody may have got it.
    assert_eq!(bench.lose(), [Action::Open, Action::Send(ClientMessage::Join(join(None)))]);
}

#[test]
fn who_is_to_come_again_brings_none() {
    let (mut bench, _) = say(Session::new(|| 0.5, || true));
    bench.hear(ServerMessage::Wait(itodenwa_wire::Wait { seconds: 60 }));
    bench.lose();
    assert_eq!(bench.tick().1, [Action::Open, Action::Send(ClientMessage::Join(join(None)))]);
}

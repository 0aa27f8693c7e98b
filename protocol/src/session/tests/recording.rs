//! That one records is said again, and a room is asked about once.

use super::*;

fn records(on: bool) -> Action {
    Action::Send(ClientMessage::Record(on))
}

/// What is said beside what is delivered and opened, after the next socket's welcome.
fn said_when_back(bench: &mut Bench) -> Vec<Action> {
    bench.tick();
    let outputs = bench.hear(ServerMessage::Welcome(welcome("next", 0)));
    assert!(matches!(outputs.first(), Some(Action::Deliver(Ok(ServerMessage::Welcome(_))))), "{outputs:?}");
    outputs.into_iter().filter(|output| matches!(output, Action::Send(_))).collect()
}

#[test]
fn that_one_records_is_said_again_on_the_next_socket() {
    let mut bench = Bench::open();
    bench.lose();
    assert_eq!(said_when_back(&mut bench), [], "who never recorded says nothing");
    assert_eq!(bench.session.send(bench.now, ClientMessage::Record(true)), Ok(()));
    assert_eq!(bench.outputs(), [records(true)]);
    for _ in 0..2 {
        bench.wait(Duration::from_secs(20));
        bench.lose();
        assert_eq!(said_when_back(&mut bench), [records(true)]);
    }
}

#[test]
fn what_was_said_of_it_while_away_is_said_when_back() {
    let mut bench = Bench::open();
    assert_eq!(bench.session.send(bench.now, ClientMessage::Record(true)), Ok(()));
    bench.outputs();
    bench.lose();
    assert_eq!(bench.session.send(bench.now, ClientMessage::Record(false)), Ok(()));
    assert_eq!(bench.outputs(), [], "there is no socket");
    assert_eq!(said_when_back(&mut bench), [records(false)]);
}

#[test]
fn who_was_let_in_is_not_asked_again() {
    let mut bench = Bench { session: Session::new(|| 0.5, || true), now: Time::from_millis(1000) };
    let wary = Join { unless_recorded: true, ..join(None) };
    assert_eq!(bench.session.send(bench.now, ClientMessage::Join(wary.clone())), Ok(()));
    assert_eq!(bench.outputs(), [Action::Send(ClientMessage::Join(wary))]);
    bench.hear(ServerMessage::Welcome(welcome("first", 0)));
    bench.lose();
    assert_eq!(bench.tick().1, [Action::Open, resuming("first", 0)]);
}

#[test]
fn who_is_asked_is_told_so_by_a_code_of_its_own() {
    let refusal = Refusal { code: RefusalCode::RoomRecorded, message: String::new(), retry_after: None };
    assert_eq!(SignalingError::Refused(refusal).code(), "room/recorded");
}

//! Who waits to be let in.

use itodenwa_wire::Wait;

use super::*;

const WAIT: ServerMessage = ServerMessage::Wait(Wait { seconds: 600 });

fn waiting() -> Bench {
    let mut bench = Bench::new();
    assert_eq!(bench.hear(WAIT), [Action::Deliver(Ok(WAIT))]);
    bench.wait(Duration::from_secs(60));
    bench
}

#[test]
fn the_server_is_asked_whether_it_is_there_and_then_there_is_a_welcome() {
    let mut bench = waiting();
    let in_it = ServerMessage::Welcome(welcome("first", 0));
    assert_eq!(bench.hear(in_it.clone()), [Action::Deliver(Ok(in_it))]);
    bench.lose();
    let (_, outputs) = bench.tick();
    assert_eq!(outputs, [Action::Open, resuming("first", 0)]);
}

#[test]
fn who_loses_the_connection_waits_again_on_the_next_one() {
    let mut bench = waiting();
    assert!(away(&bench.lose()));
    let (_, outputs) = bench.tick();
    assert_eq!(outputs, [Action::Open, Action::Send(ClientMessage::Join(join(None)))]);
    // Another attempt that fails is not the last one.
    bench.lose();
    let (_, outputs) = bench.tick();
    assert_eq!(outputs[0], Action::Open);
    assert_eq!(bench.hear(WAIT), [Action::Deliver(Ok(WAIT))]);
}

#[test]
fn who_is_refused_or_not_answered_does_not_come_again() {
    for code in [RefusalCode::RoomRefused, RefusalCode::RoomUnanswered, RefusalCode::RoomRecorded] {
        let mut bench = waiting();
        assert_eq!(bench.hear(refused(code, None)), []);
        let outputs = bench.lose();
        let [Action::Deliver(Err(SignalingError::Refused(refusal)))] = &outputs[..] else { panic!("{outputs:?}") };
        assert_eq!(refusal.code, code);
        assert!(bench.session.is_over());
    }
}

#[test]
fn who_comes_back_and_has_to_wait_says_nothing_but_that_they_leave() {
    let mut bench = Bench::open();
    bench.lose();
    bench.tick();
    assert_eq!(bench.hear(WAIT), [Action::Deliver(Ok(WAIT))]);
    // Whatever a person or a connection does.
    for message in [ClientMessage::Remove(BEN), ClientMessage::Lock(true)] {
        assert_eq!(bench.session.send(bench.now, message), Ok(()));
        assert_eq!(bench.outputs(), []);
    }
    bench.hear(ServerMessage::Welcome(welcome("next", 0)));
    assert_eq!(bench.session.send(bench.now, ClientMessage::Lock(true)), Ok(()));
    assert_eq!(bench.outputs(), [Action::Send(ClientMessage::Lock(true))]);
    bench.hear(WAIT);
    assert_eq!(bench.session.send(bench.now, ClientMessage::Leave), Ok(()));
    assert_eq!(bench.outputs(), [Action::Send(ClientMessage::Leave)]);
}

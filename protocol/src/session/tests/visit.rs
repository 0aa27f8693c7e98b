use super::*;

fn visitor() -> Bench {
    Bench { session: Session::visit(|| 0.5, || true), now: Time::from_millis(1000) }
}

fn say(bench: &mut Bench) -> Vec<Action> {
    assert!(bench.session.is_visiting());
    assert_eq!(bench.session.send(bench.now, ClientMessage::Join(join(None))), Ok(()));
    assert!(!bench.session.is_visiting());
    bench.outputs()
}

fn refused(code: RefusalCode) -> ServerMessage {
    ServerMessage::Refused(Refusal { code, message: "no".into(), retry_after: None })
}

fn said() -> Action {
    Action::Send(ClientMessage::Join(join(None)))
}

fn is_welcomed(bench: &mut Bench) -> bool {
    let told = bench.hear(ServerMessage::Welcome(welcome("first", 0)));
    matches!(&told[..], [Action::Deliver(Ok(ServerMessage::Welcome(_)))])
}

#[test]
fn a_visitor_joins_over_its_socket() {
    let mut bench = visitor();
    assert_eq!(bench.session.deadline(), None);
    assert_eq!(bench.session.send(bench.now, ClientMessage::Leave), Ok(()));
    assert_eq!(bench.outputs(), []);
    assert_eq!(say(&mut bench), [said()]);
    assert!(is_welcomed(&mut bench));
    bench.wait(Duration::from_secs(60));
}

#[test]
fn nobody_hears_that_a_visitors_socket_was_lost() {
    for refusal in [Some(RefusalCode::JoinTimeout), Some(RefusalCode::ServerGoingAway), None] {
        let mut bench = visitor();
        if let Some(code) = refusal {
            assert_eq!(bench.hear(refused(code)), []);
        }
        assert_eq!(bench.lose(), []);
        assert_eq!(say(&mut bench), [Action::Open, said()]);
        assert!(is_welcomed(&mut bench));
    }
}

#[test]
fn a_socket_that_may_be_of_another_network_is_not_used() {
    let mut bench = visitor();
    bench.session.on_network_hint(bench.now);
    assert_eq!(bench.outputs(), [Action::Close]);
    bench.session.on_network_hint(bench.now);
    assert_eq!(say(&mut bench), [Action::Open, said()]);
}

#[test]
fn a_socket_that_died_unseen_costs_one_more() {
    // It says nothing, is lost, or its time is up just then.
    let mut bench = visitor();
    say(&mut bench);
    let (wait, outputs) = bench.tick();
    assert_eq!((wait, outputs), (Duration::from_secs(4), vec![Action::Close, Action::Open, said()]));
    let mut late = visitor();
    say(&mut late);
    assert_eq!(late.hear(refused(RefusalCode::JoinTimeout)), []);
    let mut lost = visitor();
    say(&mut lost);
    for bench in [&mut late, &mut lost] {
        assert_eq!(bench.lose(), [Action::Open, said()]);
    }
    // The next one is as any other.
    let why = || SignalingError::Lost("cut".into());
    for mut bench in [bench, late, lost] {
        assert_eq!(bench.session.deadline(), None);
        assert_eq!(bench.lose(), [Action::Deliver(Err(why()))]);
        assert!(bench.session.is_over());
    }
}

#[test]
fn a_visitor_that_may_not_come_in_is_told() {
    let mut bench = visitor();
    say(&mut bench);
    let told = refused(RefusalCode::RoomFull);
    assert_eq!(bench.hear(told.clone()), [Action::Deliver(Ok(told))]);
    assert!(matches!(&bench.lose()[..], [Action::Deliver(Err(_))]));
    assert!(bench.session.is_over());
}

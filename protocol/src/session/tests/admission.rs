use super::*;
use crate::session::admission::ADMISSIONS;

fn not_admitted(code: RefusalCode, retry_after: Option<u32>) -> Admission {
    Admission::Refused(Refusal { code, message: "no".into(), retry_after })
}

#[test]
fn who_is_not_let_in_at_first_comes_again() {
    let mut bench = Bench::new();
    let why = || SignalingError::Unreachable("there".into());
    bench.session.on_not_opened(bench.now, why(), not_admitted(RefusalCode::AddressTooMany, Some(700)));
    assert_eq!(bench.outputs(), []);
    let (wait, outputs) = bench.tick();
    assert!(wait >= Duration::from_millis(700), "{wait:?}");
    assert_eq!(outputs, [Action::Open, Action::Send(ClientMessage::Join(join(None)))]);
    let told = bench.hear(ServerMessage::Welcome(welcome("first", 0)));
    assert!(matches!(&told[..], [Action::Deliver(Ok(ServerMessage::Welcome(_)))]));
}

#[test]
fn a_join_that_is_said_while_it_waits_is_not_lost() {
    let mut bench = Bench { session: Session::new(|| 0.5, || false), now: Time::from_millis(1000) };
    let why = SignalingError::Unreachable("there".into());
    bench.session.on_not_opened(bench.now, why, not_admitted(RefusalCode::AddressTooMany, Some(700)));
    assert_eq!(bench.session.send(bench.now, ClientMessage::Join(join(None))), Ok(()));
    assert_eq!(bench.tick().1, [Action::Open, Action::Send(ClientMessage::Join(join(None)))]);
}

#[test]
fn who_is_not_let_in_for_good_is_told_why() {
    let why = || SignalingError::Unreachable("there".into());
    let mut bench = Bench::new();
    bench.session.on_not_opened(bench.now, why(), not_admitted(RefusalCode::OriginForbidden, None));
    let [Action::Deliver(Err(error))] = &bench.outputs()[..] else { panic!("not told") };
    assert_eq!(error.code(), "origin/forbidden");
    assert!(bench.session.is_over());
    // One who comes again is told after some attempts.
    let mut bench = Bench::new();
    let mut attempts = 0;
    let told = loop {
        bench.session.on_not_opened(bench.now, why(), not_admitted(RefusalCode::AddressTooMany, Some(500)));
        if let [Action::Deliver(Err(error))] = &bench.outputs()[..] {
            break error.code();
        }
        attempts += 1;
        assert!(attempts <= ADMISSIONS, "it never ends");
        bench.tick();
    };
    assert_eq!(told, "address/too-many");
    // And where nobody says why, nobody answers.
    let mut bench = Bench::new();
    bench.session.on_not_opened(bench.now, why(), Admission::Unknown);
    assert_eq!(bench.outputs(), [Action::Deliver(Err(why()))]);
}

#[test]
fn a_session_that_was_open_waits_as_it_is_told() {
    let mut bench = Bench::open();
    bench.lose();
    bench.tick();
    bench.session.on_not_opened(
        bench.now,
        SignalingError::Unreachable("there".into()),
        not_admitted(RefusalCode::AddressTooMany, Some(9000)),
    );
    assert_eq!(bench.outputs(), []);
    assert!(bench.tick().0 >= Duration::from_secs(9));
}

#[test]
fn who_would_be_let_in_by_now_comes_again_for_a_while() {
    let mut bench = Bench::new();
    for _ in 0..ADMISSIONS {
        bench.session.on_not_opened(bench.now, SignalingError::Unreachable("there".into()), Admission::Open);
        assert_eq!(bench.tick().1, [Action::Open, Action::Send(ClientMessage::Join(join(None)))]);
    }
    // A proxy that lets no WebSocket through, for instance.
    let why = || SignalingError::Unreachable("there".into());
    bench.session.on_not_opened(bench.now, why(), Admission::Open);
    assert_eq!(bench.outputs(), [Action::Deliver(Err(why()))]);
}

#[test]
fn a_first_join_that_met_a_server_that_goes_away_tries_the_next_one() {
    let mut bench = Bench::new();
    assert_eq!(bench.hear(refused(RefusalCode::ServerGoingAway, Some(1000))), [], "it is no answer");
    assert_eq!(bench.lose(), []);
    let (wait, outputs) = bench.tick();
    assert!(wait >= SECOND, "{wait:?}");
    assert_eq!(outputs, [Action::Open, Action::Send(ClientMessage::Join(join(None)))]);
    // The next one is not there yet, the one after that goes away as well.
    bench.session.on_not_opened(bench.now, SignalingError::Unreachable("there".into()), Admission::Unknown);
    assert_eq!(bench.tick().1[0], Action::Open);
    bench.hear(refused(RefusalCode::ServerGoingAway, None));
    assert_eq!(bench.lose(), []);
    assert_eq!(bench.tick().1[0], Action::Open);
    let told = bench.hear(ServerMessage::Welcome(welcome("first", 0)));
    assert!(matches!(&told[..], [Action::Deliver(Ok(ServerMessage::Welcome(_)))]));
}

#[test]
fn servers_that_only_go_away_are_tried_so_often() {
    let mut bench = Bench::new();
    for _ in 0..ADMISSIONS {
        bench.hear(refused(RefusalCode::ServerGoingAway, None));
        assert_eq!(bench.lose(), []);
        bench.tick();
    }
    bench.hear(refused(RefusalCode::ServerGoingAway, None));
    let outputs = bench.lose();
    assert!(matches!(&outputs[..], [Action::Deliver(Err(SignalingError::Refused(_)))]), "{outputs:?}");
    assert!(bench.session.is_over());
}

//! Another name goes with the next join.

use itodenwa_wire::DisplayName;

use super::*;

fn named(id: PeerId, roster: u32) -> ServerMessage {
    ServerMessage::Renamed { member: Member { name: DisplayName::new("Bea").ok(), ..member(id) }, roster }
}

/// The name in the join of the next socket.
fn next_name(bench: &mut Bench) -> Option<String> {
    bench.lose();
    let (_, outputs) = bench.tick();
    match outputs.as_slice() {
        [Action::Open, Action::Send(ClientMessage::Join(join))] => join.name.as_ref().map(ToString::to_string),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_comes_again_has_the_name_that_the_server_knows() {
    let mut bench = Bench::open();
    let rename = ClientMessage::Rename(DisplayName::new("Bea").ok());
    assert_eq!(bench.session.send(bench.now, rename.clone()), Ok(()));
    assert_eq!(bench.outputs(), [Action::Send(rename)]);
    assert_eq!(next_name(&mut bench), None, "it was not answered: it may be refused");
    bench.hear(ServerMessage::Welcome(welcome("next", 0)));
    assert_eq!(bench.hear(named(BEN, 6)), [Action::Deliver(Ok(named(BEN, 6)))]);
    assert_eq!(next_name(&mut bench), None, "it is of somebody else");
    bench.hear(ServerMessage::Welcome(welcome("next", 0)));
    assert_eq!(bench.hear(named(ANN, 6)), [Action::Deliver(Ok(named(ANN, 6)))]);
    assert_eq!(next_name(&mut bench).as_deref(), Some("Bea"));
}

#[test]
fn a_name_has_its_place_in_the_roster() {
    let mut bench = Bench::open();
    assert_eq!(bench.hear(named(BEN, 5)), [], "it is old");
    assert_eq!(bench.hear(named(BEN, 6)), [Action::Deliver(Ok(named(BEN, 6)))]);
    let outputs = bench.hear(named(BEN, 8));
    assert_eq!(outputs.first(), Some(&Action::Close), "one is missing: {outputs:?}");
}

#[test]
fn a_refused_name_is_told_and_ends_nothing() {
    let mut bench = Bench::open();
    for code in [RefusalCode::NameInvalid, RefusalCode::NameFixed] {
        let refused = ServerMessage::Refused(Refusal { code, message: String::new(), retry_after: None });
        assert_eq!(bench.hear(refused.clone()), [Action::Deliver(Ok(refused))]);
    }
    bench.wait(SECOND);
    assert!(!bench.session.is_over());
}

#[test]
fn a_name_that_the_server_knows_by_the_next_welcome_is_the_newest_too() {
    let mut bench = Bench::open();
    let _ = bench.session.send(bench.now, ClientMessage::Rename(DisplayName::new("Bea").ok()));
    assert_eq!(next_name(&mut bench), None, "what answers it was lost");
    let mut welcome = welcome("next", 0);
    welcome.me.name = DisplayName::new("Bea").ok();
    bench.hear(ServerMessage::Welcome(welcome));
    assert_eq!(next_name(&mut bench).as_deref(), Some("Bea"));
}

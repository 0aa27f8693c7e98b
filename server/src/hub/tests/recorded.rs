//! Who comes into a call that is being recorded.

use super::lock::{ticket_for, welcome};
use super::*;

impl Bench {
    /// Whether somebody new who wants to know gets in; nobody else hears of one that does not.
    fn lets_in_unasked(&mut self, from: ConnectionId) -> bool {
        let ClientMessage::Join(join) = join("r") else { panic!("no join") };
        let outputs = self.come(from, ClientMessage::Join(Join { unless_recorded: true, ..join }));
        if welcome(&outputs).is_some() {
            return true;
        }
        assert_eq!(closed_for(&outputs), Some((from, 1008, RefusalCode::RoomRecorded)));
        assert_eq!(outputs.len(), 1, "it is told to nobody: {outputs:?}");
        false
    }
}

/// A records.
fn recorded_by_a(limits: Limits) -> Bench {
    let mut bench = Bench::new(limits);
    bench.enter(A, "r");
    assert_eq!(bench.say(A, ClientMessage::Record(true)), [], "nobody is told");
    bench
}

#[test]
fn who_wants_to_know_is_asked_before_as_long_as_somebody_records() {
    let mut bench = recorded_by_a(Limits::default());
    bench.enter(B, "r");
    assert!(!bench.lets_in_unasked(C));
    bench.say(B, ClientMessage::Record(true));
    bench.say(A, ClientMessage::Record(false));
    assert!(!bench.lets_in_unasked(C), "another one records still");
    assert!(bench.lets_in(C), "who does not ask gets in");
    bench.say(C, ClientMessage::Leave);
    bench.say(B, ClientMessage::Record(false));
    assert!(bench.lets_in_unasked(D));
}

#[test]
fn it_ends_with_who_records() {
    let mut bench = recorded_by_a(Limits::default());
    bench.enter(B, "r");
    bench.say(A, ClientMessage::Leave);
    assert!(bench.lets_in_unasked(C));
    bench.say(C, ClientMessage::Record(true));
    bench.cut(C);
    assert!(!bench.lets_in_unasked(D), "it is waited for");
    bench.wait(Limits::default().resume_window);
    assert!(bench.lets_in_unasked(D));
}

#[test]
fn a_session_that_goes_on_is_not_asked_and_records_still() {
    let mut bench = Bench::new(Limits::default());
    let outputs = bench.join(A, "r");
    let ticket = ticket_for(&outputs, A);
    bench.enter(B, "r");
    for who in [A, B] {
        bench.say(who, ClientMessage::Record(true));
    }
    bench.cut(A);
    let ClientMessage::Join(wary) = join("r") else { panic!("no join") };
    let wary = ClientMessage::Join(Join { unless_recorded: true, ..wary });
    assert!(welcome(&bench.come_with(C, &ticket, Some(wary))).is_some());
    bench.say(B, ClientMessage::Leave);
    assert!(!bench.lets_in_unasked(D));
}

#[test]
fn a_seat_is_not_taken_and_other_rooms_are_not_concerned() {
    let mut bench = recorded_by_a(Limits { room_peers: 2, ..Limits::default() });
    for _ in 0..3 {
        assert!(!bench.lets_in_unasked(B));
    }
    assert!(bench.lets_in(C), "nobody took the second seat");
    let ClientMessage::Join(other) = join("other") else { panic!("no join") };
    assert!(welcome(&bench.come(D, ClientMessage::Join(Join { unless_recorded: true, ..other }))).is_some());
}

#[test]
fn after_a_restart_it_is_so_again_when_it_is_said_again() {
    let mut bench = Bench::new(Limits::default());
    let ticket = ticket_for(&bench.join(A, "r"), A);
    bench.say(A, ClientMessage::Record(true));
    bench.restart("0123456789abcdef");
    bench.come_with(A, &ticket, None);
    bench.say(A, ClientMessage::Record(true));
    assert!(!bench.lets_in_unasked(B));
}

//! The offer that goes with a join.

use super::lock::{ticket_for, welcome};
use super::waiting::waits;
use super::*;
use itodenwa_wire::limits::OFFER_BODIES;

fn offering(room: &str, bodies: usize) -> Join {
    let ClientMessage::Join(join) = join(room) else { panic!("no join") };
    Join { offer: vec!["\"bye\"".to_owned(); bodies], ..join }
}

/// To whom the offer of one who came in went, as it is told itself; and who is told what of it.
fn offered(outputs: &[Output]) -> (Option<u32>, Vec<(ConnectionId, u32)>) {
    let packets = outputs.iter().filter_map(|output| match output {
        Output::Send(to, ServerMessage::Signal(Delivery { packet, .. })) => Some((*to, *packet)),
        _ => None,
    });
    (welcome(outputs).unwrap_or_else(|| panic!("{outputs:?}")).me.offered, packets.collect())
}

impl Bench {
    fn offer(&mut self, from: ConnectionId, join: Join) -> (Option<u32>, Vec<(ConnectionId, u32)>) {
        offered(&self.come(from, ClientMessage::Join(join)))
    }
}

const NOBODY: (Option<u32>, Vec<(ConnectionId, u32)>) = (None, Vec::new());

#[test]
fn it_goes_to_the_one_other_member_as_the_first_packets_of_the_newcomer() {
    let mut bench = Bench::new(Limits::default());
    bench.enter(A, "r");
    let outputs = bench.come(B, ClientMessage::Join(offering("r", 2)));
    let [
        Output::Send(B, ServerMessage::Welcome(welcome)),
        Output::Send(A, ServerMessage::Joined { member, .. }),
        Output::Send(A, ServerMessage::Signal(first)),
        Output::Send(A, ServerMessage::Signal(second)),
    ] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!(welcome.me.offered, Some(1), "the session of the other one");
    assert_eq!(*member, welcome.me, "both are told the same");
    // From session 2 to session 1, places 1 and 2.
    assert_eq!([first, second].map(|it| (it.from, it.packet)), [(member.id, 2_101), (member.id, 2_102)]);
}

#[test]
fn it_is_dropped_where_it_is_not_known_for_whom_it_is() {
    let mut bench = Bench::new(Limits::default());
    assert_eq!(bench.offer(A, offering("r", 1)), NOBODY, "nobody is there");
    assert!(bench.offer(B, offering("r", 1)).0.is_some());
    assert_eq!(bench.offer(C, offering("r", 1)), NOBODY, "two are there");
    bench.say(C, ClientMessage::Leave);
    bench.cut(B);
    assert_eq!(bench.offer(C, offering("r", 1)), NOBODY, "one of two is waited for");
    bench.say(C, ClientMessage::Leave);
    bench.say(A, ClientMessage::Leave);
    assert_eq!(bench.offer(C, offering("r", 1)), NOBODY, "the only one is waited for");
}

#[test]
fn both_clients_have_to_know_of_it() {
    let old = |join: Join| Join { version: OLDEST_VERSION, max_version: Some(OFFERS_SINCE - 1), ..join };
    let mut bench = Bench::new(Limits::default());
    bench.come(A, ClientMessage::Join(old(offering("r", 0))));
    assert_eq!(bench.offer(B, offering("r", 1)), NOBODY);
    bench.enter(C, "s");
    assert_eq!(bench.offer(D, old(offering("s", 1))), NOBODY);
}

#[test]
fn it_is_bounded() {
    let mut bench = Bench::new(Limits::default());
    bench.enter(A, "r");
    assert_eq!(bench.offer(B, offering("r", OFFER_BODIES + 1)), NOBODY);
    bench.say(B, ClientMessage::Leave);
    assert!(bench.offer(C, offering("r", OFFER_BODIES)).0.is_some());
}

#[test]
fn a_session_that_goes_on_brings_none() {
    let mut bench = Bench::new(Limits::default());
    bench.enter(A, "r");
    let ticket = ticket_for(&bench.join(B, "r"), B);
    bench.cut(B);
    let outputs = bench.come_with(C, &ticket, Some(ClientMessage::Join(offering("r", 1))));
    assert_eq!(offered(&outputs), NOBODY);
}

#[test]
fn while_a_room_is_built_up_again_there_is_none() {
    let mut bench = Bench::new(Limits::default());
    let ticket = ticket_for(&bench.join(A, "r"), A);
    bench.restart("0123456789abcdef");
    bench.come_with(A, &ticket, None);
    assert_eq!(bench.offer(B, offering("r", 1)), NOBODY);
    // Nor does a member of before bring one.
    let mut bench = Bench::new(Limits::default());
    let ticket = ticket_for(&bench.join(A, "r"), A);
    bench.restart("0123456789abcdef");
    bench.enter(B, "r");
    let outputs = bench.come_with(A, &ticket, Some(ClientMessage::Join(offering("r", 1))));
    assert_eq!(offered(&outputs), NOBODY);
}

#[test]
fn who_had_to_wait_brings_none() {
    let mut bench = Bench::new(Limits::default());
    bench.enter(A, "r");
    bench.say(A, ClientMessage::WaitingRoom(true));
    let outputs = bench.come(B, ClientMessage::Join(offering("r", 1)));
    assert!(waits(&outputs, B), "{outputs:?}");
    assert_eq!(offered(&bench.say(A, ClientMessage::Admit(None))), NOBODY);
}

#[test]
fn what_is_said_of_it_holds_in_every_later_word_and_is_kept_for_who_loses_the_socket() {
    let mut bench = Bench::new(Limits::default());
    let outputs = bench.join(A, "r");
    let ticket = ticket_for(&outputs, A);
    bench.offer(B, offering("r", 2));
    bench.cut(A);
    let outputs = bench.come_with(C, &ticket, None);
    assert_eq!(welcome(&outputs).unwrap().members[0].offered, Some(1));
    assert_eq!(offered(&outputs).1, [(C, 2_101), (C, 2_102)], "it is said again with all that may not have come");
}

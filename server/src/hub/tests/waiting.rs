//! The waiting room of a room.

use itodenwa_wire::{Applicant, Wait, WaitingRoom};

use super::lock::{ticket_for, welcome};
use super::*;
use crate::operator::{Answer, Question};

const E: ConnectionId = ConnectionId(5);
const PACE: Duration = Duration::from_millis(500);

/// Whom these outputs tell of the waiting room, and how it is.
fn told(outputs: &[Output]) -> Vec<(ConnectionId, &WaitingRoom)> {
    let told = outputs.iter().filter_map(|output| match output {
        Output::Send(to, ServerMessage::WaitingRoom(waiting_room)) => Some((*to, waiting_room)),
        _ => None,
    });
    told.collect()
}

/// Who waits, as this one is told.
fn waiting(outputs: &[Output], whom: ConnectionId) -> Vec<Applicant> {
    let last = told(outputs).into_iter().rfind(|(to, _)| *to == whom);
    last.unwrap_or_else(|| panic!("{whom:?} is not told: {outputs:?}")).1.waiting.clone()
}

/// Whether this one is told to wait.
pub(super) fn waits(outputs: &[Output], whom: ConnectionId) -> bool {
    let is_wait =
        |output: &Output| matches!(output, Output::Send(to, ServerMessage::Wait(Wait { seconds: 600 })) if *to == whom);
    assert!(closed_for(outputs).is_none_or(|(closed, ..)| closed != whom), "{outputs:?}");
    outputs.iter().any(is_wait)
}

/// Ann and Ben in a room without tokens, with its waiting room on.
fn opened_by_a(limits: Limits) -> Bench {
    let mut bench = Bench::new(limits);
    bench.enter(A, "r");
    bench.enter(B, "r");
    let outputs = bench.say(A, ClientMessage::WaitingRoom(true));
    let on = WaitingRoom { on: true, waiting: Vec::new() };
    assert_eq!(told(&outputs), [(A, &on), (B, &on)]);
    bench.now += PACE;
    bench
}

/// Somebody comes and waits, and the others are told.
fn wait(bench: &mut Bench, who: ConnectionId) -> PeerId {
    bench.now += PACE;
    let outputs = bench.join(who, "r");
    assert!(waits(&outputs, who), "{outputs:?}");
    waiting(&outputs, A).last().unwrap().id
}

#[test]
fn who_comes_waits_hears_of_nobody_and_is_let_in_or_refused() {
    let mut bench = opened_by_a(Limits::default());
    let outputs = bench.join(C, "r");
    assert!(waits(&outputs, C));
    assert!(outputs.iter().all(|output| !matches!(output, Output::Send(_, ServerMessage::Joined { .. }))));
    let cem = waiting(&outputs, A).remove(0);
    assert_eq!((cem.name, cem.identity), (DisplayName::new("Aya").ok(), None));
    assert_eq!(waiting(&outputs, B).len(), 1, "without tokens everybody may let somebody in");
    assert!(waits(&bench.join(D, "r"), D));
    // Nobody reaches who waits, and they reach nobody.
    let outputs = bench.say(A, signal(cem.id, 7));
    assert_eq!(refused_with(&outputs), Some(RefusalCode::PeerUnknown));
    assert_eq!(bench.say(C, ClientMessage::Ping(7)), [Output::Send(C, ServerMessage::Pong(7))]);
    let dana = waiting(&bench.wait(PACE), A).remove(1).id;

    bench.now += PACE;
    let outputs = bench.say(B, ClientMessage::Admit(Some(cem.id)));
    let cem_in = welcome(&outputs).unwrap();
    assert_eq!(cem_in.members.len(), 2);
    assert_ne!(cem_in.me.id, cem.id);
    assert_eq!(cem_in.waiting_room.waiting.len(), 1, "and may let others in now");
    let joined = |output: &&Output| matches!(output, Output::Send(_, ServerMessage::Joined { .. }));
    assert_eq!(outputs.iter().filter(joined).count(), 2);
    bench.now += PACE;
    let outputs = bench.say(C, ClientMessage::TurnAway(dana));
    assert_eq!(closed_for(&outputs), Some((D, 1008, RefusalCode::RoomRefused)));
    assert_eq!(waiting(&outputs, A), []);
    for gone in [cem.id, dana] {
        assert_eq!(refused_with(&bench.say(A, ClientMessage::Admit(Some(gone)))), Some(RefusalCode::PeerUnknown));
        assert_eq!(refused_with(&bench.say(A, ClientMessage::TurnAway(gone))), Some(RefusalCode::PeerUnknown));
    }
}

#[test]
fn who_says_something_else_while_it_waits_is_sent_away() {
    let mut bench = opened_by_a(Limits::default());
    let ann = bench.hub.rooms.values().next().unwrap().connected().next().unwrap().1;
    for message in [signal(ann, 7), ClientMessage::Admit(None), ClientMessage::WaitingRoom(false), join("r")] {
        wait(&mut bench, C);
        assert_eq!(closed_for(&bench.say(C, message)), Some((C, 1008, RefusalCode::JoinTwice)));
        assert!(waiting(&bench.wait(PACE), A).is_empty());
    }
}

#[test]
fn who_leaves_or_loses_its_connection_waits_no_longer() {
    let mut bench = opened_by_a(Limits::default());
    wait(&mut bench, C);
    bench.say(C, ClientMessage::Leave);
    assert!(waiting(&bench.wait(PACE), A).is_empty());
    wait(&mut bench, D);
    bench.cut(D);
    assert!(waiting(&bench.wait(PACE), A).is_empty());
}

#[test]
fn only_who_may_lock_the_room_hears_who_waits_and_decides() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(A, join_as("r", "admin", true));
    bench.come(B, join_as("r", "ben", false));
    assert_eq!(refused_with(&bench.say(B, ClientMessage::WaitingRoom(true))), Some(RefusalCode::TokenForbidden));
    let outputs = bench.say(A, ClientMessage::WaitingRoom(true));
    assert_eq!(told(&outputs).len(), 2, "that it is on is told to everybody");
    bench.now += PACE;
    let outputs = bench.come(C, join_as("r", "cem", false));
    assert_eq!(told(&outputs).len(), 1, "who waits is not");
    let cem = waiting(&outputs, A).remove(0);
    assert_eq!(cem.identity.unwrap().as_str(), "cem");
    for message in [ClientMessage::Admit(None), ClientMessage::Admit(Some(cem.id)), ClientMessage::TurnAway(cem.id)] {
        assert_eq!(refused_with(&bench.say(B, message)), Some(RefusalCode::TokenForbidden));
    }
    // Who may let in need not wait, and is told who does; who is in the room comes again from elsewhere.
    let admin = bench.come(D, join_as("r", "another admin", true));
    assert_eq!(welcome(&admin).unwrap().waiting_room.waiting.len(), 1);
    let ben = bench.come(E, join_as("r", "ben", false));
    let of_ben = &welcome(&ben).unwrap().waiting_room;
    assert!(of_ben.on && of_ben.waiting.is_empty());
    // Without a good token nobody learns of it.
    assert_eq!(closed_for(&bench.join(B, "r")).map(|(.., code)| code), Some(RefusalCode::TokenRequired));
}

#[test]
fn a_refused_identity_stays_out_until_it_is_switched_off() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(A, join_as("r", "admin", true));
    bench.say(A, ClientMessage::WaitingRoom(true));
    bench.now += PACE;
    let cem = waiting(&bench.come(C, join_as("r", "cem", false)), A).remove(0).id;
    bench.say(A, ClientMessage::TurnAway(cem));
    let outputs = bench.come(C, join_as("r", "cem", false));
    assert_eq!(closed_for(&outputs), Some((C, 1008, RefusalCode::RoomRefused)));
    bench.now += PACE;
    for on in [false, true] {
        bench.say(A, ClientMessage::WaitingRoom(on));
        bench.now += PACE;
    }
    assert!(waits(&bench.come(C, join_as("r", "cem", false)), C));
    // The newest one of an identity waits.
    let outputs = bench.come(D, join_as("r", "cem", false));
    assert_eq!(closed_for(&outputs), Some((C, 1008, RefusalCode::IdentityReplaced)));
    assert!(outputs.iter().any(|output| matches!(output, Output::Send(D, ServerMessage::Wait(_)))));
}

#[test]
fn who_was_let_in_comes_back_by_its_ticket_and_who_was_removed_does_not() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(A, join_as("r", "admin", true));
    bench.say(A, ClientMessage::WaitingRoom(true));
    bench.now += PACE;
    bench.come(C, join_as("r", "cem", false));
    let outputs = bench.say(A, ClientMessage::Admit(None));
    let cem = ticket_for(&outputs, C);
    bench.say(C, ClientMessage::Leave);
    let outputs = bench.come_with(D, &cem, Some(join_as("r", "cem", false)));
    let (cem, id) = (ticket_for(&outputs, D), welcome(&outputs).unwrap().me.id);
    bench.say(A, ClientMessage::Remove(id));
    assert!(waits(&bench.come_with(E, &cem, Some(join_as("r", "cem", false))), E));
}

#[test]
fn nobody_waits_longer_than_one_may() {
    let mut bench = opened_by_a(Limits::default());
    wait(&mut bench, C);
    assert_eq!(closed_for(&bench.wait(Duration::from_secs(599))), None);
    let outputs = bench.wait(Duration::from_secs(1));
    assert_eq!(closed_for(&outputs), Some((C, 1008, RefusalCode::RoomUnanswered)));
    assert!(waiting(&outputs, A).is_empty());
}

#[test]
fn not_more_wait_than_may_and_members_are_told_at_most_twice_a_second() {
    let mut bench = opened_by_a(Limits { waiting_peers: 2, ..Limits::default() });
    bench.join(C, "r");
    assert_eq!(told(&bench.join(D, "r")), []);
    let outputs = bench.join(E, "r");
    assert_eq!(closed_for(&outputs), Some((E, 1008, RefusalCode::RoomFull)));
    for _ in 0..100 {
        bench.cut(D);
        assert_eq!(told(&bench.join(D, "r")), []);
    }
    let outputs = bench.wait(PACE);
    assert_eq!(told(&outputs).len(), 2);
    assert_eq!(waiting(&outputs, A).len(), 2);
}

#[test]
fn who_finds_no_place_goes_on_waiting() {
    let mut bench = opened_by_a(Limits { room_peers: 3, ..Limits::default() });
    let cem = wait(&mut bench, C);
    let dana = wait(&mut bench, D);
    let outputs = bench.say(A, ClientMessage::Admit(None));
    let full = |output: &Output| matches!(output, Output::Send(A, ServerMessage::Refused(it)) if it.code == RefusalCode::RoomFull);
    assert!(outputs.iter().any(full), "{outputs:?}");
    assert!(welcome(&outputs).is_some(), "the first of them has a place");
    assert_eq!(refused_with(&bench.say(A, ClientMessage::Admit(Some(cem)))), Some(RefusalCode::PeerUnknown));
    bench.say(C, ClientMessage::Leave);
    assert!(welcome(&bench.say(A, ClientMessage::Admit(Some(dana)))).is_some());
}

#[test]
fn switched_off_it_lets_in_everybody_who_waits() {
    let mut bench = opened_by_a(Limits { room_peers: 3, ..Limits::default() });
    wait(&mut bench, C);
    wait(&mut bench, D);
    let outputs = bench.say(B, ClientMessage::WaitingRoom(false));
    assert!(welcome(&outputs).is_some());
    assert_eq!(closed_for(&outputs), Some((D, 1008, RefusalCode::RoomFull)));
    let off = WaitingRoom::default();
    assert!(told(&bench.wait(PACE)).contains(&(A, &off)));
    bench.say(C, ClientMessage::Leave);
    assert!(welcome(&bench.join(E, "r")).is_some());
}

#[test]
fn a_recorded_call_is_asked_about_when_it_is_as_before() {
    let mut bench = opened_by_a(Limits::default());
    let ClientMessage::Join(wary) = join("r") else { panic!("no join") };
    let wary = ClientMessage::Join(Join { unless_recorded: true, ..wary });
    let outputs = bench.come(C, wary);
    let cem = waiting(&outputs, A).remove(0).id;
    bench.say(A, ClientMessage::Record(true));
    let outputs = bench.say(A, ClientMessage::Admit(Some(cem)));
    assert_eq!(closed_for(&outputs), Some((C, 1008, RefusalCode::RoomRecorded)));
}

#[test]
fn a_locked_room_lets_nobody_wait() {
    let mut bench = opened_by_a(Limits::default());
    let cem = wait(&mut bench, C);
    bench.say(A, ClientMessage::Lock(true));
    assert!(!bench.lets_in(D));
    assert!(welcome(&bench.say(A, ClientMessage::Admit(Some(cem)))).is_some());
}

#[test]
fn an_older_client_finds_the_room_locked_and_is_not_told() {
    let mut bench = Bench::new(Limits::default());
    let ClientMessage::Join(today) = join("r") else { panic!("no join") };
    let older = || ClientMessage::Join(Join { version: 2, ..today.clone() });
    bench.come(A, older());
    bench.enter(B, "r");
    assert_eq!(told(&bench.say(A, ClientMessage::WaitingRoom(true))).len(), 1);
    assert_eq!(closed_for(&bench.come(C, older())), Some((C, 1008, RefusalCode::RoomLocked)));
}

#[test]
fn an_older_client_does_not_wait_for_the_first_one_either() {
    let limits = Limits { waiting_rooms: true, ..Limits::default() };
    let mut bench = Bench::guarded(limits, Access::new(vec![secret()]));
    let ClientMessage::Join(today) = join_as("r", "ben", false) else { panic!("no join") };
    for version in [1, 2] {
        let older = ClientMessage::Join(Join { version, ..today.clone() });
        assert_eq!(closed_for(&bench.come(B, older)), Some((B, 1008, RefusalCode::RoomLocked)));
    }
    assert!(waits(&bench.come(B, ClientMessage::Join(today)), B));
}

#[test]
fn it_is_switched_at_once_and_told_at_a_pace_with_a_ticket_each_time() {
    let mut bench = opened_by_a(Limits::default());
    let tickets = |outputs: &[Output]| {
        let of_ben = |output: &&Output| matches!(output, Output::Send(B, ServerMessage::Ticket(_)));
        outputs.iter().filter(of_ben).count()
    };
    let mut at_once = 0;
    for times in 0..20 {
        let outputs = bench.say(A, ClientMessage::WaitingRoom(times % 2 == 1));
        at_once += tickets(&outputs);
    }
    assert_eq!(at_once, 1);
    let outputs = bench.wait(PACE);
    assert_eq!(tickets(&outputs), 1);
    let ben = ticket_for(&outputs, B);
    assert_eq!(tickets(&bench.wait(PACE)), 0);
    // It says what was said last.
    bench.restart("0123456789abcdef");
    bench.come_with(B, &ben, None);
    assert!(waits(&bench.join(D, "r"), D));
}

#[test]
fn it_ends_when_nobody_is_in_the_room_and_nobody_is_let_in_by_that() {
    let mut bench = opened_by_a(Limits::default());
    wait(&mut bench, C);
    bench.say(A, ClientMessage::Leave);
    let outputs = bench.say(B, ClientMessage::Leave);
    assert_eq!(closed_for(&outputs), Some((C, 1008, RefusalCode::RoomUnanswered)));
    assert!(welcome(&bench.join(C, "r")).is_some() && welcome(&bench.join(D, "r")).is_some(), "the room is as new");
}

#[test]
fn with_the_last_one_who_may_let_in_gone_it_goes_on_and_the_next_one_finds_them() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(A, join_as("r", "admin", true));
    bench.come(B, join_as("r", "ben", false));
    bench.say(A, ClientMessage::WaitingRoom(true));
    bench.come(C, join_as("r", "cem", false));
    let outputs = bench.say(A, ClientMessage::Leave);
    assert!(outputs.iter().all(|output| !matches!(output, Output::Close(C, _))));
    assert!(waits(&bench.come(D, join_as("r", "dana", false)), D));
    let outputs = bench.come(A, join_as("r", "admin", true));
    assert_eq!(welcome(&outputs).unwrap().waiting_room.waiting.len(), 2);
}

#[test]
fn where_all_rooms_have_one_people_wait_for_somebody_who_may_let_them_in() {
    let limits = Limits { waiting_rooms: true, ..Limits::default() };
    let mut bench = Bench::guarded(limits.clone(), Access::new(vec![secret()]));
    assert!(waits(&bench.come(B, join_as("r", "ben", false)), B));
    let outputs = bench.come(A, join_as("r", "admin", true));
    assert_eq!(welcome(&outputs).unwrap().waiting_room.waiting.len(), 1);
    assert!(welcome(&bench.say(A, ClientMessage::Admit(None))).is_some());
    assert!(waits(&bench.come(C, join_as("r", "cem", false)), C));
    for who in [A, B] {
        assert!(bench.say(who, ClientMessage::Leave).iter().all(|output| !matches!(output, Output::Close(C, _))));
    }
    bench.say(C, ClientMessage::Leave);
    bench.wait(Limits::default().room_kept);
    assert_eq!((bench.hub.rooms.len(), bench.hub.deadline()), (0, None), "nothing is left");
    // Without tokens somebody has to be the first.
    let mut bench = Bench::new(limits);
    bench.enter(A, "r");
    assert!(waits(&bench.join(B, "r"), B));
}

#[test]
fn the_only_one_who_waits_comes_again_and_the_room_is_not_forgotten() {
    let limits = Limits { waiting_rooms: true, ..Limits::default() };
    let mut bench = Bench::guarded(limits, Access::new(vec![secret()]));
    assert!(waits(&bench.come(B, join_as("r", "ben", false)), B));
    let outputs = bench.come(C, join_as("r", "ben", false));
    assert_eq!(closed_for(&outputs), Some((B, 1008, RefusalCode::IdentityReplaced)));
    bench.wait(Limits::default().room_kept);
    let outputs = bench.come(A, join_as("r", "admin", true));
    assert_eq!(welcome(&outputs).unwrap().waiting_room.waiting.len(), 1);
    let outputs = bench.say(A, ClientMessage::Admit(None));
    assert_eq!(welcome(&outputs).unwrap().members.len(), 1);
}

#[test]
fn the_operator_closes_a_room_where_people_only_wait() {
    let limits = Limits { waiting_rooms: true, ..Limits::default() };
    let mut bench = Bench::guarded(limits.clone(), Access::new(vec![secret()]));
    let close = |bench: &mut Bench| {
        let answer = bench.hub.answer(bench.now, &Question::Close(RoomName::new("r").unwrap()));
        let outputs: Vec<_> = std::iter::from_fn(|| bench.hub.poll()).map(Output::from).collect();
        let sent = outputs.into_iter().filter_map(|output| match output {
            Output::Close(whom, closing) => Some((whom, closing.refusal.unwrap().code)),
            _ => None,
        });
        (answer, sent.collect::<Vec<_>>())
    };
    bench.come(B, join_as("r", "ben", false));
    bench.come(C, join_as("r", "cem", false));
    let unanswered = RefusalCode::RoomUnanswered;
    assert_eq!(close(&mut bench), (Answer::Done, vec![(B, unanswered), (C, unanswered)]));
    assert_eq!(close(&mut bench), (Answer::Unknown, vec![]));
    // And with somebody in it: they are out, too, and nobody is left.
    bench.come(A, join_as("r", "admin", true));
    bench.come(B, join_as("r", "ben", false));
    assert_eq!(close(&mut bench), (Answer::Done, vec![(B, unanswered), (A, RefusalCode::MemberRemoved)]));
    bench.wait(limits.room_kept);
    assert_eq!((bench.hub.rooms.len(), bench.hub.deadline()), (0, None), "nothing is left");
}

#[test]
fn switched_off_in_a_locked_room_it_lets_in_nobody() {
    let mut bench = opened_by_a(Limits::default());
    wait(&mut bench, C);
    bench.say(A, ClientMessage::Lock(true));
    let outputs = bench.say(A, ClientMessage::WaitingRoom(false));
    assert_eq!(closed_for(&outputs), Some((C, 1008, RefusalCode::RoomLocked)));
    assert!(welcome(&outputs).is_none());
    assert!(!bench.lets_in(D));
}

#[test]
fn a_room_that_is_built_up_again_has_it_as_before_and_who_waits_comes_again() {
    let mut bench = opened_by_a(Limits::default());
    wait(&mut bench, C);
    let outputs = bench.say(A, ClientMessage::WaitingRoom(true));
    assert_eq!(outputs, [], "it is already");
    bench.now += PACE;
    bench.say(A, ClientMessage::WaitingRoom(false));
    bench.now += PACE;
    bench.say(A, ClientMessage::WaitingRoom(true));
    let ann = ticket_for(&bench.wait(PACE), A);
    bench.restart("0123456789abcdef");
    bench.come_with(A, &ann, None);
    assert!(waits(&bench.join(D, "r"), D));
}

#[test]
fn when_the_room_moves_who_waits_is_sent_there() {
    let mut bench = opened_by_a(Limits::default());
    wait(&mut bench, C);
    bench.hub.release(bench.now, |_| true);
    let outputs: Vec<_> = std::iter::from_fn(|| bench.hub.poll()).map(Output::from).collect();
    let sent = outputs.iter().filter_map(|output| match output {
        Output::Close(whom, closing) => Some((*whom, closing.refusal.as_ref().unwrap().code)),
        _ => None,
    });
    let away = RefusalCode::ServerGoingAway;
    assert_eq!(sent.collect::<Vec<_>>(), [(C, away), (A, away), (B, away)]);
    bench.wait(Duration::from_secs(4000));
    assert_eq!(bench.hub.deadline(), None);
}

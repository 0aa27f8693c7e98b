//! Members that are removed when they are gone from the server already.

use super::*;
use crate::operator::{Answer, Question};

/// An admin and somebody without such a token, and Ann, whose connection broke and who is gone.
fn ann_is_gone() -> (Bench, Welcome) {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(B, join_as("r", "admin", true));
    bench.come(C, join_as("r", "cem", false));
    let outputs = bench.come(A, join_as("r", "ann", false));
    let ann = lock::welcome(&outputs).unwrap().clone();
    bench.cut(A);
    let gone = ServerMessage::Left { id: ann.me.id, reason: LeaveReason::Gone, roster: 4 };
    assert!(bench.wait(Limits::default().resume_window).contains(&Output::Send(B, gone)));
    (bench, ann)
}

fn removed(id: PeerId) -> [Output; 2] {
    [B, C].map(|to| Output::Send(to, ServerMessage::Left { id, reason: LeaveReason::Removed, roster: 5 }))
}

#[test]
fn who_is_gone_can_be_removed_once_and_does_not_come_back_by_a_ticket() {
    let (mut bench, ann) = ann_is_gone();
    let id = ann.me.id;
    assert_eq!(refused_with(&bench.say(C, ClientMessage::Remove(id))), Some(RefusalCode::TokenForbidden));
    assert_eq!(bench.say(B, ClientMessage::Remove(id)), removed(id));
    assert_eq!(bench.hub.poll_removal().map(|removal| removal.id), Some(id), "the other nodes are told");
    assert_eq!(refused_with(&bench.say(B, ClientMessage::Remove(id))), Some(RefusalCode::PeerUnknown));
    let outputs = bench.come_with(D, ann.ticket.as_ref().unwrap(), None);
    assert_eq!(closed_for(&outputs), Some((D, 1008, RefusalCode::TokenRequired)));
    // In a room that is locked she is nobody who was there before.
    bench.say(B, ClientMessage::Lock(true));
    let outputs = bench.come_with(D, ann.ticket.as_ref().unwrap(), Some(join_as("r", "ann", false)));
    assert_eq!(closed_for(&outputs), Some((D, 1008, RefusalCode::RoomLocked)));
}

#[test]
fn the_operator_removes_who_is_gone() {
    let (mut bench, ann) = ann_is_gone();
    let remove = |bench: &mut Bench| {
        let name = RoomName::new("r").unwrap();
        let answer = bench.hub.answer(bench.now, &Question::Remove(name, ann.me.id));
        (answer, std::iter::from_fn(|| bench.hub.poll()).map(Output::from).collect::<Vec<_>>())
    };
    assert_eq!(remove(&mut bench), (Answer::Done, removed(ann.me.id).into()));
    assert_eq!(remove(&mut bench), (Answer::Unknown, Vec::new()));
}

#[test]
fn who_said_that_they_leave_is_not_removed_afterwards() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(B, join_as("r", "admin", true));
    let outputs = bench.come(A, join_as("r", "ann", false));
    let ann = lock::welcome(&outputs).unwrap().me.id;
    bench.say(A, ClientMessage::Leave);
    assert_eq!(refused_with(&bench.say(B, ClientMessage::Remove(ann))), Some(RefusalCode::PeerUnknown));
}

//! A session outlives the server: a restart, and a room that moves to another node.

use super::*;

#[test]
fn after_a_restart_with_the_same_secret_the_room_is_built_up_again() {
    let (mut bench, ann, _) = two(Limits::default());
    let cem = bench.session(C, "r");
    bench.restart("0123456789abcdef");

    let outputs = bench.again(A, ticket(&cem), 9);
    let (welcome, _) = welcomed(&outputs, A);
    assert_eq!((&welcome.me, &welcome.members[..], welcome.signals, welcome.settling), (&cem.me, &[][..], 0, true));
    bench.now += SECOND;
    let outputs = bench.again(B, ticket(&ann), 9);
    let (welcome, _) = welcomed(&outputs, B);
    assert_eq!((&welcome.me, &welcome.members[..], welcome.settling), (&ann.me, &[cem.me.clone()][..], true));
    assert_eq!(outputs[1], Output::Send(A, ServerMessage::Joined { member: ann.me.clone(), roster: 2 }));

    let dan = bench.session(C, "r");
    assert_eq!((dan.me.session, dan.members.len()), (4, 2), "sessions go on above those of the tickets");

    let rosters = bench.wait(WINDOW - SECOND);
    let rosters: Vec<_> = rosters
        .iter()
        .map(|output| match output {
            Output::Send(to, ServerMessage::Roster(roster)) => (*to, roster.version, roster.members.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(rosters, [(B, 3, 2), (A, 3, 2), (C, 3, 2)]);
    assert_eq!(bench.hub.deadline(), None);
}

#[test]
fn who_comes_back_too_late_after_a_restart_is_somebody_new() {
    let (mut bench, ann, _) = two(Limits::default());
    let cem = bench.session(C, "r");
    bench.restart("0123456789abcdef");
    bench.again(A, ticket(&cem), 0);
    bench.wait(WINDOW);
    let outputs = bench.again(B, ticket(&ann), 0);
    let (welcome, _) = welcomed(&outputs, B);
    assert_eq!((welcome.me.session, welcome.settling), (4, false));
}

#[test]
fn after_a_restart_with_another_secret_everybody_is_somebody_new() {
    let (mut bench, ann, _) = two(Limits::default());
    bench.restart("another secret of ours");
    let outputs = bench.again(A, ticket(&ann), 0);
    let (welcome, _) = welcomed(&outputs, A);
    assert_eq!((welcome.me.session, welcome.settling), (1, false));
    assert_ne!(welcome.me.id, ann.me.id);
}

#[test]
fn a_room_that_is_built_up_again_and_left_is_forgotten() {
    let (mut bench, ann, _) = two(Limits { resume_window: Duration::from_secs(100), ..Limits::default() });
    bench.restart("0123456789abcdef");
    bench.again(A, ticket(&ann), 0);
    bench.say(A, ClientMessage::Leave);
    assert_eq!(bench.wait(Duration::from_secs(20)), []);
    assert!(bench.hub.rooms.is_empty() && bench.hub.due.is_empty());
}

/// Ann in room `r`, with a token.
fn ann_with_a_token() -> (Bench, Welcome) {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.give(Input::Connected(A));
    let outputs = bench.say(A, join_as("r", "ann", false));
    let ann = welcomed(&outputs, A).0.clone();
    (bench, ann)
}

#[test]
fn a_ticket_is_as_good_as_the_token_that_it_was_given_for_also_after_a_restart() {
    for restarted in [false, true] {
        let (mut bench, ann) = ann_with_a_token();
        bench.cut(A);
        if restarted {
            bench.restart("0123456789abcdef");
        }
        let outputs = bench.again(C, ticket(&ann), 0);
        assert_eq!(welcomed(&outputs, C).0.me, ann.me, "with its pass");
    }
}

#[test]
fn a_ticket_of_a_server_that_was_open_lets_nobody_in() {
    let (mut bench, ann, _) = two(Limits::default());
    bench.restart("0123456789abcdef");
    bench.hub.access = Access::new(vec![secret()]);
    assert_eq!(closed_for(&bench.again(C, ticket(&ann), 0)), Some((C, 1008, RefusalCode::TokenRequired)));
}

#[test]
fn who_was_replaced_or_removed_while_away_does_not_come_back_by_ticket() {
    let (mut bench, ann) = ann_with_a_token();
    bench.give(Input::Connected(B));
    bench.say(B, join_as("r", "admin", true));
    bench.cut(A);
    bench.give(Input::Connected(C));
    let outputs = bench.say(C, join_as("r", "ann", false));
    let replaced = ServerMessage::Left { id: ann.me.id, reason: LeaveReason::Replaced, roster: 3 };
    assert!(outputs.contains(&Output::Send(B, replaced)), "{outputs:?}");
    let newer = welcomed(&outputs, C).0.clone();
    let late = ConnectionId(4);
    assert_eq!(closed_for(&bench.again(late, ticket(&ann), 0)), Some((late, 1008, RefusalCode::TokenRequired)));

    bench.cut(C);
    let outputs = bench.say(B, ClientMessage::Remove(newer.me.id));
    let removed = ServerMessage::Left { id: newer.me.id, reason: LeaveReason::Removed, roster: 5 };
    assert_eq!(outputs, [Output::Send(B, removed)]);
    assert_eq!(closed_for(&bench.again(late, ticket(&newer), 0)), Some((late, 1008, RefusalCode::TokenRequired)));
    assert_eq!(bench.hub.due.len(), 0, "nobody is waited for");
}

/// Ann was removed, and after this time behind a restart she comes with her ticket. Whether she is in.
fn comes_back_removed(after: Duration) -> bool {
    let (mut bench, ann) = ann_with_a_token();
    bench.give(Input::Connected(B));
    bench.say(B, join_as("r", "admin", true));
    let outputs = bench.say(B, ClientMessage::Remove(ann.me.id));
    assert_eq!(closed_with(&outputs), [(A, "member/removed")]);
    assert_eq!(closed_for(&bench.again(C, ticket(&ann), 0)), Some((C, 1008, RefusalCode::TokenRequired)));
    bench.restart("0123456789abcdef");
    bench.now += after;
    let outputs = bench.again(C, ticket(&ann), 0);
    let refused = closed_for(&outputs) == Some((C, 1008, RefusalCode::TokenRequired));
    if !refused {
        assert_eq!(welcomed(&outputs, C).0.me, ann.me);
    }
    !refused
}

#[test]
fn who_was_removed_comes_back_by_ticket_only_in_the_time_in_which_all_come_back_after_a_restart() {
    // Nothing is kept that tells her from the others: this is what tickets without a memory cost.
    assert!(comes_back_removed(2 * WINDOW - SECOND));
    assert!(!comes_back_removed(2 * WINDOW));
    assert!(!comes_back_removed(Duration::from_secs(1800)));
}

#[test]
fn who_was_removed_and_came_again_is_not_taken_for_removed_when_the_room_was_forgotten_between() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.give(Input::Connected(B));
    bench.say(B, join_as("r", "admin", true));
    bench.give(Input::Connected(A));
    let ann = welcomed(&bench.say(A, join_as("r", "ann", false)), A).0.clone();
    bench.say(B, ClientMessage::Remove(ann.me.id));
    let removals: Vec<_> = bench.hub.removals().cloned().collect();
    bench.say(B, ClientMessage::Leave);
    bench.wait(Limits::default().room_kept);
    assert!(bench.hub.rooms.is_empty());
    bench.give(Input::Connected(C));
    let outputs = bench.say(C, join_as("r", "ann", false));
    let again = welcomed(&outputs, C).0.clone();
    assert!(again.me.id > ann.me.id);
    // Her room moves, to a node that was told of the removal, and where nobody else is.
    bench.restart("0123456789abcdef");
    let now = bench.now;
    bench.hub.learn_removals(now, removals);
    let outputs = bench.again(D, ticket(&again), 0);
    assert_eq!(welcomed(&outputs, D).0.me, again.me);
}

#[test]
fn the_last_ones_back_after_a_restart_have_their_whole_window() {
    let (mut bench, ann, _) = two(Limits::default());
    let cem = bench.session(C, "r");
    bench.restart("0123456789abcdef");
    bench.now += WINDOW - SECOND;
    assert_eq!(welcomed(&bench.again(A, ticket(&cem), 0), A).0.me, cem.me);
    bench.now += WINDOW - SECOND;
    assert_eq!(welcomed(&bench.again(B, ticket(&ann), 0), B).0.me, ann.me);
}

#[test]
fn when_rooms_move_here_late_their_members_come_with_them() {
    let (mut bench, ann, _) = two(Limits::default());
    bench.restart("0123456789abcdef");
    bench.now += 10 * WINDOW;
    bench.hub.rooms_moved(bench.now);
    assert_eq!(welcomed(&bench.again(C, ticket(&ann), 0), C).0.me, ann.me);
}

#[test]
fn who_did_not_follow_a_room_that_moved_away_and_back_is_the_same_member() {
    let (mut bench, ann, _) = two(Limits::default());
    bench.hub.release(bench.now, |_| true);
    while bench.hub.poll().is_some() {}
    bench.wait(Duration::from_secs(2));
    bench.hub.rooms_moved(bench.now);
    let outputs = bench.again(C, ticket(&ann), 0);
    let (again, _) = welcomed(&outputs, C);
    assert_eq!((&again.me, again.settling), (&ann.me, true));
    // What it is given now is of this time: when it leaves it is somebody new.
    let left = again.ticket.clone().unwrap();
    bench.wait(Duration::from_secs(2));
    bench.say(C, ClientMessage::Leave);
    let outputs = bench.again(D, &left, 0);
    assert_ne!(welcomed(&outputs, D).0.me.id, ann.me.id);
}

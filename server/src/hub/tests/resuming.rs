//! A session outlives its connection, and the server.

use super::*;

const WINDOW: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);

impl Bench {
    /// Comes again to room `r`, on a new connection.
    fn again(&mut self, from: ConnectionId, ticket: &Ticket, signals: u32) -> Vec<Output> {
        self.again_to("r", from, ticket, signals)
    }

    fn again_to(&mut self, room: &str, from: ConnectionId, ticket: &Ticket, signals: u32) -> Vec<Output> {
        self.give(Input::Connected(from));
        let resume = Some(Resume { ticket: ticket.clone(), signals });
        let join = Join {
            version: PROTOCOL_VERSION,
            max_version: None,
            room: RoomName::new(room).unwrap(),
            name: None,
            token: None,
            resume,
            former: None,
            unless_recorded: false,
            offer: Vec::new(),
        };
        self.say(from, ClientMessage::Join(join))
    }
}

/// Two in room `r`; the first one's welcome.
fn two(limits: Limits) -> (Bench, Welcome, PeerId) {
    let mut bench = Bench::new(limits);
    let ann = bench.session(A, "r");
    let ben = bench.enter(B, "r");
    (bench, ann, ben)
}

fn ticket(welcome: &Welcome) -> &Ticket {
    welcome.ticket.as_ref().unwrap()
}

/// The welcome and the packets that follow it.
fn welcomed(outputs: &[Output], whom: ConnectionId) -> (&Welcome, Vec<u32>) {
    let mut messages = outputs.iter().filter_map(|output| match output {
        Output::Send(to, message) if *to == whom => Some(message),
        _ => None,
    });
    let Some(ServerMessage::Welcome(welcome)) = messages.next() else { panic!("{outputs:?}") };
    let packets = messages.map(|message| match message {
        ServerMessage::Signal(delivery) => delivery.packet,
        other => panic!("{other:?}"),
    });
    (welcome, packets.collect())
}

fn told(outputs: &[Output], whom: ConnectionId) -> usize {
    outputs.iter().filter(|output| matches!(output, Output::Send(to, _) if *to == whom)).count()
}

#[test]
fn nobody_is_told_and_what_was_missed_comes_in_order_and_once() {
    let (mut bench, ann, ben) = two(Limits::default());
    for packet in [1, 2] {
        bench.say(B, signal(ann.me.id, packet));
    }
    assert_eq!(bench.cut(A), []);
    for packet in [3, 4] {
        assert_eq!(bench.say(B, signal(ann.me.id, packet)), [], "it is kept, and no refusal");
    }
    bench.now += WINDOW - SECOND;
    // The second one did not reach the client any more.
    let outputs = bench.again(C, ticket(&ann), 1);
    let (welcome, packets) = welcomed(&outputs, C);
    assert_eq!((&welcome.me, welcome.signals, welcome.roster), (&ann.me, 1, 2));
    assert_eq!(welcome.members.iter().map(|member| member.id).collect::<Vec<_>>(), [ben]);
    assert_eq!(packets, [2, 3, 4]);
    assert_eq!(told(&outputs, B), 0);
    assert_eq!(bench.hub.deadline(), None);
    let outputs = bench.say(B, signal(ann.me.id, 5));
    assert_eq!(outputs, [Output::Send(C, ServerMessage::Signal(Delivery { from: ben, packet: 5 }))]);
    let outputs = bench.say(C, signal(ben, 6));
    assert_eq!(outputs, [Output::Send(B, ServerMessage::Signal(Delivery { from: ann.me.id, packet: 6 }))]);
}

#[test]
fn after_the_window_the_member_is_gone_and_comes_back_as_somebody_new() {
    let (mut bench, ann, _) = two(Limits::default());
    bench.cut(A);
    let left = ServerMessage::Left { id: ann.me.id, reason: LeaveReason::Gone, roster: 3 };
    assert_eq!(bench.wait(WINDOW), [Output::Send(B, left)]);
    let outputs = bench.again(C, ticket(&ann), 0);
    let (welcome, _) = welcomed(&outputs, C);
    assert!(welcome.me.id > ann.me.id && welcome.me.session == 3);
    assert_eq!(told(&outputs, B), 1);
}

#[test]
fn the_window_begins_when_the_client_was_last_heard() {
    let (mut bench, ann, _) = two(Limits::default());
    let last_received = bench.now;
    bench.now += WINDOW;
    let outputs = bench.give(Input::Disconnected(A, Ending::Broken { last_received }));
    let left = ServerMessage::Left { id: ann.me.id, reason: LeaveReason::Gone, roster: 3 };
    assert_eq!(outputs, [Output::Send(B, left)]);
}

#[test]
fn whose_socket_was_seen_to_end_is_waited_for_half_as_long() {
    let after_end = Duration::from_secs(15);
    for (window, expected) in [(WINDOW, after_end), (Duration::from_secs(10), Duration::from_secs(10))] {
        let (mut bench, ann, _) = two(Limits { resume_window: window, ..Limits::default() });
        assert_eq!(bench.give(Input::Disconnected(A, Ending::Dropped)), []);
        bench.wait(expected - SECOND);
        assert_eq!(welcomed(&bench.again(C, ticket(&ann), 0), C).0.me, ann.me, "in time");
        bench.give(Input::Disconnected(C, Ending::Dropped));
        let left = ServerMessage::Left { id: ann.me.id, reason: LeaveReason::Gone, roster: 3 };
        assert_eq!(bench.wait(expected), [Output::Send(B, left)]);
    }
}

#[test]
fn the_newest_connection_wins_and_the_old_one_can_say_nothing() {
    let (mut bench, ann, ben) = two(Limits::default());
    let outputs = bench.again(C, ticket(&ann), 0);
    assert_eq!(closed_for(&outputs), Some((A, 1008, RefusalCode::SessionReplaced)));
    welcomed(&outputs, C);
    assert_eq!(told(&outputs, B), 0);
    for message in [signal(ben, 1), ClientMessage::Ping(1), ClientMessage::Leave] {
        assert_eq!(bench.say(A, message), []);
    }
    assert_eq!(bench.cut(A), [], "its end is nothing to the session");
    assert_eq!(bench.hub.deadline(), None);
    let outputs = bench.again(A, ticket(&ann), 0);
    assert_eq!(closed_for(&outputs), Some((C, 1008, RefusalCode::SessionReplaced)));
}

#[test]
fn what_does_not_fit_is_lost_and_the_client_knows() {
    let (mut bench, ann, _) = two(Limits { resume_messages: 2, ..Limits::default() });
    bench.cut(A);
    for packet in 1..=5 {
        bench.say(B, signal(ann.me.id, packet));
    }
    let outputs = bench.again(C, ticket(&ann), 0);
    let (welcome, packets) = welcomed(&outputs, C);
    assert_eq!((welcome.signals, packets), (3, vec![4, 5]));
}

#[test]
fn a_ping_says_what_came() {
    let (mut bench, ann, _) = two(Limits::default());
    for packet in 1..=5 {
        bench.say(B, signal(ann.me.id, packet));
    }
    assert_eq!(bench.say(A, ClientMessage::Ping(4)), [Output::Send(A, ServerMessage::Pong(4))]);
    let outputs = bench.again(C, ticket(&ann), 0);
    let (welcome, packets) = welcomed(&outputs, C);
    assert_eq!((welcome.signals, packets), (4, vec![5]), "what came is not sent again even if it is asked for");
}

#[test]
fn what_nobody_counts_is_forgotten_and_what_is_kept_for_somebody_away_is_not() {
    let (mut bench, ann, ben) = two(Limits::default());
    let cem = bench.enter(C, "r");
    bench.say(C, signal(ann.me.id, 1000));
    bench.say(C, signal(ben, 1000));
    bench.say(B, signal(cem, 1000));
    assert!(bench.hub.kept.taken() > 3000);
    // Ben says something, and never how many came; Cem says nothing at all, and the server does not know yet that she is gone.
    bench.wait(WINDOW);
    bench.say(B, ClientMessage::Ping(0));
    bench.cut(A);
    bench.wait(WINDOW - SECOND);
    let kept = bench.hub.kept.taken();
    assert!(kept > 1000, "for Ann: {kept}");
    bench.now += SECOND / 2;
    let (_, packets) = welcomed(&bench.again(D, ticket(&ann), 0), D);
    assert_eq!(packets, [1000], "what is kept for Ann, who is away");
    // It was sent again just now, and may be lost again.
    bench.wait(SECOND);
    bench.cut(D);
    let e = ConnectionId(5);
    assert_eq!(welcomed(&bench.again(e, ticket(&ann), 0), e).1, [1000]);
    for _ in 0..3 {
        bench.wait(WINDOW);
    }
    assert_eq!(bench.hub.kept.taken(), 0, "of nobody");
}

#[test]
fn a_slow_reader_may_come_back() {
    let (mut bench, ann, _) = two(Limits::default());
    let outputs = bench.give(Input::Overflowed(A));
    assert_eq!(closed_for(&outputs), Some((A, 1013, RefusalCode::QueueFull)));
    assert_eq!(told(&outputs, B), 0);
    assert_eq!(welcomed(&bench.again(C, ticket(&ann), 0), C).0.me, ann.me);
}

#[test]
fn who_comes_and_goes_meanwhile_is_in_the_roster() {
    let (mut bench, ann, _) = two(Limits::default());
    bench.cut(A);
    bench.say(B, ClientMessage::Leave);
    let cem = bench.enter(C, "r");
    let outputs = bench.again(ConnectionId(4), ticket(&ann), 0);
    let (welcome, _) = welcomed(&outputs, ConnectionId(4));
    assert_eq!(welcome.members.iter().map(|member| member.id).collect::<Vec<_>>(), [cem]);
    assert_eq!((welcome.roster, welcome.settling), (4, false));
}

#[test]
fn a_worthless_ticket_is_no_ticket() {
    for wrong in ["nonsense", "another room", "expired", "left"] {
        let (mut bench, ann, _) = two(Limits { ticket_lifetime: Duration::from_secs(7), ..Limits::default() });
        let room = if wrong == "another room" { "s" } else { "r" };
        let ticket = if wrong == "nonsense" { Ticket::new("nonsense").unwrap() } else { ticket(&ann).clone() };
        match wrong {
            "left" => drop(bench.say(A, ClientMessage::Leave)),
            _ => drop(bench.cut(A)),
        }
        bench.now += Duration::from_secs(if wrong == "expired" { 7 } else { 6 });
        let outputs = bench.again_to(room, C, &ticket, 0);
        assert_ne!(welcomed(&outputs, C).0.me.id, ann.me.id, "{wrong}");
    }
}

#[test]
fn a_ticket_expires_by_the_clock_that_all_have() {
    let (mut bench, ann, _) = two(Limits::default());
    bench.hub.tickets.follow(|| 1_000_000 + 2 * 3600);
    bench.wait(2 * SECOND);
    assert_ne!(welcomed(&bench.again(C, ticket(&ann), 0), C).0.me.id, ann.me.id);
}

#[test]
fn an_old_ticket_is_replaced_in_time() {
    let (mut bench, ann, _) = two(Limits::default());
    let lifetime = Limits::default().ticket_lifetime;
    bench.now += lifetime / 2;
    let outputs = bench.say(A, ClientMessage::Ping(0));
    let [_, Output::Send(A, ServerMessage::Ticket(newer))] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(bench.say(A, ClientMessage::Ping(0)).len(), 1);
    bench.now += lifetime / 2;
    assert_ne!(welcomed(&bench.again(C, ticket(&ann), 0), C).0.me, ann.me);
    assert_eq!(welcomed(&bench.again(ConnectionId(4), newer, 0), ConnectionId(4)).0.me, ann.me);
}

#[test]
fn a_room_full_of_members_who_are_waited_for_is_full() {
    let (mut bench, ann, _) = two(Limits { room_peers: 2, ..Limits::default() });
    bench.cut(A);
    assert_eq!(closed_for(&bench.join(C, "r")), Some((C, 1008, RefusalCode::RoomFull)));
    assert_eq!(welcomed(&bench.again(C, ticket(&ann), 0), C).0.me, ann.me);
}

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
fn a_seat_whose_socket_ended_is_free_for_others_when_the_room_is_full() {
    let mut bench = Bench::new(Limits { room_peers: 2, ..Limits::default() });
    let stays = bench.enter(A, "r");
    let gone = bench.enter(B, "r");
    bench.give(Input::Disconnected(B, Ending::Dropped));
    bench.wait(Duration::from_secs(4));
    assert_eq!(closed_for(&bench.join(C, "r")), Some((C, 1008, RefusalCode::RoomFull)), "it may be back at once");
    bench.wait(Duration::from_secs(1));
    let outputs = bench.join(D, "r");
    let left = ServerMessage::Left { id: gone, reason: LeaveReason::Gone, roster: 3 };
    assert_eq!(outputs.first(), Some(&Output::Send(A, left)));
    assert!(matches!(&outputs[1], Output::Send(D, ServerMessage::Welcome(welcome)) if welcome.members[0].id == stays));
    // Nobody knows whether one that only fell silent is gone.
    bench.cut(D);
    bench.wait(Duration::from_secs(10));
    assert_eq!(closed_for(&bench.join(C, "r")), Some((C, 1008, RefusalCode::RoomFull)));
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

//! A session outlives its connection.

mod restarts;

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

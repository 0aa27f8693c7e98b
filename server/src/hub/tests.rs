//! Rule by rule; all rules at once under random input are in `tests/random.rs`.

mod asking;
mod lock;
mod offering;
mod random;
mod recorded;
mod removing;
mod renaming;
mod replacing;
mod resuming;
mod waiting;

use std::time::{Duration, SystemTime};

use itodenwa_wire::{
    ClientMessage, Delivery, DisplayName, IceServers, Join, OFFERS_SINCE, OLDEST_VERSION, PROTOCOL_VERSION, Resume,
    Signal, Ticket, Welcome,
};

use super::*;
use crate::ticket::TicketSecret;
use crate::token::{Claims, Secret};

const A: ConnectionId = ConnectionId(1);
const B: ConnectionId = ConnectionId(2);
const C: ConnectionId = ConnectionId(3);
const D: ConnectionId = ConnectionId(4);

/// A packet is a number, and as large as that.
impl Packet for u32 {
    fn bytes(&self) -> usize {
        *self as usize
    }

    /// Its place, and above it both sessions.
    fn written(packet: &itodenwa_wire::Packet) -> Option<Self> {
        let (from, to) = (packet.from_epoch.session() as u32, packet.to_epoch.session() as u32);
        Some(packet.seq + 100 * to + 1_000 * from)
    }
}

/// What the hub wants done, to be looked at.
#[derive(Debug, PartialEq)]
enum Output {
    Send(ConnectionId, ServerMessage<u32>),
    Mark(ConnectionId),
    Close(ConnectionId, Closing),
}

impl From<super::Output<u32>> for Output {
    fn from(output: super::Output<u32>) -> Self {
        match output {
            super::Output::Send(to, message) => Output::Send(to, Arc::unwrap_or_clone(message)),
            super::Output::Mark(whom) => Output::Mark(whom),
            super::Output::Close(whom, closing) => Output::Close(whom, closing),
        }
    }
}

/// A hub, and a clock.
struct Bench {
    hub: Hub<u32>,
    now: Instant,
    runs: u64,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        Bench::guarded(limits, Access::Open)
    }

    fn guarded(limits: Limits, access: Access) -> Self {
        let now = tokio::time::Instant::now().into_std();
        Bench { hub: hub(limits, access, 0, now, "0123456789abcdef"), now, runs: 0 }
    }

    /// The server is killed and started again.
    fn restart(&mut self, secret: &str) {
        self.runs += 1;
        self.hub = hub(self.hub.limits.clone(), self.hub.access.clone(), self.runs, self.now, secret);
    }

    fn give(&mut self, input: Input<u32>) -> Vec<Output> {
        self.hub.handle(self.now, input);
        std::iter::from_fn(|| self.hub.poll()).map(Output::from).collect()
    }

    fn wait(&mut self, time: Duration) -> Vec<Output> {
        self.now += time;
        self.give(Input::Deadline)
    }

    /// The connection breaks.
    fn cut(&mut self, who: ConnectionId) -> Vec<Output> {
        self.give(Input::Disconnected(who, Ending::Broken { last_received: self.now }))
    }

    fn say(&mut self, from: ConnectionId, message: ClientMessage<u32>) -> Vec<Output> {
        self.give(Input::Received(from, Ok(message)))
    }

    fn join(&mut self, from: ConnectionId, room: &str) -> Vec<Output> {
        self.give(Input::Connected(from));
        self.say(from, join(room))
    }

    /// Joins, and says as whom.
    fn enter(&mut self, from: ConnectionId, room: &str) -> PeerId {
        self.session(from, room).me.id
    }

    /// Joins, and gives the welcome.
    fn session(&mut self, from: ConnectionId, room: &str) -> Welcome {
        match self.join(from, room).into_iter().next() {
            Some(Output::Send(_, ServerMessage::Welcome(welcome))) => welcome,
            other => panic!("{other:?}"),
        }
    }
}

fn hub(limits: Limits, access: Access, run: u64, now: Instant, secret: &str) -> Hub<u32> {
    let tickets =
        Tickets::new(&TicketSecret::new(secret.as_bytes()).unwrap(), limits.ticket_lifetime, run, (now, 1_000_000));
    let mut random = 100 * run as u32;
    Hub::new(limits, access, IceServers::default(), tickets, move || {
        random += 1;
        random
    })
}

fn join(room: &str) -> ClientMessage<u32> {
    let name = DisplayName::new("Aya").ok();
    ClientMessage::Join(Join {
        version: PROTOCOL_VERSION,
        max_version: None,
        room: RoomName::new(room).unwrap(),
        name,
        token: None,
        resume: None,
        former: None,
        unless_recorded: false,
        offer: Vec::new(),
    })
}

fn secret() -> Secret {
    Secret::new("a".repeat(32)).unwrap()
}

/// A join with a good token for this identity.
fn join_as(room: &str, identity: &str, admin: bool) -> ClientMessage<u32> {
    let mut claims = Claims::new(room, identity, SystemTime::now(), Duration::from_secs(3600));
    claims.video.room_admin = admin;
    let token = Some(claims.sign(&secret()).into());
    let room = RoomName::new(room).unwrap();
    let version = PROTOCOL_VERSION;
    ClientMessage::Join(Join {
        version,
        max_version: None,
        room,
        name: None,
        token,
        resume: None,
        former: None,
        unless_recorded: false,
        offer: Vec::new(),
    })
}

fn signal(to: PeerId, packet: u32) -> ClientMessage<u32> {
    ClientMessage::Signal(Signal { to, packet })
}

fn closed_for(outputs: &[Output]) -> Option<(ConnectionId, u16, RefusalCode)> {
    outputs.iter().find_map(|output| match output {
        Output::Close(whom, Closing { code, refusal: Some(refusal) }) => Some((*whom, *code, refusal.code)),
        _ => None,
    })
}

fn refused_with(outputs: &[Output]) -> Option<RefusalCode> {
    match outputs {
        [Output::Send(_, ServerMessage::Refused(refusal))] => Some(refusal.code),
        _ => None,
    }
}

#[test]
fn ids_and_sessions_rise_in_the_order_of_joining() {
    let mut bench = Bench::new(Limits::default());
    let (a, b) = (bench.enter(A, "r"), bench.enter(B, "r"));
    assert!(a < b, "the one who was there first leads");
    assert_eq!((a.get() >> 32, b.get() >> 32), (1, 2), "the session stands in the upper half");
    assert_eq!((a.get() & 0xffff_ffff, b.get() & 0xffff_ffff), (1, 2), "the lower half is random");
}

#[test]
fn the_newcomer_learns_who_is_there_and_they_learn_of_the_newcomer() {
    let mut bench = Bench::new(Limits::default());
    let a = bench.enter(A, "r");
    bench.enter(C, "elsewhere");
    let outputs = bench.join(B, "r");
    let [
        Output::Send(B, ServerMessage::Welcome(welcome)),
        Output::Send(A, ServerMessage::Joined { member, roster: 2 }),
    ] = &outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!(welcome.members.iter().map(|member| member.id).collect::<Vec<_>>(), [a]);
    assert_eq!((&welcome.me, welcome.roster), (member, 2));
    assert_eq!(member.name.as_ref().map(DisplayName::as_str), Some("Aya"));
}

#[test]
fn a_signal_reaches_its_addressee_with_the_senders_id() {
    let mut bench = Bench::new(Limits::default());
    let (a, b) = (bench.enter(A, "r"), bench.enter(B, "r"));
    bench.enter(C, "r");
    let outputs = bench.say(A, signal(b, 7));
    assert_eq!(outputs, [Output::Send(B, ServerMessage::Signal(Delivery { from: a, packet: 7 }))]);
}

#[test]
fn a_signal_to_anybody_else_is_refused_and_nothing_else_happens() {
    let mut bench = Bench::new(Limits::default());
    let a = bench.enter(A, "r");
    let c = bench.enter(C, "elsewhere");
    for to in [c, a, PeerId::new(0)] {
        for _ in 0..20 {
            assert_eq!(refused_with(&bench.say(A, signal(to, 7))), Some(RefusalCode::PeerUnknown));
        }
    }
}

#[test]
fn who_leaves_is_told_of_and_forgotten() {
    for (input, reason, code) in [
        (Input::Received(A, Ok(ClientMessage::Leave)), LeaveReason::Left, Some(1000)),
        (Input::Disconnected(A, Ending::ForGood(LeaveReason::Gone)), LeaveReason::Gone, None),
        (Input::Disconnected(A, Ending::ForGood(LeaveReason::Refused)), LeaveReason::Refused, None),
    ] {
        let mut bench = Bench::new(Limits::default());
        let (a, b) = (bench.enter(A, "r"), bench.enter(B, "r"));
        let outputs = bench.give(input);
        assert!(outputs.contains(&Output::Send(B, ServerMessage::Left { id: a, reason, roster: 3 })), "{outputs:?}");
        let closed = outputs.iter().find_map(|output| match output {
            Output::Close(A, closing) => Some(closing.code),
            _ => None,
        });
        assert_eq!(closed, code);
        assert_eq!(refused_with(&bench.say(B, signal(a, 7))), Some(RefusalCode::PeerUnknown));
        assert_eq!(bench.say(A, signal(b, 7)), [], "what was on its way is dropped");
        assert_eq!(bench.cut(A), [], "once is enough");
    }
}

#[test]
fn the_first_message_is_a_join() {
    for message in [ClientMessage::Ping(1), ClientMessage::Leave, signal(PeerId::new(1), 7)] {
        let mut bench = Bench::new(Limits::default());
        bench.give(Input::Connected(A));
        assert_eq!(closed_for(&bench.say(A, message)), Some((A, 1008, RefusalCode::JoinExpected)));
    }
}

#[test]
fn a_first_message_that_is_refused_closes() {
    let mut bench = Bench::new(Limits::default());
    bench.give(Input::Connected(A));
    let refused = Closing::refusing(RefusalCode::RoomInvalid, "");
    assert_eq!(closed_for(&bench.give(Input::Received(A, Err(refused)))), Some((A, 1008, RefusalCode::RoomInvalid)));
}

#[test]
fn a_member_may_be_wrong_a_few_times() {
    let mut bench = Bench::new(Limits { malformed_messages: 2, ..Limits::default() });
    let a = bench.enter(A, "r");
    bench.enter(B, "r");
    let malformed = || Input::Received(A, Err(Closing::refusing(RefusalCode::MessageMalformed, "")));
    assert_eq!(refused_with(&bench.give(malformed())), Some(RefusalCode::MessageMalformed));
    assert_eq!(refused_with(&bench.say(A, join("other"))), Some(RefusalCode::JoinTwice));
    let outputs = bench.give(malformed());
    assert_eq!(closed_for(&outputs), Some((A, 1008, RefusalCode::MessageMalformed)));
    let left = ServerMessage::Left { id: a, reason: LeaveReason::Refused, roster: 3 };
    assert!(outputs.contains(&Output::Send(B, left)), "{outputs:?}");
}

#[test]
fn too_large_is_final() {
    let mut bench = Bench::new(Limits::default());
    bench.enter(A, "r");
    let large = Closing::refusing(RefusalCode::MessageTooLarge, "");
    assert_eq!(closed_for(&bench.give(Input::Received(A, Err(large)))), Some((A, 1009, RefusalCode::MessageTooLarge)));
}

#[test]
fn a_room_has_so_many_members_and_a_server_so_many_rooms() {
    let mut bench = Bench::new(Limits { room_peers: 1, rooms: 1, ..Limits::default() });
    bench.enter(A, "r");
    assert_eq!(closed_for(&bench.join(B, "r")), Some((B, 1008, RefusalCode::RoomFull)));
    assert_eq!(closed_for(&bench.join(C, "s")), Some((C, 1013, RefusalCode::ServerFull)));
}

#[test]
fn no_configuration_makes_a_room_larger_than_the_hard_limit() {
    let mut bench = Bench::new(Limits { room_peers: 1000, ..Limits::default() });
    for number in 0..16 {
        bench.enter(ConnectionId(number), "r");
    }
    assert_eq!(closed_for(&bench.join(ConnectionId(16), "r")), Some((ConnectionId(16), 1008, RefusalCode::RoomFull)));
}

#[test]
fn an_empty_room_is_remembered_for_a_while() {
    let mut bench = Bench::new(Limits { room_kept: Duration::from_secs(20), ..Limits::default() });
    let leave = |bench: &mut Bench, who| bench.say(who, ClientMessage::Leave);
    let first = bench.enter(A, "r");
    leave(&mut bench, A);
    bench.now += Duration::from_secs(19);
    let second = bench.enter(B, "r");
    assert_eq!((first.get() >> 32, second.get() >> 32), (1, 2));
    assert_eq!(bench.hub.deadline(), None, "it is not empty any more");
    leave(&mut bench, B);
    assert_eq!(bench.hub.deadline(), Some(bench.now + Duration::from_secs(20)));
    bench.now += Duration::from_secs(20);
    bench.give(Input::Deadline);
    assert_eq!((bench.hub.rooms.len(), bench.hub.deadline()), (0, None));
    assert_eq!(bench.enter(C, "r").get() >> 32, 1);
}

#[test]
fn pings_are_answered() {
    let mut bench = Bench::new(Limits::default());
    bench.enter(A, "r");
    assert_eq!(bench.say(A, ClientMessage::Ping(7)), [Output::Send(A, ServerMessage::Pong(7))]);
}

#[test]
fn at_the_end_everybody_is_sent_away_and_nobody_comes_in() {
    let mut bench = Bench::new(Limits::default());
    bench.enter(A, "r");
    bench.give(Input::Connected(B));
    let outputs = bench.give(Input::Stop);
    assert_eq!(outputs.len(), 2, "nobody is told that the others leave: {outputs:?}");
    for output in outputs.iter().chain(&bench.give(Input::Connected(C))) {
        let Output::Close(_, Closing { code: 1012, refusal: Some(refusal) }) = output else { panic!("{output:?}") };
        assert_eq!(refusal.code, RefusalCode::ServerGoingAway);
        assert!(refusal.retry_after.is_some_and(|after| (500..3000).contains(&after)));
    }
    assert!(bench.hub.connections.is_empty() && bench.hub.rooms.is_empty());
}

fn closed_with(outputs: &[Output]) -> Vec<(ConnectionId, &'static str)> {
    let refusal = |closing: &Closing| closing.refusal.as_ref().map_or("none", |refusal| refusal.code.as_str());
    let closed = |output: &Output| match output {
        Output::Close(who, closing) => Some((*who, refusal(closing))),
        Output::Send(..) | Output::Mark(_) => None,
    };
    outputs.iter().filter_map(closed).collect()
}

#[test]
fn the_newest_of_an_identity_stays_also_in_a_full_room() {
    let limits = Limits { room_peers: 2, ..Limits::default() };
    let mut bench = Bench::guarded(limits, Access::new(vec![secret()]));
    for (who, identity, room) in [(A, "ann", "r"), (B, "ben", "r"), (C, "ann", "r")] {
        bench.give(Input::Connected(who));
        let outputs = bench.say(who, join_as(room, identity, false));
        if who == C {
            assert_eq!(closed_with(&outputs), [(A, "identity/replaced")]);
            let told = |output: &Output| match output {
                Output::Send(B, ServerMessage::Left { reason, .. }) => Some(*reason),
                _ => None,
            };
            assert_eq!(outputs.iter().find_map(told), Some(LeaveReason::Replaced));
        } else {
            assert_eq!(closed_with(&outputs), []);
        }
    }
    let elsewhere = ConnectionId(4);
    bench.give(Input::Connected(elsewhere));
    assert_eq!(closed_with(&bench.say(elsewhere, join_as("s", "ann", false))), [], "one in each room");
}

#[test]
fn who_may_not_come_in_learns_nothing_of_rooms_and_sends_nobody_away() {
    let limits = Limits { room_peers: 1, rooms: 1, ..Limits::default() };
    let mut bench = Bench::guarded(limits, Access::new(vec![secret()]));
    bench.give(Input::Connected(A));
    bench.say(A, join_as("full", "ann", false));
    let answers = ["full", "other"].map(|room| {
        bench.give(Input::Connected(B));
        bench.say(B, join(room))
    });
    assert_eq!(closed_with(&answers[0]), [(B, "token/required")]);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(bench.hub.rooms.len(), 1);
}

#[test]
fn only_an_admin_removes_others() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    let mut enter = |who, identity, admin| {
        bench.give(Input::Connected(who));
        match bench.say(who, join_as("r", identity, admin)).first() {
            Some(Output::Send(_, ServerMessage::Welcome(welcome))) => welcome.me.id,
            other => panic!("{other:?}"),
        }
    };
    let (ann, ben) = (enter(A, "ann", true), enter(B, "ben", false));
    let refused = |outputs: &[Output]| match outputs {
        [Output::Send(_, ServerMessage::Refused(refusal))] => refusal.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&bench.say(B, ClientMessage::Remove(ann))), RefusalCode::TokenForbidden);
    assert_eq!(refused(&bench.say(B, ClientMessage::Remove(PeerId::new(1)))), RefusalCode::TokenForbidden);
    assert_eq!(refused(&bench.say(A, ClientMessage::Remove(PeerId::new(1)))), RefusalCode::PeerUnknown);
    let outputs = bench.say(A, ClientMessage::Remove(ben));
    assert_eq!(closed_with(&outputs), [(B, "member/removed")]);
    let left = ServerMessage::Left { id: ben, reason: LeaveReason::Removed, roster: 3 };
    assert!(outputs.contains(&Output::Send(A, left)), "{outputs:?}");
}

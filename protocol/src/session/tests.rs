use itodenwa_wire::{
    Delivery, Epoch, LeaveReason, Member, PROTOCOL_VERSION, Packet, PeerId, RoomName, Ticket, Welcome,
};

mod admission;
mod attempts;
mod naming;
mod offering;
mod recording;
mod visit;
mod waiting;

use super::waits::{FIRST_WAIT, IN_USE_WINDOW, LATER_WAIT, LONGEST_WAIT_IN_USE, RESUME_WINDOW};
use super::*;

const SECOND: Duration = Duration::from_secs(1);
const ANN: PeerId = PeerId::new(1);
const BEN: PeerId = PeerId::new(2);

/// A session and a clock.
struct Bench {
    session: Session,
    now: Time,
}

impl Bench {
    /// Has said the join, on its first socket.
    fn new() -> Self {
        let mut bench = Bench { session: Session::new(|| 0.5, || false), now: Time::from_millis(1000) };
        assert_eq!(bench.session.send(bench.now, ClientMessage::Join(join(None))), Ok(()));
        assert_eq!(bench.outputs(), [Action::Send(ClientMessage::Join(join(None)))]);
        bench
    }

    /// Is in the room for a while.
    fn open() -> Self {
        let mut bench = Bench::new();
        bench.hear(ServerMessage::Welcome(welcome("first", 0)));
        bench.wait(Duration::from_secs(20));
        bench
    }

    fn outputs(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.session.poll()).collect()
    }

    fn hear(&mut self, message: ServerMessage) -> Vec<Action> {
        self.session.on_message(self.now, message);
        self.outputs()
    }

    fn lose(&mut self) -> Vec<Action> {
        self.session.on_lost(self.now, SignalingError::Lost("cut".into()));
        self.outputs()
    }

    /// Lets time pass, with a server that answers pings.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.session.deadline().filter(|at| *at <= end) {
            self.now = at;
            self.session.tick(at);
            for output in self.outputs() {
                let Action::Send(ClientMessage::Ping(number)) = output else { panic!("{output:?}") };
                assert_eq!(self.hear(ServerMessage::Pong(number)), []);
            }
        }
        self.now = end;
    }

    /// Goes to the next deadline, and says how long that was.
    fn tick(&mut self) -> (Duration, Vec<Action>) {
        let at = self.session.deadline().expect("a deadline");
        let wait = at - self.now;
        self.now = at;
        self.session.tick(at);
        (wait, self.outputs())
    }
}

fn join(resume: Option<Resume>) -> Join {
    let room = RoomName::new("r").expect("a name");
    Join {
        version: PROTOCOL_VERSION,
        max_version: None,
        room,
        name: None,
        token: None,
        resume,
        former: None,
        unless_recorded: false,
        offer: Vec::new(),
    }
}

fn ticket(text: &str) -> Ticket {
    Ticket::new(text).expect("a ticket")
}

fn resuming(text: &str, signals: u32) -> Action {
    Action::Send(ClientMessage::Join(join(Some(Resume { ticket: ticket(text), signals }))))
}

fn member(id: PeerId) -> Member {
    Member { id, session: 1, name: None, pass: None, offered: None }
}

fn welcome(text: &str, signals: u32) -> Welcome {
    Welcome { ticket: Some(ticket(text)), signals, roster: 5, ..Welcome::new(member(ANN), Vec::new()) }
}

fn signal() -> ServerMessage {
    let epoch = Epoch::of_session(1);
    let packet = Packet { from_epoch: epoch, to_epoch: epoch, seq: 0, ack: 0, body: None };
    ServerMessage::Signal(Delivery { from: BEN, packet })
}

fn refused(code: RefusalCode, retry_after: Option<u32>) -> ServerMessage {
    ServerMessage::Refused(Refusal { code, message: String::new(), retry_after })
}

fn away(outputs: &[Action]) -> bool {
    matches!(outputs.last(), Some(Action::Deliver(Err(SignalingError::Away(_)))))
}

#[test]
fn what_was_never_joined_fails() {
    let mut bench = Bench::new();
    assert_eq!(bench.session.deadline(), None);
    assert_eq!(bench.lose(), [Action::Deliver(Err(SignalingError::Lost("cut".into())))]);
    assert!(bench.session.is_over());
    assert!(bench.session.send(bench.now, ClientMessage::Leave).is_err());

    let mut bench = Bench::new();
    let refusal = refused(RefusalCode::RoomFull, None);
    assert_eq!(bench.hear(refusal.clone()), [Action::Deliver(Ok(refusal))], "who joins reads why");
}

#[test]
fn what_is_no_packet_counts_as_a_signal_and_names_its_sender() {
    let mut bench = Bench::open();
    bench.hear(signal());
    bench.session.on_malformed_packet(BEN, "fromEpoch".into());
    let error = SignalingError::Packet(BEN, "fromEpoch".into());
    assert_eq!(bench.outputs(), [Action::Deliver(Err(error))]);
    bench.session.on_malformed("no message".into());
    bench.outputs();
    assert_eq!(bench.tick(), (PING_EVERY, vec![Action::Send(ClientMessage::Ping(2))]));
}

#[test]
fn a_cut_session_goes_on_with_the_newest_ticket_and_count() {
    let mut bench = Bench::open();
    for _ in 0..3 {
        bench.hear(signal());
    }
    let newer = ServerMessage::Ticket(ticket("second"));
    assert_eq!(bench.hear(newer.clone()), [Action::Deliver(Ok(newer))]);
    assert!(away(&bench.lose()));
    assert_eq!(bench.session.send(bench.now, ClientMessage::Ping(1)), Ok(()));
    assert_eq!(bench.outputs(), [], "what is said meanwhile is dropped");
    let (wait, outputs) = bench.tick();
    assert_eq!(wait, FIRST_WAIT / 2, "half of the longest: so the dice fell");
    assert_eq!(outputs, [Action::Open, resuming("second", 3)]);
    // Two were lost on the way, and one comes again.
    let back = ServerMessage::Welcome(welcome("third", 5));
    assert_eq!(bench.hear(back.clone()), [Action::Deliver(Ok(back))]);
    bench.hear(signal());
    bench.lose();
    assert_eq!(bench.tick().1, [Action::Open, resuming("third", 6)]);
}

#[test]
fn pings_say_how_many_signals_came_and_silence_is_death_after_15_seconds() {
    let mut bench = Bench::open();
    bench.hear(signal());
    let (wait, outputs) = bench.tick();
    assert_eq!((wait, &outputs[..]), (PING_EVERY, &[Action::Send(ClientMessage::Ping(1))][..]));
    assert_eq!(bench.tick(), (PING_EVERY, vec![Action::Send(ClientMessage::Ping(1))]));
    let (wait, outputs) = bench.tick();
    assert_eq!(wait, PING_EVERY);
    assert_eq!(outputs[0], Action::Close);
    assert!(away(&outputs));
}

#[test]
fn any_message_is_an_answer() {
    let mut bench = Bench::open();
    for _ in 0..10 {
        bench.tick();
        bench.hear(signal());
    }
    assert!(matches!(bench.session.state, State::Open { .. }));
}

#[test]
fn a_sign_asks_at_once_and_does_not_wait_long() {
    let mut bench = Bench::open();
    bench.session.on_network_hint(bench.now);
    assert_eq!(bench.outputs(), [Action::Send(ClientMessage::Ping(0))]);
    bench.now = bench.now + SECOND;
    bench.session.on_network_hint(bench.now);
    assert_eq!(bench.outputs().len(), 1);
    let (wait, outputs) = bench.tick();
    assert_eq!(wait, PROBE_WITHIN - SECOND, "many signs do not put the end off");
    assert!(away(&outputs));
}

#[test]
fn a_sign_ends_a_wait_but_not_before_the_server_wants_us() {
    let mut bench = Bench::open();
    bench.lose();
    bench.session.on_network_hint(bench.now);
    assert_eq!(bench.outputs()[0], Action::Open);

    let mut bench = Bench::open();
    assert_eq!(bench.hear(refused(RefusalCode::ServerGoingAway, Some(2000))), [], "it is no trouble yet");
    assert!(away(&bench.lose()));
    bench.session.on_network_hint(bench.now + SECOND);
    assert_eq!(bench.outputs(), []);
    assert_eq!(bench.tick().0, 2 * SECOND + FIRST_WAIT / 2);
}

#[test]
fn a_sign_begins_an_attempt_anew_that_may_hang() {
    let mut bench = Bench::open();
    bench.lose();
    bench.tick();
    bench.session.on_network_hint(bench.now);
    assert_eq!(bench.outputs(), [], "it has just begun");
    bench.session.on_network_hint(bench.now + FRESH);
    assert_eq!(bench.outputs(), [Action::Close, Action::Open, resuming("first", 0)]);
}

#[test]
fn who_slept_listens_before_it_gives_up() {
    let mut bench = Bench::open();
    bench.tick();
    // The answer is there, and the timer comes first.
    bench.now = bench.now + Duration::from_secs(1000);
    bench.session.tick(bench.now);
    assert_eq!(bench.outputs(), [Action::Send(ClientMessage::Ping(0))]);
    assert_eq!(bench.hear(ServerMessage::Pong(0)), []);
    bench.wait(SECOND);

    // A hidden page whose timers come once in a minute.
    bench.tick();
    for (minute, expected) in [(1, false), (2, true)] {
        bench.now = bench.now + Duration::from_secs(60);
        bench.session.tick(bench.now);
        assert_eq!(away(&bench.outputs()), expected, "after {minute} minutes");
    }
}

#[test]
fn attempts_are_ever_rarer() {
    let mut bench = Bench::open();
    bench.lose();
    let lost = bench.now;
    let mut waits = Vec::new();
    while bench.now - lost < 2 * RESUME_WINDOW {
        waits.push(bench.tick().0.as_millis());
        assert_eq!(bench.lose(), [], "it is told once");
    }
    assert_eq!(waits, [150, 300, 600, 1200, 2400, 3500, 3500, 3500, 3500, 3500, 3500, 3500, 3500, 30_000]);
    let (wait, _) = bench.tick();
    assert_eq!(wait, LATER_WAIT, "for as long as the room is wanted");
}

#[test]
fn several_attempts_fit_into_the_time_that_a_server_waits_that_saw_the_end() {
    let after_end = 15 * SECOND;
    let mut bench = Bench::open();
    // The longest waits that the dice can give.
    bench.session.random = || 1.0;
    bench.lose();
    let lost = bench.now;
    let mut attempts = Vec::new();
    while bench.now - lost < after_end {
        bench.tick();
        attempts.push(bench.now - lost);
        bench.lose();
    }
    assert_eq!(attempts.iter().filter(|at| **at < after_end).count(), 5, "{attempts:?}");
}

#[test]
fn an_attempt_has_ten_seconds() {
    let mut bench = Bench::open();
    bench.lose();
    bench.tick();
    let (wait, outputs) = bench.tick();
    assert_eq!((wait, outputs), (WELCOME_WITHIN, vec![Action::Close]));
    assert!(matches!(bench.session.state, State::Waiting { .. }));
}

#[test]
fn a_session_that_ends_again_and_again_comes_back_ever_more_rarely() {
    let mut bench = Bench::open();
    let mut waits = Vec::new();
    for _ in 0..4 {
        bench.lose();
        waits.push(bench.tick().0.as_millis());
        bench.hear(ServerMessage::Welcome(welcome("again", 0)));
    }
    assert_eq!(waits, [150, 300, 600, 1200]);
    bench.wait(LASTING);
    bench.lose();
    assert_eq!(bench.tick().0, FIRST_WAIT / 2);
}

#[test]
fn whether_a_refusal_is_the_end() {
    for (code, retry_after, is_end) in [
        (RefusalCode::RoomFull, None, true),
        (RefusalCode::VersionUnsupported, None, true),
        (RefusalCode::ServerFull, Some(60_000), false),
        (RefusalCode::JoinTimeout, None, false),
        (RefusalCode::ServerGoingAway, None, false),
    ] {
        let mut bench = Bench::open();
        bench.lose();
        bench.tick();
        assert_eq!(bench.hear(refused(code, retry_after)), []);
        bench.lose();
        assert_eq!(bench.session.is_over(), is_end, "{code}");
    }
    for code in [RefusalCode::SessionReplaced, RefusalCode::IdentityReplaced, RefusalCode::MemberRemoved] {
        let mut bench = Bench::open();
        bench.hear(refused(code, None));
        let outputs = bench.lose();
        assert!(matches!(&outputs[..], [Action::Deliver(Err(SignalingError::Refused(_)))]), "{outputs:?}");
        assert!(bench.session.is_over(), "{code}: the newest wins, and who was sent away stays away");
    }
}

#[test]
fn a_client_that_was_too_fast_comes_back_when_the_server_wants_it() {
    for retry_after in [None, Some(2000)] {
        let mut bench = Bench::open();
        bench.hear(ServerMessage::Ticket(ticket("newest")));
        assert_eq!(bench.hear(refused(RefusalCode::MessageTooFast, retry_after)), []);
        assert!(away(&bench.lose()), "and no more is told");
        let (wait, outputs) = bench.tick();
        assert!(wait >= Duration::from_millis(retry_after.unwrap_or(0).into()));
        assert_eq!(outputs, [Action::Open, resuming("newest", 0)]);
        bench.hear(ServerMessage::Welcome(welcome("again", 0)));
        assert!(!bench.session.is_over());
    }
}

#[test]
fn what_is_refused_of_a_member_is_told() {
    let mut bench = Bench::open();
    let refusal = refused(RefusalCode::PeerUnknown, None);
    assert_eq!(bench.hear(refusal.clone()), [Action::Deliver(Ok(refusal))]);
    bench.hear(ServerMessage::Pong(0));
    assert!(away(&bench.lose()), "it was not why");
}

#[test]
fn rosters_that_are_old_are_dropped_and_gaps_begin_anew() {
    let mut bench = Bench::open();
    let joined = |roster| ServerMessage::Joined { member: member(BEN), roster };
    let left = |roster| ServerMessage::Left { id: BEN, reason: LeaveReason::Gone, roster };
    assert_eq!(bench.hear(joined(6)), [Action::Deliver(Ok(joined(6)))]);
    assert_eq!(bench.hear(joined(6)), []);
    assert_eq!(bench.hear(joined(5)), []);
    assert_eq!(bench.hear(left(7)), [Action::Deliver(Ok(left(7)))]);
    let outputs = bench.hear(joined(9));
    assert!(outputs[0] == Action::Close && away(&outputs));
}

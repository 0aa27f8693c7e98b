//! The lock of a room.

use super::*;

const E: ConnectionId = ConnectionId(5);
const PACE: Duration = Duration::from_millis(500);

/// Whom these outputs tell of the lock, and what.
fn told(outputs: &[Output]) -> Vec<(ConnectionId, bool)> {
    let locked = outputs.iter().filter_map(|output| match output {
        Output::Send(to, ServerMessage::Locked(locked)) => Some((*to, *locked)),
        _ => None,
    });
    locked.collect()
}

pub(super) fn ticket_for(outputs: &[Output], whom: ConnectionId) -> Ticket {
    let ticket = outputs.iter().find_map(|output| match output {
        Output::Send(to, ServerMessage::Ticket(ticket)) if *to == whom => Some(ticket.clone()),
        Output::Send(to, ServerMessage::Welcome(welcome)) if *to == whom => welcome.ticket.clone(),
        _ => None,
    });
    ticket.unwrap_or_else(|| panic!("{whom:?} got no ticket: {outputs:?}"))
}

pub(super) fn welcome(outputs: &[Output]) -> Option<&Welcome> {
    outputs.iter().find_map(|output| match output {
        Output::Send(_, ServerMessage::Welcome(welcome)) => Some(welcome),
        _ => None,
    })
}

impl Bench {
    pub(super) fn come(&mut self, from: ConnectionId, join: ClientMessage<u32>) -> Vec<Output> {
        self.give(Input::Connected(from));
        self.say(from, join)
    }

    pub(super) fn come_with(
        &mut self,
        from: ConnectionId,
        ticket: &Ticket,
        token: Option<ClientMessage<u32>>,
    ) -> Vec<Output> {
        let Some(ClientMessage::Join(with)) = token.or_else(|| Some(join("r"))) else { panic!("no join") };
        let resume = Some(Resume { ticket: ticket.clone(), signals: 0 });
        self.come(from, ClientMessage::Join(Join { resume, ..with }))
    }

    /// Whether somebody new gets in.
    pub(super) fn lets_in(&mut self, from: ConnectionId) -> bool {
        let outputs = self.join(from, "r");
        let closed = closed_for(&outputs);
        assert!(closed.is_none_or(|closed| closed == (from, 1008, RefusalCode::RoomLocked)), "{outputs:?}");
        assert_ne!(closed.is_some(), welcome(&outputs).is_some());
        closed.is_none()
    }
}

fn locked_by_a(limits: Limits) -> (Bench, Vec<Output>) {
    let mut bench = Bench::new(limits);
    bench.enter(A, "r");
    bench.enter(B, "r");
    let outputs = bench.say(A, ClientMessage::Lock(true));
    (bench, outputs)
}

#[test]
fn newcomers_are_kept_out_until_it_is_unlocked_and_everybody_is_told() {
    let (mut bench, outputs) = locked_by_a(Limits::default());
    assert_eq!(told(&outputs), [(A, true), (B, true)]);
    assert!(!bench.lets_in(C));
    assert!(bench.join(C, "other").len() == 1, "other rooms are not locked");
    assert_eq!(bench.say(B, ClientMessage::Lock(true)), [], "it is already");
    bench.now += PACE;
    assert_eq!(told(&bench.say(B, ClientMessage::Lock(false))), [(A, false), (B, false)]);
    assert!(bench.lets_in(D));
}

#[test]
fn a_member_that_was_away_is_told_when_it_is_back_and_so_is_its_ticket() {
    let (mut bench, outputs) = locked_by_a(Limits::default());
    let ticket = ticket_for(&outputs, B);
    bench.cut(B);
    let outputs = bench.come_with(C, &ticket, None);
    assert!(welcome(&outputs).unwrap().locked);
    assert!(bench.hub.tickets.open(bench.now, &ticket_for(&outputs, C)).unwrap().rules.locked);
}

#[test]
fn it_ends_with_the_last_member() {
    let (mut bench, _) = locked_by_a(Limits::default());
    for who in [A, B] {
        assert!(!bench.lets_in(C));
        bench.say(who, ClientMessage::Leave);
    }
    assert!(bench.lets_in(C));
    assert!(bench.lets_in(D), "and is not there again with the next one");
}

#[test]
fn who_has_been_here_comes_back_and_who_was_removed_does_not() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(A, join_as("r", "admin", true));
    let ben = bench.come(B, join_as("r", "ben", false));
    let cem = bench.come(C, join_as("r", "cem", false));
    let (ben, cem_id) = (ticket_for(&ben, B), welcome(&cem).unwrap().me.id);
    let cem = ticket_for(&cem, C);
    bench.say(A, ClientMessage::Lock(true));
    bench.say(B, ClientMessage::Leave);
    assert!(welcome(&bench.come_with(D, &ben, Some(join_as("r", "ben", false)))).is_some());
    bench.say(D, ClientMessage::Leave);
    // Without a wish to resume, as after a reload of the page; and a ticket of another room opens nothing.
    let ClientMessage::Join(anew) = join_as("r", "ben", false) else { panic!("no join") };
    let former = Some(ben.clone());
    assert!(welcome(&bench.come(D, ClientMessage::Join(Join { former, ..anew.clone() }))).is_some());
    bench.say(D, ClientMessage::Leave);
    let elsewhere = bench.come(D, join_as("other", "ben", false));
    let former = Some(ticket_for(&elsewhere, D));
    let outputs = bench.come(E, ClientMessage::Join(Join { former, ..anew }));
    assert_eq!(closed_for(&outputs), Some((E, 1008, RefusalCode::RoomLocked)));
    bench.say(A, ClientMessage::Remove(cem_id));
    let outputs = bench.come_with(B, &cem, Some(join_as("r", "cem", false)));
    assert_eq!(closed_for(&outputs), Some((B, 1008, RefusalCode::RoomLocked)));
}

#[test]
fn with_tokens_it_takes_one_that_says_so() {
    let mut bench = Bench::guarded(Limits::default(), Access::new(vec![secret()]));
    bench.come(A, join_as("r", "admin", true));
    bench.come(B, join_as("r", "ben", false));
    assert_eq!(refused_with(&bench.say(B, ClientMessage::Lock(true))), Some(RefusalCode::TokenForbidden));
    bench.say(A, ClientMessage::Lock(true));
    let outputs = bench.come(C, join_as("r", "cem", false));
    assert_eq!(closed_for(&outputs), Some((C, 1008, RefusalCode::RoomLocked)));
    // Somebody who is in the room comes in again from elsewhere.
    let outputs = bench.come(C, join_as("r", "ben", false));
    assert_eq!(closed_for(&outputs), Some((B, 1008, RefusalCode::IdentityReplaced)));
    assert!(welcome(&outputs).is_some_and(|welcome| welcome.locked));
    assert!(welcome(&bench.come(D, join_as("r", "other admin", true))).is_some());
    // Without a good token nobody learns that there is a room, or a lock.
    assert_eq!(closed_for(&bench.join(B, "r")).map(|(.., code)| code), Some(RefusalCode::TokenRequired));
}

#[test]
fn members_are_told_at_most_twice_a_second_and_of_the_last_word() {
    let (mut bench, _) = locked_by_a(Limits::default());
    for number in 0..101 {
        assert_eq!(bench.say(A, ClientMessage::Lock(number % 2 == 1)), []);
    }
    assert!(bench.lets_in(C), "it counts at once");
    assert_eq!(told(&bench.wait(PACE)), [(A, false), (B, false), (C, false)]);
    assert_eq!(bench.hub.deadline(), None);
}

#[test]
fn a_client_of_the_first_version_is_not_told() {
    let mut bench = Bench::new(Limits::default());
    let ClientMessage::Join(today) = join("r") else { panic!("no join") };
    bench.come(A, ClientMessage::Join(Join { version: 1, ..today }));
    bench.enter(B, "r");
    let outputs = bench.say(A, ClientMessage::Lock(true));
    assert_eq!(told(&outputs), [(B, true)]);
    ticket_for(&outputs, A);
}

#[test]
fn a_room_that_is_built_up_again_is_locked_as_it_was() {
    let (mut bench, outputs) = locked_by_a(Limits::default());
    let (ann, ben) = (ticket_for(&outputs, A), ticket_for(&outputs, B));
    bench.restart("0123456789abcdef");
    bench.come_with(A, &ann, None);
    assert!(!bench.lets_in(C));
    // What is said now is newer than what tickets say.
    bench.now += PACE;
    bench.say(A, ClientMessage::Lock(false));
    bench.come_with(B, &ben, None);
    assert!(bench.lets_in(D));
}

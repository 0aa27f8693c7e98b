//! How often it tries to come back, and what many that do are to a server.

use std::cell::Cell;

use super::*;

/// Looked at, with the longest waits that the dice can give.
fn in_use() -> Bench {
    let mut bench = Bench::open();
    bench.session.is_looked_at = || true;
    bench.session.random = || 1.0;
    bench.lose();
    bench
}

/// The waits of attempts that fail at once, as long as this.
fn waits(bench: &mut Bench, time: Duration) -> Vec<u128> {
    let (begin, mut waits) = (bench.now, Vec::new());
    while bench.now - begin < time {
        waits.push(bench.tick().0.as_millis());
        bench.lose();
    }
    waits
}

#[test]
fn a_page_that_is_looked_at_tries_every_three_seconds_for_two_minutes() {
    let mut bench = in_use();
    let waits = waits(&mut bench, IN_USE_WINDOW);
    assert_eq!(waits[..5], [300, 600, 1200, 2400, 3000]);
    assert!(waits[4..].iter().all(|wait| *wait == 3000), "{waits:?}");
    assert_eq!(bench.tick().0, LATER_WAIT, "and then rarely");
}

#[test]
fn others_in_the_room_are_a_use_too_until_they_left() {
    let mut bench = Bench::open();
    bench.session.random = || 1.0;
    bench.hear(ServerMessage::Joined { member: member(BEN), roster: 6 });
    bench.lose();
    assert_eq!(waits(&mut bench, RESUME_WINDOW).iter().max(), Some(&3000));
    assert!(bench.tick().0 <= LONGEST_WAIT_IN_USE);
    bench.hear(ServerMessage::Welcome(welcome("again", 0)));
    bench.lose();
    assert_eq!(waits(&mut bench, RESUME_WINDOW).iter().max(), Some(&7000), "the roster is empty now");
    assert_eq!(bench.tick().0, LATER_WAIT);
}

#[test]
fn whoever_begins_to_look_does_not_wait_half_a_minute_between_attempts() {
    let mut bench = in_use();
    waits(&mut bench, 2 * IN_USE_WINDOW);
    bench.session.on_network_hint(bench.now);
    assert_eq!(bench.outputs()[0], Action::Open, "at once");
    bench.lose();
    assert!(waits(&mut bench, IN_USE_WINDOW).iter().all(|wait| *wait <= 3000));
}

#[test]
fn what_the_server_asks_for_is_waited_for_and_not_by_all_to_the_same_moment() {
    for random in [(|| 0.0) as fn() -> f64, || 0.5, || 1.0] {
        let mut bench = Bench::open();
        bench.session.random = random;
        bench.session.is_looked_at = || true;
        bench.hear(refused(RefusalCode::ServerGoingAway, Some(8000)));
        bench.lose();
        assert_eq!(bench.tick().0, 8 * SECOND + Duration::from_secs_f64(FIRST_WAIT.as_secs_f64() * random()));
    }
}

thread_local!(static DICE: Cell<u64> = const { Cell::new(1) });

/// splitmix64 (Steele, Lea and Flood, 2014): the same numbers in every run.
fn dice() -> f64 {
    let seed = DICE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    DICE.set(seed);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A thousand clients that lose their server at the same moment. What it says to each that knocks then.
fn a_thousand(end: Duration, mut server: impl FnMut(Duration) -> Option<ServerMessage>) -> (Vec<Duration>, Vec<Bench>) {
    let mut clients: Vec<Bench> = (0..1000).map(|_| Bench::open()).collect();
    let lost = clients[0].now;
    for client in &mut clients {
        client.session.random = dice;
        client.session.is_looked_at = || true;
        client.lose();
    }
    let mut knocks = Vec::new();
    loop {
        let waiting = clients.iter_mut().filter(|client| !matches!(client.session.state, State::Open { .. }));
        let next = waiting
            .min_by_key(|client| client.session.deadline())
            .filter(|client| client.session.deadline().is_some_and(|at| at - lost <= end));
        let Some(client) = next else { break };
        assert_eq!(client.tick().1[0], Action::Open);
        let at = client.now - lost;
        knocks.push(at);
        match server(at) {
            Some(message @ ServerMessage::Welcome(_)) => drop(client.hear(message)),
            other => {
                other.map(|message| client.hear(message));
                client.lose();
            }
        }
    }
    (knocks, clients)
}

/// The most in any second, of what is in order.
fn most_in_a_second(knocks: &[Duration]) -> usize {
    let end = |from: &Duration| knocks.partition_point(|at| *at < *from + SECOND);
    knocks.iter().enumerate().map(|(place, from)| end(from) - place).max().unwrap_or(0)
}

/// What the documentation of the session says of a thousand.
const A_SECOND: usize = 800;
/// The waits have grown by then.
const GROWN: Duration = Duration::from_secs(6);

#[test]
fn a_thousand_clients_are_a_bounded_load_on_a_server_that_comes_back() {
    let back_at = 20 * SECOND;
    let (knocks, clients) =
        a_thousand(40 * SECOND, |at| (at >= back_at).then(|| ServerMessage::Welcome(welcome("again", 0))));
    assert!(clients.iter().all(|client| matches!(client.session.state, State::Open { .. })), "all are back");
    let last = knocks.last().copied().unwrap_or_default();
    assert!(last <= back_at + LONGEST_WAIT_IN_USE, "the last one is back {:?} after the server", last - back_at);
    let grown = &knocks[knocks.partition_point(|at| *at < GROWN)..];
    let most = most_in_a_second(grown);
    assert!(most <= A_SECOND, "{most} in a second");
    assert!(most > A_SECOND / 2, "{most} in a second: the bound says nothing");
    let met = &knocks[knocks.partition_point(|at| *at < back_at)..];
    assert_eq!(met.len(), clients.len(), "each comes once");
    let most = most_in_a_second(met);
    assert!(most <= A_SECOND, "{most} in a second");
}

#[test]
fn a_thousand_clients_that_are_asked_to_wait_do_and_come_one_after_the_other() {
    const ASKED: Duration = Duration::from_secs(10);
    let server = |_| Some(refused(RefusalCode::ServerFull, Some(10_000)));
    let (knocks, _) = a_thousand(60 * SECOND, server);
    // Asked for ten seconds, and up to three by chance.
    assert!(knocks.len() >= 1000 * 4 && knocks.len() <= 1000 * 7, "{}", knocks.len());
    let grown = &knocks[knocks.partition_point(|at| *at < 2 * ASKED + GROWN)..];
    let most = most_in_a_second(grown);
    assert!(most <= A_SECOND, "{most} in a second");
}

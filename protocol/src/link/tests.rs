//! The rules of the link, each by itself and against arbitrary networks and peers.

use std::cmp::Reverse;

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn pair() -> (Link, Link) {
    let (a, b) = (Epoch::of_session(1), Epoch::of_session(2));
    (Link::new(a, b), Link::new(b, a))
}

fn candidate(n: u32) -> Body {
    Body::EndOfCandidates(n.to_string())
}

fn drain(link: &mut Link) -> Vec<Packet<Body>> {
    std::iter::from_fn(|| link.poll()).collect()
}

fn delivered(link: &mut Link, now: Time) -> Vec<Body> {
    std::iter::from_fn(|| link.deliver(now)).collect()
}

#[test]
fn what_is_lost_comes_again_in_order_and_once() {
    let (mut a, mut b) = pair();
    let mut now = Time::default();
    for n in 1..=3 {
        a.send(now, candidate(n)).unwrap();
    }
    let packets = drain(&mut a);
    // The first is lost, the others come in the wrong order and twice.
    for n in [2, 1, 2] {
        b.receive(now, packets[n].clone());
    }
    assert_eq!(delivered(&mut b, now), []);
    now = now + SECOND;
    a.tick(now).unwrap();
    for packet in drain(&mut a) {
        b.receive(now, packet);
    }
    assert_eq!(delivered(&mut b, now), [candidate(1), candidate(2), candidate(3)]);
    now = b.deadline().expect("an acknowledgement is due");
    b.tick(now).unwrap();
    for packet in drain(&mut b) {
        assert_eq!((packet.seq, packet.ack, &packet.body), (0, 3, &None));
        a.receive(now, packet);
    }
    assert_eq!((a.deadline(), b.deadline()), (None, None));
}

#[test]
fn only_what_was_consumed_is_acknowledged() {
    let (mut a, mut b) = pair();
    let now = Time::default();
    a.send(now, candidate(1)).unwrap();
    b.receive(now, a.poll().unwrap());
    b.send(now, candidate(9)).unwrap();
    assert_eq!(b.poll().unwrap().ack, 0);
    assert!(b.deliver(now).is_some());
    b.send(now, candidate(10)).unwrap();
    assert_eq!(b.poll().unwrap().ack, 1);
}

#[test]
fn a_new_incarnation_voids_the_old_one_on_both_sides() {
    let (mut a, mut b) = pair();
    let now = Time::default();
    a.send(now, candidate(1)).unwrap();
    let old = a.poll().unwrap();
    assert!(a.restart(now));
    let hello = a.poll().unwrap();
    assert_eq!(b.receive(now, hello), Received::Restarted);
    assert_eq!(b.receive(now, old), Received::Taken);
    assert_eq!(b.deliver(now), None);
    // The Hello is answered, so it is not said again.
    b.tick(now).unwrap();
    assert_eq!(a.receive(now, b.poll().unwrap()), Received::Taken);
    assert_eq!(a.deadline(), None);
}

#[test]
fn a_lost_hello_is_said_again() {
    let (mut a, mut b) = pair();
    let mut now = Time::default();
    assert!(a.restart(now));
    drain(&mut a);
    for _ in 0..3 {
        now = a.deadline().expect("a Hello is due");
        a.tick(now).unwrap();
        assert_eq!(drain(&mut a).len(), 1);
    }
    now = a.deadline().unwrap();
    assert_eq!(a.tick(now), Err(Silent));
    assert_eq!(b.receive(now, a.poll().unwrap()), Received::Restarted);
}

#[test]
fn whoever_is_addressed_by_an_old_name_says_hello() {
    let (mut a, mut b) = pair();
    let now = Time::default();
    assert!(b.restart(now));
    drain(&mut b);
    a.send(now, candidate(1)).unwrap();
    assert_eq!(b.receive(now, a.poll().unwrap()), Received::Taken);
    assert_eq!(b.deliver(now), None, "it was said to the incarnation before");
    let hello = b.poll().unwrap();
    assert_eq!(hello.body, Some(Body::Hello));
    assert_eq!(a.receive(now, hello), Received::Restarted);
    assert_eq!(a.poll(), None);
}

#[test]
fn nothing_grows_without_bound() {
    let (mut a, mut b) = pair();
    let now = Time::default();
    for n in 0..UNACKNOWLEDGED_PACKETS {
        a.send(now, candidate(n as u32)).unwrap();
    }
    assert_eq!(a.send(now, candidate(0)), Err(Full));
    drain(&mut a);
    a.tick(now + SECOND).unwrap();
    assert_eq!(drain(&mut a).len(), RESEND_PACKETS);
    let template = Packet { from_epoch: a.mine, to_epoch: b.mine, seq: 0, ack: u32::MAX, body: None };
    for seq in 0..1000 {
        b.receive(now, Packet { seq, body: Some(candidate(seq)), ..template.clone() });
    }
    assert_eq!(b.held.len(), HELD_PACKETS);
}

#[test]
fn packets_for_an_old_name_are_answered_once_a_second() {
    let (_, mut b) = pair();
    let stray = Packet { from_epoch: b.theirs, to_epoch: Epoch::of_session(0), seq: 1, ack: 0, body: None };
    let mut hellos = 0;
    for millis in 0..3000 {
        b.receive(Time::from_millis(millis), stray.clone());
        hellos += drain(&mut b).len();
    }
    assert_eq!(hellos, 3);
}

#[test]
fn what_was_acknowledged_is_acknowledged_again_once_a_second() {
    for (seq, body) in [(0, Body::Hello), (1, candidate(1))] {
        let (_, mut b) = pair();
        let again = Packet { from_epoch: b.theirs, to_epoch: b.mine, seq, ack: 0, body: Some(body) };
        let mut acknowledged = 0;
        for millis in 0..3500 {
            let now = Time::from_millis(millis);
            b.receive(now, again.clone());
            delivered(&mut b, now);
            b.tick(now).unwrap();
            acknowledged += drain(&mut b).len();
        }
        assert!((3..=4).contains(&acknowledged), "{acknowledged}");
    }
}

#[test]
fn crumbs_of_acknowledgement_do_not_begin_a_round_of_resends() {
    let (mut a, _) = pair();
    let mut now = Time::default();
    (0..64).for_each(|n| a.send(now, candidate(n)).unwrap());
    drain(&mut a);
    let mut again = 0;
    for ack in 0..40 {
        now = now + SECOND;
        let _ = a.tick(now);
        again += drain(&mut a).len();
        a.receive(now, Packet { from_epoch: a.theirs, to_epoch: a.mine, seq: 0, ack, body: None });
    }
    assert!(again <= 8 * RESEND_PACKETS, "{again}");
}

#[test]
fn coming_back_often_does_not_send_again_more_often() {
    let (mut a, _) = pair();
    (0..64).for_each(|n| a.send(Time::default(), candidate(n)).unwrap());
    drain(&mut a);
    let mut again = 0;
    for millis in 0..8000 {
        let now = Time::from_millis(millis);
        a.resume(now);
        let _ = a.tick(now);
        again += drain(&mut a).len();
    }
    // At 0 and 4 s because of that, and 2 s after each as always.
    assert_eq!(again, 4 * RESEND_PACKETS);
}

/// Anything a hostile peer can write, and what it waits before.
fn hostile() -> impl Strategy<Value = (u64, u32, u32, u32, u32, Option<Body>)> {
    let body = prop_oneof![Just(None), Just(Some(Body::Hello)), Just(Some(candidate(1)))];
    (0..40_u64, 2..5_u32, 0..2_u32, 0..9_u32, 0..9_u32, body)
}

proptest! {
    /// Whatever comes, what goes out is bounded by the time: the server counts it against us.
    #[test]
    fn what_a_peer_sends_makes_few_packets(packets in prop::collection::vec(hostile(), 0..400), said in 0..20_u32) {
        let (mut a, _) = pair();
        let (mut now, mut out) = (Time::default(), 0);
        (0..said).for_each(|n| a.send(now, candidate(n)).unwrap());
        drain(&mut a);
        let mut wait = 0;
        for (pause, from, to, seq, ack, body) in packets {
            now = now + Duration::from_millis(pause);
            wait += pause;
            let (from_epoch, to_epoch) = (Epoch::of_session(from), Epoch::of_session(to));
            a.receive(now, Packet { from_epoch, to_epoch, seq, ack, body });
            delivered(&mut a, now);
            let _ = a.tick(now);
            out += drain(&mut a).len();
        }
        // A second: five acknowledgements of what is new, one of what is not, two Hellos. Besides: what was said, a few times.
        let most = 8 + 3 + wait as usize * 8 / 1000 + said as usize * (2 + wait as usize / 1000);
        prop_assert!(out <= most, "{} packets in {} ms", out, wait);
    }
}

/// What the network does to the next packet: lets it through, loses it, doubles it, or holds it back until some others
/// came.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    Lost,
    Twice,
    Late(usize),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![Just(Fate::Arrives), Just(Fate::Lost), Just(Fate::Twice), (1..9_usize).prop_map(Fate::Late)]
}

proptest! {
    /// Each side says some things; the network does what it likes to the first packets. Both hear everything, once and in
    /// order, and then nothing more is sent.
    #[test]
    fn everything_said_is_heard_once_and_in_order(
        says in [0..100_u32, 0..100_u32],
        fates in prop::collection::vec(fate(), 0..300),
    ) {
        let (a, b) = pair();
        let (mut links, mut heard, mut now) = ([a, b], [Vec::new(), Vec::new()], Time::default());
        for (link, count) in links.iter_mut().zip(says) {
            (0..count).for_each(|n| link.send(now, candidate(n)).unwrap());
        }
        let (mut fates, mut flying, mut sent) = (fates.into_iter(), Vec::new(), 0);
        loop {
            for (from, link) in links.iter_mut().enumerate() {
                for packet in drain(link) {
                    sent += 1;
                    let (copies, place) = match fates.next().unwrap_or(Fate::Arrives) {
                        Fate::Arrives => (1, sent),
                        Fate::Lost => (0, sent),
                        Fate::Twice => (2, sent),
                        Fate::Late(by) => (1, sent + by),
                    };
                    flying.extend((0..copies).map(|_| (place, 1 - from, packet.clone())));
                }
            }
            // The next one is the last.
            flying.sort_by_key(|(place, ..)| Reverse(*place));
            if let Some((_, to, packet)) = flying.pop() {
                prop_assert_eq!(links[to].receive(now, packet), Received::Taken);
                heard[to].extend(delivered(&mut links[to], now));
                continue;
            }
            let Some(next) = links.iter().filter_map(Link::deadline).min() else { break };
            now = next;
            for link in &mut links {
                let _ = link.tick(now);
            }
            prop_assert!(now < Time::default() + 300 * SECOND, "it does not end");
        }
        for (heard, count) in heard.into_iter().rev().zip(says) {
            prop_assert_eq!(heard, (0..count).map(candidate).collect::<Vec<_>>());
        }
    }
}

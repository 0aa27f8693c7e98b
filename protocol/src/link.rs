//! Reliable, ordered, duplicate-free delivery between two peers, fenced against reloads, over signalling that is none of it.
//!
//! Each side is an *incarnation*, named by an [`Epoch`]. Packets are good only between the two incarnations that they name;
//! whoever is addressed by a wrong name says `Hello`, from which the other learns the right one.
//!
//! | bound | value |
//! |---|---|
//! | packets that came early and are held | [`HELD_PACKETS`] |
//! | packets that wait for their acknowledgement | [`UNACKNOWLEDGED_PACKETS`] |
//! | packets sent again at once | [`RESEND_PACKETS`]; early, because the signalling is back, once in [`RESUMES_APART`] |
//! | `Hello`s that answer packets | one per pair of incarnations and [`FIRST_RESEND`], and as many as offers ([`Pace`]) |
//! | acknowledgements of what came before | one in [`ACKNOWLEDGE_AGAIN_WITHIN`] |

use std::collections::VecDeque;
use std::time::Duration;

use itodenwa_wire::limits::{HELD_PACKETS, UNACKNOWLEDGED_PACKETS};
use itodenwa_wire::{Body, Epoch, Packet};
use litemap::LiteMap;

use crate::time::Time;
use crate::turn::Pace;

/// Most packets that are sent again at one moment; the acknowledgement of these brings the next.
const RESEND_PACKETS: usize = 32;
/// What is not acknowledged is sent again after 1, 2, 4, 8, 8, … s.
const FIRST_RESEND: Duration = Duration::from_secs(1);
const LONGEST_RESEND: Duration = Duration::from_secs(8);
/// A signalling that was back so lately is no reason to send again at once.
const RESUMES_APART: Duration = Duration::from_secs(4);
/// A peer that acknowledged nothing for this many rounds (15 s) is called silent.
const SILENT_ROUNDS: u8 = 4;
/// How long an acknowledgement waits for a packet that takes it along.
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_millis(200);
/// The same for what was acknowledged before: the other side sends it again no sooner than this.
const ACKNOWLEDGE_AGAIN_WITHIN: Duration = FIRST_RESEND;

/// One side of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    mine: Epoch,
    theirs: Epoch,
    /// The place that is consumed next.
    next_in: u32,
    /// What came and was not consumed, by place.
    held: LiteMap<u32, Body>,
    /// The place that is given next.
    next_out: u32,
    /// What was sent and not acknowledged, in order; the last has the place `next_out - 1`.
    unacknowledged: VecDeque<Body>,
    /// Our incarnation is new, and no packet showed yet that the other side knows it: say Hello until one does.
    introducing: bool,
    resend: Option<Resend>,
    acknowledge_at: Option<Time>,
    answers: Answers,
    outbox: VecDeque<Packet<Body>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Resend {
    at: Time,
    round: u8,
}

/// What was sent because of what came, so that a peer can't make us send much. It outlives incarnations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Answers {
    /// The last Hello: who said it to whom, and when it may be said again.
    hello: Option<((Epoch, Epoch), Time)>,
    hellos: Pace,
    /// When a return of the signalling is the next time a reason to send again at once.
    resume_from: Time,
    /// The place after the last packet that was sent again: an acknowledgement short of it is no progress.
    resent_to: u32,
}

/// What a packet meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// Nothing beyond what [`Link::deliver`] now gives.
    Taken,
    /// The other side is a new incarnation: what was built with the old one is void.
    Restarted,
    /// The other side closes for good.
    Bye,
}

/// As many packets as may wait are waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// The other side acknowledged nothing for a long time. It is told once per silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Silent;

impl Link {
    /// A link between two incarnations that know each other: the server told both.
    pub(crate) fn new(mine: Epoch, theirs: Epoch) -> Self {
        Link {
            mine,
            theirs,
            next_in: 1,
            held: LiteMap::new(),
            next_out: 1,
            unacknowledged: VecDeque::new(),
            introducing: false,
            resend: None,
            acknowledge_at: None,
            answers: Answers::default(),
            outbox: VecDeque::new(),
        }
    }

    /// The incarnations of both sides: ours, and theirs as far as it is known.
    pub(crate) fn epochs(&self) -> (Epoch, Epoch) {
        (self.mine, self.theirs)
    }

    /// Becomes a new incarnation and says so. Nothing of the old one is sent or taken any more.
    ///
    /// Returns whether there was another epoch to take: a session has 65 536.
    pub(crate) fn restart(&mut self, now: Time) -> bool {
        let Some(mine) = self.mine.next() else { return false };
        let answers = Answers { resent_to: 0, ..std::mem::take(&mut self.answers) };
        *self = Link { introducing: true, answers, ..Link::new(mine, self.theirs) };
        self.push_hello();
        self.resend = Some(Resend { at: now + FIRST_RESEND, round: 0 });
        true
    }

    /// The server says that the other side is in a session with this epoch. True if that is a new incarnation.
    pub(crate) fn learn_session(&mut self, session: u32) -> bool {
        let epoch = Epoch::of_session(session);
        let newer = epoch.session() > self.theirs.session();
        if newer {
            self.learn(epoch);
        }
        newer
    }

    /// Sends a body, in order and until it is acknowledged.
    pub(crate) fn send(&mut self, now: Time, body: Body) -> Result<(), Full> {
        if self.unacknowledged.len() >= UNACKNOWLEDGED_PACKETS {
            return Err(Full);
        }
        self.push(self.next_out, Some(body.clone()));
        self.unacknowledged.push_back(body);
        self.next_out += 1;
        self.resend.get_or_insert(Resend { at: now + FIRST_RESEND, round: 0 });
        Ok(())
    }

    /// Says goodbye: once, outside the order.
    pub(crate) fn bye(&mut self) {
        self.push(0, Some(Body::Bye));
    }

    /// Takes a packet of the other side.
    pub(crate) fn receive(&mut self, now: Time, packet: Packet<Body>) -> Received {
        if packet.from_epoch < self.theirs {
            return Received::Taken;
        }
        let restarted = packet.from_epoch > self.theirs;
        // The order matters: learn who speaks, then look whom it speaks to.
        if restarted {
            self.learn(packet.from_epoch);
        }
        let received = if restarted { Received::Restarted } else { Received::Taken };
        if packet.to_epoch != self.mine {
            self.answer_hello(now);
            return received;
        }
        self.introducing = false;
        self.acknowledged(now, packet.ack);
        match packet.body {
            None => {}
            // A new incarnation waits for it; one that says it again has time.
            Some(Body::Hello) if restarted => self.acknowledge_at = Some(now),
            Some(Body::Hello) => self.acknowledge_by(now + ACKNOWLEDGE_AGAIN_WITHIN),
            Some(Body::Bye) => return Received::Bye,
            Some(body) => self.hold(now, packet.seq, body),
        }
        received
    }

    /// The next body in order, not taken.
    pub(crate) fn next(&self) -> Option<&Body> {
        self.held.get(&self.next_in)
    }

    /// Takes the next body in order. Taking it is what acknowledges it, so the caller takes only what it deals with.
    pub(crate) fn deliver(&mut self, now: Time) -> Option<Body> {
        let body = self.held.remove(&self.next_in)?;
        self.next_in += 1;
        self.acknowledge_by(now + ACKNOWLEDGE_WITHIN);
        Some(body)
    }

    /// The signalling is back after a gap: what is not acknowledged is sent at once, unless that was so a moment ago. The
    /// other side's returns count, too, and it may return as often as it likes.
    pub(crate) fn resume(&mut self, now: Time) {
        let Some(resend) = self.resend.as_mut().filter(|_| now >= self.answers.resume_from) else { return };
        *resend = Resend { at: now, round: 0 };
        self.answers.resume_from = now + RESUMES_APART;
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Time) -> Result<(), Silent> {
        let due = self.resend.filter(|resend| resend.at <= now);
        if let Some(Resend { round, .. }) = due {
            self.resend_unacknowledged();
            let wait = FIRST_RESEND * 2u32.pow(u32::from(round) + 1);
            let round = round.saturating_add(1).min(SILENT_ROUNDS);
            self.resend = Some(Resend { at: now + wait.min(LONGEST_RESEND), round });
        }
        if self.acknowledge_at.is_some_and(|at| at <= now) {
            self.push(0, None);
        }
        match due {
            Some(Resend { round, .. }) if round + 1 == SILENT_ROUNDS => Err(Silent),
            _ => Ok(()),
        }
    }

    /// When [`tick`](Self::tick) is wanted.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.resend.map(|resend| resend.at).into_iter().chain(self.acknowledge_at).min()
    }

    /// The clock's start moves forward by this.
    #[cfg(feature = "explore")]
    pub(crate) fn rebase(&mut self, by: Duration) {
        if let Some(resend) = &mut self.resend {
            resend.at = resend.at - by;
        }
        self.acknowledge_at = self.acknowledge_at.map(|at| at - by);
        self.answers.hellos.rebase(by);
        self.answers.resume_from = self.answers.resume_from - by;
        // What may be said again is the same as what was never said.
        let hello = self.answers.hello.map(|(pair, until)| (pair, until - by));
        self.answers.hello = hello.filter(|(_, until)| *until > Time::default());
    }

    /// The next packet to send.
    pub(crate) fn poll(&mut self) -> Option<Packet<Body>> {
        self.outbox.pop_front()
    }

    fn learn(&mut self, theirs: Epoch) {
        // Whether they know us is as open as before.
        let resend = self.resend.filter(|_| self.introducing);
        let answers = Answers { resent_to: 0, ..std::mem::take(&mut self.answers) };
        *self = Link { introducing: self.introducing, resend, answers, ..Link::new(self.mine, theirs) };
    }

    fn acknowledged(&mut self, now: Time, ack: u32) {
        // Nonsense (an acknowledgement of what was never sent) empties the queue at most.
        let before = self.unacknowledged.len();
        while self.next_unacknowledged() <= ack && self.unacknowledged.pop_front().is_some() {}
        if self.unacknowledged.is_empty() {
            self.resend = None;
        } else if self.unacknowledged.len() < before && self.next_unacknowledged() >= self.answers.resent_to {
            self.resend = Some(Resend { at: now + FIRST_RESEND, round: 0 });
        }
    }

    fn next_unacknowledged(&self) -> u32 {
        self.next_out.saturating_sub(u32::try_from(self.unacknowledged.len()).unwrap_or(u32::MAX))
    }

    fn hold(&mut self, now: Time, seq: u32, body: Body) {
        let room = u32::try_from(HELD_PACKETS).unwrap_or(u32::MAX);
        match seq.checked_sub(self.next_in) {
            // A duplicate: its acknowledgement may have been lost.
            None => self.acknowledge_by(now + ACKNOWLEDGE_AGAIN_WITHIN),
            // Too far ahead: it comes again.
            Some(ahead) if ahead >= room => {}
            Some(_) => {
                self.held.entry(seq).or_insert(body);
            }
        }
    }

    fn acknowledge_by(&mut self, at: Time) {
        self.acknowledge_at = Some(self.acknowledge_at.map_or(at, |earlier| earlier.min(at)));
    }

    fn resend_unacknowledged(&mut self) {
        if self.introducing && self.unacknowledged.is_empty() {
            self.push_hello();
        }
        let first = self.next_unacknowledged();
        let again: Vec<_> = (first..).zip(self.unacknowledged.iter().take(RESEND_PACKETS).cloned()).collect();
        for (seq, body) in again {
            self.answers.resent_to = self.answers.resent_to.max(seq.saturating_add(1));
            self.push(seq, Some(body));
        }
    }

    /// Says Hello because of a packet that was for another incarnation.
    fn answer_hello(&mut self, now: Time) {
        let pair = (self.mine, self.theirs);
        let said = self.answers.hello.is_some_and(|(said, until)| said == pair && now < until);
        if said || now < self.answers.hellos.allowed_from() {
            return;
        }
        self.answers.hellos.spend(now);
        self.answers.hello = Some((pair, now + FIRST_RESEND));
        self.push_hello();
    }

    fn push_hello(&mut self) {
        self.push(0, Some(Body::Hello));
    }

    fn push(&mut self, seq: u32, body: Option<Body>) {
        self.acknowledge_at = None;
        let ack = self.next_in - 1;
        self.outbox.push_back(Packet { from_epoch: self.mine, to_epoch: self.theirs, seq, ack, body });
    }
}

#[cfg(test)]
mod tests {
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
}

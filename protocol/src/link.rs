//! Reliable, ordered, duplicate-free delivery between two peers, fenced against reloads, over signalling that is none of it. What
//! carries a packet makes no difference to it.
//!
//! Each side is an *incarnation*, named by an [`Epoch`]. Packets are good only between the two incarnations that they name;
//! whoever is addressed by a wrong name says `Hello`, from which the other learns the right one.
//!
//! | bound | value |
//! |---|---|
//! | packets that came early and are held | [`HELD_PACKETS`] |
//! | packets that wait for their acknowledgement | [`UNACKNOWLEDGED_PACKETS`] |
//! | packets sent again at once | [`RESEND_PACKETS`]; early, because the signalling is back, once in [`RESUMES_APART`] |
//! | `Hello`s that answer packets | one per pair of incarnations and [`FIRST_RESEND`], and [`HELLOS`] at once, then one in [`HELLO_INTERVAL`] |
//! | acknowledgements of what came before | one in [`ACKNOWLEDGE_AGAIN_WITHIN`] |

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use itodenwa_wire::limits::{HELD_PACKETS, UNACKNOWLEDGED_PACKETS};
use itodenwa_wire::{Body, Epoch, Packet};
use litemap::LiteMap;

use crate::rate::Rate;
use crate::time::Time;

/// Most packets that are sent again at one moment; the acknowledgement of these brings the next.
const RESEND_PACKETS: usize = 32;
/// What is not acknowledged is sent again after 1, 2, 4, 8, 8, … s.
const FIRST_RESEND: Duration = Duration::from_secs(1);
const LONGEST_RESEND: Duration = Duration::from_secs(8);
/// `Hello`s that answer packets, to one peer.
const HELLOS: u32 = 4;
const HELLO_INTERVAL: Duration = Duration::from_millis(500);
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
    to_send: ToSend,
}

/// What [`Link::poll`] gives next. The packets are made when they are asked for, so what waits is no more than what is remembered
/// anyway, and acknowledges as much as there is to acknowledge by then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct ToSend {
    bye: bool,
    hello: bool,
    /// The places of what is sent again.
    again: Range<u32>,
    /// How many of the last places were never sent.
    unsent: usize,
    acknowledgement: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Resend {
    at: Time,
    round: u8,
}

/// What was sent because of what came, so that a peer can't make us send much. It outlives incarnations.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Answers {
    /// The last Hello: who said it to whom, and when it may be said again.
    hello: Option<((Epoch, Epoch), Time)>,
    hellos: Rate,
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
            answers: Answers {
                hello: None,
                hellos: Rate::new(HELLOS, HELLO_INTERVAL),
                resume_from: Time::default(),
                resent_to: 0,
            },
            to_send: ToSend::default(),
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
        let answers = Answers { resent_to: 0, ..self.answers.clone() };
        *self = Link { introducing: true, answers, ..Link::new(mine, self.theirs) };
        self.to_send.hello = true;
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
        self.unacknowledged.push_back(body);
        self.to_send.unsent += 1;
        self.next_out += 1;
        self.resend.get_or_insert(Resend { at: now + FIRST_RESEND, round: 0 });
        Ok(())
    }

    /// These went with the join, as first packets.
    pub(crate) fn sent(&mut self, now: Time, bodies: impl Iterator<Item = Body>) {
        for body in bodies {
            // A new link has room for them.
            let _ = self.send(now, body);
        }
        self.to_send.unsent = 0;
    }

    /// Says goodbye: once, outside the order.
    pub(crate) fn bye(&mut self) {
        self.to_send.bye = true;
    }

    /// A packet with this, outside of the order.
    pub(crate) fn outside(&self, body: Body) -> Packet<Body> {
        Packet { from_epoch: self.mine, to_epoch: self.theirs, seq: 0, ack: self.next_in - 1, body: Some(body) }
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

    /// Whether something was sent again, and nothing was acknowledged since.
    pub(crate) fn is_late(&self) -> bool {
        self.resend.is_some_and(|resend| resend.round > 0)
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
            self.acknowledge_at = None;
            self.to_send.acknowledgement = true;
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
        let (seq, body) = self.next_to_send()?;
        self.acknowledge_at = None;
        self.to_send.acknowledgement = false;
        Some(Packet { from_epoch: self.mine, to_epoch: self.theirs, seq, ack: self.next_in - 1, body })
    }

    /// Whether there is a packet to send.
    pub(crate) fn has_to_send(&self) -> bool {
        let ToSend { bye, hello, again, unsent, acknowledgement } = &self.to_send;
        *bye || *hello || *acknowledgement || *unsent > 0 || again.end > self.next_unacknowledged().max(again.start)
    }

    /// The next packet's place, zero if it is outside of the order, and body.
    fn next_to_send(&mut self) -> Option<(u32, Option<Body>)> {
        let unacknowledged = self.next_unacknowledged();
        let ToSend { bye, hello, again, unsent, acknowledgement } = &mut self.to_send;
        if std::mem::take(bye) {
            return Some((0, Some(Body::Bye)));
        }
        if std::mem::take(hello) {
            return Some((0, Some(Body::Hello)));
        }
        // What was acknowledged meanwhile is left out.
        again.start = again.start.max(unacknowledged);
        let next = again.next();
        if again.start >= again.end {
            *again = 0..0;
        }
        let seq = next.or_else(|| {
            let before = unsent.checked_sub(1)?;
            let seq = self.next_out.checked_sub(u32::try_from(*unsent).ok()?)?;
            *unsent = before;
            Some(seq)
        });
        match seq {
            Some(seq) => {
                let place = usize::try_from(seq.checked_sub(unacknowledged)?).ok()?;
                Some((seq, Some(self.unacknowledged.get(place)?.clone())))
            }
            None => std::mem::take(acknowledgement).then_some((0, None)),
        }
    }

    fn learn(&mut self, theirs: Epoch) {
        // Whether they know us is as open as before.
        let resend = self.resend.filter(|_| self.introducing);
        let answers = Answers { resent_to: 0, ..self.answers.clone() };
        let to_send = ToSend { hello: self.to_send.hello && self.introducing, ..ToSend::default() };
        *self = Link { introducing: self.introducing, resend, answers, to_send, ..Link::new(self.mine, theirs) };
    }

    fn acknowledged(&mut self, now: Time, ack: u32) {
        let before = self.unacknowledged.len();
        // What was not sent yet can't have been heard, whatever is said.
        while self.unacknowledged.len() > self.to_send.unsent && self.next_unacknowledged() <= ack {
            self.unacknowledged.pop_front();
        }
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
            self.to_send.hello = true;
        }
        let first = self.next_unacknowledged();
        let sent = self.unacknowledged.len().saturating_sub(self.to_send.unsent);
        let count = u32::try_from(sent.min(RESEND_PACKETS)).unwrap_or(u32::MAX);
        self.to_send.again = first..first.saturating_add(count);
        self.answers.resent_to = self.answers.resent_to.max(self.to_send.again.end);
    }

    /// Says Hello because of a packet that was for another incarnation.
    fn answer_hello(&mut self, now: Time) {
        let pair = (self.mine, self.theirs);
        let said = self.answers.hello.is_some_and(|(said, until)| said == pair && now < until);
        if said || now < self.answers.hellos.allowed_from() {
            return;
        }
        self.answers.hellos.spend(now, 1);
        self.answers.hello = Some((pair, now + FIRST_RESEND));
        self.to_send.hello = true;
    }
}

#[cfg(test)]
mod tests;

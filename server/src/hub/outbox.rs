//! Signals on their way to one member. Its connection is handed a little at a time, and the senders take turns: the signals of
//! one do not wait behind the flood of another one.
//!
//! What was handed out is kept for a further connection ([`Replay`]), in that order: it is counted there, on both sides.

use std::collections::VecDeque;
use std::sync::Arc;

use itodenwa_wire::{PeerId, ServerMessage};

use super::Packet;
use super::replay::{Capacity, Replay, bytes};

/// How much a connection is handed before it says that it took it, in bytes: all but descriptions, and one of those.
const AHEAD_BYTES: usize = 16 * 1024;
/// The same in messages, so that what the server itself has to say finds a place in the connection's queue.
const AHEAD_MESSAGES: usize = 64;

/// The signals to one member.
#[derive(Debug)]
pub(super) struct Outbox<P> {
    /// What was handed out and may have to be sent again.
    pub(super) replay: Replay<P>,
    /// What is not handed out yet, by sender; the first one's turn is next. None is empty.
    senders: VecDeque<(PeerId, VecDeque<Arc<ServerMessage<P>>>)>,
    /// How many wait, and their bytes: at most what [`Capacity::may_wait`] says, and one more.
    waiting: Load,
    /// What was handed to the connection since it last said that it took all.
    ahead: Load,
    /// The connection was asked to say when it took all.
    is_marked: bool,
}

/// Messages and their bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// More waits than may for a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl<P: Packet> Outbox<P> {
    pub(super) fn new(capacity: Arc<Capacity>) -> Self {
        Outbox {
            replay: Replay::new(capacity),
            senders: VecDeque::new(),
            waiting: Load::default(),
            ahead: Load::default(),
            is_marked: false,
        }
    }

    /// One more signal, to be [handed out](Outbox::next). If it is one too many the connection is to be given up, before another
    /// one comes; it is kept for the next connection.
    pub(super) fn push(&mut self, from: PeerId, signal: Arc<ServerMessage<P>>) -> Result<(), Full> {
        let more = bytes(&signal);
        let capacity = self.replay.capacity();
        let may_wait = capacity.may_wait(self.waiting, more);
        capacity.take(more);
        self.waiting = Load { messages: self.waiting.messages + 1, bytes: self.waiting.bytes.saturating_add(more) };
        match self.senders.iter_mut().find(|(sender, _)| *sender == from) {
            Some((_, signals)) => signals.push_back(signal),
            None => self.senders.push_back((from, VecDeque::from([signal]))),
        }
        if may_wait { Ok(()) } else { Err(Full) }
    }

    /// The next signal that the connection is handed, if it may have more.
    pub(super) fn next(&mut self) -> Option<Arc<ServerMessage<P>>> {
        if self.is_ahead() { None } else { self.hand_out() }
    }

    /// Whether the connection is to be asked to say when it [took all](Outbox::taken).
    pub(super) fn wants_mark(&mut self) -> bool {
        self.is_ahead() && !std::mem::replace(&mut self.is_marked, true)
    }

    /// The connection took all that it was handed before it was asked.
    pub(super) fn taken(&mut self) {
        (self.ahead, self.is_marked) = (Load::default(), false);
    }

    /// There is no connection any more: what waits is kept for the next one.
    pub(super) fn disconnected(&mut self) {
        self.taken();
        while self.hand_out().is_some() {}
        self.taken();
    }

    /// A sender is out of the room: nobody has use for what waits of it.
    pub(super) fn forget(&mut self, sender: PeerId) {
        let Some(place) = self.senders.iter().position(|(id, _)| *id == sender) else { return };
        for signal in self.senders.remove(place).into_iter().flat_map(|(_, signals)| signals) {
            self.waits_no_more(&signal);
        }
    }

    #[cfg(test)]
    pub(super) fn is_bounded(&self, limits: &crate::Limits) -> bool {
        self.waiting.messages <= limits.queue_messages + 1 && self.replay.signals().count() <= limits.resume_messages
    }

    fn is_ahead(&self) -> bool {
        self.ahead.bytes >= AHEAD_BYTES || self.ahead.messages >= AHEAD_MESSAGES
    }

    fn hand_out(&mut self) -> Option<Arc<ServerMessage<P>>> {
        let (sender, mut signals) = self.senders.pop_front()?;
        let signal = signals.pop_front()?;
        if signals.is_empty() {
            if self.senders.is_empty() {
                // An idle member costs nothing.
                self.senders = VecDeque::new();
            }
        } else {
            self.senders.push_back((sender, signals));
        }
        let size = self.waits_no_more(&signal);
        self.ahead = Load { messages: self.ahead.messages + 1, bytes: self.ahead.bytes.saturating_add(size) };
        self.replay.push(signal.clone());
        Some(signal)
    }

    /// Gives its bytes.
    fn waits_no_more(&mut self, signal: &ServerMessage<P>) -> usize {
        let size = bytes(signal);
        self.waiting.messages = self.waiting.messages.saturating_sub(1);
        self.waiting.bytes = self.waiting.bytes.saturating_sub(size);
        self.replay.capacity().release(size);
        size
    }
}

impl<P> Drop for Outbox<P> {
    fn drop(&mut self) {
        self.replay.capacity().release(self.waiting.bytes);
    }
}

#[cfg(test)]
mod tests {
    use itodenwa_wire::Delivery;

    use super::*;
    use crate::Limits;

    const ANN: PeerId = PeerId::new(1);
    const BEN: PeerId = PeerId::new(2);

    fn outbox() -> Outbox<u32> {
        Outbox::new(Arc::new(Capacity::of(&Limits::default())))
    }

    /// Signals of so many bytes.
    fn push(outbox: &mut Outbox<u32>, from: PeerId, packet: u32) -> Result<(), Full> {
        outbox.push(from, Arc::new(ServerMessage::Signal(Delivery { from, packet })))
    }

    /// Whose signals are handed out now.
    fn senders(outbox: &mut Outbox<u32>) -> Vec<PeerId> {
        let senders = std::iter::from_fn(|| match &*outbox.next()? {
            ServerMessage::Signal(delivery) => Some(delivery.from),
            _ => None,
        });
        senders.collect()
    }

    #[test]
    fn one_who_says_little_does_not_wait_behind_one_who_says_much() {
        let mut outbox = outbox();
        for _ in 0..60 {
            push(&mut outbox, ANN, 10_000).unwrap();
        }
        assert_eq!(senders(&mut outbox), [ANN, ANN]);
        assert!(outbox.wants_mark() && !outbox.wants_mark(), "it is asked once");
        for _ in 0..2 {
            push(&mut outbox, BEN, 10).unwrap();
        }
        assert_eq!(senders(&mut outbox), []);
        outbox.taken();
        assert_eq!(senders(&mut outbox), [ANN, BEN, ANN]);
        outbox.taken();
        assert_eq!(senders(&mut outbox), [BEN, ANN, ANN]);
    }

    #[test]
    fn small_ones_are_counted_too() {
        let mut outbox = outbox();
        for _ in 0..200 {
            push(&mut outbox, ANN, 0).unwrap();
        }
        assert_eq!(senders(&mut outbox).len(), AHEAD_MESSAGES);
    }

    #[test]
    fn what_waits_is_bounded_and_given_back() {
        let capacity = Arc::new(Capacity::of(&Limits::default()));
        let mut outbox = Outbox::new(capacity.clone());
        let mut pushed = 0;
        while push(&mut outbox, ANN, 10_000) == Ok(()) {
            pushed += 1;
        }
        assert!((90..=105).contains(&pushed), "{pushed}");
        outbox.forget(ANN);
        push(&mut outbox, BEN, 10).unwrap();
        assert_eq!(senders(&mut outbox), [BEN]);
        drop(outbox);
        assert_eq!(capacity.taken(), 0);
    }

    #[test]
    fn who_comes_back_has_all_in_the_order_of_the_turns() {
        let mut outbox = outbox();
        for _ in 0..4 {
            push(&mut outbox, ANN, 10_000).unwrap();
        }
        assert_eq!(senders(&mut outbox), [ANN, ANN]);
        push(&mut outbox, BEN, 10_000).unwrap();
        outbox.disconnected();
        let kept = outbox.replay.signals().map(|signal| match &**signal {
            ServerMessage::Signal(delivery) => delivery.from,
            _ => PeerId::new(9),
        });
        assert_eq!(kept.collect::<Vec<_>>(), [ANN, ANN, ANN, BEN, ANN]);
        assert_eq!(outbox.replay.before(), 0);
    }
}

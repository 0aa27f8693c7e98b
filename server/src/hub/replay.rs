//! What a member is sent again when its socket broke.

use std::collections::VecDeque;
use std::sync::Arc;

use itodenwa_wire::ServerMessage;

use super::Packet;
use super::outbox::Load;
use crate::Limits;
use crate::budget::Budget;

/// What the envelope of a packet adds to it, at most, in bytes.
const ENVELOPE_BYTES: usize = 64;

/// What one member may always have waiting, and as much again be kept for it, in bytes: also when others take all that there is.
const ALWAYS: usize = 16 * 1024;

/// The newest signals of one member, until it says that they came. Both sides count them, so they carry no numbers.
#[derive(Debug)]
pub(super) struct Replay<P> {
    signals: VecDeque<Arc<ServerMessage<P>>>,
    bytes: usize,
    /// How many there were in this session.
    sent: u32,
    /// How many there were when it was last looked for [old ones](Replay::forget_old).
    looked_at: u32,
    capacity: Arc<Capacity>,
}

/// How much is kept for one member, and for all.
#[derive(Debug)]
pub(super) struct Capacity {
    /// What may wait to be handed to a connection.
    waiting: Load,
    messages: usize,
    bytes: usize,
    all: Budget,
}

impl Capacity {
    /// What the limits say, but no more than fits into a new socket's queue together with the welcome.
    pub(super) fn of(limits: &Limits) -> Self {
        Capacity {
            waiting: Load { messages: limits.queue_messages, bytes: limits.queue_bytes },
            messages: limits.resume_messages.min(limits.queue_messages.saturating_sub(1)),
            bytes: limits.resume_bytes.min(limits.queue_bytes.saturating_sub(limits.message_bytes)),
            all: Budget::new(limits.resumes_bytes),
        }
    }
}

impl Capacity {
    /// Whether so many bytes more may wait for one member. A little always may, even when others take all that there is.
    pub(super) fn may_wait(&self, waits: Load, more: usize) -> bool {
        let share = self.all.share(waits.bytes, self.waiting.bytes).max(ALWAYS.min(self.waiting.bytes));
        waits.messages < self.waiting.messages && waits.bytes.saturating_add(more) <= share
    }

    pub(super) fn take(&self, bytes: usize) {
        self.all.take(bytes);
    }

    pub(super) fn release(&self, bytes: usize) {
        self.all.release(bytes);
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.all.taken()
    }
}

impl<P> Replay<P> {
    pub(super) fn capacity(&self) -> &Capacity {
        &self.capacity
    }
}

impl<P: Packet> Replay<P> {
    pub(super) fn new(capacity: Arc<Capacity>) -> Self {
        Replay { signals: VecDeque::new(), bytes: 0, sent: 0, looked_at: 0, capacity }
    }

    /// One more signal is sent. The oldest ones make room for it.
    pub(super) fn push(&mut self, signal: Arc<ServerMessage<P>>) {
        self.sent = self.sent.wrapping_add(1);
        let more = bytes(&signal);
        self.bytes = self.bytes.saturating_add(more);
        self.capacity.all.take(more);
        self.signals.push_back(signal);
        let most = self.capacity.all.share(self.bytes, self.capacity.bytes).max(ALWAYS.min(self.capacity.bytes));
        while self.signals.len() > self.capacity.messages || self.bytes > most {
            self.forget_oldest();
        }
    }

    /// So many came: they are not kept any longer. A number that can't be is nobody's loss but the client's own.
    pub(super) fn seen(&mut self, seen: u32) {
        let missing = self.sent.wrapping_sub(seen);
        let missing = if missing > u32::MAX / 2 { 0 } else { missing as usize };
        while self.signals.len() > missing {
            self.forget_oldest();
        }
        if self.signals.is_empty() {
            // An idle member costs nothing.
            self.signals = VecDeque::new();
        }
    }

    /// Forgets what was here when this was done last.
    pub(super) fn forget_old(&mut self) {
        self.seen(self.looked_at);
        self.looked_at = self.sent;
    }

    /// They are sent again: none is old.
    pub(super) fn sent_again(&mut self) {
        self.looked_at = self.before();
    }

    /// How many signals came before those that are kept.
    pub(super) fn before(&self) -> u32 {
        self.sent.wrapping_sub(self.signals.len() as u32)
    }

    /// The signals that are kept, in their order.
    pub(super) fn signals(&self) -> impl Iterator<Item = &Arc<ServerMessage<P>>> {
        self.signals.iter()
    }

    fn forget_oldest(&mut self) {
        let oldest = self.signals.pop_front();
        let fewer = oldest.as_deref().map_or(self.bytes, bytes).min(self.bytes);
        self.bytes -= fewer;
        self.capacity.all.release(fewer);
    }
}

impl<P> Drop for Replay<P> {
    fn drop(&mut self) {
        self.capacity.all.release(self.bytes);
    }
}

pub(super) fn bytes<P: Packet>(message: &ServerMessage<P>) -> usize {
    match message {
        ServerMessage::Signal(delivery) => delivery.packet.bytes().saturating_add(ENVELOPE_BYTES),
        _ => ENVELOPE_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use itodenwa_wire::{Delivery, PeerId};

    use super::*;

    fn empty() -> Replay<u32> {
        let bytes = 3 * ENVELOPE_BYTES + 100;
        let waiting = Load { messages: 3, bytes };
        Replay::new(Arc::new(Capacity { waiting, messages: 3, bytes, all: Budget::new(1 << 20) }))
    }

    fn replay(packets: impl IntoIterator<Item = u32>) -> Replay<u32> {
        let mut replay = empty();
        for packet in packets {
            let signal = ServerMessage::Signal(Delivery { from: PeerId::new(1), packet });
            replay.push(Arc::new(signal));
        }
        replay
    }

    fn kept(replay: &Replay<u32>) -> (u32, Vec<u32>) {
        let packets = replay.signals().map(|signal| match &**signal {
            ServerMessage::Signal(delivery) => delivery.packet,
            other => panic!("{other:?}"),
        });
        (replay.before(), packets.collect())
    }

    #[test]
    fn what_came_is_not_kept() {
        let mut replay = replay([1, 2, 3]);
        replay.seen(1);
        assert_eq!(kept(&replay), (1, vec![2, 3]));
        replay.seen(1);
        assert_eq!(kept(&replay), (1, vec![2, 3]));
        replay.seen(3);
        assert_eq!((kept(&replay), replay.bytes, replay.signals.capacity()), ((3, vec![]), 0, 0));
    }

    #[test]
    fn the_oldest_make_room() {
        let replay = replay([1, 2, 3, 4, 5]);
        assert_eq!(kept(&replay), (2, vec![3, 4, 5]));
    }

    #[test]
    fn it_is_bounded_in_bytes() {
        // A packet of a test has as many bytes as its number.
        assert_eq!(kept(&replay([50, 50, 1])), (1, vec![50, 1]));
        assert_eq!(kept(&replay([1, 1000])), (2, vec![]));
    }

    #[test]
    fn a_number_that_cant_be_does_no_harm() {
        let mut replay = replay([1, 2, 3, 4]);
        replay.seen(0);
        assert_eq!(kept(&replay), (1, vec![2, 3, 4]));
        replay.seen(5);
        assert_eq!(kept(&replay), (4, vec![]));
    }

    #[test]
    fn the_count_may_overflow() {
        let mut replay = replay([]);
        replay.sent = u32::MAX;
        for packet in [1, 2] {
            let signal = ServerMessage::Signal(Delivery { from: PeerId::new(1), packet });
            replay.push(Arc::new(signal));
        }
        replay.seen(0);
        assert_eq!(kept(&replay), (0, vec![2]));
    }

    #[test]
    fn all_of_them_are_bounded_and_each_has_something() {
        let limits = Limits { resumes_bytes: 1 << 20, ..Limits::default() };
        let capacity = Arc::new(Capacity::of(&limits));
        let mut replays: Vec<_> = (0..2000).map(|_| Replay::<u32>::new(capacity.clone())).collect();
        for replay in &mut replays {
            for _ in 0..100 {
                let signal = ServerMessage::Signal(Delivery { from: PeerId::new(1), packet: 10_000 });
                replay.push(Arc::new(signal));
            }
        }
        assert!(capacity.all.taken() <= (1 << 20) + replays.len() * ALWAYS && replays[0].signals.len() == 6);
        assert!(replays.iter().all(|replay| !replay.signals.is_empty()), "however much the others have");
        drop(replays);
        assert_eq!(capacity.all.taken(), 0);
    }

    #[test]
    fn what_is_old_is_forgotten_unless_it_is_sent_again() {
        let mut replay = replay([1, 2]);
        replay.forget_old();
        assert_eq!(kept(&replay), (0, vec![1, 2]));
        replay.push(Arc::new(ServerMessage::Signal(Delivery { from: PeerId::new(1), packet: 3 })));
        replay.forget_old();
        assert_eq!(kept(&replay), (2, vec![3]));
        replay.sent_again();
        replay.forget_old();
        assert_eq!(kept(&replay), (2, vec![3]));
        replay.forget_old();
        assert_eq!((kept(&replay), replay.capacity.taken()), ((3, vec![]), 0));
    }

    #[test]
    fn what_is_replayed_fits_a_new_sockets_queue() {
        let limits = Limits { queue_messages: 10, queue_bytes: 20_000, ..Limits::default() };
        let capacity = Capacity::of(&limits);
        assert_eq!((capacity.messages, capacity.bytes), (9, 20_000 - limits.message_bytes));
    }
}

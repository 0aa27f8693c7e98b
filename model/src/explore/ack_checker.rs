//! Nothing is acknowledged before it is taken.

use std::collections::BTreeSet;

use itodenwa_protocol::timeline::Step;
use itodenwa_wire::{Body, Epoch, Packet};

/// Which offers and answers arrived at one side, as somebody sees who reads along.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AckChecker {
    mine: Epoch,
    theirs: Epoch,
    /// Places of those that arrived and were not taken.
    untaken: BTreeSet<u32>,
    /// The place of the last one that was taken.
    last: u32,
}

impl AckChecker {
    pub(super) fn new(mine: Epoch, theirs: Epoch) -> Self {
        AckChecker { mine, theirs, untaken: BTreeSet::new(), last: 0 }
    }

    /// The other side is at least this incarnation.
    pub(super) fn learn(&mut self, theirs: Epoch) {
        if theirs > self.theirs {
            *self = AckChecker::new(self.mine, theirs);
        }
    }

    pub(super) fn arrives(&mut self, packet: &Packet<Body>) {
        self.learn(packet.from_epoch);
        let current = packet.from_epoch == self.theirs && packet.to_epoch == self.mine;
        let description = matches!(packet.body, Some(Body::Offer(_) | Body::Answer(_)));
        if current && description && packet.seq > self.last {
            self.untaken.insert(packet.seq);
        }
    }

    /// The machine noted a step: it may have taken the next description.
    pub(super) fn notes(&mut self, step: &Step) {
        if matches!(step, Step::ReceiveOffer | Step::ReceiveAnswer | Step::Refused(_)) {
            self.last = self.untaken.pop_first().unwrap_or(self.last);
        }
    }

    pub(super) fn sends(&mut self, packet: &Packet<Body>) {
        if packet.from_epoch > self.mine {
            *self = AckChecker::new(packet.from_epoch, self.theirs);
        }
        let next = self.untaken.first().filter(|_| packet.to_epoch == self.theirs);
        assert!(next.is_none_or(|next| packet.ack < *next), "an offer or answer was acknowledged before it was taken");
    }
}

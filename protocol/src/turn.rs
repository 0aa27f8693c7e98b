//! Whose turn it is to make an offer, and how often offers may be made.

use std::time::Duration;

use itodenwa_wire::PeerId;

use crate::rate::Rate;

/// The two sides of a pair. Both find the same answer: the lower id leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Has the turn unless it gave it away.
    Leader,
    /// Asks for the turn, makes one offer, and has handed it back with that.
    Follower,
}

impl Role {
    pub(crate) fn of(me: PeerId, peer: PeerId) -> Self {
        if me < peer { Role::Leader } else { Role::Follower }
    }
}

/// Who may make the next offer, and whether the one who may not has asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Turn {
    /// We may.
    Mine {
        /// The other side has asked.
        asked: bool,
    },
    /// The other side may.
    Theirs {
        /// We have asked.
        asked: bool,
    },
}

impl Turn {
    /// Whose turn it is in the beginning: that of who makes the first offer.
    pub(crate) fn first(is_mine: bool) -> Self {
        if is_mine { Turn::Mine { asked: false } } else { Turn::Theirs { asked: false } }
    }

    /// The other side asks for the turn.
    pub(crate) fn ask(&mut self) {
        if let Turn::Mine { asked } = self {
            *asked = true;
        }
    }

    /// Whose turn it is when an offer of the other side was answered: an offer of the follower hands the turn back, one of
    /// the leader keeps it, and the follower goes on waiting if it asked.
    pub(crate) fn after_answering(self, role: Role) -> Self {
        match role {
            Role::Leader => Turn::Mine { asked: false },
            Role::Follower => self,
        }
    }
}

/// How often offers are made and taken, those of both sides together: what people do comes at once, one offer each, and a peer that
/// makes one after another gets an answer in each interval.
pub(crate) fn offers(is_paced: bool) -> Rate {
    // The explorer of the model has few at once, so that it comes to the end of them.
    Rate::new(if is_paced { OFFERS_AT_ONCE } else { 4 }, OFFER_INTERVAL)
}

const OFFERS_AT_ONCE: u32 = 16;
const OFFER_INTERVAL: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_agree_who_leads() {
        let (a, b) = (PeerId::new(1), PeerId::new(2));
        assert_eq!((Role::of(a, b), Role::of(b, a)), (Role::Leader, Role::Follower));
    }
}

//! Whose turn it is to make an offer, and how often offers may be made.

use std::collections::VecDeque;
use std::time::Duration;

use itodenwa_wire::PeerId;

use crate::time::Time;

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
    /// Whose turn it is in the beginning.
    pub(crate) fn first(role: Role) -> Self {
        match role {
            Role::Leader => Turn::Mine { asked: false },
            Role::Follower => Turn::Theirs { asked: false },
        }
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

/// At most [`OFFERS`] offers in any [`Pace::PERIOD`], of both sides together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Pace {
    recent: VecDeque<Time>,
}

const OFFERS: usize = 4;

impl Pace {
    const PERIOD: Duration = Duration::from_secs(2);

    /// An offer is made or taken.
    pub(crate) fn spend(&mut self, now: Time) {
        if self.recent.len() >= OFFERS {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
    }

    /// The clock's start moves forward by this.
    #[cfg(feature = "explore")]
    pub(crate) fn rebase(&mut self, by: Duration) {
        for time in &mut self.recent {
            *time = *time - by;
        }
    }

    /// When the next offer may be made or taken.
    pub(crate) fn allowed_from(&self) -> Time {
        match self.recent.front() {
            Some(oldest) if self.recent.len() >= OFFERS => *oldest + Pace::PERIOD,
            _ => Time::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_sides_agree_who_leads() {
        let (a, b) = (PeerId::new(1), PeerId::new(2));
        assert_eq!((Role::of(a, b), Role::of(b, a)), (Role::Leader, Role::Follower));
    }

    #[test]
    fn four_offers_in_two_seconds() {
        let mut pace = Pace::default();
        for millis in [0, 100, 200, 300] {
            let now = Time::from_millis(millis);
            assert!(pace.allowed_from() <= now);
            pace.spend(now);
        }
        assert_eq!(pace.allowed_from(), Time::from_millis(2000));
        pace.spend(Time::from_millis(2000));
        assert_eq!(pace.allowed_from(), Time::from_millis(2100));
    }

    proptest! {
        #[test]
        fn who_waits_until_it_is_allowed_never_makes_more_than_that(pauses in prop::collection::vec(0..3000_u64, 0..50)) {
            let (mut pace, mut now, mut spent) = (Pace::default(), Time::default(), Vec::new());
            for pause in pauses {
                now = (now + Duration::from_millis(pause)).max(pace.allowed_from());
                pace.spend(now);
                spent.push(now);
            }
            for window in spent.windows(OFFERS + 1) {
                prop_assert!(window[OFFERS] - window[0] >= Pace::PERIOD, "{:?}", window);
            }
        }
    }
}

//! What may happen to a pair, and how often.

use std::time::Duration;

use itodenwa_protocol::{Config, IceMode, Way};
use itodenwa_wire::{Body, Packet, Source};

use crate::browser::Profile;
use crate::live::Loss;

/// One exploration.
#[derive(Debug, Clone)]
pub struct Plan {
    pub name: &'static str,
    pub profile: Profile,
    /// Trickle or Vanilla ICE, of the leader and of the follower.
    pub ice: [IceMode; 2],
    /// What is on from the beginning.
    pub on: [&'static [Source]; 2],
    /// What has a place from the beginning, whether it is on or not.
    pub places: &'static [Source],
    /// What each side switches.
    pub switches: [Source; 2],
    /// How many candidates each gathering finds.
    pub candidates: usize,
    pub browser: Browser,
    pub network: Network,
    /// Without it the times of the remedies need not be told apart: the environment asks for them at any moment.
    pub heals: bool,
    /// How a path is lost, and whether no other one will carry either.
    pub loss: (Loss, bool),
    /// Packets go over the control channel once it is open, and over the server.
    pub two_ways: bool,
    /// Once both sides have a channel that takes packets, none of those that go this way arrives any more.
    pub dead: Option<Over>,
    /// Whoever comes in while the other side is there comes with an offer.
    pub offers: Option<Offers>,
    /// Packets that never arrive, however often they are sent: that must not go well.
    pub swallows: Option<fn(&Packet<Body>) -> bool>,
    pub budget: Budget,
}

/// What became of the connection whose offer went with a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Offers {
    /// It goes on.
    Kept,
    /// It was lost before the server answered.
    Lost,
}

/// What a packet goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Over {
    Server,
    Channel,
}

impl From<Way> for Over {
    fn from(way: Way) -> Self {
        if way == Way::Server { Over::Server } else { Over::Channel }
    }
}

/// How long a browser takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Browser {
    /// Anything may happen before an operation is done, between two candidates, before a report is heard.
    Slow,
    /// All this is done before anything else happens.
    Quick,
}

/// In which order packets arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// In any order, and that is no fault.
    AnyOrder,
    /// As they were sent; that one overtakes others is a fault.
    InOrder,
}

/// How often what is not free may still happen, on either side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// A source is switched.
    pub changes: u8,
    /// New ICE paths are asked for.
    pub restarts: u8,
    /// The connection of a pair breaks and is made anew.
    pub resets: u8,
    /// A page is loaded again.
    pub reloads: u8,
    /// The browser fails to do something.
    pub failures: u8,
    /// A path is lost, as far as one side can see.
    pub losses: u8,
    /// A packet is lost, comes twice, or overtakes others. [`FREELY`] is without limit.
    pub faults: u8,
    /// A timer fires although something is on its way.
    pub early: u8,
}

/// Without limit.
pub const FREELY: u8 = u8::MAX;

impl Budget {
    /// What is left after one fault.
    pub(crate) fn fault(self) -> Option<Budget> {
        match self.faults {
            FREELY => Some(self),
            faults => Some(Budget { faults: faults.checked_sub(1)?, ..self }),
        }
    }
}

/// Vanilla ICE with the limit that is usual.
pub const VANILLA: IceMode = IceMode::Vanilla { limit: Duration::from_secs(3) };

impl Plan {
    /// Trickle ICE, one candidate for each gathering, a camera here and a microphone there; only the network is at fault.
    pub fn new(name: &'static str, profile: Profile, budget: Budget) -> Self {
        Plan {
            name,
            profile,
            ice: [IceMode::Trickle; 2],
            on: [&[], &[]],
            places: &[],
            switches: [Source::Camera, Source::Microphone],
            candidates: 1,
            browser: Browser::Slow,
            network: Network::AnyOrder,
            heals: false,
            loss: (Loss::Failed, false),
            two_ways: false,
            dead: None,
            offers: None,
            swallows: None,
            budget,
        }
    }

    pub(crate) fn carries(&self, packet: &Packet<Body>) -> bool {
        self.swallows.is_none_or(|swallows| !swallows(packet))
    }

    pub(crate) fn config(&self, side: usize) -> Config {
        Config { ice: self.ice[side], on: self.on[side].to_vec(), places: self.places.to_vec() }
    }
}

//! What the machine is tried against: browsers that refuse what browsers refuse, a network that is none, and a clock that
//! only moves when something happens.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "this is a test: it fails where something is not as it must be, and nobody ships it"
)]

pub mod browser;
pub mod conformance;
mod convergence;
pub mod explore;
pub mod live;
pub mod offering;
pub mod page;
pub mod puppet;
pub mod rng;
pub mod sdp;
pub mod wire;
pub mod world;

use itodenwa_protocol::Config;
use itodenwa_wire::{PeerId, Source};

pub use live::{Loss, Operation};
pub use puppet::Puppet;
pub use wire::Wire;
pub use world::{PageIndex, World};

/// The leader of every pair that it is in.
pub const ANN: PeerId = PeerId::new(1);
/// Follows [`ANN`], leads [`CAT`].
pub const BEN: PeerId = PeerId::new(2);
pub const CAT: PeerId = PeerId::new(3);

/// Trickle ICE, with these sources on.
pub fn on(sources: &[Source]) -> Config {
    Config { on: sources.to_vec(), ..Config::default() }
}

/// [`ANN`] and [`BEN`], connected.
pub fn call(ann: Config, ben: Config) -> (World, PageIndex, PageIndex) {
    let mut world = World::new(1);
    let (ann, ben) = (world.join(ANN, ann), world.join(BEN, ben));
    world.run();
    world.assert_converged();
    (world, ann, ben)
}

/// How often this step was made.
pub fn count(steps: &[&str], step: &str) -> usize {
    steps.iter().filter(|one| **one == step).count()
}

/// These steps were made in this order, whatever came between.
pub fn assert_in_order(steps: &[&str], expected: &[&str]) {
    let mut rest = steps.iter();
    for step in expected {
        assert!(rest.any(|one| one == step), "{step} does not come in its turn in {steps:?}");
    }
}

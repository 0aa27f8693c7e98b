//! What the machine is tried against: browsers that refuse what browsers refuse, a network that is none, and a clock that
//! only moves when something happens.

pub mod browser;
mod convergence;
pub mod page;
pub mod rng;
pub mod sdp;
pub mod wire;
pub mod world;

use itodenwa_wire::PeerId;

pub use page::Operation;
pub use wire::Wire;
pub use world::World;

/// The leader of every pair that it is in.
pub const ANN: PeerId = PeerId::new(1);
/// Follows [`ANN`], leads [`CAT`].
pub const BEN: PeerId = PeerId::new(2);
pub const CAT: PeerId = PeerId::new(3);

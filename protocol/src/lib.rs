//! The rules of a call, without a browser and without a clock.
//!
//! [`Room`] is the machine: facts go in with [`Room::handle`], things to do come out of [`Room::poll`], and
//! [`Room::deadline`] says when it wants to be woken. It never fails, never blocks, and holds nothing of a browser.
//! [`manual::Manual`] is the same for one connection by hand; [`delivery::Delivery`] is what texts go through, and
//! [`channel::Flow`] what channels of applications do.

mod active_speaker;
pub mod attributes;
mod candidates;
pub mod channel;
mod config;
pub mod delivery;
pub mod description;
pub mod devices;
pub mod diagnosis;
mod event;
pub mod file;
mod first_offer;
mod health;
mod link;
mod liveness;
pub mod manual;
mod media;
mod negotiator;
pub mod options;
mod pair;
mod rate;
mod remote_media;
pub mod request;
mod room;
pub mod sending;
pub mod session;
mod signaling_error;
pub mod stats;
mod time;
pub mod timeline;
mod turn;
pub mod verification;
mod voice;

pub use active_speaker::{ActiveSpeaker, SpeakerEvent};
pub use config::{Config, IceMode, IceTransportPolicy};
pub use event::{Command, ConnectionId, ConnectionState, Event, Input, Output, Report, Trouble, TroubleCode, Way};
pub use first_offer::FirstOffer;
pub use liveness::Liveness;
pub use media::{Assignment, Transceiver, assign};
pub use room::Room;
pub use signaling_error::SignalingError;
pub use time::Time;
pub use voice::{SAMPLE_EVERY, Voice};

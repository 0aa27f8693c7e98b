//! .

mod call;
mod channel;
mod connection;
mod dom;
mod driver;
mod error;
mod event;
mod join;
mod link;
mod media;
mod peer;
mod room;
mod shared;
pub mod signaling;
mod view;

pub use call::{Call, CallEvent, CallOptions};
pub use dom::{Counts, counts};
pub use error::{CallError, Error, JsError, MediaError, SendError, SignalingError, ViewError};
pub use event::{Event, Events, Trouble};
pub use itodenwa_negotiation::timeline::{CandidateSummary, Entry, Step};
pub use itodenwa_negotiation::{ConnectionState, IceMode};
pub use itodenwa_wire as wire;
pub use itodenwa_wire::{IceServer, InvalidId, LeaveReason, PeerId, Refusal, RefusalCode, Source};
pub use join::Join;
pub use peer::Peer;
pub use room::{Handle, Me, Message, Room};

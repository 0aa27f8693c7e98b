//! What itodenwa's clients and its signalling server say to each other, and what two peers say through it.
//!
//! Messages are JSON, externally tagged: `{"join":{…}}`, `{"signal":{…}}`, `"leave"`. The first message on a socket is
//! [`ClientMessage::Join`]; the server answers with [`ServerMessage::Welcome`] or [`ServerMessage::Refused`]. From then on
//! each side sends what it likes. The server reads who a [`Signal`] is for and never what is in it.
//!
//! ```
//! use itodenwa_wire::{ClientMessage, Join, PROTOCOL_VERSION, RoomName};
//!
//! let join = ClientMessage::<()>::Join(Join {
//!     version: PROTOCOL_VERSION,
//!     room: RoomName::new("blue-tiger")?,
//!     name: None,
//!     token: None,
//! });
//! assert_eq!(serde_json::to_string(&join)?, r#"{"join":{"version":1,"room":"blue-tiger"}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod client;
mod ice;
mod ids;
pub mod limits;
mod packet;
mod pass;
mod server;

pub use body::{Answer, Body, Candidate, Media, Offer, Refuse, RefuseCode, Source, SourceMap};
pub use client::{ClientMessage, Join, Signal};
pub use ice::{IceServer, IceServers};
pub use ids::{DisplayName, Identity, InvalidId, PeerId, RoomName};
pub use packet::{Epoch, Packet};
pub use pass::{Pass, Token};
pub use server::{Delivery, LeaveReason, Left, Member, Refusal, RefusalCode, ServerMessage, Welcome};

/// The version of this protocol. A server refuses a [`Join`] of another one with [`RefusalCode::VersionUnsupported`].
pub const PROTOCOL_VERSION: u32 = 1;

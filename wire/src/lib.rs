//! What itodenwa's clients and its signalling server say to each other, and what two peers say through it.
//!
//! Messages are JSON, externally tagged: `{"join":{…}}`, `{"signal":{…}}`, `"leave"`. The first message on a socket is
//! [`ClientMessage::Join`]; the server answers with [`ServerMessage::Welcome`] or [`ServerMessage::Refused`]. From then on
//! each side sends what it likes. The server reads who a [`Signal`] is for and never what is in it.
//!
//! The protocol can grow. A join says which versions its client speaks, and the welcome which of them is used. In one version
//! fields may be added to messages, and kinds of messages: who does not know a field does not read it, and the server ignores,
//! and counts, messages of a kind that it does not know.
//!
//! A session may outlive its socket. Both sides count the signals that were delivered in it. The first message on the next
//! socket is again a join, with the session's [`Ticket`] and the count ([`Resume`]); the welcome then has the same id and
//! the room as it is now, and is followed by the signals that were missed.
//!
//! ```
//! use itodenwa_wire::{ClientMessage, Join, OLDEST_VERSION, RoomName};
//!
//! let join = ClientMessage::<()>::Join(Join {
//!     version: OLDEST_VERSION,
//!     max_version: None,
//!     room: RoomName::new("blue-tiger")?,
//!     name: None,
//!     token: None,
//!     resume: None,
//!     former: None,
//!     unless_recorded: false,
//!     offer: Vec::new(),
//! });
//! assert_eq!(serde_json::to_string(&join)?, r#"{"join":{"version":1,"room":"blue-tiger"}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body;
mod client;
mod frame;
mod ice;
mod ids;
pub mod limits;
mod packet;
mod pass;
mod server;
mod source;
pub mod text;
mod ticket;

pub use body::{Answer, Body, Candidate, Media, Offer, Refuse, RefuseCode, Rejoined, SourceMap};
pub use client::{Ask, ClientMessage, Join, Resume, Signal, Wish};
pub use frame::{Attribute, Format, Frame, Text, TextStream};
pub use ice::{IceServer, IceServers};
pub use ids::{DisplayName, Identity, InvalidId, PeerId, RoomName};
pub use packet::{Epoch, Packet, SEALED};
pub use pass::{Pass, Token};
pub use server::{
    Applicant, Asked, Delivery, LeaveReason, Left, Member, Refusal, RefusalCode, Roster, ServerMessage, Wait,
    WaitingRoom, Welcome,
};
pub use source::{OwnSource, Source};
pub use ticket::{Ticket, TicketTooLong};

/// In the query of the WebSocket's address: of a page that has yet to join, perhaps much later (`wss://example.org/ws?visit`). A server waits
/// longer for its first message than otherwise.
pub const VISIT: &str = "visit";
/// The code of the close frame (RFC 6455, section 7.4.2) of a client that comes back on another socket: with any other
/// one it leaves.
pub const CLOSE_TO_RESUME: u16 = 4000;

/// The newest version of this protocol that this code speaks. The second one tells clients of the room's
/// [lock](ServerMessage::Locked), the third one of its
/// [waiting room](ServerMessage::WaitingRoom) and of what they are [asked](ServerMessage::Asked) for, the fourth one of
/// [new names](ServerMessage::Renamed), the fifth one of the [offer of a join](Join::offer).
pub const PROTOCOL_VERSION: u32 = 5;

/// The first version in which members may change their names ([`ClientMessage::Rename`]).
pub const RENAMES_SINCE: u32 = 4;

/// The first version in which a join may bring an [offer](Join::offer): of it are both its client and the one that gets the offer.
pub const OFFERS_SINCE: u32 = 5;

/// The oldest one that it speaks.
pub const OLDEST_VERSION: u32 = 1;

/// All versions that it speaks. A server refuses a [`Join`] that has none of its own with
/// [`RefusalCode::VersionUnsupported`].
pub const PROTOCOL_VERSIONS: std::ops::RangeInclusive<u32> = OLDEST_VERSION..=PROTOCOL_VERSION;

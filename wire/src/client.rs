//! What a client says to the server.

use serde::{Deserialize, Serialize};

use crate::{DisplayName, Packet, PeerId, RoomName, Ticket, Token};

/// A message from client to server. `P` is the packet: read by clients, left unread by the server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClientMessage<P = Packet> {
    /// The first message: into which room.
    Join(Join),
    /// Something for another member of the room.
    Signal(Signal<P>),
    /// Somebody is to go: only of a member whose [`Pass`](crate::Pass) says that it may.
    Remove(PeerId),
    /// How many signals came in this session: the server need not keep them any longer. Answered by
    /// [`ServerMessage::Pong`](crate::ServerMessage::Pong) with the same number.
    Ping(u32),
    /// Leaving on purpose; the socket is closed next.
    Leave,
}

/// Into which room, and as whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Join {
    /// [`PROTOCOL_VERSION`](crate::PROTOCOL_VERSION).
    pub version: u32,
    /// The room; it is made by who comes first.
    pub room: RoomName,
    /// What the others see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
    /// What a server asks for that lets in only who has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The session to go on with. When the server does not know it any more the join is a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// A session that had another socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resume {
    /// The newest one that the server gave.
    pub ticket: Ticket,
    /// How many signals came in this session: those that came after are delivered again.
    pub signals: u32,
}

/// A packet and whom it is for. The server stamps the sender: what a client claims to be is never read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signal<P = Packet> {
    /// A member of the same room.
    pub to: PeerId,
    /// The packet.
    pub packet: P,
}

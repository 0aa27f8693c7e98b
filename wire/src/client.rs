//! What a client says to the server.

use std::ops::RangeInclusive;

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
    /// Newcomers are to be kept out of the room, or no longer: only of a member that may do so.
    Lock(bool),
    /// The sender records the call, or no longer. Newcomers that [want to know](Join::unless_recorded) are told before they are in.
    Record(bool),
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
    /// The oldest version of the protocol that the client speaks: the one by which servers of that time know it.
    pub version: u32,
    /// The newest one that it speaks; none if that is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_version: Option<u32>,
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
    /// A ticket of a session in this room that is over, of somebody who comes as somebody new: the room's lock lets them in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Ticket>,
    /// Not into a room in which somebody records: then the join is refused with
    /// [`RefusalCode::RoomRecorded`](crate::RefusalCode::RoomRecorded), and nobody in the room hears of it. A session that goes on is
    /// not asked again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unless_recorded: bool,
}

impl Join {
    /// The newest version that both sides speak.
    #[must_use]
    pub fn common_version(&self, own: RangeInclusive<u32>) -> Option<u32> {
        let newest = self.max_version.unwrap_or(self.version).min(*own.end());
        (newest >= self.version.max(*own.start())).then_some(newest)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn join(version: u32, max_version: Option<u32>) -> Join {
        let room = RoomName::new("r").unwrap();
        let (name, token, resume, former) = (None, None, None, None);
        Join { version, max_version, room, name, token, resume, former, unless_recorded: false }
    }

    #[test]
    fn the_newest_version_that_both_speak_is_used() {
        for (version, max_version, own, common) in [
            (1, None, 1..=1, Some(1)),
            (1, Some(3), 1..=1, Some(1)),
            (1, Some(3), 1..=2, Some(2)),
            (2, Some(2), 1..=4, Some(2)),
            (3, None, 1..=4, Some(3)),
            (2, Some(3), 1..=1, None),
            (1, Some(2), 3..=4, None),
            (0, None, 1..=1, None),
            (2, Some(1), 1..=4, None),
        ] {
            assert_eq!(
                join(version, max_version).common_version(own.clone()),
                common,
                "{version} {max_version:?} {own:?}"
            );
        }
    }

    #[test]
    fn what_older_servers_do_not_know_is_said_only_when_it_is_wanted() {
        let plain = ClientMessage::<Packet>::Join(join(1, None));
        let text = r#"{"join":{"version":1,"room":"r"}}"#;
        assert_eq!(serde_json::to_string(&plain).unwrap(), text);
        assert_eq!(serde_json::from_str::<ClientMessage>(text).unwrap(), plain);
        let wary = ClientMessage::<Packet>::Join(Join { unless_recorded: true, ..join(1, None) });
        let text = r#"{"join":{"version":1,"room":"r","unlessRecorded":true}}"#;
        assert_eq!(serde_json::to_string(&wary).unwrap(), text);
        assert_eq!(serde_json::from_str::<ClientMessage>(text).unwrap(), wary);
        assert_eq!(serde_json::to_string(&ClientMessage::<Packet>::Record(true)).unwrap(), r#"{"record":true}"#);
    }
}

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
    /// Who comes is to wait until somebody lets them in, or no longer, and who waits then gets in: only of a member that may lock the room.
    WaitingRoom(bool),
    /// Somebody who waits is to be let in; none: everybody who waits.
    Admit(Option<PeerId>),
    /// Somebody who waits is to be refused.
    TurnAway(PeerId),
    /// Others are to be asked for something: only of a member that may lock the room.
    Ask(Ask),
    /// What the others see from now on; none: no name. Answered by [`ServerMessage::Renamed`](crate::ServerMessage::Renamed) with oneself, or refused
    /// with [`RefusalCode::NameInvalid`](crate::RefusalCode::NameInvalid) or [`RefusalCode::NameFixed`](crate::RefusalCode::NameFixed).
    /// Since version 4.
    Rename(Option<DisplayName>),
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
    /// An offer that is there before anybody knows for whom: the bodies ([`Packet::body`]) of the first packets to the one other member, from
    /// place 1. Since version 5. [`Member::offered`](crate::Member::offered) says to whose session it went; if it says nothing nobody got it. At
    /// most [`OFFER_BODIES`](crate::limits::OFFER_BODIES).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offer: Vec<String>,
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

/// Something that members are asked for. It is theirs to do it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ask {
    /// What.
    pub what: Wish,
    /// Whom; none: all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PeerId>,
}

/// What one member may ask of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Wish {
    /// To switch the microphone off.
    Mute,
    /// To take the raised hand down: the attribute `hand`.
    LowerHand,
    /// A wish of a later version.
    #[serde(other)]
    Other,
}

impl Wish {
    /// The name on the wire and in JavaScript: `mute`, `lower-hand`, `other`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Wish::Mute => "mute",
            Wish::LowerHand => "lower-hand",
            Wish::Other => "other",
        }
    }

    /// By that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let known = [Wish::Mute, Wish::LowerHand];
        known.into_iter().find(|wish| wish.as_str() == name).unwrap_or(Wish::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(version: u32, max_version: Option<u32>) -> Join {
        let room = RoomName::new("r").unwrap();
        let (name, token, resume, former) = (None, None, None, None);
        Join { version, max_version, room, name, token, resume, former, unless_recorded: false, offer: Vec::new() }
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
        let offer = vec![r#""bye""#.to_owned()];
        let offering = ClientMessage::<Packet>::Join(Join { offer, ..join(1, Some(5)) });
        let text = r#"{"join":{"version":1,"maxVersion":5,"room":"r","offer":["\"bye\""]}}"#;
        assert_eq!(serde_json::to_string(&offering).unwrap(), text);
        assert_eq!(serde_json::from_str::<ClientMessage>(text).unwrap(), offering);
    }

    #[test]
    fn wishes_have_one_name_each_and_those_of_later_versions_are_read() {
        for wish in [Wish::Mute, Wish::LowerHand, Wish::Other] {
            assert_eq!(serde_json::to_string(&wish).unwrap(), format!("\"{}\"", wish.as_str()));
            assert_eq!(Wish::named(wish.as_str()), wish);
        }
        let all = Ask { what: Wish::LowerHand, to: None };
        assert_eq!(serde_json::to_string(&all).unwrap(), r#"{"what":"lower-hand"}"#);
        assert_eq!(serde_json::from_str::<Ask>(r#"{"what":"sing"}"#).unwrap(), Ask { what: Wish::Other, to: None });
    }
}

//! What is told, and how it is written.

use std::time::SystemTime;

use axum::body::Bytes;
use itodenwa_wire::{DisplayName, Identity, LeaveReason, Member, PeerId, RoomName};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

/// Something that happened in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum RoomEvent {
    /// Somebody came in who was not there before.
    #[serde(rename = "member.joined")]
    Joined {
        room: RoomName,
        member: Person,
        /// How many are in it now.
        members: usize,
    },
    /// Somebody is out, and not waited for any longer.
    #[serde(rename = "member.left")]
    Left { room: RoomName, member: Person, reason: LeaveReason, members: usize },
    /// The last one is out.
    #[serde(rename = "room.emptied")]
    Emptied { room: RoomName },
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) id: PeerId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<DisplayName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<Identity>,
}

/// An event that is to be delivered.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The same in each attempt.
    pub(super) id: String,
    pub(super) body: Bytes,
    pub(super) since: Instant,
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(flatten)]
    event: &'a RoomEvent,
    timestamp: String,
}

impl RoomEvent {
    pub(crate) fn room(&self) -> &RoomName {
        match self {
            RoomEvent::Joined { room, .. } | RoomEvent::Left { room, .. } | RoomEvent::Emptied { room } => room,
        }
    }
}

impl From<&Member> for Person {
    fn from(member: &Member) -> Self {
        let identity = member.pass.as_ref().map(|pass| pass.identity.clone());
        Person { id: member.id, name: member.name.clone(), identity }
    }
}

impl Delivery {
    /// None if it could not be written, which cannot be.
    pub(super) fn new(id: String, event: &RoomEvent) -> Option<Self> {
        let timestamp = OffsetDateTime::from(SystemTime::now()).format(&Rfc3339).ok()?;
        let body = serde_json::to_vec(&Payload { event, timestamp }).ok()?;
        Some(Delivery { id, body: body.into(), since: Instant::now() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn it_is_written_as_the_standard_says() {
        let event = RoomEvent::Emptied { room: RoomName::new("blue-tiger").unwrap() };
        let delivery = Delivery::new("msg_1".to_owned(), &event).unwrap();
        let mut body: Value = serde_json::from_slice(&delivery.body).unwrap();
        let timestamp = body["timestamp"].take();
        assert!(OffsetDateTime::parse(timestamp.as_str().unwrap(), &Rfc3339).is_ok(), "{timestamp}");
        assert_eq!(body, json!({"type": "room.emptied", "data": {"room": "blue-tiger"}, "timestamp": null}));
    }
}

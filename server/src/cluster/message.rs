//! Messages between nodes as text (JSON): an enum of what may be sent, without clocks, since each node has its own.
//!
//! It has versions as the protocol of clients has: a node says which ones it speaks when it joins. In one version kinds of messages
//! and fields may be added; a node drops, and counts, what it does not know.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use itodenwa_wire::{ClientMessage, Identity, LeaveReason, PeerId, RoomName, ServerMessage};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::to_raw_value;

use super::{NodeBody, NodeMessage, RoomPeople};
use crate::closing::{Closing, Ending};
use crate::hub::{Input, Output, Removal};
use crate::node::ConnectionId;
use crate::operator::{Answer, Question};
use crate::packet::Opaque;

/// The versions that this code speaks.
pub(super) const VERSIONS: RangeInclusive<u32> = 1..=2;
/// From this version on nodes say what they released.
pub(super) const RELEASES: u32 = 2;

/// What is sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Text {
    Connected(ConnectionId),
    Received(ConnectionId, ClientMessage<Opaque>),
    Malformed(ConnectionId, Closing),
    Unknown(ConnectionId),
    Overflowed(ConnectionId),
    Taken(ConnectionId),
    Disconnected(ConnectionId, End),
    Send(ConnectionId, Shared),
    Mark(ConnectionId),
    Close(ConnectionId, Closing),
    Ask(u64, Question),
    Answer(u64, Answer),
    Removed(Vec<RemovedMember>),
    People(Vec<RoomPeople>),
    Released,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum End {
    ForGood(LeaveReason),
    /// So many milliseconds after something was received for the last time.
    Broken(u64),
    Dropped,
}

#[derive(Debug, Serialize, Deserialize)]
struct RemovedMember {
    room: RoomName,
    id: PeerId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<Identity>,
    /// In so many seconds its last ticket has expired.
    expires: u32,
}

#[derive(Debug)]
struct Shared(Arc<ServerMessage<Opaque>>);

/// A message as it is sent; none for what stays on its node.
pub(super) fn encode(now: Instant, NodeMessage(body): NodeMessage) -> Option<Opaque> {
    let text = match body {
        NodeBody::Input(input) => match input {
            Input::Connected(from) => Text::Connected(from),
            Input::Received(from, Ok(message)) => Text::Received(from, message),
            Input::Received(from, Err(closing)) => Text::Malformed(from, closing),
            Input::Unknown(from) => Text::Unknown(from),
            Input::Overflowed(from) => Text::Overflowed(from),
            Input::Taken(from) => Text::Taken(from),
            Input::Disconnected(from, Ending::ForGood(reason)) => Text::Disconnected(from, End::ForGood(reason)),
            Input::Disconnected(from, Ending::Broken { last_received }) => {
                let ago = now.saturating_duration_since(last_received).as_millis();
                Text::Disconnected(from, End::Broken(u64::try_from(ago).unwrap_or(u64::MAX)))
            }
            Input::Disconnected(from, Ending::Dropped) => Text::Disconnected(from, End::Dropped),
            Input::Deadline | Input::Stop => return None,
        },
        NodeBody::Output(output) => match output {
            Output::Send(to, message) => Text::Send(to, Shared(message)),
            Output::Mark(to) => Text::Mark(to),
            Output::Close(to, closing) => Text::Close(to, closing),
        },
        NodeBody::Ask(number, question) => Text::Ask(number, question),
        NodeBody::Answer(number, answer) => Text::Answer(number, answer),
        NodeBody::Removed(removals) => {
            Text::Removed(removals.into_iter().map(|removal| removed_member(now, removal)).collect())
        }
        NodeBody::People(rooms) => Text::People(rooms),
        NodeBody::Released => Text::Released,
    };
    to_raw_value(&text).ok()
}

/// Reads what another node sent.
pub(super) fn decode(now: Instant, text: &Opaque) -> Result<NodeMessage, serde_json::Error> {
    let input = |input| NodeBody::Input(input);
    let output = |output| NodeBody::Output(output);
    let body = match serde_json::from_str(text.get())? {
        Text::Connected(from) => input(Input::Connected(from)),
        Text::Received(from, message) => input(Input::Received(from, Ok(message))),
        Text::Malformed(from, closing) => input(Input::Received(from, Err(closing))),
        Text::Unknown(from) => input(Input::Unknown(from)),
        Text::Overflowed(from) => input(Input::Overflowed(from)),
        Text::Taken(from) => input(Input::Taken(from)),
        Text::Disconnected(from, end) => input(Input::Disconnected(from, ending(now, end))),
        Text::Send(to, Shared(message)) => output(Output::Send(to, message)),
        Text::Mark(to) => output(Output::Mark(to)),
        Text::Close(to, closing) => output(Output::Close(to, closing)),
        Text::Ask(number, question) => NodeBody::Ask(number, question),
        Text::Answer(number, answer) => NodeBody::Answer(number, answer),
        Text::Removed(members) => NodeBody::Removed(members.into_iter().map(|member| removal(now, member)).collect()),
        Text::People(rooms) => NodeBody::People(rooms),
        Text::Released => NodeBody::Released,
    };
    Ok(NodeMessage(body))
}

fn removed_member(now: Instant, Removal { room, id, identity, until }: Removal) -> RemovedMember {
    // Rather a second too late than too early.
    let seconds = until.saturating_duration_since(now).as_secs().saturating_add(1);
    RemovedMember { room, id, identity, expires: u32::try_from(seconds).unwrap_or(u32::MAX) }
}

fn removal(now: Instant, RemovedMember { room, id, identity, expires }: RemovedMember) -> Removal {
    // Longer than this clock can say is over at once; no ticket is good for so long.
    let until = now.checked_add(Duration::from_secs(expires.into())).unwrap_or(now);
    Removal { room, id, identity, until }
}

fn ending(now: Instant, end: End) -> Ending {
    match end {
        End::ForGood(reason) => Ending::ForGood(reason),
        // Longer ago than this clock has run is as long ago as it can say.
        End::Broken(ago) => {
            Ending::Broken { last_received: now.checked_sub(Duration::from_millis(ago)).unwrap_or(now) }
        }
        End::Dropped => Ending::Dropped,
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ServerMessage::deserialize(deserializer).map(|message| Shared(Arc::new(message)))
    }
}

#[cfg(test)]
mod tests {
    use itodenwa_wire::RefusalCode;

    use super::*;

    fn text(text: &str) -> Opaque {
        serde_json::value::RawValue::from_string(text.to_owned()).unwrap()
    }

    /// These texts never change. The last ones are new in version 2.
    #[test]
    fn messages_are_written_as_other_releases_read_them() {
        let now = tokio::time::Instant::now().into_std();
        let refused = r#"{"code":1012,"refusal":{"code":"server/going-away","message":"m"}}"#;
        for written in [
            r#"{"connected":281474976710657}"#.to_owned(),
            r#"{"received":[1,{"signal":{"to":"0000000100000002","packet":{"a":[1.50]}}}]}"#.to_owned(),
            r#"{"received":[1,"leave"]}"#.to_owned(),
            format!(r#"{{"malformed":[1,{refused}]}}"#),
            r#"{"unknown":1}"#.to_owned(),
            r#"{"overflowed":1}"#.to_owned(),
            r#"{"taken":1}"#.to_owned(),
            r#"{"disconnected":[1,{"forGood":"removed"}]}"#.to_owned(),
            r#"{"disconnected":[1,{"broken":0}]}"#.to_owned(),
            r#"{"disconnected":[1,"dropped"]}"#.to_owned(),
            r#"{"send":[1,{"signal":{"from":"0000000100000002","packet":"p"}}]}"#.to_owned(),
            r#"{"send":[1,{"pong":3}]}"#.to_owned(),
            r#"{"mark":1}"#.to_owned(),
            format!(r#"{{"close":[1,{refused}]}}"#),
            r#"{"close":[1,{"code":1000}]}"#.to_owned(),
            r#"{"ask":[1,{"rooms":["a",100]}]}"#.to_owned(),
            r#"{"ask":[1,{"remove":["a","0000000100000002"]}]}"#.to_owned(),
            r#"{"answer":[1,{"rooms":[{"room":"a","members":2}]}]}"#.to_owned(),
            r#"{"ask":[1,{"lock":["a",true]}]}"#.to_owned(),
            r#"{"received":[1,{"lock":true}]}"#.to_owned(),
            r#"{"received":[1,{"ask":{"what":"mute","to":"0000000100000002"}}]}"#.to_owned(),
            r#"{"send":[1,{"asked":{"what":"lower-hand","from":"0000000100000002"}}]}"#.to_owned(),
            r#"{"received":[1,{"waitingRoom":true}]}"#.to_owned(),
            r#"{"received":[1,{"admit":"0000000100000002"}]}"#.to_owned(),
            r#"{"received":[1,{"admit":null}]}"#.to_owned(),
            r#"{"received":[1,{"turnAway":"0000000100000002"}]}"#.to_owned(),
            r#"{"send":[1,{"wait":{"seconds":600}}]}"#.to_owned(),
            r#"{"send":[1,{"waitingRoom":{"on":true,"waiting":[{"id":"0000000100000002","name":"Aya"}]}}]}"#.to_owned(),
            r#"{"ask":[1,{"waitingRoom":["a",true]}]}"#.to_owned(),
            r#"{"ask":[1,{"waiting":"a"}]}"#.to_owned(),
            r#"{"ask":[1,{"admit":["a",null]}]}"#.to_owned(),
            r#"{"ask":[1,{"turnAway":["a","0000000100000002"]}]}"#.to_owned(),
            r#"{"answer":[1,{"waiting":[{"id":"0000000100000002","identity":"ann"}]}]}"#.to_owned(),
            r#"{"answer":[1,"full"]}"#.to_owned(),
            r#"{"answer":[1,{"rooms":[{"room":"a","members":2,"waitingRoom":true,"waiting":1}]}]}"#.to_owned(),
            r#"{"received":[1,{"record":true}]}"#.to_owned(),
            r#"{"received":[1,{"join":{"version":1,"room":"a","unlessRecorded":true}}]}"#.to_owned(),
            r#"{"answer":[1,{"rooms":[{"room":"a","members":2,"locked":true}]}]}"#.to_owned(),
            r#"{"answer":[1,{"room":[{"id":"0000000100000002","connected":true}]}]}"#.to_owned(),
            r#"{"answer":[1,"unknown"]}"#.to_owned(),
            r#"{"removed":[]}"#.to_owned(),
            r#"{"people":[{"room":"a","people":[{"id":"0000000100000002","name":"Aya","identity":"ann"}]}]}"#
                .to_owned(),
            r#"{"people":[{"room":"a","people":[]}]}"#.to_owned(),
            r#""released""#.to_owned(),
        ] {
            let message = decode(now, &text(&written)).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_eq!(encode(now, message).unwrap().get(), written);
        }
        let later = text(r#"{"close":[1,{"code":1012,"refusal":{"code":"a/later","message":"m","more":1},"more":2}]}"#);
        let NodeMessage(NodeBody::Output(Output::Close(_, closing))) = decode(now, &later).unwrap() else { panic!() };
        assert_eq!(closing.refusal.unwrap().code, RefusalCode::Unknown);
    }

    #[test]
    fn a_removal_lasts_as_long_at_another_node() {
        let now = tokio::time::Instant::now().into_std();
        let written = r#"{"removed":[{"room":"a","id":"0000000100000002","identity":"ann","expires":60}]}"#;
        let message = decode(now, &text(written)).unwrap();
        let NodeMessage(NodeBody::Removed(removals)) = &message else { panic!("{message:?}") };
        assert_eq!(removals[0].until, now + Duration::from_secs(60));
        let later = now + Duration::from_millis(1500);
        assert_eq!(encode(later, message).unwrap().get(), written.replace("60", "59"));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let now = tokio::time::Instant::now().into_std();
        for nonsense in
            ["1", "{}", "\"later\"", r#"{"later":1}"#, r#"{"connected":-1}"#, r#"{"received":[1,{"join":{}}]}"#]
        {
            assert!(decode(now, &text(nonsense)).is_err(), "{nonsense}");
        }
        assert!(decode(now, &text(r#"{"disconnected":[1,{"broken":18446744073709551615}]}"#)).is_ok());
        assert!(encode(now, NodeMessage(NodeBody::Input(Input::Stop))).is_none());
    }
}

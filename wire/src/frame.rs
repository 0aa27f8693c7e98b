//! What two peers say over the control channel of their connection: `{"stream":{"id":7,"next":1,"packets":true}}` as the first of all,
//! `{"text":{"number":1,"text":"hello"}}`, answered by `{"ack":1}` when it was read, and so are values,
//! `{"text":{"number":2,"text":"[1]","format":"json"}}`, and bytes; how large somebody is shown,
//! `{"shown":[["camera",320,180]]}`; what members and the room have for everybody to see,
//! `{"attribute":{"room":true,"key":"topic","value":"\"糸\"","version":1}}`; packets of their link, as they go over the server,
//! `{"packet":{"fromEpoch":65536,"toEpoch":131072,"seq":1,"ack":0,"body":"\"askTurn\""}}`, to somebody who said `packets`; and `"beat"`.

use serde::{Deserialize, Serialize};

use crate::{Packet, Source};

/// One message on the control channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Frame {
    /// Which texts come through this channel.
    Stream(TextStream),
    /// A text for the application.
    Text(Text),
    /// The application read all texts up to the one with this number.
    Ack(u32),
    /// How large the sources of the other side are shown here: width and height in device pixels, zero for not at all.
    #[serde(deserialize_with = "crate::body::read::sized")]
    Shown(Vec<(Source, u32, u32)>),
    /// A packet of the pair link. Only to somebody whose [`TextStream::packets`] is true: the first versions take it for a mistake.
    Packet(Packet),
    /// An attribute: each of them when the channel opened, and then what changed.
    Attribute(Attribute),
    /// A heartbeat: the sender is there.
    #[serde(rename = "beat")]
    Heartbeat,
}

/// A message for the application, as text. Every version takes it as one, so that none waits for what it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text {
    /// Its number in its stream: one more than the text's before it.
    pub number: u32,
    /// What is said.
    pub text: String,
    /// What the text stands for. The first versions do not say it, and read everything as [`Format::Text`].
    #[serde(default, skip_serializing_if = "Format::is_text")]
    pub format: Format,
}

/// What a [`Text`] stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// Itself.
    #[default]
    Text,
    /// A value (RFC 8259).
    Json,
    /// Bytes (RFC 4648, section 4).
    Base64,
    /// Something of a later version: it is consumed and acknowledged like everything else.
    #[serde(other)]
    Unknown,
}

impl Format {
    /// The name on the wire: `text`, `json`, `base64`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Base64 => "base64",
            Format::Unknown => "unknown",
        }
    }

    /// By that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let known = [Format::Text, Format::Json, Format::Base64];
        known.into_iter().find(|format| format.as_str() == name).unwrap_or(Format::Unknown)
    }

    fn is_text(&self) -> bool {
        *self == Format::Text
    }
}

/// A value that somebody wrote for everybody to see.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Attribute {
    /// Whether it is the room's, as the sender knows it; otherwise the sender's own.
    pub room: bool,
    /// Of what. Attributes sort by it.
    pub key: String,
    /// The value as JSON (RFC 8259); empty if it was removed.
    pub value: String,
    /// One more than what the writer knew. The highest one counts; of two that are the same that of the value that sorts last.
    pub version: u32,
}

/// Which texts come through a channel: the first frame of each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextStream {
    /// Names the numbers of the texts. Another one when the sender begins to count anew.
    pub id: u32,
    /// The number of the next text. The receiver has read all before it.
    pub next: u32,
    /// The sender reads [`Frame::Packet`] from this channel. The first versions do not say it, and do not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub packets: bool,
}

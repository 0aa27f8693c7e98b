//! What two peers say over the control channel of their connection: `{"stream":{"id":7,"next":1}}` as the first of all,
//! `{"text":{"number":1,"text":"hello"}}`, answered by `{"ack":1}` when it was read; how large somebody is shown,
//! `{"shown":[["camera",320,180]]}`; and `"beat"`.

use serde::{Deserialize, Serialize};

use crate::Source;

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
    /// A heartbeat: the sender is there.
    #[serde(rename = "beat")]
    Heartbeat,
}

/// A text for the application.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text {
    /// Its number in its stream: one more than the text's before it.
    pub number: u32,
    /// What is said.
    pub text: String,
}

/// Which texts come through a channel: the first frame of each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextStream {
    /// Names the numbers of the texts. Another one when the sender begins to count anew.
    pub id: u32,
    /// The number of the next text. The receiver has read all before it.
    pub next: u32,
}

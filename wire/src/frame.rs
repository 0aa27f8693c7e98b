//! What two peers say over the control channel of their connection: `{"text":{"id":1,"text":"hello"}}`, answered by
//! `{"ack":1}`; how large somebody is shown, `{"shown":[["camera",320,180]]}`; and `"beat"`.

use serde::{Deserialize, Serialize};

use crate::Source;

/// One message on the control channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Frame {
    /// A text for the application.
    Text(Text),
    /// The text with this id was given to the application.
    Ack(u32),
    /// How large the sources of the other side are shown here: width and height in device pixels, zero for not at all.
    Shown(Vec<(Source, u32, u32)>),
    /// A heartbeat: the sender is there.
    #[serde(rename = "beat")]
    Heartbeat,
}

/// A text for the application.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text {
    /// Rises with each text of its sender.
    pub id: u32,
    /// What is said.
    pub text: String,
}

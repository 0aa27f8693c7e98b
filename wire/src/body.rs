//! What two peers say to each other, inside a [`Packet`](crate::Packet).

pub(crate) mod read;

use serde::{Deserialize, Serialize};

use crate::PeerId;
use crate::source::Source;

/// Which media identification (`mid`, RFC 8843) carries which of the sender's sources.
pub type SourceMap = Vec<(String, Source)>;

/// What one peer tells the other. A body with a name that this version does not know is read as [`Body::Unknown`]; fields and
/// sources that it does not know are left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// A session description that asks for an answer (RFC 8829).
    Offer(Offer),
    /// The answer to one offer.
    Answer(Answer),
    /// One ICE candidate (RFC 8838).
    Candidate(Candidate),
    /// All candidates of this username fragment were sent (RFC 8838, section 13).
    EndOfCandidates(String),
    /// The follower would like to make an offer.
    AskTurn,
    /// The other side may make one offer.
    GiveTurn,
    /// The offer or answer with this id could not be applied.
    Refuse(Refuse),
    /// Which of the sender's sources are on.
    Media(Media),
    /// "This is my incarnation": sent outside the order to somebody who knows another one.
    Hello,
    /// The sender closes the connection for good. Outside the order.
    Bye,
    /// The server takes the sender, or the receiver, for somebody else than before. Outside the order, and only to somebody who said
    /// to read packets from the control channel.
    Rejoined(Rejoined),
    /// Something of a later version. It has its place in the order, and is consumed and acknowledged like everything else.
    Unknown,
}

/// An offer, and what its media is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Offer {
    /// Names the offer, for the answer to refer to. Rises with each offer of its sender.
    pub id: u32,
    /// The session description.
    pub sdp: String,
    /// What the sender sends, by `mid`.
    #[serde(deserialize_with = "read::source_map")]
    pub sources: SourceMap,
}

/// An answer to a named offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// The [`Offer::id`] that this answers.
    pub id: u32,
    /// The session description.
    pub sdp: String,
    /// What the sender sends, by `mid`.
    #[serde(deserialize_with = "read::source_map")]
    pub sources: SourceMap,
}

/// One candidate, as `RTCIceCandidateInit` (W3C WebRTC, section 4.8.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The candidate line, `candidate:…`.
    pub candidate: String,
    /// The media description it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The same by position.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "sdpMLineIndex")]
    pub sdp_m_line_index: Option<u16>,
    /// The ICE username fragment that it was gathered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

/// An offer or answer that could not be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Refuse {
    /// The [`Offer::id`] in question.
    pub id: u32,
    /// Why.
    pub code: RefuseCode,
}

/// Why a description was refused by a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefuseCode {
    /// It is not a session description, or breaks a limit.
    Malformed,
    /// It came when it was not its sender's turn.
    NotYourTurn,
    /// The browser did not take it.
    NotApplied,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

impl RefuseCode {
    /// The name on the wire: `malformed`, `not-your-turn`, `not-applied`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            RefuseCode::Malformed => "malformed",
            RefuseCode::NotYourTurn => "not-your-turn",
            RefuseCode::NotApplied => "not-applied",
            RefuseCode::Other => "other",
        }
    }

    /// By that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let known = [RefuseCode::Malformed, RefuseCode::NotYourTurn, RefuseCode::NotApplied];
        known.into_iter().find(|code| code.as_str() == name).unwrap_or(RefuseCode::Other)
    }
}

/// Somebody who came in anew, and is still at the other end of the connection that they had before. Said by them, over the channel and
/// over the server, and then by the other side over the channel when it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rejoined {
    /// Who they were when the two were connected, or last knew it.
    pub former: PeerId,
    /// Who they are now.
    pub id: PeerId,
}

/// Which of the sender's sources are on. The whole state each time, so that the last one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Media {
    /// The sources that are on.
    #[serde(deserialize_with = "read::sources")]
    pub on: Vec<Source>,
}

use itodenwa_protocol::TroubleCode;
use itodenwa_wire::{Refusal, RefusalCode};

use crate::error::SignalingError;
use crate::peer::Peer;

/// Something that went wrong, and the room goes on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Trouble {
    /// With whom; none when it is about the signalling.
    pub peer: Option<Peer>,
    /// What: stable, for programs.
    pub code: &'static str,
    /// What the browser, the peer or the server said of it; may be empty. Only ever shown as text.
    pub detail: String,
    kind: Kind,
}

/// All that can go wrong while a room goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// With a peer.
    Peer(TroubleCode),
    /// The browser does not let a codec be chosen.
    Codec,
    /// One's token does not let one do what was asked.
    Forbidden,
    /// The server did not do what was asked.
    Refused,
    /// The server's message was not understood.
    Malformed,
}

impl Trouble {
    /// What it means and what can be done, in English, for people.
    #[must_use]
    pub fn explain(&self) -> &'static str {
        match self.kind {
            Kind::Peer(TroubleCode::DescriptionRefused) => {
                "What the other side offered can't be used. The call goes on as it was; if something is missing, the other side should reload."
            }
            Kind::Peer(TroubleCode::DescriptionRejected) => {
                "The other side could not use what was offered. If picture or sound is missing, both sides should reload."
            }
            Kind::Peer(TroubleCode::CandidateRefused) => {
                "One network path of the other side can't be used. The others are tried."
            }
            Kind::Peer(TroubleCode::CandidatesTooMany) => {
                "The other side sent too many network paths. Only the first ones are tried."
            }
            Kind::Peer(TroubleCode::DescriptionNotMade) => {
                "This browser could not prepare the call. A new connection is tried."
            }
            Kind::Peer(TroubleCode::ConnectionNotMade) => {
                "This browser could not make a connection. Close other tabs with calls, or reload."
            }
            Kind::Peer(TroubleCode::ConnectionFailed) => {
                "No network path to the other side was found, or it was lost. A relay (TURN) server may be needed."
            }
            Kind::Peer(TroubleCode::GivenUp) => {
                "The connection failed too often. It is tried again when the other side comes anew."
            }
            Kind::Peer(TroubleCode::PacketMalformed) => {
                "The other side sent something that was not understood. It was ignored."
            }
            Kind::Peer(TroubleCode::PeerSilent) => "The other side does not answer. It may have lost its network.",
            Kind::Peer(TroubleCode::KeyDiffers) => {
                "The other side came with another key than yours, or one of you with none. Use the same invitation, both of you. If you do, somebody changes on its way what you say."
            }
            Kind::Peer(_) => "Something went wrong. The call goes on.",
            Kind::Codec => "This browser does not let the codec be chosen, or the other side does not have it.",
            Kind::Forbidden => "Your token does not let you do that.",
            Kind::Refused => "The server did not do what it was asked.",
            Kind::Malformed => "The server sent something that was not understood. It was ignored.",
        }
    }

    pub(crate) fn peer(peer: &Peer, code: TroubleCode, detail: String) -> Self {
        Trouble { peer: Some(peer.clone()), code: code.as_str(), detail, kind: Kind::Peer(code) }
    }

    pub(crate) fn codec(peer: Option<Peer>, codec: String) -> Self {
        Trouble { peer, code: "sending/codec", detail: codec, kind: Kind::Codec }
    }

    pub(crate) fn signaling(error: &SignalingError) -> Self {
        let kind = match error {
            SignalingError::Refused(Refusal { code: RefusalCode::TokenForbidden, .. }) => Kind::Forbidden,
            SignalingError::Malformed(_) => Kind::Malformed,
            _ => Kind::Refused,
        };
        Trouble { peer: None, code: error.code(), detail: error.to_string(), kind }
    }
}

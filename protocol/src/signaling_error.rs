use std::error::Error as StdError;
use std::fmt;

use itodenwa_wire::text::write_all;
use itodenwa_wire::{PeerId, Refusal, RefusalCode};

/// Why the signalling does not work.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SignalingError {
    /// `signaling/address`: this is not an address of a WebSocket, or not one that this page may use.
    Address(String),
    /// `signaling/unreachable`: nobody answers there.
    Unreachable(String),
    /// The server said no, and why: `token/…`, `identity/replaced`, `member/removed`, `room/…`, `name/invalid`, `address/too-many`, `origin/forbidden`, otherwise
    /// `signaling/refused`.
    Refused(Refusal),
    /// `signaling/away`: the connection to the server was lost, and is made again. Calls go on meanwhile.
    Away(String),
    /// `signaling/lost`: the connection to the server was lost.
    Lost(String),
    /// `signaling/malformed`: a message that is not one. It was dropped; the signalling goes on.
    Malformed(String),
    /// `peer/packet-malformed`: what a member sent is no packet, though the server's message is one. It was dropped.
    Packet(PeerId, String),
    /// `peer/key-differs`: what a member sent is not sealed with the room's key. It was dropped.
    Sealed(PeerId),
}

impl SignalingError {
    /// The code. It never changes. What a server refuses has a further one in its [`Refusal`].
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            SignalingError::Address(_) => "signaling/address",
            SignalingError::Unreachable(_) => "signaling/unreachable",
            SignalingError::Refused(Refusal { code, .. }) if of_access(*code) => code.as_str(),
            SignalingError::Refused(_) => "signaling/refused",
            SignalingError::Away(_) => "signaling/away",
            SignalingError::Lost(_) => "signaling/lost",
            SignalingError::Malformed(_) => "signaling/malformed",
            SignalingError::Packet(..) => "peer/packet-malformed",
            SignalingError::Sealed(_) => "peer/key-differs",
        }
    }
}

impl fmt::Display for SignalingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignalingError::Address(what) => write_all(
                f,
                &["The signalling server's address can't be used (", what, "). Give one like wss://example.org/ws."],
            ),
            SignalingError::Unreachable(address) => write_all(
                f,
                &["The signalling server at ", address, " does not answer. Check that it runs, and the network."],
            ),
            SignalingError::Refused(Refusal { code: RefusalCode::TokenRequired, .. }) => f.write_str(
                "The server lets nobody in without a token. Join with one, made by the application's own server.",
            ),
            SignalingError::Refused(Refusal { code: RefusalCode::TokenExpired, .. }) => {
                f.write_str("The token has expired. Join with a new one.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::IdentityReplaced, .. }) => {
                f.write_str("The same person came in again from elsewhere, and the call goes on there.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::MemberRemoved, .. }) => {
                f.write_str("Somebody who may do so ended this call for you.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::RoomLocked, .. }) => {
                f.write_str("The room is locked: nobody new gets in. Ask somebody who is in it to unlock it.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::RoomRefused, .. }) => {
                f.write_str("Somebody in the room did not let you in.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::RoomUnanswered, .. }) => {
                f.write_str("Nobody let you in. Tell somebody who is in the room, and join again.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::RoomRecorded, .. }) => {
                f.write_str("The call is being recorded. Ask the person, and join without this condition.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::NameInvalid, .. }) => {
                f.write_str("This can't be a name. Use up to 64 characters of plain text.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::AddressTooMany, .. }) => {
                f.write_str("Too many join from your network at this moment. Wait a little, and join again.")
            }
            SignalingError::Refused(Refusal { code: RefusalCode::OriginForbidden, .. }) => {
                f.write_str("The server does not take pages from here. Its operator has to allow this origin.")
            }
            SignalingError::Refused(Refusal { code, message, .. }) => {
                write_all(f, &["The signalling server refused (", code.as_str(), "): ", message])
            }
            SignalingError::Away(why) => write_all(
                f,
                &["The connection to the signalling server was lost and is made again (", why, "). Calls go on."],
            ),
            SignalingError::Lost(why) => {
                write_all(f, &["The connection to the signalling server was lost (", why, "). Join again."])
            }
            SignalingError::Malformed(why) => {
                write_all(f, &["A signalling message was not understood and dropped: ", why])
            }
            SignalingError::Sealed(_) => {
                f.write_str("What a member sent is not sealed with this room's key; it was dropped.")
            }
            SignalingError::Packet(_, why) => {
                write_all(f, &["What a member sent was not understood and dropped: ", why])
            }
        }
    }
}

impl StdError for SignalingError {}

/// Refusals that say who may come in or stay are errors of their own.
const fn of_access(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::TokenRequired
            | RefusalCode::TokenInvalid
            | RefusalCode::TokenExpired
            | RefusalCode::TokenNotYetValid
            | RefusalCode::TokenForbidden
            | RefusalCode::IdentityReplaced
            | RefusalCode::MemberRemoved
            | RefusalCode::RoomLocked
            | RefusalCode::RoomRefused
            | RefusalCode::RoomUnanswered
            | RefusalCode::RoomRecorded
            | RefusalCode::NameInvalid
            | RefusalCode::AddressTooMany
            | RefusalCode::OriginForbidden
    )
}

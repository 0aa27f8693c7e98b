use std::error::Error as StdError;
use std::fmt;

use itodenwa_protocol::manual::OperationError;
use itodenwa_wire::text::write_all;

use super::{Exception, MediaError};

/// Why a step of a [`Call`](crate::Call) is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// `webrtc/unsupported`: the browser has no `RTCPeerConnection`, or it is switched off.
    Unsupported,
    /// `media/…`: camera or microphone.
    Media(MediaError),
    /// `call/state`: it is not this step's turn.
    State,
    /// `call/too-large`: the description is larger than 256 KiB.
    TooLarge,
    /// `call/too-many`: too many steps wait, or too many candidates for a description that did not come.
    TooMany,
    /// `call/not-made`: the browser makes no connection, as where something switches WebRTC off, or with too many connections.
    NotMade(Exception),
    /// `call/refused`: it is no description, or the browser does not take it.
    Refused(Exception),
    /// `call/closed`: the call is over.
    Closed,
}

impl CallError {
    /// The code. It never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            CallError::Unsupported => "webrtc/unsupported",
            CallError::Media(error) => error.code(),
            CallError::State => "call/state",
            CallError::TooLarge => "call/too-large",
            CallError::TooMany => "call/too-many",
            CallError::NotMade(_) => "call/not-made",
            CallError::Refused(_) => "call/refused",
            CallError::Closed => "call/closed",
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Unsupported => super::Error::Unsupported.fmt(f),
            CallError::Media(error) => error.fmt(f),
            CallError::State => f.write_str(
                "It is not this step's turn: one side makes the offer, the other sets it and makes the answer, the first sets it.",
            ),
            CallError::TooLarge => f.write_str("The description is larger than 256 KiB. Paste only what the other side made."),
            CallError::TooMany => f.write_str("Too many steps wait. Set the other side's description first, and wait until it is done."),
            CallError::NotMade(thrown) => {
                write_all(f, &["The browser makes no connection (", &thrown.to_string(), "). See whether something switches WebRTC off, and load the page anew."])
            }
            CallError::Refused(thrown) => {
                write_all(f, &["The browser does not take it (", &thrown.to_string(), "). Paste exactly what the other side made."])
            }
            CallError::Closed => f.write_str("The call is over. Make a new one."),
        }
    }
}

impl StdError for CallError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            CallError::Media(error) => Some(error),
            CallError::Refused(thrown) | CallError::NotMade(thrown) => Some(thrown),
            CallError::Unsupported
            | CallError::State
            | CallError::TooLarge
            | CallError::TooMany
            | CallError::Closed => None,
        }
    }
}

impl From<OperationError> for CallError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::State => CallError::State,
            OperationError::TooLarge => CallError::TooLarge,
            OperationError::TooMany => CallError::TooMany,
            OperationError::Refused { name, message } => CallError::Refused(Exception { name, message }),
            _ => CallError::Closed,
        }
    }
}

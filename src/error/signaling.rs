use std::error::Error as StdError;
use std::fmt;

use itodenwa_wire::Refusal;

/// Why the signalling does not work.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SignalingError {
    /// `signaling/address`: this is not an address of a WebSocket, or not one that this page may use.
    Address(String),
    /// `signaling/unreachable`: nobody answers there.
    Unreachable(String),
    /// `signaling/refused`: the server said no, and why.
    Refused(Refusal),
    /// `signaling/away`: the connection to the server was lost, and is made again. Calls go on meanwhile.
    Away(String),
    /// `signaling/lost`: the connection to the server was lost.
    Lost(String),
    /// `signaling/malformed`: a message that is not one. It was dropped; the signalling goes on.
    Malformed(String),
}

impl SignalingError {
    /// The code. It never changes. What a server refuses has a further one in its [`Refusal`].
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            SignalingError::Address(_) => "signaling/address",
            SignalingError::Unreachable(_) => "signaling/unreachable",
            SignalingError::Refused(_) => "signaling/refused",
            SignalingError::Away(_) => "signaling/away",
            SignalingError::Lost(_) => "signaling/lost",
            SignalingError::Malformed(_) => "signaling/malformed",
        }
    }
}

impl fmt::Display for SignalingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignalingError::Address(what) => {
                write!(f, "The signalling server's address can't be used ({what}). Give one like wss://example.org/ws.")
            }
            SignalingError::Unreachable(address) => {
                write!(f, "The signalling server at {address} does not answer. Check that it runs, and the network.")
            }
            SignalingError::Refused(Refusal { code, message, .. }) => {
                write!(f, "The signalling server refused ({code}): {message}")
            }
            SignalingError::Away(why) => {
                write!(f, "The connection to the signalling server was lost and is made again ({why}). Calls go on.")
            }
            SignalingError::Lost(why) => {
                write!(f, "The connection to the signalling server was lost ({why}). Join again.")
            }
            SignalingError::Malformed(why) => write!(f, "A signalling message was not understood and dropped: {why}"),
        }
    }
}

impl StdError for SignalingError {}

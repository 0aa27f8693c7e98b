//! What the person asks of a connection by hand, and what comes of it.

use std::fmt;

use itodenwa_wire::Candidate;
use itodenwa_wire::text::write_all;

/// Names an operation: whoever asks gives it, and finds it again in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u32);

/// A step by hand. Descriptions may be what is left of them after mails and chats: without the last line's end, quoted, or as the
/// JSON of an `RTCSessionDescription`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Make an offer. Gives a [`Done::Description`].
    MakeOffer,
    /// Set the other side's offer.
    SetOffer(String),
    /// Make the answer to it. Gives a [`Done::Description`].
    MakeAnswer,
    /// Set the other side's answer.
    SetAnswer(String),
    /// Add a candidate of the other side. One that comes before its description waits for it.
    AddCandidate(Candidate),
    /// The other side has no more candidates.
    EndOfCandidates,
}

/// What an operation gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Done {
    /// The description that was made, for the other side. With Vanilla ICE its candidates are in it.
    Description(String),
    /// A description of the other side is set.
    DescriptionSet,
    /// A candidate of the other side is added, or there are no more.
    CandidateAdded,
}

/// Why an operation is not done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperationError {
    /// It is not this operation's turn.
    State,
    /// The description or the candidate is too large.
    TooLarge,
    /// Too many operations wait, or too many candidates for a description that did not come.
    TooMany,
    /// It is no description, or the browser does not take it.
    Refused {
        /// The exception's name.
        name: String,
        /// Its message, without the secrets of the description.
        message: String,
    },
    /// The connection is closed.
    Closed,
}

impl OperationError {
    /// The code. It never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            OperationError::State => "call/state",
            OperationError::TooLarge => "call/too-large",
            OperationError::TooMany => "call/too-many",
            OperationError::Refused { .. } => "call/refused",
            OperationError::Closed => "call/closed",
        }
    }
}

impl fmt::Display for OperationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OperationError::Refused { name, message } => write_all(f, &[self.code(), ": ", name, ": ", message]),
            _ => f.write_str(self.code()),
        }
    }
}

impl std::error::Error for OperationError {}

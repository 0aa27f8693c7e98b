use std::error::Error as StdError;
use std::fmt;

use itodenwa_protocol::request::RequestRefusal;

use super::ChannelError;

/// Why a question to a peer has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// `request/refused`: the other side says why.
    Refused(RequestRefusal),
    /// `request/unanswered`: the other side does not answer such questions.
    Unanswered,
    /// `request/timed-out`: there was no answer in time.
    TimedOut,
    /// `channel/…`, `room/closed`: the way there.
    Channel(ChannelError),
}

impl RequestError {
    /// The code. It never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            RequestError::Refused(_) => "request/refused",
            RequestError::Unanswered => "request/unanswered",
            RequestError::TimedOut => "request/timed-out",
            RequestError::Channel(error) => error.code(),
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestError::Refused(refusal) => f.write_str(&refusal.message),
            RequestError::Unanswered => {
                f.write_str("The other side does not answer this. Its application has to know such requests.")
            }
            RequestError::TimedOut => f.write_str("There was no answer in time. Ask again."),
            RequestError::Channel(error) => error.fmt(f),
        }
    }
}

impl StdError for RequestError {}

impl From<ChannelError> for RequestError {
    fn from(error: ChannelError) -> Self {
        RequestError::Channel(error)
    }
}

use std::error::Error as StdError;
use std::fmt;

use super::Exception;

/// Why nothing is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// `record/unsupported`: the browser has no `MediaRecorder`, records no kind of file that is known here, or has no canvas to
    /// compose on.
    Unsupported,
    /// `record/failed`: the browser's recorder does not start, or failed before there was anything.
    Failed(Exception),
    /// `record/empty`: it was stopped before there was anything.
    Empty,
    /// `room/closed`: the call is over.
    Closed,
}

impl RecordError {
    /// The code. It never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            RecordError::Unsupported => "record/unsupported",
            RecordError::Failed(_) => "record/failed",
            RecordError::Empty => "record/empty",
            RecordError::Closed => "room/closed",
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordError::Unsupported => "This browser can't record calls. Use a current browser.",
            RecordError::Failed(_) => "The browser could not record. Try again, with other programs closed.",
            RecordError::Empty => "Nothing was recorded yet. Let it run for a second before it is stopped.",
            RecordError::Closed => "The call is over. Join again.",
        })
    }
}

impl StdError for RecordError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            RecordError::Failed(thrown) => Some(thrown),
            RecordError::Unsupported | RecordError::Empty | RecordError::Closed => None,
        }
    }
}

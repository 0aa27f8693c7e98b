//! How a connection ends.

use std::time::Instant;

use itodenwa_wire::{LeaveReason, Refusal, RefusalCode};
use serde::{Deserialize, Serialize};

/// What the end of a connection means for its member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It left, or has to.
    ForGood(LeaveReason),
    /// Only the connection broke, of which something was received then for the last time: it may be resumed.
    Broken {
        /// From then on the time runs in which it has to be.
        last_received: Instant,
    },
    /// The end of the socket was seen, and nothing was said before: so ends the socket of a client that was killed. It may be
    /// resumed, but not for as long.
    Dropped,
}

/// How a connection ends: with the last message and the code of the close frame (RFC 6455, section 7.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The code of the close frame.
    pub code: u16,
    /// What is said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

impl Closing {
    /// As the client wished.
    pub const NORMAL: Closing = Closing { code: 1000, refusal: None };

    /// For a server that is not to be used at the moment. Each is told another time to come back, so that they do not all come
    /// at once.
    pub(crate) fn going_away(why: &str, random: u32) -> Self {
        Closing::refusing(RefusalCode::ServerGoingAway, why).retry(500 + random % 2500)
    }

    /// For who is taken elsewhere at once, or before long: those of one server of several, and nobody waits longer than that takes.
    pub(crate) fn elsewhere(why: &str, random: u32) -> Self {
        Closing::refusing(RefusalCode::ServerGoingAway, why).retry(250 + random % 750)
    }

    /// For this reason, with the close code that belongs to it.
    #[must_use]
    pub fn refusing(code: RefusalCode, message: impl Into<String>) -> Self {
        let close = match code {
            RefusalCode::MessageTooLarge => 1009,
            RefusalCode::ServerFull | RefusalCode::QueueFull => 1013,
            RefusalCode::ServerGoingAway => 1012,
            _ => 1008,
        };
        Closing { code: close, refusal: Some(refusal(code, message)) }
    }

    /// With the time after which another try makes sense, in milliseconds.
    #[must_use]
    pub fn retry(mut self, after: u32) -> Self {
        if let Some(refusal) = &mut self.refusal {
            refusal.retry_after = Some(after);
        }
        self
    }

    /// Whether even a member's first offence of this kind closes the connection.
    pub(crate) fn is_final(&self) -> bool {
        self.refusal.as_ref().is_none_or(|refusal| refusal.code == RefusalCode::MessageTooLarge)
    }
}

/// A refusal without a time to wait.
pub(crate) fn refusal(code: RefusalCode, message: impl Into<String>) -> Refusal {
    Refusal { code, message: message.into(), retry_after: None }
}

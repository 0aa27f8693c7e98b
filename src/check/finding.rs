//! What is told of each part.

use std::fmt;

use super::explain::explain;

/// What came of one part of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What was tried.
    pub part: Part,
    /// What came of it.
    pub outcome: Outcome,
    /// Which device, address or way, or what the browser said; may be empty. Only ever shown as text.
    pub detail: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// What a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Part {
    /// The camera gives a picture.
    Camera,
    /// The microphone gives sound.
    Microphone,
    /// The server lets one into a room.
    Signaling,
    /// A STUN server says how this browser is seen from outside, by which others reach it directly.
    Stun,
    /// A TURN server relays over UDP.
    TurnUdp,
    /// A TURN server relays over TCP.
    TurnTcp,
    /// A TURN server relays over TLS.
    TurnTls,
    /// Two connections in this page talk to each other, through the relay where there is one.
    Loopback,
}

impl Part {
    pub(super) const NETWORK: [Part; 6] =
        [Part::Signaling, Part::Stun, Part::TurnUdp, Part::TurnTcp, Part::TurnTls, Part::Loopback];

    /// The name in JavaScript: `camera`, `microphone`, `signaling`, `stun`, `turnUdp`, `turnTcp`, `turnTls`, `loopback`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Part::Camera => "camera",
            Part::Microphone => "microphone",
            Part::Signaling => "signaling",
            Part::Stun => "stun",
            Part::TurnUdp => "turnUdp",
            Part::TurnTcp => "turnTcp",
            Part::TurnTls => "turnTls",
            Part::Loopback => "loopback",
        }
    }
}

/// Whether a part works.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It does.
    Works,
    /// It does not.
    Fails {
        /// Why: stable, for programs.
        code: &'static str,
        /// Why, what that means for calls, and what can be done; for people.
        explain: String,
    },
    /// It was not tried.
    Skipped {
        /// Why: stable, for programs.
        code: &'static str,
        /// Why, and what that means for calls; for people.
        why: String,
    },
}

impl Outcome {
    /// An error of another part of the crate, which says itself what it means.
    pub(super) fn of(code: &'static str, error: &dyn fmt::Display) -> Self {
        Outcome::Fails { code, explain: error.to_string() }
    }
}

pub(super) fn works() -> Outcome {
    Outcome::Works
}

pub(super) fn fails(code: &'static str) -> Outcome {
    Outcome::Fails { code, explain: explain(code).to_owned() }
}

pub(super) fn skipped(code: &'static str) -> Outcome {
    Outcome::Skipped { code, why: explain(code).to_owned() }
}

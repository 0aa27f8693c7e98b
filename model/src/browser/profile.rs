//! Where browsers differ, each difference by its name.

/// Whose behaviour the model shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// W3C WebRTC and RFC 8829, to the letter.
    Specification,
    /// Chromium 156.
    Chromium,
    /// Firefox ESR 153.
    Firefox,
}

/// What comes of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is done, or at least nobody complains.
    Taken,
    /// The exception's name.
    Refused(&'static str),
}

/// What profiles do not have in common. All else is the same everywhere, or the model is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Capabilities {
    /// The end of candidates before there is a remote description (W3C WebRTC, `addIceCandidate`: `InvalidStateError`).
    pub end_before_description: Verdict,
    /// A candidate, or the end of candidates, for a username fragment of no remote description (W3C WebRTC,
    /// `addIceCandidate`: `OperationError`).
    pub unknown_fragment: Verdict,
    /// An offer that meets our own and has, in the same place, media of another kind (RFC 8829, section 4.1.8.2: ours is
    /// rolled back).
    pub rollback_to_other_media: Verdict,
}

impl Profile {
    pub const ALL: [Profile; 3] = [Profile::Specification, Profile::Chromium, Profile::Firefox];

    #[must_use]
    pub const fn capabilities(self) -> Capabilities {
        let specification = Capabilities {
            end_before_description: Verdict::Refused("InvalidStateError"),
            unknown_fragment: Verdict::Refused("OperationError"),
            rollback_to_other_media: Verdict::Taken,
        };
        match self {
            Profile::Specification | Profile::Firefox => specification,
            Profile::Chromium => Capabilities {
                end_before_description: Verdict::Taken,
                unknown_fragment: Verdict::Taken,
                rollback_to_other_media: Verdict::Refused("InvalidAccessError"),
            },
        }
    }
}

impl Verdict {
    /// The exception, if there is one.
    pub(crate) fn check(self, message: impl FnOnce() -> String) -> Result<(), super::Exception> {
        match self {
            Verdict::Taken => Ok(()),
            Verdict::Refused(name) => Err((name, message())),
        }
    }
}

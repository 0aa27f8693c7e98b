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
    /// A candidate of the remote description that counts, while one with new credentials is pending (W3C WebRTC,
    /// `addIceCandidate`: any description that was applied).
    pub fragment_before_restart: Verdict,
    /// A candidate that begins as one and ends too soon (W3C WebRTC, `addIceCandidate`: `OperationError`).
    pub candidate_cut_short: Verdict,
    /// Whether the answers of chained operations come in the order of the operations (W3C WebRTC, section 4.4.1.2).
    pub answers_in_order: bool,
    /// Whether a rejected m-line is recycled for media of another kind (RFC 8829, section 5.2.2: of any).
    pub recycles_for_other_kind: bool,
    /// An answer that turns around who is the client of the DTLS association, with the same fingerprint (RFC 8842, section
    /// 5.5: a new association).
    pub dtls_role_change: Verdict,
    /// An offer that meets our own and has, in the same place, media of another kind (RFC 8829, section 4.1.8.2: ours is
    /// rolled back).
    pub rollback_to_other_media: Verdict,
}

impl Profile {
    pub const ALL: [Profile; 3] = [Profile::Specification, Profile::Chromium, Profile::Firefox];

    /// Each in turn.
    #[must_use]
    pub const fn of_seed(seed: u64) -> Self {
        match seed % 3 {
            0 => Profile::Specification,
            1 => Profile::Chromium,
            _ => Profile::Firefox,
        }
    }

    #[must_use]
    pub const fn capabilities(self) -> Capabilities {
        let specification = Capabilities {
            end_before_description: Verdict::Refused("InvalidStateError"),
            unknown_fragment: Verdict::Refused("OperationError"),
            fragment_before_restart: Verdict::Taken,
            candidate_cut_short: Verdict::Refused("OperationError"),
            answers_in_order: true,
            dtls_role_change: Verdict::Taken,
            recycles_for_other_kind: true,
            rollback_to_other_media: Verdict::Taken,
        };
        match self {
            Profile::Specification => specification,
            Profile::Chromium => Capabilities {
                end_before_description: Verdict::Taken,
                unknown_fragment: Verdict::Taken,
                answers_in_order: false,
                dtls_role_change: Verdict::Refused("InvalidAccessError"),
                rollback_to_other_media: Verdict::Refused("InvalidAccessError"),
                ..specification
            },
            Profile::Firefox => Capabilities {
                fragment_before_restart: Verdict::Refused("OperationError"),
                candidate_cut_short: Verdict::Taken,
                recycles_for_other_kind: false,
                ..specification
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

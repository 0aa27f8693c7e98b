//! What becomes of a session when the server refuses something.

use itodenwa_wire::{Refusal, RefusalCode};

/// Whether the server goes on listening to a member after this.
pub(super) fn stays_open(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::PeerUnknown
            | RefusalCode::MessageMalformed
            | RefusalCode::JoinTwice
            | RefusalCode::NameInvalid
            | RefusalCode::NameFixed
            | RefusalCode::TokenForbidden
            | RefusalCode::RoomFull
    )
}

/// Whether the server closes an open session for good, and another attempt would be against its will.
pub(super) fn ends_session(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::SessionReplaced
            | RefusalCode::IdentityReplaced
            | RefusalCode::MemberRemoved
            | RefusalCode::RoomRefused
            | RefusalCode::RoomUnanswered
            | RefusalCode::RoomRecorded
    )
}

/// Whether it makes no sense to ask again. A server that goes away says nothing of the next one.
pub(super) fn is_final(refusal: &Refusal) -> bool {
    let passes = matches!(refusal.code, RefusalCode::JoinTimeout | RefusalCode::ServerGoingAway);
    refusal.retry_after.is_none() && !passes
}

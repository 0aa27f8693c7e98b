//! What the pair link puts around a [`Body`](crate::Body).

use std::fmt;

use serde::{Deserialize, Serialize};

/// One incarnation of one side of a pair: the session's epoch (given by the server, rising per room) above a counter that
/// rises with each new connection of the pair.
///
/// Below 2⁵³, so that it survives JavaScript's numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u64);

impl Epoch {
    /// The first epoch of a session.
    #[must_use]
    pub const fn of_session(session: u32) -> Self {
        Epoch((session as u64) << 16)
    }

    /// The epoch with this number, as on the wire.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Epoch(number)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The next incarnation within the same session; none after 65 535.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        let next = Epoch(self.0.checked_add(1)?);
        (next.session() == self.session()).then_some(next)
    }

    /// The session's epoch.
    #[must_use]
    pub const fn session(self) -> u64 {
        self.0 >> 16
    }

    /// How many connections the pair had before this one, in this session.
    #[must_use]
    pub const fn connection(self) -> u16 {
        (self.0 & 0xffff) as u16
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.session(), self.connection())
    }
}

/// What a sealed body begins with; behind it is Base64 (RFC 4648, section 4) of a nonce of 12 bytes and what AES-GCM made of the body
/// and its tag (NIST SP 800-38D). In the [offer of a join](crate::Join::offer) it is behind `join:`.
pub const SEALED: &str = "sealed:";

/// One packet between two peers. The server relays it and reads nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Packet<B = String> {
    /// The sender's incarnation.
    pub from_epoch: Epoch,
    /// The receiver's incarnation, as the sender knows it.
    pub to_epoch: Epoch,
    /// Place in the sender's order, from 1; 0 for packets outside it (acknowledgements, `Hello`, `Bye`).
    pub seq: u32,
    /// Everything up to this place was received and consumed.
    pub ack: u32,
    /// What is said; none for a mere acknowledgement. On the wire a string, so that it can be sealed end to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<B>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_rise_within_a_session_and_below_the_next() {
        let first = Epoch::of_session(7);
        let second = first.next().unwrap();
        assert!(first < second && second < Epoch::of_session(8));
        assert_eq!((second.session(), second.connection()), (7, 1));
        assert_eq!(Epoch((7 << 16) | 0xffff).next(), None);
    }

    #[test]
    fn the_largest_epoch_is_a_safe_integer_of_javascript() {
        assert!(Epoch::of_session(u32::MAX).0 + 0xffff < (1 << 53));
    }
}

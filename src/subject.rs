use std::fmt;

use itodenwa_wire::PeerId;

/// Whom an element shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Oneself.
    Me,
    /// A peer of the room.
    Peer(PeerId),
    /// The other side of a call by hand, which has no id.
    Remote,
}

/// As it stands in `data-peer`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Me => f.write_str("me"),
            Subject::Peer(id) => id.fmt(f),
            Subject::Remote => f.write_str("peer"),
        }
    }
}

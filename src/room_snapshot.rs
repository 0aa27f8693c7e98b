//! What the driver lets handles know.

use std::collections::VecDeque;

use itodenwa_protocol::timeline::Entry;

use crate::peer::Peer;
use crate::snapshot::SnapshotCell;

/// What is known of a room now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) peers: SnapshotCell<Vec<Peer>>,
    pub(crate) steps: SnapshotCell<VecDeque<Entry>>,
    pub(crate) speaker: SnapshotCell<Option<Peer>>,
}

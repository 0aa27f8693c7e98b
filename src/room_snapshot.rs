//! What the driver lets handles know.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use itodenwa_protocol::IceTransportPolicy;
use itodenwa_protocol::timeline::Entry;

use crate::peer::Peer;
use crate::snapshot::SnapshotCell;

/// What is known of a room now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) peers: SnapshotCell<Vec<Peer>>,
    pub(crate) steps: SnapshotCell<VecDeque<Entry>>,
    pub(crate) speaker: SnapshotCell<Option<Peer>>,
    pub(crate) reach: Rc<Reach>,
}

/// What there is to reach the others with, beside the connections themselves.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// The connection to the server is lost.
    pub(crate) is_server_away: Cell<bool>,
    /// A TURN server is known.
    pub(crate) has_relay: Cell<bool>,
    /// Which candidates are used here.
    pub(crate) policy: Cell<IceTransportPolicy>,
}

//! What the driver lets handles know.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use itodenwa_protocol::IceTransportPolicy;
use itodenwa_protocol::attributes::Attributes;
use itodenwa_protocol::timeline::Entry;

use crate::peer::Peer;
use crate::snapshot::SnapshotCell;

/// What is known of a room now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) peers: SnapshotCell<Vec<Peer>>,
    pub(crate) steps: SnapshotCell<VecDeque<Entry>>,
    /// One's own and the room's: what handles write here is told by the driver when it is asked to look.
    pub(crate) attributes: SnapshotCell<Attributes>,
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

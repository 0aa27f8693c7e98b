//! Names of nodes and of connections.

use serde::{Deserialize, Serialize};

/// One server among others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u16);

/// Names one connection. Never used twice. The node that has it stands in the upper 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);

impl ConnectionId {
    /// A connection of this node.
    #[must_use]
    pub const fn new(node: NodeId, number: u64) -> Self {
        ConnectionId((node.0 as u64) << 48 | number)
    }

    /// The node that has it.
    #[must_use]
    pub const fn node(self) -> NodeId {
        NodeId((self.0 >> 48) as u16)
    }
}

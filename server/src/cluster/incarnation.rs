//! What nodes are called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::NodeId;

/// A node from the moment it joins to the moment it is out: when it joins again it is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Incarnation {
    pub(super) id: NodeId,
    /// Random, so that a number that is used again names another node.
    pub(super) run: u64,
}

/// Not the name of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotANode;

impl Incarnation {
    pub(super) fn random() -> Result<Self, getrandom::Error> {
        // The lower half: 16 bits of a random number are random.
        Ok(Incarnation { id: NodeId(getrandom::u32()? as u16), run: getrandom::u64()? })
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.id.0, self.run)
    }
}

impl FromStr for Incarnation {
    type Err = NotANode;

    fn from_str(text: &str) -> Result<Self, NotANode> {
        let (id, run) = text.split_once('-').ok_or(NotANode)?;
        let id = id.parse().map(NodeId).map_err(|_| NotANode)?;
        Ok(Incarnation { id, run: u64::from_str_radix(run, 16).map_err(|_| NotANode)? })
    }
}

impl Serialize for Incarnation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Incarnation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|NotANode| serde::de::Error::custom("not the name of a node"))
    }
}

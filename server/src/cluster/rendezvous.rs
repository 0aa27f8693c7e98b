//! Which node keeps a room: rendezvous hashing (Thaler and Ravishankar, 1998). Each node has a weight for each room, and the
//! heaviest one keeps it, so that a node which comes or goes moves no other rooms than its own.

use itodenwa_wire::RoomName;
use sha2::{Digest, Sha256};

use super::NodeId;

/// The home node of a room; none if there are no nodes.
pub(super) fn home_node(room: &RoomName, nodes: impl Iterator<Item = NodeId>) -> Option<NodeId> {
    nodes.max_by_key(|node| (weight(room, *node), *node))
}

/// The node that keeps it when the home node is gone and nothing else changes; none if there is no other one.
pub(super) fn next_home_node(room: &RoomName, nodes: impl Iterator<Item = NodeId> + Clone) -> Option<NodeId> {
    let home = home_node(room, nodes.clone())?;
    home_node(room, nodes.filter(|node| *node != home))
}

/// The same in every release on every machine, which the hashes of the standard library do not promise.
fn weight(room: &RoomName, node: NodeId) -> [u8; 32] {
    Sha256::new().chain_update(node.0.to_be_bytes()).chain_update(room.as_str()).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_agree() {
        let home = |room: &str| home_node(&RoomName::new(room).unwrap(), (0..5).map(NodeId)).unwrap().0;
        // What other nodes of a cluster computed when they were built.
        assert_eq!(["blue-tiger", "a", "b", "c", "d"].map(home), [4, 0, 0, 0, 1]);
        assert_eq!(home_node(&RoomName::new("a").unwrap(), std::iter::empty()), None);
    }

    #[test]
    fn the_next_one_is_the_home_of_those_that_are_left() {
        for room in (0..100).map(|number| RoomName::new(format!("r{number}")).unwrap()) {
            let nodes = (0..5).map(NodeId);
            let home = home_node(&room, nodes.clone()).unwrap();
            let left = nodes.clone().filter(|node| *node != home);
            assert_eq!(next_home_node(&room, nodes), home_node(&room, left));
            assert_eq!(next_home_node(&room, [home].into_iter()), None);
        }
    }
}

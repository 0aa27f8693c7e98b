//! Nodes in one process: a single one, or several for tests.

use std::sync::{Arc, Mutex, PoisonError};

use itodenwa_wire::RoomName;
use tokio::sync::mpsc;

use super::{Bus, BusEvent, NODE_MESSAGES, NodeId, NodeMessage, Registry, rendezvous};

/// The bus of nodes in one process.
#[derive(Debug)]
pub struct LocalBus {
    me: NodeId,
    nodes: Nodes,
    events: mpsc::Receiver<BusEvent>,
}

/// The registry of nodes in one process: each room goes to one of those that are there (rendezvous hashing), so that a node
/// which comes or goes moves no other rooms than its own.
#[derive(Debug, Clone)]
pub struct Rendezvous(Nodes);

type Nodes = Arc<Mutex<Vec<(NodeId, mpsc::Sender<BusEvent>)>>>;

impl LocalBus {
    /// A node without others, and its registry.
    #[must_use]
    pub fn alone() -> (Self, Rendezvous) {
        LocalBus::join(Arc::default(), NodeId::default())
    }

    /// So many nodes, each with its registry.
    #[must_use]
    pub fn network(nodes: u16) -> Vec<(Self, Rendezvous)> {
        let all = Nodes::default();
        (0..nodes).map(|node| LocalBus::join(all.clone(), NodeId(node))).collect()
    }

    fn join(nodes: Nodes, me: NodeId) -> (Self, Rendezvous) {
        let (sender, events) = mpsc::channel(NODE_MESSAGES);
        with(&nodes, |nodes| {
            for (_, other) in nodes.iter() {
                let _ = other.try_send(BusEvent::NodeJoined(me));
            }
            nodes.push((me, sender));
        });
        (LocalBus { me, nodes: nodes.clone(), events }, Rendezvous(nodes))
    }

    /// A node is gone, and all others are told.
    fn expel(nodes: &Nodes, gone: NodeId) {
        with(nodes, |nodes| {
            let before = nodes.len();
            nodes.retain(|(node, _)| *node != gone);
            if nodes.len() < before {
                for (_, sender) in nodes {
                    // One that is so far behind is found out by the next message for it.
                    let _ = sender.try_send(BusEvent::NodeGone(gone));
                }
            }
        });
    }
}

impl Bus for LocalBus {
    fn me(&self) -> NodeId {
        self.me
    }

    fn send(&self, to: NodeId, message: NodeMessage) {
        let sent = with(&self.nodes, |nodes| {
            let is_in = nodes.iter().any(|(node, _)| *node == self.me);
            let (_, sender) = nodes.iter().find(|(node, _)| is_in && *node == to)?;
            sender.try_send(BusEvent::Message(self.me, message)).err().map(|_| to)
        });
        if let Some(gone) = sent {
            LocalBus::expel(&self.nodes, gone);
        }
    }

    fn events(&mut self) -> &mut mpsc::Receiver<BusEvent> {
        &mut self.events
    }

    fn others(&self) -> Vec<NodeId> {
        with(&self.nodes, |nodes| nodes.iter().map(|(node, _)| *node).filter(|node| *node != self.me).collect())
    }

    fn leave(&self) {
        LocalBus::expel(&self.nodes, self.me);
    }
}

impl Drop for LocalBus {
    fn drop(&mut self) {
        LocalBus::expel(&self.nodes, self.me);
    }
}

impl Registry for Rendezvous {
    fn home_node(&self, room: &RoomName) -> NodeId {
        with(&self.0, |nodes| rendezvous::home_node(room, nodes.iter().map(|(node, _)| *node))).unwrap_or_default()
    }

    fn next_home_node(&self, room: &RoomName) -> Option<NodeId> {
        with(&self.0, |nodes| rendezvous::next_home_node(room, nodes.iter().map(|(node, _)| *node)))
    }
}

/// The lock is held for a few steps that can't fail; should they ever, the list is still a list.
fn with<R>(nodes: &Nodes, what: impl FnOnce(&mut Vec<(NodeId, mpsc::Sender<BusEvent>)>) -> R) -> R {
    what(&mut nodes.lock().unwrap_or_else(PoisonError::into_inner))
}

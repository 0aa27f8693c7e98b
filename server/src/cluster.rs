//! More than one server: the two questions that they answer together.
//!
//! A room is kept by one node, its home node, with its members, their kept signals and the roster: nothing has to be agreed on.
//! Any node takes connections. What a connection sends after its join goes to the room's home node, and what it is sent comes
//! from there.
//!
//! ```text
//! client -> socket -> connection registry --Input--> bus --> connection registry (home node) -> hub
//! client <- socket <- connection registry <-Output-- bus <-- connection registry (home node) <- hub
//! ```
//!
//! So nodes are addressed, not rooms: [`Registry`] says which node, [`Bus`] gets it there. A node that is gone takes its
//! rooms with it, and nothing is copied to be safe from that: the clients have their tickets, and come back to the next
//! home node as after a restart. All nodes need the same [ticket secret](crate::Config::ticket_secret).
//!
//! [`LocalBus`] and [`Rendezvous`] are for one process: alone, or with several nodes for tests. One over Redis would
//! keep what the traits promise with a channel for each node and a set of nodes with heartbeats. Rooms and names in
//! messages between nodes are as private as in the hub: the way between nodes has to be.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use itodenwa_wire::RoomName;
use tokio::sync::mpsc;

use crate::hub::{Input, Output};
pub use crate::node::NodeId;
use crate::packet::Opaque;

/// Messages that wait for a node; when there are more it is behind for good, and gone.
const NODE_MESSAGES: usize = 65_536;

/// What a node sends another one.
#[derive(Debug)]
pub struct NodeMessage(pub(crate) NodeBody);

/// What is in a message between nodes.
#[derive(Debug)]
pub(crate) enum NodeBody {
    /// For the home node of a room.
    Input(Input<Opaque>),
    /// For the node that has a connection.
    Output(Output<Opaque>),
}

/// What comes from the bus.
#[derive(Debug)]
pub enum BusEvent {
    /// A message from another node.
    Message(NodeMessage),
    /// There is another node: it is the home of some rooms now.
    NodeJoined(NodeId),
    /// Another node is gone: what it sent before has arrived, nothing comes any more, and its name is not used again.
    NodeGone(NodeId),
}

/// Who is where.
pub trait Registry: fmt::Debug + Send + Sync {
    /// The node that keeps a room, its home node. It is asked at each join and answers from memory, without waiting.
    ///
    /// Nodes that see the same nodes have to give the same answer. They may differ for a moment while one comes or goes:
    /// then a room is kept twice, until that news makes the members on the wrong side come back.
    fn home_node(&self, room: &RoomName) -> NodeId;
}

/// Delivers to nodes.
pub trait Bus: fmt::Debug + Send {
    /// This node.
    fn me(&self) -> NodeId;

    /// Sends a message: at most once, in order for each pair of nodes, without waiting.
    ///
    /// What can't be delivered is lost together with its node: the other side gets [`BusEvent::NodeGone`] of us, or we of it.
    fn send(&self, to: NodeId, message: NodeMessage);

    /// What comes.
    fn events(&mut self) -> &mut mpsc::Receiver<BusEvent>;
}

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
            let (_, sender) = nodes.iter().find(|(node, _)| *node == to)?;
            sender.try_send(BusEvent::Message(message)).err().map(|_| to)
        });
        if let Some(gone) = sent {
            LocalBus::expel(&self.nodes, gone);
        }
    }

    fn events(&mut self) -> &mut mpsc::Receiver<BusEvent> {
        &mut self.events
    }
}

impl Drop for LocalBus {
    fn drop(&mut self) {
        LocalBus::expel(&self.nodes, self.me);
    }
}

impl Registry for Rendezvous {
    fn home_node(&self, room: &RoomName) -> NodeId {
        let weight = |node: &NodeId| {
            let mut hasher = DefaultHasher::new();
            (room, node).hash(&mut hasher);
            hasher.finish()
        };
        with(&self.0, |nodes| nodes.iter().map(|(node, _)| *node).max_by_key(weight)).unwrap_or_default()
    }
}

/// The lock is held for a few steps that can't fail; should they ever, the list is still a list.
fn with<R>(nodes: &Nodes, what: impl FnOnce(&mut Vec<(NodeId, mpsc::Sender<BusEvent>)>) -> R) -> R {
    what(&mut nodes.lock().unwrap_or_else(PoisonError::into_inner))
}

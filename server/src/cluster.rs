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
//! [`LocalBus`] and [`Rendezvous`] are for one process: alone, or with several nodes for tests. With the feature `redis`,
//! [`Config::redis`](crate::Config::redis) joins nodes on many machines. Rooms and names in messages between nodes are as
//! private as in the hub: the way between nodes has to be.

mod local;
pub(crate) mod machine;
mod rendezvous;

#[cfg(feature = "redis")]
mod incarnation;
#[cfg(feature = "redis")]
mod links;
#[cfg(feature = "redis")]
mod message;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(feature = "redis")]
#[cfg(test)]
mod simulation;

use std::fmt;
use std::time::Instant;

use itodenwa_wire::RoomName;
use tokio::sync::mpsc;

use crate::hub::{Input, Output, Removal};
pub use crate::node::NodeId;
use crate::operator::{Answer, Question};
use crate::packet::Opaque;
use crate::ticket::TicketSecret;
pub use local::{LocalBus, Rendezvous};
use machine::RoomPeople;

/// Messages that wait for a node; when there are more it is behind for good, and the link to it is broken.
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
    /// A question of an operator, and its number on the node that asks.
    Ask(u64, Question),
    /// The answer to that one.
    Answer(u64, Answer),
    /// These members were removed.
    Removed(Vec<Removal>),
    /// Who is in rooms that the other node would keep next, or keeps from now on.
    People(Vec<RoomPeople>),
    /// The other node is known: all rooms that it is the home of are released, and all removals are told.
    Released,
}

/// What comes from the bus.
#[derive(Debug)]
pub enum BusEvent {
    /// A message from this node.
    Message(NodeId, NodeMessage),
    /// There is another node: it is the home of some rooms now.
    NodeJoined(NodeId),
    /// Another node is gone: what it sent before has arrived, and nothing comes any more.
    NodeGone(NodeId),
    /// Messages from or to a node are lost. It is still there, and hears the same of this one; what was sent before, either way,
    /// has arrived or never will.
    LinkBroken(NodeId),
    /// Tickets are sealed with this from now on: this node keeps no room yet.
    TicketSecret(TicketSecret),
    /// All nodes are known that may have kept rooms when this one joined.
    Settled,
    /// This node had lost its place and has a new one, under this name: to all others it is one that has just started.
    Rejoined(NodeId),
}

/// Who is where.
pub trait Registry: fmt::Debug + Send + Sync {
    /// The node that keeps a room, its home node. It is asked at each join and answers from memory, without waiting.
    ///
    /// Nodes that see the same nodes have to give the same answer. They may differ for a moment while one comes or goes: then some
    /// members are sent away, and come back to the right one.
    fn home_node(&self, room: &RoomName) -> NodeId;

    /// The node that will keep it if the home node goes and nothing else changes; none if that cannot be said. It is told who is in the
    /// room, so that it can tell of those who do not come back.
    fn next_home_node(&self, room: &RoomName) -> Option<NodeId> {
        let _ = room;
        None
    }
}

/// Delivers to nodes.
pub trait Bus: fmt::Debug + Send {
    /// This node, as it is called now: another name says that it [joined anew](BusEvent::Rejoined).
    fn me(&self) -> NodeId;

    /// Sends a message: at most once, in order for each pair of nodes, without waiting.
    ///
    /// What can't be delivered is lost together with its link: both sides get [`BusEvent::LinkBroken`], or
    /// [`BusEvent::NodeGone`].
    fn send(&self, to: NodeId, message: NodeMessage);

    /// All nodes but this one.
    fn others(&self) -> Vec<NodeId>;

    /// Those of them that may not have known this one when it joined, also of those that are known only since: it keeps no room before
    /// they say that they do. None where all learn of a node at the same time.
    fn awaited(&self) -> Vec<NodeId> {
        Vec::new()
    }

    /// Whether all nodes were known that may keep rooms when this one joined. If not, it keeps none until [`BusEvent::Settled`].
    fn is_settled(&self) -> bool {
        true
    }

    /// What comes. It ends when this node has [left](Bus::leave).
    fn events(&mut self) -> &mut mpsc::Receiver<BusEvent>;

    /// Until when this node may keep rooms, unless that is extended: from then on others may keep them. None: for ever.
    fn lease(&self) -> Option<Instant> {
        None
    }

    /// The node of this name found its [lease](Bus::lease) over, and keeps no rooms any more. Unless it is called something else by now it has
    /// to [join anew](BusEvent::Rejoined), even if the lease was extended meanwhile.
    fn lose_place(&self, me: NodeId, now: Instant) {
        let _ = (me, now);
    }

    /// This node stops: it is gone for all others, and its rooms have other homes.
    fn leave(&self);

    /// Numbers about the cluster; none without one.
    fn figures(&self) -> Option<Figures> {
        None
    }
}

/// How the cluster is, as this node sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Nodes, with this one.
    pub nodes: usize,
    /// Messages that were sent to other nodes.
    pub sent: u64,
    /// Messages that came from other nodes.
    pub received: u64,
    /// What came and was no message, or of a kind that only later versions know.
    pub dropped: u64,
    /// Links to other nodes that broke.
    pub broken: u64,
    /// How often this node lost its place and came back.
    pub rejoined: u64,
    /// How long the engine took to answer last, in microseconds.
    pub answer_micros: u64,
}

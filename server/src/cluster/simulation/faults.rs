//! What is made wrong, to see that the properties notice.

use std::time::Instant;

use itodenwa_wire::RoomName;
use tokio::sync::mpsc;

use crate::cluster::redis::{RedisBus, RedisRegistry};
use crate::cluster::{Bus, BusEvent, NodeId, NodeMessage, Registry};

/// Something wrong at all nodes, or in the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// What a node sends to the home node or back comes twice.
    Twice,
    /// Of two messages that wait the second one comes first.
    OutOfOrder,
    /// Nobody is told that messages are lost.
    LossesUntold,
    /// Nobody is told that a node is gone.
    GoneUntold,
    /// A node goes on keeping rooms when its lease is over.
    LeaseWithoutEnd,
    /// A newcomer keeps rooms at once.
    NobodyAwaited,
    /// A newcomer takes those that an engine without memory knows for all that there are.
    SettledAtOnce,
    /// Each node takes itself for the home of each room.
    HomesDiffer,
    /// The engine lists nodes that are gone.
    NobodyExpires,
    /// Nodes hear of no removal.
    RemovalsUntold,
    /// Queues are longer than they may be.
    LongQueues,
}

/// A bus or a registry that is wrong.
#[derive(Debug)]
struct Wrong<T>(T, Fault, NodeId);

impl Fault {
    /// All, each with the beginning of what notices it.
    pub(super) const ALL: [(Fault, &'static str); 10] = [
        (Fault::Twice, "twice or out of order"),
        (Fault::OutOfOrder, "twice or out of order"),
        (Fault::LossesUntold, "convergence"),
        (Fault::GoneUntold, "convergence"),
        (Fault::LeaseWithoutEnd, "two keepers"),
        (Fault::NobodyAwaited, "two keepers"),
        (Fault::HomesDiffer, "two keepers"),
        (Fault::NobodyExpires, "convergence"),
        (Fault::RemovalsUntold, "removed"),
        (Fault::LongQueues, "unbounded"),
    ];

    pub(super) fn of(self, bus: RedisBus, registry: RedisRegistry) -> (Box<dyn Bus>, Box<dyn Registry>) {
        let me = bus.me();
        (Box::new(Wrong(bus, self, me)), Box::new(Wrong(registry, self, me)))
    }
}

impl Bus for Wrong<RedisBus> {
    fn me(&self) -> NodeId {
        self.0.me()
    }

    fn send(&self, to: NodeId, message: NodeMessage) {
        self.0.send(to, message);
    }

    fn others(&self) -> Vec<NodeId> {
        self.0.others()
    }

    fn awaited(&self) -> Vec<NodeId> {
        if self.1 == Fault::NobodyAwaited { Vec::new() } else { self.0.awaited() }
    }

    fn is_settled(&self) -> bool {
        self.1 == Fault::SettledAtOnce || self.0.is_settled()
    }

    fn events(&mut self) -> &mut mpsc::Receiver<BusEvent> {
        self.0.events()
    }

    fn lease(&self) -> Option<Instant> {
        if self.1 == Fault::LeaseWithoutEnd { None } else { self.0.lease() }
    }

    fn lose_place(&self, me: NodeId, now: Instant) {
        self.0.lose_place(me, now);
    }

    fn leave(&self) {
        self.0.leave();
    }
}

impl Registry for Wrong<RedisRegistry> {
    fn home_node(&self, room: &RoomName) -> NodeId {
        if self.1 == Fault::HomesDiffer { self.2 } else { self.0.home_node(room) }
    }

    fn next_home_node(&self, room: &RoomName) -> Option<NodeId> {
        self.0.next_home_node(room)
    }
}

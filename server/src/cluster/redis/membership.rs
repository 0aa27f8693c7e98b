//! A node's membership of the cluster from joining to being out, without input and output: who is there, what they send each
//! other, and the lease.

use std::time::{Duration, Instant};

use super::super::incarnation::Incarnation;
use super::super::links::{Batch, Event, Links, Received};
use super::super::message::{RELEASES, decode, encode};
use super::lease::{self, Lease};
use super::{BusEvent, NodeId, NodeMessage};
use crate::packet::Opaque;

/// A member of the cluster.
#[derive(Debug)]
pub(in crate::cluster) struct Membership {
    pub(in crate::cluster) me: Incarnation,
    /// The generation of the cluster that this node knows.
    pub(in crate::cluster) generation: String,
    /// Whether this is not the generation that it joined: nodes may be there that are not in again yet.
    is_later: bool,
    timeout: Duration,
    /// Those that say what they released, of the nodes that may have been there before this one.
    awaited: Vec<NodeId>,
    settled: Settled,
    pub(in crate::cluster) links: Links<Opaque>,
    pub(in crate::cluster) lease: Lease,
}

/// Whether all nodes are known that may keep rooms. An engine that has just begun, or lost all, tells of none that were there before; as
/// long as a lease lasts they may be, and those that keep one are in again by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Not,
    /// It is to be told.
    Now,
    Yes,
}

/// What the engine says to a beat.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct View {
    /// False: this node was silent for too long, and others have its rooms.
    pub(in crate::cluster) is_in: bool,
    pub(in crate::cluster) generation: String,
    /// How long ago the cluster, or all that the engine knew of it, began.
    pub(in crate::cluster) age: Duration,
    /// All nodes, and in which version this one speaks with them.
    pub(in crate::cluster) nodes: Vec<(Incarnation, u32)>,
}

/// This node is out: it joins anew.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cluster) struct Out;

/// What came on this node's channel.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cluster) enum Came {
    Done,
    /// It is not known who sent it: a beat would tell.
    Early,
    Nonsense,
}

/// What is to be handed on.
#[derive(Debug)]
pub(in crate::cluster) enum Next {
    Event(BusEvent),
    /// A message of another node that this one does not understand.
    Dropped,
}

impl Membership {
    /// Of a node that joined by a beat that was sent then.
    pub(in crate::cluster) fn joined(me: Incarnation, timeout: Duration, sent: Instant, view: View) -> Self {
        Membership {
            me,
            generation: view.generation.clone(),
            is_later: false,
            timeout,
            awaited: that_say_so(me, &view),
            settled: if view.age < lease::length(timeout) { Settled::Not } else { Settled::Yes },
            links: Links::new(me, view.nodes.into_iter().map(|(node, _)| node)),
            lease: Lease::new(timeout, sent),
        }
    }

    /// Those that may not have known this node when it joined.
    pub(in crate::cluster) fn awaited(&self) -> &[NodeId] {
        &self.awaited
    }

    /// Whether all were known that may keep rooms when this node joined; otherwise it is told when they are.
    pub(in crate::cluster) fn is_settled(&self) -> bool {
        self.settled == Settled::Yes
    }

    pub(in crate::cluster) fn send(&mut self, now: Instant, to: NodeId, message: NodeMessage) -> bool {
        let message = encode(now, message);
        let is_sent = message.is_some();
        message.into_iter().for_each(|message| self.links.send(to, message));
        is_sent
    }

    /// A beat was answered.
    pub(in crate::cluster) fn answered(&mut self, view: View) -> Result<(), Out> {
        if !view.is_in {
            return Err(Out);
        }
        if view.generation != self.generation {
            tracing::warn!("the cluster's engine lost what it knew");
            self.generation.clone_from(&view.generation);
            self.is_later = true;
        }
        let is_young = self.is_later && view.age < self.timeout;
        if self.settled == Settled::Not {
            self.awaited = that_say_so(self.me, &view);
            if view.age >= lease::length(self.timeout) {
                self.settled = Settled::Now;
            }
        }
        let nodes: Vec<_> = view.nodes.into_iter().map(|(node, _)| node).collect();
        self.links.members(&nodes, is_young);
        Ok(())
    }

    /// Something came on this node's channel.
    pub(in crate::cluster) fn came(&mut self, now: Instant, payload: &[u8]) -> Came {
        if let Some(beat) = std::str::from_utf8(payload).ok().and_then(|text| text.parse::<u64>().ok()) {
            self.lease.came_back(now, beat);
            return Came::Done;
        }
        match serde_json::from_slice::<Batch<Opaque>>(payload).map(|batch| self.links.receive(batch)) {
            Ok(Received::Done) => Came::Done,
            Ok(Received::Early) => Came::Early,
            Err(error) => {
                tracing::debug!(%error, "what came on this node's channel is no message");
                Came::Nonsense
            }
        }
    }

    /// What follows.
    pub(in crate::cluster) fn poll(&mut self, now: Instant) -> Option<Next> {
        let Some(event) = self.links.poll() else {
            let is_now = self.settled == Settled::Now;
            return is_now.then(|| {
                self.settled = Settled::Yes;
                Next::Event(BusEvent::Settled)
            });
        };
        Some(Next::Event(match event {
            Event::Message(from, text) => match decode(now, &text) {
                Ok(message) => BusEvent::Message(from, message),
                Err(error) => {
                    tracing::debug!(node = from.0, %error, "a message of another node is none");
                    return Some(Next::Dropped);
                }
            },
            Event::Joined(node) => BusEvent::NodeJoined(node),
            Event::Gone(node) => BusEvent::NodeGone(node),
            Event::Broken(node) => BusEvent::LinkBroken(node),
        }))
    }
}

/// The other nodes that say what they released.
fn that_say_so(me: Incarnation, view: &View) -> Vec<NodeId> {
    let says = |(node, version): &(Incarnation, u32)| (*version >= RELEASES && *node != me).then_some(node.id);
    view.nodes.iter().filter_map(says).collect()
}

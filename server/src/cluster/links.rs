//! The links of one node to the others, without input and output: who is there, and that messages arrive in order and all of
//! them, or that both ends know of it.
//!
//! The engine between the nodes may lose messages: when it restarts, when a connection to it breaks, when a reader is too slow.
//! So messages are counted, for each link and direction. A node that finds some missing breaks the link: it begins the next epoch,
//! in which both ends count from the start, and messages of earlier ones are dropped. The other end learns of it by the
//! first batch of the new epoch, and breaks the link, too.
//!
//! The last messages before a silence have none after them that could show that they are missing. So after messages follows,
//! at the next beat, a batch without any.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::incarnation::Incarnation;
use super::{NODE_MESSAGES, NodeId};
use crate::packet::Packet;

/// Bytes that wait for a node; when there are more the link is broken.
const NODE_BYTES: usize = 64 << 20;
/// Bytes in one batch, and one message more.
const BATCH_BYTES: usize = 256 << 10;
/// Batches of nodes that are not known yet.
const EARLY: usize = 256;
/// After a loss the next list of who is there may have been made before it; the one after that has all who sent something before.
const LOSSY: u8 = 2;

/// Messages from one node to another one, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Batch<M> {
    /// Who sent it.
    pub(super) from: Incarnation,
    /// How often the link was broken before.
    pub(super) epoch: u64,
    /// How many messages came before in this epoch.
    pub(super) before: u64,
    pub(super) messages: Vec<M>,
}

/// What follows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event<M> {
    Message(NodeId, M),
    Joined(NodeId),
    Gone(NodeId),
    Broken(NodeId),
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// It was in order, or of an epoch that is over.
    Done,
    /// It is kept until it is known who there is, which should be found out now.
    Early,
}

#[derive(Debug)]
pub(super) struct Links<M> {
    me: Incarnation,
    /// One for each other node.
    links: BTreeMap<NodeId, Link<M>>,
    /// At most [`EARLY`].
    early: VecDeque<Batch<M>>,
    /// Messages were lost, perhaps also of nodes that are known only after so many further lists of who is there.
    lossy: u8,
    events: VecDeque<Event<M>>,
}

#[derive(Debug)]
struct Link<M> {
    node: Incarnation,
    epoch: u64,
    /// Messages that were handed out in this epoch.
    sent: u64,
    /// Messages that came in this epoch.
    received: u64,
    /// Whether the other end knows of this epoch.
    is_known: bool,
    /// At most [`NODE_MESSAGES`] and [`NODE_BYTES`].
    waiting: VecDeque<M>,
    bytes: usize,
    empty: Empty,
    /// Nobody heard what was sent last: what follows waits for the next beat. Who is told of the loss has something to say, and as long as
    /// nobody listens this would be a loop.
    is_paused: bool,
}

/// Whether a batch without messages is to be sent, so that the other end sees what is missing, or the epoch.
#[derive(Debug, PartialEq, Eq)]
enum Empty {
    No,
    AtBeat,
    Now,
}

impl<M> Link<M> {
    fn new(node: Incarnation) -> Self {
        Link {
            node,
            epoch: 0,
            sent: 0,
            received: 0,
            is_known: true,
            waiting: VecDeque::new(),
            bytes: 0,
            empty: Empty::No,
            is_paused: false,
        }
    }

    fn broken(&mut self, epoch: u64, empty: Empty) {
        *self = Link { epoch, is_known: false, empty, ..Link::new(self.node) };
    }
}

impl<M: Packet> Links<M> {
    /// Of a node that joins these.
    pub(super) fn new(me: Incarnation, nodes: impl IntoIterator<Item = Incarnation>) -> Self {
        let others = nodes.into_iter().filter(|node| *node != me);
        let links = others.map(|node| (node.id, Link::new(node))).collect();
        Links { me, links, early: VecDeque::new(), lossy: 0, events: VecDeque::new() }
    }

    /// The other nodes.
    pub(super) fn others(&self) -> impl Iterator<Item = NodeId> {
        self.links.keys().copied()
    }

    /// These nodes are there. Some that are not among them may be for all that if the list `is_young`: all names were lost, and
    /// not everybody is in again.
    pub(super) fn members(&mut self, nodes: &[Incarnation], is_young: bool) {
        let events = &mut self.events;
        self.links.retain(|id, link| {
            let is_followed = nodes.iter().any(|node| node.id == *id && *node != link.node);
            let stays = nodes.contains(&link.node) || is_young && !is_followed;
            if !stays {
                events.push_back(Event::Gone(*id));
            }
            stays
        });
        let mut joined = Vec::new();
        for node in nodes.iter().filter(|node| **node != self.me) {
            if let Entry::Vacant(vacant) = self.links.entry(node.id) {
                vacant.insert(Link::new(*node));
                self.events.push_back(Event::Joined(node.id));
                joined.push(node.id);
            }
        }
        for batch in std::mem::take(&mut self.early) {
            if self.links.get(&batch.from.id).is_some_and(|link| link.node == batch.from) {
                self.receive(batch);
            }
        }
        if self.lossy > 0 {
            self.lossy -= 1;
            // After what came of them early, which may be of an epoch that they have begun.
            joined.into_iter().for_each(|node| self.break_link(node, None, Empty::Now));
        }
    }

    /// The other nodes, by their full names.
    #[cfg(test)]
    pub(super) fn nodes(&self) -> impl Iterator<Item = Incarnation> {
        self.links.values().map(|link| link.node)
    }

    /// Whether there is something to publish before the next beat.
    #[cfg(test)]
    pub(super) fn has_batches(&self) -> bool {
        self.links.values().any(|link| !link.is_paused && (!link.waiting.is_empty() || link.empty == Empty::Now))
    }

    #[cfg(test)]
    pub(super) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    #[cfg(test)]
    pub(super) fn is_bounded(&self) -> bool {
        let is_bounded = |link: &Link<M>| link.waiting.len() <= NODE_MESSAGES && link.bytes <= NODE_BYTES + BATCH_BYTES;
        self.early.len() <= EARLY && self.links.values().all(is_bounded)
    }

    /// A message for a node. For one that is gone it is lost.
    pub(super) fn send(&mut self, to: NodeId, message: M) {
        let Some(link) = self.links.get_mut(&to) else { return };
        if link.waiting.len() >= NODE_MESSAGES || link.bytes >= NODE_BYTES {
            return self.break_link(to, None, Empty::Now);
        }
        link.bytes = link.bytes.saturating_add(message.bytes());
        link.waiting.push_back(message);
    }

    /// What is to be published now, at most a batch for each node; `is_beat` once in a while.
    pub(super) fn batches(&mut self, is_beat: bool) -> Vec<(Incarnation, Batch<M>)> {
        let me = self.me;
        let batch = |link: &mut Link<M>| {
            if link.is_paused && !is_beat {
                return None;
            }
            link.is_paused = false;
            let is_empty_due = link.empty == Empty::Now || is_beat && (link.empty == Empty::AtBeat || !link.is_known);
            if link.waiting.is_empty() && !is_empty_due {
                return None;
            }
            let mut bytes = 0_usize;
            let mut messages = Vec::new();
            while bytes < BATCH_BYTES
                && let Some(message) = link.waiting.pop_front()
            {
                bytes = bytes.saturating_add(message.bytes());
                messages.push(message);
            }
            link.bytes = link.bytes.saturating_sub(bytes);
            let before = link.sent;
            link.sent += messages.len() as u64;
            link.empty = if messages.is_empty() { Empty::No } else { Empty::AtBeat };
            Some((link.node, Batch { from: me, epoch: link.epoch, before, messages }))
        };
        self.links.values_mut().filter_map(batch).collect()
    }

    /// A batch came.
    pub(super) fn receive(&mut self, batch: Batch<M>) -> Received {
        let id = batch.from.id;
        let Some(link) = self.links.get_mut(&id).filter(|link| link.node == batch.from) else {
            if self.early.len() < EARLY {
                self.early.push_back(batch);
            } else {
                self.lossy = LOSSY;
            }
            return Received::Early;
        };
        if batch.epoch < link.epoch {
            return Received::Done;
        }
        if batch.epoch > link.epoch {
            self.break_link(id, Some(batch.epoch), Empty::Now);
        }
        let Some(link) = self.links.get_mut(&id) else { return Received::Done };
        link.is_known = true;
        link.is_paused = false;
        if batch.before == link.received {
            link.received += batch.messages.len() as u64;
            self.events.extend(batch.messages.into_iter().map(|message| Event::Message(id, message)));
        } else {
            self.break_link(id, None, Empty::Now);
        }
        Received::Done
    }

    /// What was published for this node did not reach it.
    pub(super) fn failed(&mut self, node: Incarnation) {
        if self.links.get(&node.id).is_some_and(|link| link.node == node) {
            self.break_link(node.id, None, Empty::AtBeat);
            if let Some(link) = self.links.get_mut(&node.id) {
                link.is_paused = true;
            }
        }
    }

    /// Messages may have been lost, from anybody.
    pub(super) fn lost(&mut self) {
        self.lossy = LOSSY;
        for id in self.others().collect::<Vec<_>>() {
            self.break_link(id, None, Empty::Now);
        }
    }

    /// What follows.
    pub(super) fn poll(&mut self) -> Option<Event<M>> {
        self.events.pop_front()
    }

    /// To this epoch, or the next one that this end may begin: one begins even ones and the other odd ones, so that neither takes the
    /// other's for its own when both break the link.
    fn break_link(&mut self, id: NodeId, epoch: Option<u64>, empty: Empty) {
        let me = self.me;
        if let Some(link) = self.links.get_mut(&id) {
            let next = link.epoch.saturating_add(1);
            let own = next.saturating_add(u64::from((next % 2 == 1) != (me > link.node)));
            link.broken(epoch.unwrap_or(own), empty);
            self.events.push_back(Event::Broken(id));
        }
    }
}

#[cfg(test)]
mod tests;

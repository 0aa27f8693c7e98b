//! Nodes on many machines, over Redis or Valkey.
//!
//! The engine holds a set of nodes with the times at which they expire, and passes on what nodes send each other (PUBLISH): each has
//! a channel. It stores no room and no message. [`links`](super::links) finds what it loses.
//!
//! A node has a **lease**: for four fifths of the timeout from the last beat that the engine answered *and* that came back on the
//! node's own channel. When that is over it keeps no rooms any more, whether it was stalled, cut off, or the engine is away; a
//! fifth later the engine lets others keep them. So no room has two homes that both believe in it. The node then joins anew, under
//! another name: to the others it is one that has just started.

mod config;
pub(super) mod lease;
mod member;
pub(super) mod membership;
mod script;
mod session;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use itodenwa_wire::RoomName;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Bus, BusEvent, Figures, NODE_MESSAGES, NodeId, NodeMessage, Registry, rendezvous};
use crate::ticket::TicketSecret;
pub use config::{InvalidPrefix, JoinError, RedisConfig, RedisPrefix, RedisUrl};
use member::Member;
use membership::Membership;
use script::Secret;

/// Events that wait for the connection registry; the bus then waits, too.
const EVENTS: usize = 1024;

/// A node's way to the others.
#[derive(Debug)]
pub(crate) struct RedisBus {
    shared: Arc<Shared>,
    messages: mpsc::Sender<(NodeId, NodeMessage)>,
    events: mpsc::Receiver<BusEvent>,
    leaving: CancellationToken,
}

/// Where rooms have their homes.
#[derive(Debug)]
pub(crate) struct RedisRegistry(Arc<Shared>);

/// What the task that talks with the engine lets others know.
#[derive(Debug)]
pub(super) struct Shared {
    view: Mutex<View>,
    /// Messages did not find a place: all links are to be broken.
    is_overfull: AtomicBool,
    counts: Counts,
}

#[derive(Debug)]
struct View {
    me: NodeId,
    others: Vec<NodeId>,
    awaited: Vec<NodeId>,
    is_settled: bool,
    lease: Instant,
    /// The registry found the lease over: whatever comes back, it stays so until the node has joined anew.
    is_lost: bool,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
    dropped: AtomicU64,
    broken: AtomicU64,
    rejoined: AtomicU64,
    answer_micros: AtomicU64,
}

/// A node of the cluster.
pub(crate) struct Joined {
    pub(crate) bus: RedisBus,
    pub(crate) registry: RedisRegistry,
    /// The ticket secret: that of this node if it has one, otherwise that of the cluster.
    pub(crate) secret: TicketSecret,
    /// Ends when the node has left.
    pub(crate) membership: JoinHandle<()>,
}

/// Makes this a node of the cluster, and waits until it may keep rooms. When that fails the node has left.
pub(crate) async fn join(config: RedisConfig, secret: Option<TicketSecret>) -> Result<Joined, JoinError> {
    let is_shared = secret.is_none();
    let secret = secret.map_or_else(TicketSecret::random, Ok).map_err(JoinError::Random)?;
    let (bus, registry, way) = way(tokio::time::Instant::now().into_std());
    let secret = Secret { secret, is_shared };
    let limit = 2 * config.timeout;
    let (agree, agreed) = oneshot::channel();
    let member = Member::join(config, secret, way, agree).await?;
    let membership = tokio::spawn(member.run());
    if !bus.is_settled() {
        tracing::info!("the cluster has just begun, or its engine lost what it knew: others are waited for");
    }
    let agreed = timeout(limit, agreed).await.map_err(|_| JoinError::Timeout);
    match agreed.and_then(|agreed| agreed.map_err(|_| JoinError::Timeout)?) {
        Ok(secret) => Ok(Joined { bus, registry, secret, membership }),
        Err(error) => {
            drop(bus);
            let _ = membership.await;
            Err(error)
        }
    }
}

/// What is between a node and the task that talks with the engine, for that task.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) shared: Arc<Shared>,
    pub(super) outbox: mpsc::Receiver<(NodeId, NodeMessage)>,
    pub(super) inbox: mpsc::Sender<BusEvent>,
    leaving: CancellationToken,
}

/// Both of its ends, of a node that has not joined yet.
pub(super) fn way(now: Instant) -> (RedisBus, RedisRegistry, Way) {
    let (messages, outbox) = mpsc::channel(NODE_MESSAGES);
    let (inbox, events) = mpsc::channel(EVENTS);
    let (others, awaited) = (Vec::new(), Vec::new());
    let view = View { me: NodeId::default(), others, awaited, is_settled: false, lease: now, is_lost: false };
    let shared = Shared { view: Mutex::new(view), is_overfull: AtomicBool::new(false), counts: Counts::default() };
    let (shared, leaving) = (Arc::new(shared), CancellationToken::new());
    let bus = RedisBus { shared: shared.clone(), messages, events, leaving: leaving.clone() };
    (bus, RedisRegistry(shared.clone()), Way { shared, outbox, inbox, leaving })
}

impl Bus for RedisBus {
    fn me(&self) -> NodeId {
        self.shared.view(|view| view.me)
    }

    fn send(&self, to: NodeId, message: NodeMessage) {
        if self.messages.try_send((to, message)).is_err() {
            self.shared.is_overfull.store(true, Ordering::Relaxed);
        }
    }

    fn events(&mut self) -> &mut mpsc::Receiver<BusEvent> {
        &mut self.events
    }

    fn others(&self) -> Vec<NodeId> {
        self.shared.view(|view| view.others.clone())
    }

    fn awaited(&self) -> Vec<NodeId> {
        self.shared.view(|view| view.awaited.clone())
    }

    fn is_settled(&self) -> bool {
        self.shared.view(|view| view.is_settled)
    }

    fn lease(&self) -> Option<Instant> {
        Some(self.shared.lease())
    }

    fn lose_place(&self, me: NodeId, now: Instant) {
        self.shared.view(|view| {
            if view.me == me {
                (view.is_lost, view.lease) = (true, view.lease.min(now));
            }
        });
    }

    fn leave(&self) {
        self.leaving.cancel();
    }

    fn figures(&self) -> Option<Figures> {
        let counts = &self.shared.counts;
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Some(Figures {
            nodes: self.shared.view(|view| view.others.len() + 1),
            sent: of(&counts.sent),
            received: of(&counts.received),
            dropped: of(&counts.dropped),
            broken: of(&counts.broken),
            rejoined: of(&counts.rejoined),
            answer_micros: of(&counts.answer_micros),
        })
    }
}

impl Drop for RedisBus {
    fn drop(&mut self) {
        self.leaving.cancel();
    }
}

impl Registry for RedisRegistry {
    fn home_node(&self, room: &RoomName) -> NodeId {
        self.0
            .view(|view| rendezvous::home_node(room, view.others.iter().copied().chain([view.me])))
            .unwrap_or_default()
    }

    fn next_home_node(&self, room: &RoomName) -> Option<NodeId> {
        self.0.view(|view| rendezvous::next_home_node(room, view.others.iter().copied().chain([view.me])))
    }
}

impl Shared {
    /// A membership begins.
    pub(super) fn joined(&self, membership: &Membership) {
        self.view(|view| {
            view.me = membership.me.id;
            view.is_settled = membership.is_settled();
            view.is_lost = false;
        });
        self.show(membership);
    }

    /// What the others in this process see of the membership.
    pub(super) fn show(&self, membership: &Membership) {
        self.view(|view| {
            view.others = membership.links.others().collect();
            view.awaited = membership.awaited().to_vec();
            if !view.is_lost {
                view.lease = membership.lease.until();
            }
        });
    }

    /// The lease is over, whatever was said of it.
    pub(super) fn end_lease(&self, now: Instant) {
        self.view(|view| view.lease = now);
    }

    pub(super) fn lease(&self) -> Instant {
        self.view(|view| view.lease)
    }

    /// The lock is held for a few steps that can't fail; should they ever, what is seen is still of use.
    fn view<R>(&self, what: impl FnOnce(&mut View) -> R) -> R {
        what(&mut self.view.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Counts {
    fn add(count: &AtomicU64, more: usize) {
        count.fetch_add(more as u64, Ordering::Relaxed);
    }
}

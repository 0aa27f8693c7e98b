//! The connections of this node: the one task that owns the gate, the node and the sockets' queues.

use std::collections::{HashMap, HashSet};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use itodenwa_wire::ServerMessage;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::Limits;
use crate::address::Origin;
use crate::budget::Budget;
use crate::closing::{Closing, Ending};
use crate::cluster::machine::Node;
use crate::cluster::{Bus, Registry};
use crate::gate::{Denied, Gate};
use crate::hub::{Hub, Input, Output};
use crate::metrics::{Counts, Numbers};
use crate::node::ConnectionId;
use crate::packet::Opaque;
use crate::queue::{QueueSender, queue};
use crate::registry_message::{INBOX_MESSAGES, RegistryMessage};
use crate::socket::Socket;
use crate::webhook::Webhooks;

/// The one owner of everything that connections share.
#[derive(Debug)]
pub(crate) struct ConnectionRegistry {
    limits: Arc<Limits>,
    gate: Gate,
    node: Node,
    messages: mpsc::WeakSender<RegistryMessage>,
    inbox: mpsc::Receiver<RegistryMessage>,
    connections: HashMap<ConnectionId, ConnectionHandle>,
    /// Those that are given time to join later, at most [`Limits::visitors`].
    visitors: HashSet<ConnectionId>,
    sockets: JoinSet<(ConnectionId, Ending)>,
    queues: Arc<Budget>,
    /// Where the rooms tell what happens, if anywhere.
    webhooks: Option<Webhooks>,
    counts: Counts,
}

/// A connection, seen from here.
#[derive(Debug)]
struct ConnectionHandle {
    origin: Origin,
    task: tokio::task::Id,
    queue: QueueSender,
    /// None when it was used.
    close: Option<oneshot::Sender<Closing>>,
}

impl ConnectionRegistry {
    pub(crate) fn new(
        limits: Limits,
        hub: Hub<Opaque>,
        (bus, homes): (Box<dyn Bus>, Box<dyn Registry>),
        webhooks: Option<Webhooks>,
    ) -> (Self, mpsc::Sender<RegistryMessage>) {
        let (messages, inbox) = mpsc::channel(INBOX_MESSAGES);
        let mut node = Node::new(hub, bus, homes);
        if webhooks.is_some() {
            node.tell_events();
        }
        let registry = ConnectionRegistry {
            gate: Gate::new(limits.clone()),
            queues: Arc::new(Budget::new(limits.queues_bytes)),
            limits: limits.into(),
            node,
            messages: messages.downgrade(),
            inbox,
            connections: HashMap::new(),
            visitors: HashSet::new(),
            sockets: JoinSet::new(),
            webhooks,
            counts: Counts::new(),
        };
        (registry, messages)
    }

    /// Whether this node has its place in the cluster, to be asked at any time.
    pub(crate) fn is_in(&self) -> Arc<AtomicBool> {
        self.node.is_in().clone()
    }

    /// Works until it is told to stop and the last connection is closed. Dropped, it closes them all at once.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut stopping = false;
        while !(stopping && self.sockets.is_empty()) {
            let (deadline, lease) = (self.node.deadline(), self.node.lease());
            tokio::select! {
                () = until(lease) => self.node.check_lease(now()),
                Some(message) = self.inbox.recv() => self.on_message(message),
                Some(ended) = self.sockets.join_next_with_id() => self.on_socket_end(ended),
                Some(event) = self.node.bus_events().recv() => self.node.on_bus_event(now(), event),
                () = until(deadline) => self.node.handle(now(), Input::Deadline),
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    tracing::info!(connections = self.connections.len(), "stopping");
                    self.node.stop(now());
                }
            }
            self.do_outputs();
        }
        // The others are told that this node leaves.
        while self.node.bus_events().recv().await.is_some() {}
    }

    fn on_message(&mut self, message: RegistryMessage) {
        self.node.check_lease(now());
        match message {
            RegistryMessage::Connect { origin, upgrade, visits, answer } => {
                let admitted = self.admit(origin);
                match admitted {
                    Ok(()) => self.connect(origin, upgrade, visits),
                    Err(denied) => {
                        tracing::debug!(%origin, ?denied, "connection refused");
                        match denied {
                            Denied::TooMany(_) => self.counts.denied_by_address += 1,
                            Denied::Full(_) => self.counts.denied_when_full += 1,
                            Denied::GoingAway => self.counts.denied_without_place += 1,
                        }
                    }
                }
                // Who does not wait for the answer does not come either: the upgrade fails, and the socket ends.
                let _ = answer.send(admitted);
            }
            RegistryMessage::Admission { origin, answer } => {
                let is_in = self.node.is_in().load(Ordering::Relaxed);
                let admitted = if is_in { self.gate.would_admit(now(), origin) } else { Err(Denied::GoingAway) };
                let _ = answer.send(admitted);
            }
            RegistryMessage::WebOriginDenied => self.counts.denied_by_origin += 1,
            RegistryMessage::Measure(answer) => {
                let numbers = Numbers {
                    counts: self.counts.clone(),
                    census: self.node.census(),
                    cluster: self.node.figures(),
                    webhooks: self.webhooks.as_ref().map(Webhooks::counts),
                };
                // Who asked may have gone away meanwhile.
                let _ = answer.send(numbers);
            }
            RegistryMessage::Ask(question, to) => self.node.ask(now(), question, to),
            RegistryMessage::Received(from, received) => {
                self.visitors.remove(&from);
                self.counts.received += 1;
                if let Err(Closing { refusal: Some(refusal), .. }) = &received {
                    tracing::debug!(connection = from.0, code = %refusal.code, "message refused");
                }
                self.node.handle(now(), Input::Received(from, received));
            }
            RegistryMessage::Unknown(from) => {
                self.visitors.remove(&from);
                self.counts.received += 1;
                self.counts.unknown += 1;
                self.node.handle(now(), Input::Unknown(from));
            }
            RegistryMessage::Taken(from) => self.node.handle(now(), Input::Taken(from)),
            RegistryMessage::Ended(from, ending, refusal) => {
                refusal.into_iter().for_each(|code| self.counts.refused(code));
                self.node.handle(now(), Input::Disconnected(from, ending));
            }
        }
    }

    fn admit(&mut self, origin: Origin) -> Result<(), Denied> {
        if self.node.is_in().load(Ordering::Relaxed) { self.gate.admit(now(), origin) } else { Err(Denied::GoingAway) }
    }

    fn connect(&mut self, origin: Origin, upgrade: OnUpgrade, visits: bool) {
        let Some(registry) = self.messages.upgrade() else { return self.gate.release(origin) };
        self.counts.connections += 1;
        let id = self.node.connect(now());
        let (sender, receiver) = queue(&self.limits, &self.queues);
        let (close, closing) = oneshot::channel();
        // When there are as many as may be, one has to join at once, like all others.
        let join_timeout = if visits && self.visitors.len() < self.limits.visitors {
            self.visitors.insert(id);
            self.limits.visit_timeout
        } else {
            self.limits.join_timeout
        };
        let socket = Socket { id, limits: self.limits.clone(), join_timeout, registry, queue: receiver, closing };
        let task = self.sockets.spawn(async move {
            let ending = socket.run(upgrade).await;
            (id, ending)
        });
        self.connections.insert(id, ConnectionHandle { origin, task: task.id(), queue: sender, close: Some(close) });
        tracing::debug!(connection = id.0, %origin, "connected");
    }

    /// A socket's task is over, and its place is free.
    fn on_socket_end(&mut self, ended: Result<(tokio::task::Id, (ConnectionId, Ending)), tokio::task::JoinError>) {
        let ended = match ended {
            Ok((_, ended)) => Some(ended),
            Err(error) => {
                tracing::error!(%error, "a socket's task failed");
                let connection = self.connections.iter().find(|(_, connection)| connection.task == error.id());
                connection.map(|(id, _)| (*id, Ending::Broken { last_received: now() }))
            }
        };
        let Some((id, ending)) = ended else { return };
        self.node.ended(now(), id, ending);
        self.visitors.remove(&id);
        let Some(connection) = self.connections.remove(&id) else { return };
        self.gate.release(connection.origin);
        tracing::debug!(connection = id.0, "gone");
    }

    fn do_outputs(&mut self) {
        while let Some(output) = self.node.poll() {
            self.do_output(output);
        }
        while let Some(event) = self.node.poll_event() {
            if let Some(webhooks) = &mut self.webhooks {
                webhooks.tell(event);
            }
        }
    }

    fn do_output(&mut self, output: Output<Opaque>) {
        match output {
            Output::Send(to, message) => self.send(to, &message),
            Output::Mark(to) => {
                if let Some(connection) = self.connections.get(&to) {
                    connection.queue.mark();
                }
            }
            Output::Close(to, closing) => self.close(to, closing),
        }
    }

    fn close(&mut self, whom: ConnectionId, closing: Closing) {
        if let Some(close) = self.connections.get_mut(&whom).and_then(|connection| connection.close.take()) {
            tracing::debug!(connection = whom.0, code = closing.code, "closing");
            // A socket that does not listen any more is at its end already.
            let _ = close.send(closing);
        }
    }

    fn send(&mut self, to: ConnectionId, message: &ServerMessage<Opaque>) {
        let Some(connection) = self.connections.get(&to) else { return };
        let Ok(text) = serde_json::to_string(message) else {
            return tracing::error!("a message could not be written as JSON");
        };
        self.counts.sent += 1;
        self.counts.sent_bytes += text.len() as u64;
        match message {
            ServerMessage::Welcome(_) => self.counts.joins += 1,
            ServerMessage::Signal(_) => self.counts.signals += 1,
            ServerMessage::Refused(refusal) => self.counts.refused(refusal.code),
            _ => {}
        }
        let pushed = match message {
            ServerMessage::Welcome(_) => connection.queue.push_welcome(text.into()),
            _ => connection.queue.push(text.into()),
        };
        if pushed.is_err() {
            self.node.handle(now(), Input::Overflowed(to));
        }
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

async fn until(deadline: Option<std::time::Instant>) {
    match deadline {
        // A little late rather than a little early: timers have milliseconds, and a deadline that was missed by less
        // would be waited for again and again.
        Some(deadline) => sleep_until(Instant::from_std(deadline) + Duration::from_millis(1)).await,
        None => pending().await,
    }
}

//! The connections of this node: the one task that owns the gate, the hub and the sockets' queues.

mod nodes;

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use itodenwa_wire::{ClientMessage, LeaveReason, RoomName, ServerMessage};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::Limits;
use crate::address::Origin;
use crate::budget::Budget;
use crate::closing::{Closing, Ending};
use crate::cluster::{Bus, NodeBody, NodeMessage, Registry};
use crate::gate::{Denied, Gate};
use crate::hub::{Hub, Input, Output};
use crate::metrics::{Census, Counts};
use crate::node::{ConnectionId, NodeId};
use crate::operator::Pending;
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
    hub: Hub<Opaque>,
    messages: mpsc::WeakSender<RegistryMessage>,
    inbox: mpsc::Receiver<RegistryMessage>,
    connections: HashMap<ConnectionId, ConnectionHandle>,
    sockets: JoinSet<(ConnectionId, Ending)>,
    queues: Arc<Budget>,
    connected: u64,
    /// What connections are named after.
    me: NodeId,
    bus: Box<dyn Bus>,
    homes: Box<dyn Registry>,
    /// Whether this node has its place in the cluster: without one it lets nobody in.
    is_in: Arc<AtomicBool>,
    /// What other nodes were asked.
    pending: Pending,
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
    /// Its room, and that room's home node; none before the join.
    home: Option<(RoomName, NodeId)>,
    /// None when it was used.
    close: Option<oneshot::Sender<Closing>>,
}

impl ConnectionRegistry {
    pub(crate) fn new(
        limits: Limits,
        mut hub: Hub<Opaque>,
        (bus, homes): (Box<dyn Bus>, Box<dyn Registry>),
        webhooks: Option<Webhooks>,
    ) -> (Self, mpsc::Sender<RegistryMessage>) {
        let (messages, inbox) = mpsc::channel(INBOX_MESSAGES);
        if webhooks.is_some() {
            hub.tell_events();
        }
        let registry = ConnectionRegistry {
            me: bus.me(),
            is_in: Arc::new(AtomicBool::new(true)),
            gate: Gate::new(limits.clone()),
            queues: Arc::new(Budget::new(limits.queues_bytes)),
            limits: limits.into(),
            hub,
            messages: messages.downgrade(),
            inbox,
            connections: HashMap::new(),
            sockets: JoinSet::new(),
            connected: 0,
            bus,
            homes,
            pending: Pending::default(),
            webhooks,
            counts: Counts::new(),
        };
        (registry, messages)
    }

    /// Whether this node has its place in the cluster, to be asked at any time.
    pub(crate) fn is_in(&self) -> Arc<AtomicBool> {
        self.is_in.clone()
    }

    /// Works until it is told to stop and the last connection is closed. Dropped, it closes them all at once.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut stopping = false;
        while !(stopping && self.sockets.is_empty()) {
            let deadline = self.hub.deadline();
            let lease = self.bus.lease().filter(|_| self.is_in.load(Ordering::Relaxed));
            tokio::select! {
                () = until(lease) => self.check_lease(),
                Some(message) = self.inbox.recv() => self.on_message(message),
                Some(ended) = self.sockets.join_next_with_id() => self.on_socket_end(ended),
                Some(event) = self.bus.events().recv() => self.on_bus_event(event),
                () = until(deadline) => {
                    self.check_lease();
                    self.hand_to_hub(Input::Deadline);
                }
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    tracing::info!(connections = self.connections.len(), "stopping");
                    self.bus.leave();
                    self.hand_to_hub(Input::Stop);
                    self.send_away("the server is shutting down", |_, _| true);
                }
            }
        }
        // The others are told that this node leaves.
        while self.bus.events().recv().await.is_some() {}
    }

    fn on_message(&mut self, message: RegistryMessage) {
        self.check_lease();
        match message {
            RegistryMessage::Connect { origin, upgrade, answer } => {
                let admitted = self.admit(origin);
                match admitted {
                    Ok(()) => self.connect(origin, upgrade),
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
                let is_in = self.is_in.load(Ordering::Relaxed);
                let admitted = if is_in { self.gate.would_admit(now(), origin) } else { Err(Denied::GoingAway) };
                let _ = answer.send(admitted);
            }
            RegistryMessage::WebOriginDenied => self.counts.denied_by_origin += 1,
            RegistryMessage::Measure(answer) => {
                // Who asked may have gone away meanwhile.
                let cluster = self.bus.figures().map(|figures| (figures, self.is_in.load(Ordering::Relaxed)));
                let webhooks = self.webhooks.as_ref().map(Webhooks::counts);
                let _ = answer.send(self.counts.text(self.census(), cluster, webhooks));
            }
            RegistryMessage::Ask(question, to) => self.ask(question, to),
            RegistryMessage::Received(from, received) => {
                self.counts.received += 1;
                if let Err(Closing { refusal: Some(refusal), .. }) = &received {
                    tracing::debug!(connection = from.0, code = %refusal.code, "message refused");
                }
                if let Ok(ClientMessage::Join(join)) = &received {
                    self.find_home(from, &join.room);
                }
                self.send_to_home(from, Input::Received(from, received));
            }
            RegistryMessage::Unknown(from) => {
                self.counts.received += 1;
                self.counts.unknown += 1;
                self.send_to_home(from, Input::Unknown(from));
            }
            RegistryMessage::Taken(from) => self.send_to_home(from, Input::Taken(from)),
            RegistryMessage::Ended(from, ending, refusal) => {
                refusal.into_iter().for_each(|code| self.counts.refused(code));
                self.send_to_home(from, Input::Disconnected(from, ending));
            }
        }
    }

    /// Sockets are counted where they are, members where their room is kept.
    fn census(&self) -> Census {
        Census { connections: self.connections.len(), ..self.hub.census() }
    }

    fn admit(&mut self, origin: Origin) -> Result<(), Denied> {
        if self.is_in.load(Ordering::Relaxed) { self.gate.admit(now(), origin) } else { Err(Denied::GoingAway) }
    }

    /// A connection would like to join: from now on it is a matter of the room's home node.
    fn find_home(&mut self, from: ConnectionId, room: &RoomName) {
        let Some(connection) = self.connections.get_mut(&from) else { return };
        // One that is sent away does not join again.
        if connection.home.is_some() || connection.close.is_none() {
            return;
        }
        let node = self.homes.home_node(room);
        connection.home = Some((room.clone(), node));
        if node != self.me {
            self.hand_to_hub(Input::Disconnected(from, Ending::ForGood(LeaveReason::Gone)));
            self.send_to_home(from, Input::Connected(from));
        }
    }

    /// Something that a connection said, or that became of it.
    fn send_to_home(&mut self, from: ConnectionId, input: Input<Opaque>) {
        let home = self.connections.get(&from).and_then(|connection| connection.home.as_ref()).map(|(_, node)| *node);
        match home.filter(|node| *node != self.me) {
            Some(node) => self.bus.send(node, NodeMessage(NodeBody::Input(input))),
            None => self.hand_to_hub(input),
        }
    }

    fn connect(&mut self, origin: Origin, upgrade: OnUpgrade) {
        let Some(registry) = self.messages.upgrade() else { return self.gate.release(origin) };
        self.connected += 1;
        self.counts.connections += 1;
        let id = ConnectionId::new(self.me, self.connected);
        let (sender, receiver) = queue(&self.limits, &self.queues);
        let (close, closing) = oneshot::channel();
        let socket = Socket { id, limits: self.limits.clone(), registry, queue: receiver, closing };
        let task = self.sockets.spawn(async move {
            let ending = socket.run(upgrade).await;
            (id, ending)
        });
        self.connections
            .insert(id, ConnectionHandle { origin, task: task.id(), queue: sender, home: None, close: Some(close) });
        tracing::debug!(connection = id.0, %origin, "connected");
        self.hand_to_hub(Input::Connected(id));
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
        self.check_lease();
        // As a rule the hub knows already; but what the task said last may be behind this.
        self.send_to_home(id, Input::Disconnected(id, ending));
        let Some(connection) = self.connections.remove(&id) else { return };
        self.gate.release(connection.origin);
        tracing::debug!(connection = id.0, "gone");
    }

    fn hand_to_hub(&mut self, input: Input<Opaque>) {
        self.hub.handle(now(), input);
        self.do_outputs();
    }

    fn do_outputs(&mut self) {
        while let Some(output) = self.hub.poll() {
            match output.connection().node() {
                node if node == self.me => self.do_output(output),
                node => self.bus.send(node, NodeMessage(NodeBody::Output(output))),
            }
        }
        while let Some(event) = self.hub.poll_event() {
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
        if connection.queue.push(text.into()).is_err() {
            self.send_to_home(to, Input::Overflowed(to));
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

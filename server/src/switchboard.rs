//! The one task that owns the gate, the hub and the sockets' queues.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use itodenwa_wire::{ClientMessage, LeaveReason, RefusalCode, RoomName, ServerMessage};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::Limits;
use crate::address::Origin;
use crate::cluster::{Arrival, Bus, Content, NodeId, Parcel, Registry};
use crate::gate::{Denied, Gate};
use crate::hub::{Closing, ConnectionId, Ending, Hub, Input, Output};
use crate::message::Opaque;
use crate::metrics::{Census, Counts};
use crate::queue::{QueueSender, queue};
use crate::socket::Socket;

/// How many calls wait for the switchboard; who calls then waits too.
pub(crate) const CALLS: usize = 256;

/// What the other tasks tell the switchboard.
#[derive(Debug)]
pub(crate) enum Call {
    /// Somebody would like to open a WebSocket. If the answer is yes, the connection is taken over.
    Connect { origin: Origin, upgrade: OnUpgrade, answer: oneshot::Sender<Result<(), Denied>> },
    /// A page that may not connect tried to.
    Unwelcome,
    /// Somebody would like to know the numbers, as Prometheus reads them.
    Measure(oneshot::Sender<String>),
    /// A connection said something.
    Received(ConnectionId, Result<ClientMessage<Opaque>, Closing>),
    /// A connection is gone, or is being closed, perhaps with a refusal.
    Ended(ConnectionId, Ending, Option<RefusalCode>),
}

/// The one owner of everything that connections share.
#[derive(Debug)]
pub(crate) struct Switchboard {
    limits: Arc<Limits>,
    gate: Gate,
    hub: Hub<Opaque>,
    calls: mpsc::WeakSender<Call>,
    inbox: mpsc::Receiver<Call>,
    lines: HashMap<ConnectionId, Line>,
    sockets: JoinSet<(ConnectionId, Ending)>,
    connected: u64,
    bus: Box<dyn Bus>,
    registry: Box<dyn Registry>,
    counts: Counts,
}

/// A connection, seen from here.
#[derive(Debug)]
struct Line {
    origin: Origin,
    task: tokio::task::Id,
    queue: QueueSender,
    /// Its room, and the node that keeps it; none before the join.
    home: Option<(RoomName, NodeId)>,
    /// None when it was used.
    close: Option<oneshot::Sender<Closing>>,
}

impl Switchboard {
    pub(crate) fn new(
        limits: Limits,
        hub: Hub<Opaque>,
        bus: Box<dyn Bus>,
        registry: Box<dyn Registry>,
    ) -> (Self, mpsc::Sender<Call>) {
        let (calls, inbox) = mpsc::channel(CALLS);
        let switchboard = Switchboard {
            gate: Gate::new(limits.clone()),
            limits: limits.into(),
            hub,
            calls: calls.downgrade(),
            inbox,
            lines: HashMap::new(),
            sockets: JoinSet::new(),
            connected: 0,
            bus,
            registry,
            counts: Counts::new(),
        };
        (switchboard, calls)
    }

    /// Works until it is told to stop and the last connection is closed. Dropped, it closes them all at once.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut stopping = false;
        while !(stopping && self.sockets.is_empty()) {
            let deadline = self.hub.deadline();
            tokio::select! {
                Some(call) = self.inbox.recv() => self.take(call),
                Some(ended) = self.sockets.join_next_with_id() => self.hung_up(ended),
                Some(arrival) = self.bus.arrivals().recv() => self.arrived(arrival),
                () = until(deadline) => self.tell_hub(Input::Deadline),
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    tracing::info!(connections = self.lines.len(), "stopping");
                    self.tell_hub(Input::Stop);
                    self.let_go(|_, _| true);
                }
            }
        }
    }

    fn take(&mut self, call: Call) {
        match call {
            Call::Connect { origin, upgrade, answer } => {
                let admitted = self.gate.admit(now(), origin);
                match admitted {
                    Ok(()) => self.connect(origin, upgrade),
                    Err(denied) => {
                        tracing::debug!(%origin, ?denied, "connection refused");
                        match denied {
                            Denied::TooMany(_) => self.counts.denied_by_address += 1,
                            Denied::Full(_) => self.counts.denied_when_full += 1,
                        }
                    }
                }
                // Who does not wait for the answer does not come either: the upgrade fails, and the socket ends.
                let _ = answer.send(admitted);
            }
            Call::Unwelcome => self.counts.denied_by_origin += 1,
            Call::Measure(answer) => {
                // Sockets are counted where they are, members where their room is kept.
                let census = Census { connections: self.lines.len(), ..self.hub.census() };
                // Who asked may have gone away meanwhile.
                let _ = answer.send(self.counts.text(census));
            }
            Call::Received(from, received) => {
                self.counts.received += 1;
                if let Err(Closing { refusal: Some(refusal), .. }) = &received {
                    tracing::debug!(connection = from.0, code = %refusal.code, "message refused");
                }
                if let Ok(ClientMessage::Join(join)) = &received {
                    self.find_home(from, &join.room);
                }
                self.tell_home(from, Input::Received(from, received));
            }
            Call::Ended(from, ending, refusal) => {
                refusal.into_iter().for_each(|code| self.counts.refused(code));
                self.tell_home(from, Input::Disconnected(from, ending));
            }
        }
    }

    /// A connection would like to join: from now on it is a matter of the node that keeps the room.
    fn find_home(&mut self, from: ConnectionId, room: &RoomName) {
        let Some(line) = self.lines.get_mut(&from).filter(|line| line.home.is_none()) else { return };
        let keeper = self.registry.keeper(room);
        line.home = Some((room.clone(), keeper));
        if keeper != self.bus.me() {
            self.tell_hub(Input::Disconnected(from, Ending::ForGood(LeaveReason::Gone)));
            self.tell_home(from, Input::Connected(from));
        }
    }

    /// Something that a connection said, or that became of it.
    fn tell_home(&mut self, from: ConnectionId, input: Input<Opaque>) {
        let home = self.lines.get(&from).and_then(|line| line.home.as_ref()).map(|(_, node)| *node);
        match home.filter(|node| *node != self.bus.me()) {
            Some(node) => self.bus.send(node, Parcel(Content::In(input))),
            None => self.tell_hub(input),
        }
    }

    fn arrived(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Parcel(Parcel(Content::In(input))) => self.tell_hub(input),
            Arrival::Parcel(Parcel(Content::Out(output))) => self.carry_out(output),
            Arrival::Came(_) => self.move_rooms(),
            Arrival::Gone(node) => {
                tracing::warn!(node = node.0, "a node is gone");
                self.hub.lose(now(), node);
                self.carry_out_all();
                self.move_rooms();
            }
        }
    }

    /// Rooms may have other keepers now: who is with the old one is sent away, and comes back to the new one.
    fn move_rooms(&mut self) {
        self.hub.rooms_moved(now());
        self.let_go(|registry, (room, keeper)| registry.keeper(room) != *keeper);
    }

    /// Closes members' connections so that they come back; the room that they were in waits for them.
    fn let_go(&mut self, whom: impl Fn(&dyn Registry, &(RoomName, NodeId)) -> bool) {
        let registry = &*self.registry;
        let is_meant = |line: &Line| line.home.as_ref().is_some_and(|home| whom(registry, home));
        let those: Vec<_> = self.lines.iter().filter(|(_, line)| is_meant(line)).map(|(id, _)| *id).collect();
        for id in those {
            self.tell_home(id, Input::Disconnected(id, Ending::Broken { heard: now() }));
            self.close(id, Closing::refusing(RefusalCode::ServerGoingAway, "another server keeps the room now"));
            if let Some(line) = self.lines.get_mut(&id) {
                line.home = None;
            }
        }
    }

    fn connect(&mut self, origin: Origin, upgrade: OnUpgrade) {
        let Some(calls) = self.calls.upgrade() else { return self.gate.release(origin) };
        self.connected += 1;
        self.counts.connections += 1;
        let id = ConnectionId::new(self.bus.me(), self.connected);
        let (sender, receiver) = queue(&self.limits);
        let (close, closing) = oneshot::channel();
        let socket = Socket { id, limits: self.limits.clone(), calls, queue: receiver, closing };
        let task = self.sockets.spawn(async move {
            let ending = socket.run(upgrade).await;
            (id, ending)
        });
        self.lines.insert(id, Line { origin, task: task.id(), queue: sender, home: None, close: Some(close) });
        tracing::debug!(connection = id.0, %origin, "connected");
        self.tell_hub(Input::Connected(id));
    }

    /// A socket's task is over, and its place is free.
    fn hung_up(&mut self, ended: Result<(tokio::task::Id, (ConnectionId, Ending)), tokio::task::JoinError>) {
        let ended = match ended {
            Ok((_, ended)) => Some(ended),
            Err(error) => {
                tracing::error!(%error, "a socket's task failed");
                let line = self.lines.iter().find(|(_, line)| line.task == error.id());
                line.map(|(id, _)| (*id, Ending::Broken { heard: now() }))
            }
        };
        let Some((id, ending)) = ended else { return };
        // As a rule the hub knows already; but what the task said last may be behind this.
        self.tell_home(id, Input::Disconnected(id, ending));
        let Some(line) = self.lines.remove(&id) else { return };
        self.gate.release(line.origin);
        tracing::debug!(connection = id.0, "gone");
    }

    fn tell_hub(&mut self, input: Input<Opaque>) {
        self.hub.handle(now(), input);
        self.carry_out_all();
    }

    fn carry_out_all(&mut self) {
        while let Some(output) = self.hub.poll() {
            match output.connection().node() {
                node if node == self.bus.me() => self.carry_out(output),
                node => self.bus.send(node, Parcel(Content::Out(output))),
            }
        }
    }

    fn carry_out(&mut self, output: Output<Opaque>) {
        match output {
            Output::Send(to, message) => self.send(to, &message),
            Output::Close(to, closing) => self.close(to, closing),
        }
    }

    fn close(&mut self, whom: ConnectionId, closing: Closing) {
        if let Some(close) = self.lines.get_mut(&whom).and_then(|line| line.close.take()) {
            tracing::debug!(connection = whom.0, code = closing.code, "closing");
            // A socket that does not listen any more is at its end already.
            let _ = close.send(closing);
        }
    }

    fn send(&mut self, to: ConnectionId, message: &ServerMessage<Opaque>) {
        let Some(line) = self.lines.get(&to) else { return };
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
        if line.queue.push(text.into()).is_err() {
            self.tell_home(to, Input::Overflowed(to));
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

//! One node: the machines as they are, and around them what the tasks of a real one do with each answer of the engine.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use itodenwa_wire::ServerMessage;
use tokio::sync::mpsc;

use super::Fault;
use super::engine::{Engine, Push};
use crate::cluster::incarnation::Incarnation;
use crate::cluster::machine::Node;
use crate::cluster::redis::membership::{Came, Membership, Next, View};
use crate::cluster::redis::{Shared, Way, way};
use crate::cluster::{Bus, BusEvent, NodeBody, NodeId, NodeMessage, Registry};
use crate::hub::{Hub, Input, Output};
use crate::packet::Opaque;

/// How long a node may be silent.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// What a node asks of the engine, in order.
#[derive(Debug)]
pub(super) enum Request {
    Join { me: Incarnation, before: Option<Incarnation>, sent: Instant },
    Beat { me: Incarnation, known: String, echo: u64 },
    Publish(Vec<(Incarnation, Vec<u8>)>),
    Listen(Incarnation),
    Leave(Incarnation),
}

#[derive(Debug)]
pub(super) enum Answer {
    Joined(Incarnation, Instant, View),
    Beaten(View),
    Published(Vec<(Incarnation, usize)>),
    Listening,
}

/// One node.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) node: Node,
    pub(super) membership: Membership,
    shared: Arc<Shared>,
    outbox: mpsc::Receiver<(NodeId, NodeMessage)>,
    inbox: mpsc::Sender<BusEvent>,
    pub(super) requests: VecDeque<Request>,
    pub(super) answers: VecDeque<Answer>,
    is_beating: bool,
    is_publishing: bool,
    /// It is out, and joins anew; when it last tried.
    rejoining: Option<Option<Instant>>,
    next_beat: Instant,
    /// What it is made to do wrong.
    fault: Option<Fault>,
}

impl Process {
    /// One that has joined.
    pub(super) fn start(
        hub: Hub<Opaque>,
        (me, sent, view): (Incarnation, Instant, View),
        fault: Option<Fault>,
        now: Instant,
    ) -> Self {
        let membership = Membership::joined(me, TIMEOUT, sent, view);
        let (bus, registry, Way { shared, outbox, inbox, .. }) = way(now);
        shared.joined(&membership);
        let (bus, registry): (Box<dyn Bus>, Box<dyn Registry>) = match fault {
            Some(fault) => fault.of(bus, registry),
            None => (Box::new(bus), Box::new(registry)),
        };
        Process {
            node: Node::new(hub, bus, registry),
            membership,
            shared,
            outbox,
            inbox,
            requests: VecDeque::new(),
            answers: VecDeque::new(),
            is_beating: false,
            is_publishing: false,
            rejoining: None,
            next_beat: now,
            fault,
        }
    }

    /// What the task that talks with the engine does when it has a turn. It waits when the node has many events to take.
    pub(super) fn turn(&mut self, now: Instant, run: &mut impl FnMut() -> Incarnation) {
        let lease = self.shared.lease();
        if self.rejoining.is_none() && lease <= now {
            self.out(now);
        }
        if let Some(tried) = self.rejoining {
            if tried.is_none_or(|tried| now >= tried + TIMEOUT) {
                let before = Some(self.membership.me);
                self.requests.push_back(Request::Join { me: run(), before, sent: now });
                self.rejoining = Some(Some(now));
            }
            return;
        }
        while let Ok((to, message)) = self.outbox.try_recv() {
            self.membership.send(now, to, message);
        }
        self.hand_over(now);
        let is_beat = now >= self.next_beat;
        if is_beat {
            self.next_beat = now + TIMEOUT / 5;
            self.beat(now);
        }
        self.publish(is_beat);
    }

    /// An answer of the engine.
    pub(super) fn on_answer(&mut self, now: Instant, answer: Answer) {
        match answer {
            Answer::Joined(me, sent, view) => {
                // One that came too late was given up.
                if self.rejoining.flatten() == Some(sent) && now < sent + TIMEOUT {
                    self.rejoining = None;
                    self.membership = Membership::joined(me, TIMEOUT, sent, view);
                    self.is_beating = false;
                    self.is_publishing = false;
                    self.requests.clear();
                    self.answers.clear();
                    while self.outbox.try_recv().is_ok() {}
                    self.shared.joined(&self.membership);
                    self.tell(BusEvent::Rejoined(me.id));
                }
            }
            _ if self.rejoining.is_some() => {}
            Answer::Beaten(view) => {
                self.is_beating = false;
                match self.membership.answered(view) {
                    Ok(()) => self.shared.show(&self.membership),
                    Err(_) => self.out(now),
                }
            }
            Answer::Published(heard) => {
                self.is_publishing = false;
                for (node, heard) in heard {
                    if heard == 0 {
                        self.membership.links.failed(node);
                    }
                }
            }
            Answer::Listening => self.membership.links.lost(),
        }
    }

    /// Something came on its channel.
    pub(super) fn on_push(&mut self, now: Instant, push: Push) {
        if self.rejoining.is_some() {
            return;
        }
        match push {
            Push::News => self.beat(now),
            Push::Payload(payload) => match self.membership.came(now, &payload) {
                Came::Done => self.shared.show(&self.membership),
                Came::Early => self.beat(now),
                Came::Nonsense => panic!("nodes send messages: {:?}", String::from_utf8_lossy(&payload)),
            },
        }
    }

    /// All requests are lost, and so are the answers.
    pub(super) fn requests_fail(&mut self) {
        self.answers.clear();
        self.requests.retain(|request| matches!(request, Request::Listen(_) | Request::Join { .. }));
        self.is_beating = false;
        if std::mem::take(&mut self.is_publishing) {
            // It is not known which of them are lost.
            for node in self.membership.links.nodes().collect::<Vec<_>>() {
                self.membership.links.failed(node);
            }
        }
    }

    /// Its connection on which it listens is gone.
    pub(super) fn listen_anew(&mut self) {
        self.answers.retain(|answer| !matches!(answer, Answer::Listening));
        self.requests.retain(|request| !matches!(request, Request::Listen(_)));
        self.requests.push_back(Request::Listen(self.membership.me));
    }

    /// The node takes an event, if there is one.
    pub(super) fn take_event(&mut self, now: Instant) -> bool {
        let Ok(event) = self.node.bus_events().try_recv() else { return false };
        match (self.fault, event) {
            (Some(Fault::LossesUntold), BusEvent::LinkBroken(_)) => {}
            (Some(Fault::GoneUntold), BusEvent::NodeGone(_)) => {}
            (Some(Fault::RemovalsUntold), BusEvent::Message(_, NodeMessage(NodeBody::Removed(_)))) => {}
            (Some(Fault::Twice), BusEvent::Message(from, NodeMessage(body))) => {
                let again = again(&body);
                self.node.on_bus_event(now, BusEvent::Message(from, NodeMessage(body)));
                if let Some(body) = again {
                    self.node.on_bus_event(now, BusEvent::Message(from, NodeMessage(body)));
                }
            }
            (Some(Fault::OutOfOrder), event) => {
                let mut both: Vec<_> =
                    [Some(event), self.node.bus_events().try_recv().ok()].into_iter().flatten().collect();
                if both.iter().all(is_signal) {
                    both.reverse();
                }
                both.into_iter().for_each(|event| self.node.on_bus_event(now, event));
            }
            (_, event) => self.node.on_bus_event(now, event),
        }
        true
    }

    /// Whether it may keep rooms.
    pub(super) fn has_lease(&self, now: Instant) -> bool {
        self.node.has_place()
            && self.node.is_itself()
            && (self.fault == Some(Fault::LeaseWithoutEnd) || self.shared.lease() > now)
    }

    /// Whether a [turn](Process::turn) would do something.
    pub(super) fn has_to_turn(&mut self, now: Instant) -> bool {
        let is_due = self.node.deadline().into_iter().chain(self.node.lease()).any(|at| at <= now);
        let has_work = match self.rejoining {
            Some(tried) => tried.is_none_or(|tried| now >= tried + TIMEOUT),
            None => {
                let has_batches = !self.is_publishing && self.membership.links.has_batches();
                let has_events = self.membership.links.has_events() && self.inbox.capacity() > 1;
                let is_due = now >= self.next_beat || self.shared.lease() <= now;
                !self.outbox.is_empty() || has_batches || has_events || is_due
            }
        };
        is_due || has_work
    }

    pub(super) fn write_fingerprint(&self, text: &mut String) {
        use std::fmt::Write;
        let lease = self.shared.lease();
        let _ = write!(text, "{} {:?} {lease:?}", self.node.fingerprint(), self.membership);
        let _ = write!(text, "{:?} {:?} {:?}", self.requests, self.answers, self.rejoining);
    }

    fn beat(&mut self, now: Instant) {
        if !std::mem::replace(&mut self.is_beating, true) {
            let echo = self.membership.lease.beat(now);
            let known = self.membership.generation.clone();
            self.requests.push_back(Request::Beat { me: self.membership.me, known, echo });
        }
    }

    fn publish(&mut self, is_beat: bool) {
        if self.is_publishing {
            return;
        }
        let batches = self.membership.links.batches(is_beat);
        let text = |batch| serde_json::to_vec(&batch).expect("a batch is text");
        let batches: Vec<_> = batches.into_iter().map(|(to, batch)| (to, text(batch))).collect();
        if !batches.is_empty() {
            self.is_publishing = true;
            self.requests.push_back(Request::Publish(batches));
        }
    }

    /// Events wait in the links as long as there is no place for them.
    fn hand_over(&mut self, now: Instant) {
        while self.inbox.capacity() > 1 {
            match self.membership.poll(now) {
                Some(Next::Event(event)) => self.tell(event),
                Some(Next::Dropped) => panic!("nodes understand each other"),
                None => break,
            }
        }
    }

    fn tell(&mut self, event: BusEvent) {
        self.inbox.try_send(event).expect("there is a place");
    }

    fn out(&mut self, now: Instant) {
        self.shared.end_lease(now);
        self.rejoining = Some(None);
    }
}

fn is_signal(event: &BusEvent) -> bool {
    matches!(event, BusEvent::Message(_, NodeMessage(NodeBody::Output(Output::Send(_, message))))
        if matches!(**message, ServerMessage::Signal(_)))
}

/// The same again, if it is something that a client said or hears.
fn again(body: &NodeBody) -> Option<NodeBody> {
    match body {
        NodeBody::Input(Input::Received(from, Ok(message))) => {
            Some(NodeBody::Input(Input::Received(*from, Ok(message.clone()))))
        }
        NodeBody::Output(Output::Send(to, message)) => Some(NodeBody::Output(Output::Send(*to, message.clone()))),
        _ => None,
    }
}

/// Does what requests ask, on the engine's side.
pub(super) fn serve(engine: &mut Engine, now: Instant, request: Request) -> Option<Answer> {
    match request {
        Request::Join { me, before, sent } => {
            engine.listen(me);
            let view = engine.beat(now, me, TIMEOUT, (None, before, 0));
            Some(Answer::Joined(me, sent, view))
        }
        Request::Beat { me, known, echo } => {
            Some(Answer::Beaten(engine.beat(now, me, TIMEOUT, (Some(known), None, echo))))
        }
        Request::Publish(batches) => {
            let heard = batches.into_iter().map(|(to, payload)| (to, engine.publish(to, payload)));
            Some(Answer::Published(heard.collect()))
        }
        Request::Listen(me) => {
            engine.listen(me);
            Some(Answer::Listening)
        }
        Request::Leave(me) => {
            engine.leave(me);
            None
        }
    }
}

//! Everything, and what may happen next.

mod nodes;
mod people;
mod step;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use itodenwa_wire::{ClientMessage, PeerId, RoomName, ServerMessage};
use tokio::sync::oneshot;

use super::Fault;
use super::client::Client;
use super::engine::Engine;
use super::process::Process;
use crate::Limits;
use crate::closing::Ending;
use crate::node::ConnectionId;
use crate::operator::Answer;
use crate::packet::Opaque;
use crate::webhook::RoomEvent;
pub(super) use step::Step;

/// A place for a node.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// How many were there before.
    pub(super) life: u64,
    pub(super) process: Option<Box<Process>>,
    pub(super) is_stalled: bool,
    is_mute: bool,
    is_deaf: bool,
}

/// A connection between a client and a node.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) slot: usize,
    pub(super) id: ConnectionId,
    pub(super) client: usize,
    up: VecDeque<Up>,
    down: VecDeque<Down>,
    is_closing: bool,
}

#[derive(Debug)]
enum Up {
    Message(ClientMessage<Opaque>),
    Taken,
    End(Ending),
}

#[derive(Debug)]
enum Down {
    Message(Arc<ServerMessage<Opaque>>),
    Mark,
    Close,
}

/// A removal that was asked for, or done as far as the one who asked knows.
#[derive(Debug)]
pub(super) struct Removed {
    pub(super) id: PeerId,
    /// Where, and in which life of that node.
    pub(super) asked: (usize, u64),
    answer: Option<oneshot::Receiver<Vec<Answer>>>,
    pub(super) is_done: bool,
}

/// When all worlds begin, so that the same steps lead to the same states.
static START: LazyLock<Instant> = LazyLock::new(|| tokio::time::Instant::now().into_std());

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Instant,
    start: Instant,
    seed: u64,
    pub(super) limits: Limits,
    pub(super) engine: Engine,
    pub(super) slots: Vec<Slot>,
    pub(super) sockets: BTreeMap<u64, Socket>,
    pub(super) clients: Vec<Client>,
    pub(super) removed: Vec<Removed>,
    /// What was told of rooms, where it is: by seeds that are even.
    pub(super) told: Vec<RoomEvent>,
    connected: u64,
    runs: u64,
    fault: Option<Fault>,
    /// What a client found wrong.
    pub(super) wrong: Option<String>,
}

impl World {
    /// So many nodes that know each other, and clients that are nowhere, each in one of these rooms.
    pub(super) fn new(seed: u64, nodes: usize, clients: &[&str], fault: Option<Fault>) -> Self {
        let start = *START;
        let room = |name: &&str| RoomName::new(*name).expect("a name of a room");
        let mut world = World {
            now: start,
            start,
            seed,
            // Small, so that bounds are met.
            limits: Limits {
                queue_messages: 8,
                resume_messages: 4,
                resume_window: Duration::from_secs(10),
                resume_after_end: Duration::from_secs(5),
                room_kept: Duration::from_secs(5),
                connections: 16,
                ..Limits::default()
            },
            engine: Engine::new(fault),
            slots: (0..nodes).map(|_| Slot::default()).collect(),
            sockets: BTreeMap::new(),
            clients: clients.iter().map(|name| Client::new(room(name), start)).collect(),
            removed: Vec::new(),
            told: Vec::new(),
            connected: 0,
            runs: 0,
            fault,
            wrong: None,
        };
        for slot in 0..nodes {
            world.step(Step::Start(slot));
        }
        world.settle(100);
        // The engine has just begun: until a lease would be over there may be others.
        while world.processes().any(|(_, process)| process.node.waits()) {
            world.step(Step::Wait(200));
            world.settle(20);
        }
        world
    }

    pub(super) fn processes(&self) -> impl Iterator<Item = (usize, &Process)> {
        self.slots.iter().enumerate().filter_map(|(at, slot)| Some((at, slot.process.as_deref()?)))
    }

    /// A node that is there and not stalled.
    fn awake(&mut self, at: usize) -> Option<&mut Process> {
        self.slots.get_mut(at).filter(|slot| !slot.is_stalled)?.process.as_deref_mut()
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Wait(time) => self.now += Duration::from_millis(time),
            Step::Turn(at) => self.turn(at),
            Step::Serve(at) => self.serve(at),
            Step::Answer(at) => {
                let now = self.now;
                if !self.slots[at].is_deaf
                    && let Some(process) = self.awake(at)
                    && let Some(answer) = process.answers.pop_front()
                {
                    process.on_answer(now, answer);
                }
            }
            Step::Push(at) => {
                let now = self.now;
                let Some(me) = self.awake(at).map(|process| process.membership.me) else { return };
                if !self.slots[at].is_deaf
                    && let Some(push) = self.engine.pushes.get_mut(&me).and_then(VecDeque::pop_front)
                    && let Some(process) = self.awake(at)
                {
                    process.on_push(now, push);
                }
            }
            Step::Event(at) => {
                let now = self.now;
                if self.awake(at).is_some_and(|process| process.take_event(now)) {
                    self.drain(at);
                }
            }
            Step::Up(client) => self.up(client),
            Step::Down(client) => self.down(client),
            Step::Connect(client, at) => self.connect(client, at),
            Step::Cut(client, is_seen) => self.cut(client, is_seen),
            Step::Leave(client) => {
                if self.clients[client].is_in {
                    self.say(client, |_| Some(ClientMessage::Leave));
                } else {
                    self.cut(client, true);
                }
                self.clients[client].leave();
            }
            Step::Return(client) => self.clients[client].is_wanted = true,
            Step::Say(client, whom) => self.say(client, |client| client.say(whom)),
            Step::Ping(client) => self.say(client, |client| Some(client.ping())),
            Step::Remove(client, at) => self.remove(client, at),
            Step::Start(at) => self.start(at),
            Step::Kill(at) => self.kill(at),
            Step::Drain(at) => self.stop(at),
            Step::Stall(at, is_stalled) => self.slots[at].is_stalled = is_stalled,
            Step::Mute(at, is_mute) => self.slots[at].is_mute = is_mute,
            Step::Deafen(at, is_deaf) => self.slots[at].is_deaf = is_deaf,
            Step::Lose(at) => {
                let me = self.slots[at].process.as_ref().map(|process| process.membership.me);
                drop(me.and_then(|me| self.engine.pushes.get_mut(&me)?.pop_back()));
            }
            Step::BreakRequests(at) => {
                if let Some(process) = &mut self.slots[at].process {
                    process.requests_fail();
                }
            }
            Step::BreakListening(at) => self.break_listening(at),
            Step::Restart => {
                self.engine.restart();
                for at in 0..self.slots.len() {
                    self.step(Step::BreakRequests(at));
                    self.step(Step::BreakListening(at));
                }
            }
        }
        self.hear_answers();
    }

    fn found(&mut self, wrong: String) {
        self.wrong = Some(wrong);
    }

    /// Everything that is on its way arrives, in so many rounds at most.
    pub(super) fn settle(&mut self, rounds: usize) {
        for _ in 0..rounds {
            let ready = self.ready();
            if ready.is_empty() {
                break;
            }
            ready.into_iter().for_each(|step| self.step(step));
        }
    }

    /// No faults any more: all nodes are there, everybody who would like to be in a room comes, and so much time passes that
    /// nobody is waited for.
    pub(super) fn heal(&mut self) {
        for at in 0..self.slots.len() {
            self.slots[at].is_stalled = false;
            self.slots[at].is_mute = false;
            self.slots[at].is_deaf = false;
            self.step(Step::Start(at));
        }
        for round in 0..40 {
            self.step(Step::Wait(1000));
            for client in 0..self.clients.len() {
                self.step(Step::Connect(client, (client + round) % self.slots.len()));
            }
            self.settle(200);
        }
    }

    /// What waits to be taken by whom, and can be.
    pub(super) fn ready(&mut self) -> Vec<Step> {
        let mut ready = Vec::new();
        for at in 0..self.slots.len() {
            self.ready_at(at, &mut ready);
        }
        for client in 0..self.clients.len() {
            self.ready_of(client, &mut ready);
        }
        ready
    }

    /// Connections of a client that are still there, by their ids.
    pub(super) fn live(&self) -> BTreeSet<ConnectionId> {
        self.sockets.values().map(|socket| socket.id).collect()
    }

    /// All that what happens next depends on.
    pub(super) fn fingerprint(&self) -> String {
        use std::fmt::Write;
        let mut text = format!("{:?}", self.now);
        for slot in &self.slots {
            let _ = write!(text, "|{}{}{}", slot.is_stalled, slot.is_mute, slot.is_deaf);
            if let Some(process) = &slot.process {
                process.write_fingerprint(&mut text);
            }
        }
        for (client, me) in self.clients.iter().enumerate() {
            let _ = write!(text, "|{me:?} {:?}", me.ticket.as_ref().map(|ticket| ticket.as_str().len()));
            for socket in self.sockets.values().filter(|socket| socket.client == client) {
                let _ = write!(text, "{socket:?}");
            }
        }
        let _ = write!(text, "|{:?}|{:?}", self.engine, self.removed);
        text
    }
}

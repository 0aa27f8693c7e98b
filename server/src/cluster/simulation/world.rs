//! Everything, and what may happen next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use itodenwa_wire::{ClientMessage, IceServers, PeerId, RoomName, ServerMessage};
use tokio::sync::oneshot;

use super::client::{Client, Reaction};
use super::engine::Engine;
use super::process::{Process, Request, TIMEOUT, serve};
use super::{Fault, Random};
use crate::closing::Ending;
use crate::cluster::NodeId;
use crate::cluster::incarnation::Incarnation;
use crate::hub::{Hub, Input, Output};
use crate::node::ConnectionId;
use crate::operator::{Answer, Question};
use crate::packet::Opaque;
use crate::{Access, Limits, TicketSecret, Tickets};

/// Something that may happen. Where it can't it is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many milliseconds pass.
    Wait(u64),
    /// A node's task that talks with the engine has a turn.
    Turn(usize),
    /// The engine takes a node's request.
    Serve(usize),
    /// An answer of the engine arrives.
    Answer(usize),
    /// Something arrives on a node's channel.
    Push(usize),
    /// A node takes an event.
    Event(usize),
    /// What a client said arrives at its node.
    Up(usize),
    /// A client reads.
    Down(usize),
    /// A client connects to a node.
    Connect(usize, usize),
    /// Its connection breaks, and that is seen, or not.
    Cut(usize, bool),
    Leave(usize),
    Return(usize),
    /// It says the next number to one of the others.
    Say(usize, usize),
    Ping(usize),
    /// An operator has it removed, at a node.
    Remove(usize, usize),
    Start(usize),
    Kill(usize),
    /// A node stops gently.
    Drain(usize),
    /// A node does nothing, or goes on.
    Stall(usize, bool),
    /// The engine does not hear a node, or does again.
    Mute(usize, bool),
    /// A node does not hear the engine, or does again.
    Deafen(usize, bool),
    /// The newest that is on its way to a node is lost.
    Lose(usize),
    /// The connection by which a node asks the engine breaks.
    BreakRequests(usize),
    /// That on which it listens breaks.
    BreakListening(usize),
    /// The engine loses everything, and all its connections.
    Restart,
}

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
            clients: clients.iter().map(|name| Client::new(room(name))).collect(),
            removed: Vec::new(),
            connected: 0,
            runs: 0,
            fault,
            wrong: None,
        };
        for slot in 0..nodes {
            world.step(Step::Start(slot));
        }
        world.settle(100);
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

    fn turn(&mut self, at: usize) {
        let (now, mut runs) = (self.now, self.runs);
        if let Some(process) = self.awake(at) {
            process.turn(now, &mut || {
                runs += 1;
                Incarnation { id: NodeId(runs as u16), run: runs }
            });
            process.node.check_lease(now);
            if process.node.deadline().is_some_and(|deadline| deadline <= now) {
                process.node.handle(now, Input::Deadline);
            }
        }
        self.runs = runs;
        self.drain(at);
    }

    /// The engine does not wait for a node that is stalled.
    fn serve(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        if let Some(process) = slot.process.as_mut().filter(|_| !slot.is_mute)
            && let Some(request) = process.requests.pop_front()
        {
            let answer = serve(&mut self.engine, self.now, request);
            process.answers.extend(answer);
        }
    }

    fn break_listening(&mut self, at: usize) {
        if let Some(process) = &mut self.slots[at].process {
            self.engine.deafen(process.membership.me);
            process.listen_anew();
        }
    }

    fn start(&mut self, at: usize) {
        if self.slots[at].process.is_some() {
            return;
        }
        self.slots[at] = Slot { life: self.slots[at].life + 1, ..Slot::default() };
        self.runs += 1;
        let me = Incarnation { id: NodeId(self.runs as u16), run: self.runs };
        let mut random = Random(self.seed ^ self.runs << 32);
        let limits = match self.fault {
            Some(Fault::LongQueues) => Limits { queue_messages: 100, resume_messages: 100, ..self.limits.clone() },
            _ => self.limits.clone(),
        };
        let secret = TicketSecret::new(*b"0123456789abcdef").expect("long enough");
        let unix = 1_000_000 + (self.now - self.start).as_secs();
        let tickets = Tickets::new(&secret, limits.ticket_lifetime, random.next(), (self.now, unix));
        let hub = Hub::new(limits, Access::Open, IceServers::default(), tickets, move || random.next() as u32);
        self.engine.listen(me);
        let view = self.engine.beat(self.now, me, TIMEOUT, (None, None, 0));
        let process = Process::start(hub, (me, self.now, view), self.fault, self.now);
        self.slots[at].process = Some(Box::new(process));
    }

    fn kill(&mut self, at: usize) {
        let Some(process) = self.slots[at].process.take() else { return };
        self.engine.deafen(process.membership.me);
        let gone: Vec<_> = self.sockets.iter().filter(|(_, socket)| socket.slot == at).map(|(key, _)| *key).collect();
        for key in gone {
            self.forget(key);
        }
    }

    /// Gently: everybody is sent away, and the engine is told. What it still sent gets there before.
    fn stop(&mut self, at: usize) {
        let now = self.now;
        let Some(process) = self.awake(at) else { return };
        process.node.stop(now);
        self.drain(at);
        self.turn(at);
        if let Some(process) = &mut self.slots[at].process {
            let me = process.membership.me;
            process.requests.push_back(Request::Leave(me));
        }
        while self.slots[at].process.as_ref().is_some_and(|process| !process.requests.is_empty())
            && !self.slots[at].is_mute
        {
            self.serve(at);
        }
        self.kill(at);
    }

    fn connect(&mut self, client: usize, at: usize) {
        let now = self.now;
        let who = &self.clients[client];
        if !who.is_wanted || who.socket.is_some() {
            return;
        }
        let join = who.join();
        let Some(process) = self.awake(at).filter(|process| process.node.has_place()) else { return };
        let id = process.node.connect(now);
        self.connected += 1;
        let up = VecDeque::from([Up::Message(join)]);
        let socket = Socket { slot: at, id, client, up, down: VecDeque::new(), is_closing: false };
        self.sockets.insert(self.connected, socket);
        self.clients[client].socket = Some(self.connected);
        self.drain(at);
    }

    fn cut(&mut self, client: usize, is_seen: bool) {
        let ending = if is_seen { Ending::Dropped } else { Ending::Broken { last_received: self.now } };
        let Some(key) = self.clients[client].socket else { return };
        self.clients[client].disconnected();
        if let Some(socket) = self.sockets.get_mut(&key) {
            socket.up.push_back(Up::End(ending));
        }
    }

    fn say(&mut self, client: usize, what: impl FnOnce(&mut Client) -> Option<ClientMessage<Opaque>>) {
        let who = &mut self.clients[client];
        let Some(socket) = who.socket.filter(|_| who.is_in).and_then(|key| self.sockets.get_mut(&key)) else { return };
        socket.up.extend(what(who).map(Up::Message));
    }

    fn remove(&mut self, client: usize, at: usize) {
        let now = self.now;
        let who = &self.clients[client];
        let Some(id) = who.me.filter(|id| self.removed.iter().all(|removed| removed.id != *id)) else { return };
        let question = Question::Remove(who.room.clone(), id);
        let (to, answer) = oneshot::channel();
        let Some(process) = self.awake(at) else { return };
        process.node.ask(now, question, to);
        let asked = (at, self.slots[at].life);
        self.removed.push(Removed { id, asked, answer: Some(answer), is_done: false });
        self.drain(at);
    }

    fn hear_answers(&mut self) {
        for removed in &mut self.removed {
            if let Some(answer) = &mut removed.answer
                && let Ok(answers) = answer.try_recv()
            {
                removed.is_done = answers.contains(&Answer::Done);
                removed.answer = None;
            }
        }
    }

    /// The oldest connection of a client that said something, or ended: what is on its way there arrives.
    fn up(&mut self, client: usize) {
        let now = self.now;
        let has_something = |(_, socket): &(&u64, &Socket)| socket.client == client && !socket.up.is_empty();
        let Some((&key, socket)) = self.sockets.iter().find(has_something) else { return };
        let (at, id) = (socket.slot, socket.id);
        if self.slots[at].is_stalled {
            return;
        }
        let Some(up) = self.sockets.get_mut(&key).and_then(|socket| socket.up.pop_front()) else { return };
        let Some(process) = self.awake(at) else { return };
        match up {
            Up::Message(message) => process.node.handle(now, Input::Received(id, Ok(message))),
            Up::Taken => process.node.handle(now, Input::Taken(id)),
            Up::End(ending) => {
                process.node.ended(now, id, ending);
                self.forget(key);
            }
        }
        self.drain(at);
    }

    fn down(&mut self, client: usize) {
        let Some(key) = self.clients[client].socket else { return };
        let Some(socket) = self.sockets.get_mut(&key) else { return };
        match socket.down.pop_front() {
            Some(Down::Message(message)) => match self.clients[client].hear(&message) {
                Ok(Reaction::None) => {}
                Ok(Reaction::Reconnect) => self.cut(client, false),
                Err(wrong) => self.found(wrong),
            },
            Some(Down::Mark) => socket.up.push_back(Up::Taken),
            Some(Down::Close) => self.clients[client].disconnected(),
            None => {}
        }
    }

    fn found(&mut self, wrong: String) {
        if !self.is_forgetful() {
            self.wrong = Some(wrong);
        }
    }

    /// What a node has to do for its connections.
    fn drain(&mut self, at: usize) {
        let now = self.now;
        while let Some(process) = self.slots[at].process.as_mut()
            && let Some(output) = process.node.poll()
        {
            let id = output.connection();
            let Some(socket) = self.sockets.values_mut().find(|socket| socket.slot == at && socket.id == id) else {
                continue;
            };
            match output {
                Output::Send(_, message) => socket.down.push_back(Down::Message(message)),
                Output::Mark(_) => socket.down.push_back(Down::Mark),
                Output::Close(..) => {
                    socket.down.push_back(Down::Close);
                    socket.is_closing = true;
                    // Nothing more is read.
                    socket.up.clear();
                    socket.up.push_back(Up::End(Ending::Dropped));
                }
            }
            if socket.down.len() > 4 * self.limits.queue_messages && !socket.is_closing {
                process.node.handle(now, Input::Overflowed(id));
            }
        }
    }

    /// A connection is no more. Its client learns of it when it has read what came before.
    fn forget(&mut self, key: u64) {
        let Some(socket) = self.sockets.remove(&key) else { return };
        let client = socket.client;
        if self.clients[client].socket == Some(key) {
            for down in socket.down {
                if let Down::Message(message) = down
                    && let Err(wrong) = self.clients[client].hear(&message)
                {
                    self.found(wrong);
                }
            }
            self.clients[client].disconnected();
        }
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

    fn ready_at(&mut self, at: usize, ready: &mut Vec<Step>) {
        let slot = &mut self.slots[at];
        let Some(process) = slot.process.as_mut() else { return };
        if !process.requests.is_empty() && !slot.is_mute {
            ready.push(Step::Serve(at));
        }
        if slot.is_stalled {
            return;
        }
        if process.has_to_turn(self.now) {
            ready.push(Step::Turn(at));
        }
        if !process.node.bus_events().is_empty() {
            ready.push(Step::Event(at));
        }
        if !slot.is_deaf {
            let pushes = self.engine.pushes.get(&process.membership.me);
            let answer = (!process.answers.is_empty()).then_some(Step::Answer(at));
            ready.extend(answer.into_iter().chain(pushes.filter(|pushes| !pushes.is_empty()).map(|_| Step::Push(at))));
        }
    }

    fn ready_of(&self, client: usize, ready: &mut Vec<Step>) {
        let mut sockets = self.sockets.iter().filter(|(_, socket)| socket.client == client);
        if self.clients[client].socket.and_then(|key| self.sockets.get(&key)).is_some_and(|own| !own.down.is_empty()) {
            ready.push(Step::Down(client));
        }
        if sockets
            .find(|(_, socket)| !socket.up.is_empty())
            .is_some_and(|(_, socket)| !self.slots[socket.slot].is_stalled)
        {
            ready.push(Step::Up(client));
        }
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

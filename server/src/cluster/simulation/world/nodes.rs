//! What happens to nodes: turns, the engine, starts and ends.

use itodenwa_wire::IceServers;

use super::super::process::{Process, Request, TIMEOUT, serve};
use super::super::{Fault, Random};
use super::step::Step;
use super::{Down, Slot, Up, World};
use crate::closing::Ending;
use crate::cluster::NodeId;
use crate::cluster::incarnation::Incarnation;
use crate::hub::{Hub, Input, Output};
use crate::{Access, Limits, TicketSecret, Tickets};

impl World {
    pub(super) fn turn(&mut self, at: usize) {
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
    pub(super) fn serve(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        if let Some(process) = slot.process.as_mut().filter(|_| !slot.is_mute)
            && let Some(request) = process.requests.pop_front()
        {
            let answer = serve(&mut self.engine, self.now, request);
            process.answers.extend(answer);
        }
    }

    pub(super) fn break_listening(&mut self, at: usize) {
        if let Some(process) = &mut self.slots[at].process {
            self.engine.deafen(process.membership.me);
            process.listen_anew();
        }
    }

    pub(super) fn start(&mut self, at: usize) {
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
        let mut process = Process::start(hub, (me, self.now, view), self.fault, self.now);
        if self.seed.is_multiple_of(2) {
            process.node.tell_events();
        }
        self.slots[at].process = Some(Box::new(process));
    }

    pub(super) fn kill(&mut self, at: usize) {
        let Some(process) = self.slots[at].process.take() else { return };
        self.engine.deafen(process.membership.me);
        let gone: Vec<_> = self.sockets.iter().filter(|(_, socket)| socket.slot == at).map(|(key, _)| *key).collect();
        for key in gone {
            self.forget(key);
        }
    }

    /// Gently: everybody is sent away, and the engine is told. What it still sent gets there before.
    pub(super) fn stop(&mut self, at: usize) {
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

    /// What a node has to do for its connections.
    pub(super) fn drain(&mut self, at: usize) {
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
        if let Some(process) = &mut self.slots[at].process {
            self.told.extend(std::iter::from_fn(|| process.node.poll_event()));
        }
    }

    /// A connection is no more. Its client learns of it when it has read what came before.
    pub(super) fn forget(&mut self, key: u64) {
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

    pub(super) fn ready_at(&mut self, at: usize, ready: &mut Vec<Step>) {
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
}

//! What happens to people: connections, what they say and hear, and removals.

use std::collections::VecDeque;
use std::time::Duration;

use itodenwa_wire::ClientMessage;
use tokio::sync::oneshot;

use super::super::client::{Client, Reaction};
use super::step::Step;
use super::{Down, Removed, Socket, Up, World};
use crate::closing::Ending;
use crate::hub::Input;
use crate::operator::{Answer, Question};
use crate::packet::Opaque;

/// Who has no answer for so long gives the connection up, as clients do.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl World {
    pub(super) fn connect(&mut self, client: usize, at: usize) {
        let now = self.now;
        let who = &self.clients[client];
        if who.socket.is_some() && !who.is_in && now >= who.asked + ANSWER_WITHIN {
            return self.cut(client, true);
        }
        if !who.is_wanted || who.socket.is_some() {
            return;
        }
        let join = who.join();
        let Some(process) = self.awake(at) else { return };
        process.node.check_lease(now);
        if !process.node.has_place() {
            return self.drain(at);
        }
        let id = process.node.connect(now);
        self.connected += 1;
        let up = VecDeque::from([Up::Message(join)]);
        let socket = Socket { slot: at, id, client, up, down: VecDeque::new(), is_closing: false };
        self.sockets.insert(self.connected, socket);
        self.clients[client].socket = Some(self.connected);
        self.clients[client].asked = now;
        self.drain(at);
    }

    pub(super) fn cut(&mut self, client: usize, is_seen: bool) {
        let ending = if is_seen { Ending::Dropped } else { Ending::Broken { last_received: self.now } };
        let Some(key) = self.clients[client].socket else { return };
        self.clients[client].disconnected();
        if let Some(socket) = self.sockets.get_mut(&key) {
            socket.up.push_back(Up::End(ending));
        }
    }

    pub(super) fn say(&mut self, client: usize, what: impl FnOnce(&mut Client) -> Option<ClientMessage<Opaque>>) {
        let who = &mut self.clients[client];
        let Some(socket) = who.socket.filter(|_| who.is_in).and_then(|key| self.sockets.get_mut(&key)) else { return };
        socket.up.extend(what(who).map(Up::Message));
    }

    pub(super) fn remove(&mut self, client: usize, at: usize) {
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

    pub(super) fn hear_answers(&mut self) {
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
    pub(super) fn up(&mut self, client: usize) {
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

    pub(super) fn down(&mut self, client: usize) {
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

    pub(super) fn ready_of(&self, client: usize, ready: &mut Vec<Step>) {
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
}

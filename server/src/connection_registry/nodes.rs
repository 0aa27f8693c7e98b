//! The other nodes, as the connection registry sees them: what they send, who keeps which room, and what is asked of all.

use std::sync::atomic::Ordering;

use itodenwa_wire::RoomName;
use tokio::sync::oneshot;

use super::{ConnectionHandle, ConnectionRegistry, now};
use crate::closing::{Closing, Ending};
use crate::cluster::{BusEvent, NodeBody, NodeMessage, Registry};
use crate::hub::Input;
use crate::metrics::Census;
use crate::node::NodeId;
use crate::operator::{Answer, NodeStatus, Question};

impl ConnectionRegistry {
    pub(super) fn on_bus_event(&mut self, event: BusEvent) {
        self.check_lease();
        match event {
            BusEvent::Message(_, NodeMessage(NodeBody::Input(input))) => self.hand_to_hub(input),
            BusEvent::Message(from, NodeMessage(NodeBody::Output(output))) => {
                // What a former home node says does not concern a connection any more.
                let connection = self.connections.get(&output.connection());
                let home = connection.and_then(|connection| connection.home.as_ref());
                if home.is_some_and(|(_, node)| *node == from) {
                    self.do_output(output);
                }
            }
            BusEvent::Message(from, NodeMessage(NodeBody::Ask(number, question))) => {
                let answer = self.answer(&question);
                self.bus.send(from, NodeMessage(NodeBody::Answer(number, answer)));
            }
            BusEvent::Message(from, NodeMessage(NodeBody::Answer(number, answer))) => {
                self.pending.answered(from, number, answer);
            }
            BusEvent::NodeJoined(node) => {
                tracing::info!(node = node.0, "a node joined");
                self.move_rooms();
            }
            BusEvent::NodeGone(node) => {
                tracing::warn!(node = node.0, "a node is gone");
                self.lose(node);
                self.move_rooms();
            }
            BusEvent::LinkBroken(node) => {
                tracing::info!(node = node.0, "messages from or to a node are lost");
                self.lose(node);
            }
            BusEvent::Rejoined(me) => {
                self.lose_place();
                self.me = me;
                self.hub.rooms_moved(now());
                self.is_in.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Nothing more comes from a node: not from its connections, and not for those that have their home there.
    fn lose(&mut self, node: NodeId) {
        self.pending.lost(node);
        self.hub.lose(now(), node);
        self.do_outputs();
        self.send_away("the server that keeps the room is not to be reached", |_, (_, home)| *home == node);
    }

    /// To be asked before anything is done: a node that was stalled finds much to do when it goes on, and its rooms may not be
    /// its own any more.
    pub(super) fn check_lease(&mut self) {
        if self.bus.lease().is_some_and(|lease| lease <= now()) {
            self.lose_place();
        }
    }

    /// Others may keep the rooms that were kept here: from now on nothing here is to be believed.
    fn lose_place(&mut self) {
        if self.is_in.swap(false, Ordering::Relaxed) {
            tracing::warn!(connections = self.connections.len(), "out of the cluster: everybody is sent away");
            self.hub.begin_run(now());
            self.do_outputs();
            self.send_away("the server is not in its cluster", |_, _| true);
        }
    }

    /// Rooms may have other home nodes now: members at the old one are sent away, and come back to the new one.
    fn move_rooms(&mut self) {
        self.hub.rooms_moved(now());
        let (homes, me) = (&*self.homes, self.me);
        self.hub.release(now(), |room| homes.home_node(room) != me);
        self.do_outputs();
        self.send_away("another server keeps the room now", |homes, (room, node)| homes.home_node(room) != *node);
    }

    /// Closes members' connections so that they come back; the room that they were in waits for them.
    pub(super) fn send_away(&mut self, why: &str, which: impl Fn(&dyn Registry, &(RoomName, NodeId)) -> bool) {
        let homes = &*self.homes;
        let is_meant = |connection: &ConnectionHandle| connection.home.as_ref().is_some_and(|home| which(homes, home));
        let those: Vec<_> =
            self.connections.iter().filter(|(_, connection)| is_meant(connection)).map(|(id, _)| *id).collect();
        for id in those {
            self.send_to_home(id, Input::Disconnected(id, Ending::Broken { last_received: now() }));
            self.close(id, Closing::going_away(why, getrandom::u32().unwrap_or_default()));
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.home = None;
            }
        }
    }

    /// Asks the nodes that know. Without a place in the cluster nobody is asked, and `to` is dropped.
    pub(super) fn ask(&mut self, question: Question, to: oneshot::Sender<Vec<Answer>>) {
        if !self.is_in.load(Ordering::Relaxed) {
            return;
        }
        let home = question.room().map(|room| self.homes.home_node(room));
        let elsewhere = home.map_or_else(|| self.bus.others(), |home| vec![home]);
        let elsewhere: Vec<_> = elsewhere.into_iter().filter(|node| *node != self.me).collect();
        let is_asked_here = home.is_none_or(|home| home == self.me);
        let answers = is_asked_here.then(|| self.answer(&question)).into_iter().collect();
        if let Some(number) = self.pending.ask(elsewhere.clone(), answers, to) {
            for node in elsewhere {
                self.bus.send(node, NodeMessage(NodeBody::Ask(number, question.clone())));
            }
        }
    }

    fn answer(&mut self, question: &Question) -> Answer {
        if let Question::Status = question {
            let Census { connections, rooms, members } = self.census();
            let version = env!("CARGO_PKG_VERSION").to_owned();
            return Answer::Status(NodeStatus { node: self.me, version, connections, rooms, members });
        }
        let answer = self.hub.answer(now(), question);
        self.do_outputs();
        answer
    }
}

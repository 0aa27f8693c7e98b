//! What a node does, without sockets and without waiting: it has a hub, and knows of each of its connections where its room is
//! kept. The bus and the registry are given to it.
//!
//! **One keeper.** A node keeps rooms only while its [lease](Bus::lease) holds, and a new one only when all others have said that they
//! know it: before that they may keep rooms that are its own by now. So others release a room before a newcomer takes it.
//!
//! **Who was removed** is told to all nodes before anything that follows from it, to each newcomer, and again to whom messages
//! were lost; and when a node is gone, by all others, since it may not have told all of them.

mod heirs;
mod moving;
mod operating;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use itodenwa_wire::{ClientMessage, LeaveReason, RoomName};
use tokio::sync::mpsc;

use super::{Bus, BusEvent, Figures, NodeBody, NodeMessage, Registry};
use crate::closing::Ending;
use crate::hub::{Hub, Input, Output, Removal};
use crate::metrics::Census;
use crate::node::{ConnectionId, NodeId};
use crate::operator::Pending;
use crate::packet::Opaque;
use crate::webhook::RoomEvent;
use heirs::Heirs;
pub(crate) use heirs::RoomPeople;
use moving::Asked;

/// Removals in one message between nodes.
const REMOVALS: usize = 100;

/// One node.
#[derive(Debug)]
pub(crate) struct Node {
    /// What connections are named after.
    me: NodeId,
    pub(super) hub: Hub<Opaque>,
    bus: Box<dyn Bus>,
    homes: Box<dyn Registry>,
    connections: HashMap<ConnectionId, Place>,
    connected: u64,
    /// Whether this node has its place in the cluster: without one it lets nobody in.
    is_in: Arc<AtomicBool>,
    /// Whether all others are known that may keep rooms.
    is_settled: bool,
    /// Others that may not know yet that this node is there: until they do it keeps no room.
    awaited: BTreeSet<NodeId>,
    /// What other nodes were asked.
    pending: Pending,
    heirs: Heirs,
    /// For the connections of this node. Drained after each call.
    outputs: VecDeque<Output<Opaque>>,
}

/// Where a connection of this node is.
#[derive(Debug, Default)]
struct Place {
    /// Its room, and that room's home node; none before the join.
    home: Option<(RoomName, NodeId)>,
    asked: Asked,
    is_closing: bool,
}

impl Node {
    pub(crate) fn new(hub: Hub<Opaque>, bus: Box<dyn Bus>, homes: Box<dyn Registry>) -> Self {
        let mut node = Node {
            me: bus.me(),
            hub,
            bus,
            homes,
            connections: HashMap::new(),
            connected: 0,
            is_in: Arc::new(AtomicBool::new(true)),
            is_settled: false,
            awaited: BTreeSet::new(),
            pending: Pending::default(),
            heirs: Heirs::default(),
            outputs: VecDeque::new(),
        };
        node.greet();
        node
    }

    /// Whether this node has its place in the cluster, to be asked at any time.
    pub(crate) fn is_in(&self) -> &Arc<AtomicBool> {
        &self.is_in
    }

    /// From now on what happens in rooms is told.
    pub(crate) fn tell_events(&mut self) {
        self.hub.tell_events();
    }

    /// What the bus has to say.
    pub(crate) fn bus_events(&mut self) -> &mut mpsc::Receiver<BusEvent> {
        self.bus.events()
    }

    /// Something to do for a connection of this node.
    pub(crate) fn poll(&mut self) -> Option<Output<Opaque>> {
        self.outputs.pop_front()
    }

    /// The next event to tell.
    pub(crate) fn poll_event(&mut self) -> Option<RoomEvent> {
        self.hub.poll_event()
    }

    /// When to come back with [`Input::Deadline`], if nothing else happens before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.hub.deadline()
    }

    /// When to come back with [`Node::check_lease`].
    pub(crate) fn lease(&self) -> Option<Instant> {
        self.bus.lease().filter(|_| self.has_place())
    }

    /// Sockets are counted where they are, members where their room is kept.
    pub(crate) fn census(&self) -> Census {
        Census { connections: self.connections.len(), ..self.hub.census() }
    }

    /// Numbers about the cluster, and whether this node is in it; none without one.
    pub(crate) fn figures(&self) -> Option<(Figures, bool)> {
        self.bus.figures().map(|figures| (figures, self.has_place()))
    }

    /// A connection is made here.
    pub(crate) fn connect(&mut self, now: Instant) -> ConnectionId {
        self.connected += 1;
        let id = ConnectionId::new(self.me, self.connected);
        self.connections.insert(id, Place::default());
        self.hand_to_hub(now, Input::Connected(id));
        id
    }

    /// Something that a connection of this node said, or that became of it; or what concerns all.
    pub(crate) fn handle(&mut self, now: Instant, input: Input<Opaque>) {
        self.check_lease(now);
        if let Input::Received(from, Ok(ClientMessage::Join(join))) = &input {
            self.find_home(now, *from, &join.room);
        }
        self.pass_on(now, input);
    }

    /// A connection's socket is over.
    pub(crate) fn ended(&mut self, now: Instant, id: ConnectionId, ending: Ending) {
        // As a rule the hub knows already; but what the socket said last may be behind this.
        self.handle(now, Input::Disconnected(id, ending));
        self.connections.remove(&id);
    }

    /// The server stops: everybody is sent away, and the others are told that this node leaves.
    pub(crate) fn stop(&mut self, now: Instant) {
        self.check_lease(now);
        self.bus.leave();
        self.hand_to_hub(now, Input::Stop);
        self.send_away(now, "the server is shutting down", |_, _| true);
    }

    /// Something came from the bus.
    pub(crate) fn on_bus_event(&mut self, now: Instant, event: BusEvent) {
        self.check_lease(now);
        if !self.has_place() && !matches!(event, BusEvent::Rejoined(_) | BusEvent::TicketSecret(_)) {
            // It was for who this node was before.
            return;
        }
        match event {
            BusEvent::Message(from, NodeMessage(body)) => self.on_message(now, from, body),
            BusEvent::NodeJoined(node) => {
                tracing::info!(node = node.0, "a node joined");
                if self.bus.awaited().contains(&node) {
                    self.awaited.insert(node);
                }
                self.move_rooms(now, None);
                self.say_released(node);
            }
            BusEvent::NodeGone(node) => {
                tracing::warn!(node = node.0, "a node is gone");
                self.pending.lost(node);
                self.lose(now, node);
                self.awaited.remove(&node);
                self.move_rooms(now, Some(node));
                self.tell_removals(self.bus.others(), self.hub.removals().cloned().collect());
            }
            BusEvent::LinkBroken(node) => {
                tracing::info!(node = node.0, "messages from or to a node are lost");
                self.pending.unheard(node);
                self.lose(now, node);
                self.heirs.lost(node);
                self.tell_new_heirs();
                self.say_released(node);
                self.hold_on(now, node);
            }
            BusEvent::TicketSecret(secret) => self.hub.change_ticket_secret(&secret),
            BusEvent::Settled => self.is_settled = true,
            BusEvent::Rejoined(me) => {
                self.lose_place(now);
                self.me = me;
                self.hub.rooms_moved(now);
                self.is_in.store(true, Ordering::Relaxed);
                self.greet();
            }
        }
    }

    fn on_message(&mut self, now: Instant, from: NodeId, body: NodeBody) {
        match body {
            NodeBody::Input(Input::Received(connection, Ok(ClientMessage::Join(join)))) if !self.keeps(&join.room) => {
                self.hand_to_hub(now, Input::Disconnected(connection, Ending::ForGood(LeaveReason::Gone)));
                let closing = self.hub.elsewhere("another server keeps the room");
                self.bus.send(from, NodeMessage(NodeBody::Output(Output::Close(connection, closing))));
            }
            NodeBody::Input(input) => self.hand_to_hub(now, input),
            NodeBody::Output(output) => {
                // What a former home node says does not concern a connection any more.
                let place = self.connections.get(&output.connection());
                if place.is_some_and(|place| place.hears(from)) {
                    self.give(output);
                }
            }
            NodeBody::Ask(number, question) => {
                let answer = self.answer(now, &question);
                self.bus.send(from, NodeMessage(NodeBody::Answer(number, answer)));
            }
            NodeBody::Answer(number, answer) => self.pending.answered(from, number, answer),
            NodeBody::Removed(removals) => {
                self.hub.learn_removals(now, removals);
                self.drain_hub();
            }
            NodeBody::People(rooms) => self.learn_people(from, rooms),
            NodeBody::Released => {
                self.awaited.remove(&from);
                self.heirs.all_said(from);
                self.go_on(now, from);
            }
        }
    }

    /// This node has just joined.
    fn greet(&mut self) {
        self.is_settled = self.bus.is_settled();
        self.awaited = self.bus.awaited().into_iter().collect();
        for node in self.bus.others() {
            self.say_released(node);
        }
    }

    /// Another node is known here: none of its rooms is kept any longer, it was told who is in those that it would keep next, and it may
    /// know what is known of removals.
    fn say_released(&mut self, to: NodeId) {
        self.tell_removals(vec![to], self.hub.removals().cloned().collect());
        self.bus.send(to, NodeMessage(NodeBody::Released));
    }

    fn tell_removals(&self, nodes: Vec<NodeId>, removals: Vec<Removal>) {
        for node in nodes {
            for some in removals.chunks(REMOVALS) {
                self.bus.send(node, NodeMessage(NodeBody::Removed(some.to_vec())));
            }
        }
    }

    /// A connection would like to join: from now on it is a matter of the room's home node.
    fn find_home(&mut self, now: Instant, from: ConnectionId, room: &RoomName) {
        let Some(place) = self.connections.get_mut(&from) else { return };
        // One that is sent away does not join again.
        if place.home.is_some() || place.is_closing {
            return;
        }
        let node = self.homes.home_node(room);
        if node != self.me {
            place.home = Some((room.clone(), node));
            place.asked = Asked::Elsewhere;
            self.hand_to_hub(now, Input::Disconnected(from, Ending::ForGood(LeaveReason::Gone)));
            self.pass_on(now, Input::Connected(from));
        } else if self.is_settled && self.awaited.is_empty() {
            place.home = Some((room.clone(), node));
        } else {
            self.hand_to_hub(now, Input::Disconnected(from, Ending::ForGood(LeaveReason::Gone)));
            let closing = self.hub.elsewhere("the server has just started, and another one may keep the room still");
            self.give(Output::Close(from, closing));
        }
    }

    /// Whether this node is the home of a room, and the others know it. Who sent somebody here may not have known better.
    fn keeps(&self, room: &RoomName) -> bool {
        self.is_settled && self.awaited.is_empty() && self.homes.home_node(room) == self.me
    }

    /// To the node that keeps the room of the connection that it is about.
    fn pass_on(&mut self, now: Instant, input: Input<Opaque>) {
        let place = input.connection().and_then(|from| self.connections.get(&from));
        let home = place.and_then(|place| place.home.as_ref()).map(|(_, node)| *node);
        match home.filter(|node| *node != self.me) {
            Some(node) => self.bus.send(node, NodeMessage(NodeBody::Input(input))),
            None => self.hand_to_hub(now, input),
        }
    }

    fn hand_to_hub(&mut self, now: Instant, input: Input<Opaque>) {
        self.hub.handle(now, input);
        self.drain_hub();
    }

    fn drain_hub(&mut self) {
        let removals: Vec<_> = std::iter::from_fn(|| self.hub.poll_removal()).collect();
        if !removals.is_empty() {
            self.tell_removals(self.bus.others(), removals);
        }
        while let Some(output) = self.hub.poll() {
            match output.connection().node() {
                node if node == self.me => self.give(output),
                node => self.bus.send(node, NodeMessage(NodeBody::Output(output))),
            }
        }
        self.tell_of_changes();
    }

    /// To a connection of this node.
    fn give(&mut self, output: Output<Opaque>) {
        let Some(place) = self.connections.get_mut(&output.connection()) else { return };
        place.asked = Asked::No;
        if let Output::Close(..) = output
            && std::mem::replace(&mut place.is_closing, true)
        {
            return;
        }
        self.outputs.push_back(output);
    }

    /// Nothing more comes from a node that it sent before, and nothing of its connections is known.
    fn lose(&mut self, now: Instant, node: NodeId) {
        self.hub.lose(now, node);
        self.drain_hub();
    }

    /// To be asked before anything is done: a node that was stalled finds much to do when it goes on, and its rooms may not be
    /// its own any more.
    pub(crate) fn check_lease(&mut self, now: Instant) {
        let is_over = self.bus.lease().is_some_and(|lease| lease <= now);
        // Under another name it has another lease, which says nothing of the rooms that it kept before.
        if is_over || self.bus.me() != self.me {
            self.lose_place(now);
        }
    }

    /// Others may keep the rooms that were kept here: from now on nothing here is to be believed.
    fn lose_place(&mut self, now: Instant) {
        if self.is_in.swap(false, Ordering::Relaxed) {
            tracing::warn!(connections = self.connections.len(), "out of the cluster: everybody is sent away");
            self.bus.lose_place(self.me, now);
            self.hub.begin_run(now);
            self.heirs = Heirs::default();
            self.drain_hub();
            self.pending.clear();
            self.send_away(now, "the server is not in its cluster", |_, _| true);
        }
    }

    pub(super) fn has_place(&self) -> bool {
        self.is_in.load(Ordering::Relaxed)
    }

    /// Whether its name is still the one under which it keeps rooms.
    #[cfg(test)]
    pub(super) fn is_itself(&self) -> bool {
        self.bus.me() == self.me
    }

    #[cfg(test)]
    pub(super) fn is_bounded(&self, rooms: usize) -> bool {
        self.heirs.is_bounded(rooms)
    }

    /// Whether it waits for others before it keeps rooms.
    #[cfg(test)]
    pub(super) fn waits(&self) -> bool {
        !(self.is_settled && self.awaited.is_empty())
    }

    /// All that what it does depends on.
    #[cfg(test)]
    pub(super) fn fingerprint(&self) -> String {
        let connections: std::collections::BTreeMap<_, _> = self.connections.iter().collect();
        format!(
            "{:?} {connections:?} {} {} {:?} {}",
            self.me,
            self.has_place(),
            self.is_settled,
            self.awaited,
            self.hub.fingerprint()
        )
    }
}

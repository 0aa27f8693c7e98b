//! A pair at one moment, and what can happen next.

use std::time::Duration;

use itodenwa_wire::Member;

use super::endpoint::{Endpoint, Happening, Peer};
use super::plan::{Budget, Network, Over, Plan};
use super::tables::{Birth, Broken, EndpointId, HappeningId, PacketId, Tables, reverse};
use crate::{ANN, BEN};

/// At most so many packets are on their way to one side; what is sent beyond them is lost.
const IN_FLIGHT: usize = 3;

/// A pair at one moment. Side 0 leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) endpoints: [EndpointId; 2],
    /// The packets on their way to each side, then zeros. Copies of one packet are one: it may arrive any number of times.
    wires: [[PacketId; IN_FLIGHT]; 2],
    budget: Budget,
}

/// Something that may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// Something at one side.
    Happen(usize, HappeningId),
    /// A packet arrives at this side.
    Arrive(usize, PacketId),
    /// It arrives, and will arrive again.
    ArriveTwice(usize, PacketId),
    /// It never arrives.
    Lose(usize, PacketId),
    /// Nothing else can happen: time passes until a timer fires.
    Pass(Duration),
    /// Time passes although something is on its way.
    PassEarly(Duration),
    /// A page is loaded again.
    Reload(usize),
}

/// A move, what of the budget it leaves, and whether it is progress: something that happens although no more faults do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub(super) way: Move,
    budget: Budget,
    pub(super) progress: bool,
}

impl State {
    /// Both come in, the leader first.
    pub(super) fn first(plan: &Plan, tables: &mut Tables) -> State {
        let mut state = State { endpoints: [0, 0], wires: [[0; IN_FLIGHT]; 2], budget: plan.budget };
        state.bear(plan, tables, (0, 1, None));
        state.bear(plan, tables, (1, 2, Some(1)));
        let joined = tables.happening(Happening::Announce(newcomer(plan, 1, 2, 1)));
        if let Ok(step) = tables.step(state.endpoints[0], joined) {
            state.endpoints[0] = step.endpoint;
        }
        state
    }

    /// Everything that may happen next. Nothing is progress if all is quiet for ever.
    pub(super) fn choices(&self, plan: &Plan, tables: &mut Tables) -> Vec<Choice> {
        let mut choices = Vec::new();
        let budget = self.budget;
        let in_time = match plan.network {
            Network::AnyOrder => IN_FLIGHT,
            Network::InOrder => 1,
        };
        let mut progress = |way| choices.push(Choice { way, budget, progress: true });
        for side in [0, 1] {
            for happening in tables.known(self.endpoints[side]).possible.iter() {
                progress(Move::Happen(side, *happening));
            }
            for packet in self.packets(side).take(in_time) {
                progress(Move::Arrive(side, packet));
            }
        }
        let quiet = choices.is_empty();
        let wait = self.endpoints.iter().filter_map(|endpoint| tables.known(*endpoint).wait).min();
        let mut may = |way, budget, progress| choices.push(Choice { way, budget, progress });
        if let Some(wait) = wait {
            if quiet {
                may(Move::Pass(wait), budget, true);
            } else if let Some(early) = budget.early.checked_sub(1) {
                may(Move::PassEarly(wait), Budget { early, ..budget }, false);
            }
        }
        for side in [0, 1] {
            if let Some(rest) = budget.fault() {
                for packet in self.packets(side) {
                    may(Move::ArriveTwice(side, packet), rest, false);
                    may(Move::Lose(side, packet), rest, false);
                }
                for packet in self.packets(side).skip(in_time) {
                    may(Move::Arrive(side, packet), rest, false);
                }
            }
            let endpoint = tables.known(self.endpoints[side]).endpoint.clone();
            let mut cause = |happening, budget| may(Move::Happen(side, tables.happening(happening)), budget, false);
            if let Some(changes) = budget.changes.checked_sub(1) {
                cause(Happening::Switch(plan.switches[side]), Budget { changes, ..budget });
            }
            if let Some(restarts) = budget.restarts.checked_sub(1) {
                cause(Happening::RestartIce, Budget { restarts, ..budget });
            }
            if let Some(resets) = budget.resets.checked_sub(1).filter(|_| endpoint.may_break()) {
                cause(Happening::Break, Budget { resets, ..budget });
            }
            if let Some(failures) = budget.failures.checked_sub(1).filter(|_| endpoint.may_fail()) {
                cause(Happening::Fail, Budget { failures, ..budget });
            }
            if let Some(losses) = budget.losses.checked_sub(1).filter(|_| endpoint.may_lose()) {
                cause(Happening::Lose(plan.loss.0, plan.loss.1), Budget { losses, ..budget });
            }
            if let Some(reloads) = budget.reloads.checked_sub(1) {
                may(Move::Reload(side), Budget { reloads, ..budget }, false);
            }
        }
        choices
    }

    /// The state after a move.
    pub(super) fn after(mut self, plan: &Plan, tables: &mut Tables, choice: Choice) -> Result<State, Broken> {
        self.budget = choice.budget;
        match choice.way {
            Move::Happen(side, happening) => self.happen(plan, tables, side, happening)?,
            Move::Arrive(side, packet) => {
                self.remove(side, packet);
                let arrival = tables.arrival(packet);
                self.happen(plan, tables, side, arrival)?;
            }
            Move::ArriveTwice(side, packet) => {
                let arrival = tables.arrival(packet);
                self.happen(plan, tables, side, arrival)?;
            }
            Move::Lose(side, packet) => self.remove(side, packet),
            Move::Pass(time) | Move::PassEarly(time) => {
                let pass = tables.happening(Happening::Pass(time));
                self.happen(plan, tables, 0, pass)?;
                self.happen(plan, tables, 1, pass)?;
            }
            Move::Reload(side) => {
                // Sessions rise with each page that is loaded.
                let session = 2 + u32::from(plan.budget.reloads - self.budget.reloads);
                let other = tables.known(self.endpoints[1 - side]).endpoint.me().session;
                self.bear(plan, tables, (side, session, Some(other)));
                let joined = tables.happening(Happening::Announce(newcomer(plan, side, session, other)));
                self.happen(plan, tables, 1 - side, joined)?;
            }
        }
        self.connect(plan, tables)?;
        if plan.network == Network::AnyOrder {
            for wire in &mut self.wires {
                wire.sort_unstable_by(|a, b| b.cmp(a));
            }
        }
        Ok(self)
    }

    fn happen(&mut self, plan: &Plan, tables: &mut Tables, side: usize, happening: HappeningId) -> Result<(), Broken> {
        let step = tables.step(self.endpoints[side], happening)?;
        self.endpoints[side] = step.endpoint;
        if step.closed.is_some() {
            self.drop_channel(tables, side);
        }
        self.send(plan, tables, 1 - side, &step.packets);
        match step.closed {
            Some(path) => {
                let closed = tables.path_closed(path);
                self.happen(plan, tables, 1 - side, closed)
            }
            None => Ok(()),
        }
    }

    /// Finds a path, once both sides can reach each other.
    fn connect(&mut self, plan: &Plan, tables: &mut Tables) -> Result<(), Broken> {
        let [leader, follower] = self.endpoints.map(|endpoint| tables.known(endpoint));
        let Some(path) = leader.reach.filter(|path| follower.reach == Some(reverse(*path))) else { return Ok(()) };
        for (side, path, now) in [(0, path, leader.path), (1, reverse(path), follower.path)] {
            if now != Some(path) {
                let found = tables.path_found(path);
                self.happen(plan, tables, side, found)?;
            }
        }
        Ok(())
    }

    fn bear(&mut self, plan: &Plan, tables: &mut Tables, birth: Birth) {
        let (side, session, other) = birth;
        let peer = match other {
            Some(session) => Peer::There(member(1 - side, session)),
            None => Peer::Awaited(member(1 - side, 0).id),
        };
        let me = other.map_or_else(|| member(side, session), |other| newcomer(plan, side, session, other));
        let born = tables.born(birth, || Endpoint::join(me, peer, side, plan));
        self.endpoints[side] = born.endpoint;
        self.drop_channel(tables, side);
        self.send(plan, tables, 1 - side, &born.packets);
    }

    fn packets(&self, side: usize) -> impl Iterator<Item = PacketId> + use<> {
        self.wires[side].into_iter().filter(|packet| *packet != 0)
    }

    /// Gives packets to the network; those for a channel only if the connection has the other end.
    fn send(&mut self, plan: &Plan, tables: &Tables, side: usize, packets: &[PacketId]) {
        let [to, from] = [side, 1 - side].map(|side| tables.known(self.endpoints[side]));
        let is_connected = to.path.is_some() && to.path == from.path.map(reverse);
        let carries = is_connected && to.channel_carries && from.channel_carries;
        let wire = &mut self.wires[side];
        for packet in packets {
            let over = tables.over(*packet);
            let is_lost = (carries && plan.dead == Some(over)) || (over == Over::Channel && !carries);
            if !is_lost
                && !wire.contains(packet)
                && let Some(place) = wire.iter_mut().find(|place| **place == 0)
            {
                *place = *packet;
            }
        }
    }

    /// What is on its way to a connection that is closed never arrives.
    fn drop_channel(&mut self, tables: &Tables, side: usize) {
        let mut rest = self.packets(side).filter(|packet| tables.over(*packet) == Over::Server);
        self.wires[side] = std::array::from_fn(|_| rest.next().unwrap_or(0));
    }

    fn remove(&mut self, side: usize, packet: PacketId) {
        let mut rest = self.packets(side).filter(|other| *other != packet);
        self.wires[side] = std::array::from_fn(|_| rest.next().unwrap_or(0));
    }
}

fn member(side: usize, session: u32) -> Member {
    Member { id: if side == 0 { ANN } else { BEN }, session, name: None, pass: None, offered: None }
}

/// Who comes in while the other one is there, in this session.
fn newcomer(plan: &Plan, side: usize, session: u32, other: u32) -> Member {
    Member { offered: plan.offers.map(|_| other), ..member(side, session) }
}

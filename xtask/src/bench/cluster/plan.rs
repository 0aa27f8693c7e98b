//! What is measured, and what came of it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::super::median;

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Plan {
    /// None: one server alone, without Redis.
    pub(super) nodes: u32,
    /// Where members come in: see `server/examples/load/cluster.rs`.
    pub(super) place: &'static str,
    pub(super) rooms: u32,
    pub(super) members: u32,
    /// Messages a second; 0: as many as possible.
    pub(super) rate: u32,
}

pub(super) const NODES: [u32; 4] = [0, 1, 2, 4];
/// Of four members each.
pub(super) const ROOMS: [u32; 3] = [100, 500, 2500];
pub(super) const RATE: u32 = 2000;
const ROOMS_OF_TWO: u32 = 50;

/// The same in each round, one after the other.
pub(super) const PLANS: [Plan; 20] = {
    let [a, b, c, d] = NODES;
    let [few, some, many] = ROOMS;
    [
        fast(a),
        fast(b),
        fast(c),
        fast(d),
        placed(a, "spread"),
        placed(2, "home"),
        placed(2, "away"),
        FAST_AND_FAR,
        talking(a, few),
        talking(b, few),
        talking(c, few),
        talking(d, few),
        talking(a, some),
        talking(b, some),
        talking(c, some),
        talking(d, some),
        talking(a, many),
        talking(b, many),
        talking(c, many),
        talking(d, many),
    ]
};

/// Rooms of two that talk as fast as they can.
pub(super) const fn fast(nodes: u32) -> Plan {
    Plan { nodes, place: "spread", rooms: ROOMS_OF_TWO, members: 2, rate: 0 }
}

/// The same where no member is at the room's home node.
pub(super) const FAST_AND_FAR: Plan = Plan { nodes: 4, place: "away", rooms: ROOMS_OF_TWO, members: 2, rate: 0 };

/// Rooms of two, whose members are both at the room's home node, or both at another one.
pub(super) const fn placed(nodes: u32, place: &'static str) -> Plan {
    Plan { nodes, place, rooms: ROOMS_OF_TWO, members: 2, rate: RATE }
}

/// So many rooms of four in which people talk now and then: always as many messages in all.
pub(super) const fn talking(nodes: u32, rooms: u32) -> Plan {
    Plan { nodes, place: "spread", rooms, members: 4, rate: RATE }
}

impl Plan {
    pub(super) fn arguments(self, seconds: u32) -> Vec<String> {
        let Plan { nodes, place, rooms, members, rate } = self;
        let numbers = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>();
        [numbers(&[nodes]), vec![place.to_owned()], numbers(&[rooms, members, rate, seconds])].concat()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { nodes, place, rooms, members, rate } = self;
        write!(f, "{nodes} nodes, {rooms} rooms of {members} {place}, {rate} messages per second")
    }
}

/// All rounds.
#[derive(Debug, Default)]
pub(super) struct Measured(BTreeMap<(Plan, String), Vec<f64>>);

impl Measured {
    pub(super) fn add(&mut self, plan: Plan, line: &Value) {
        for (name, value) in line.as_object().into_iter().flatten() {
            self.0.entry((plan, name.clone())).or_default().extend(value.as_f64());
        }
    }

    /// The median of all rounds.
    pub(super) fn of(&self, plan: Plan, name: &str) -> f64 {
        median(self.rounds(plan, name).to_vec())
    }

    /// The median of the ratios of each round.
    pub(super) fn ratio(&self, plan: Plan, to: Plan, name: &str) -> f64 {
        median(self.rounds(plan, name).iter().zip(self.rounds(to, name)).map(|(one, other)| one / other).collect())
    }

    fn rounds(&self, plan: Plan, name: &str) -> &[f64] {
        self.0.get(&(plan, name.to_owned())).map_or(&[], Vec::as_slice)
    }
}

//! All orders of events for two nodes and two members of one room, to a bounded depth.
//!
//! A state is what the steps made that lead to it: they are done again from the start each time, since hubs are not copied. Two
//! states that look the same are one.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::number;
use super::world::{Step, World};

/// What may break or be done, once each.
const FAULTS: [Step; 13] = [
    Step::Kill(0),
    Step::Kill(1),
    Step::Drain(0),
    Step::Mute(0, true),
    Step::Deafen(0, true),
    Step::Deafen(1, true),
    Step::Lose(0),
    Step::Lose(1),
    Step::Cut(0, false),
    Step::Cut(1, true),
    Step::Remove(1, 1),
    Step::Start(2),
    Step::Restart,
];

/// How far all orders are tried.
struct Plan {
    name: &'static str,
    /// Steps after the two are in their room.
    depth: u64,
    /// So many of [`FAULTS`], one after the other.
    faults: usize,
}

struct Explored {
    states: usize,
    ends: usize,
}

/// Two nodes, and both in one room: one at each. A third node may come.
fn start() -> World {
    let mut world = World::new(1, 2, &["a", "a"], None);
    world.slots.push(super::world::Slot::default());
    for client in 0..2 {
        world.step(Step::Connect(client, client));
        world.settle(20);
    }
    world
}

/// What does not wait for anything else is not worth an order of its own: nodes' tasks have their turns, the engine answers, and
/// clients read.
fn then(world: &mut World, step: Step) {
    world.step(step);
    let waits = |step: &Step| matches!(step, Step::Turn(_) | Step::Serve(_) | Step::Answer(_) | Step::Down(_));
    while let Some(step) = world.ready().into_iter().find(waits) {
        world.step(step);
    }
}

/// What may be next: something arrives, a client does something, time passes, or something breaks.
fn next(world: &mut World, steps: &[Step], faults: usize) -> Vec<Step> {
    let mut next = world.ready();
    next.push(Step::Wait(1000));
    for client in 0..2 {
        next.extend([Step::Say(client, 0), Step::Connect(client, 0), Step::Connect(client, 1)]);
    }
    let done = steps.iter().filter(|step| FAULTS.contains(step)).count();
    if done < faults {
        next.extend(FAULTS.iter().filter(|fault| !steps.contains(fault)));
    }
    next
}

fn replay(steps: &[Step]) -> World {
    let mut world = start();
    for step in steps {
        then(&mut world, *step);
    }
    world
}

fn hash(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.fingerprint().hash(&mut hasher);
    hasher.finish()
}

/// Breadth first, so that what breaks is found by the fewest steps.
fn explore(plan: &Plan) -> Explored {
    let mut states = HashSet::from([hash(&start())]);
    let mut open = VecDeque::from([Vec::new()]);
    let mut ends = 0;
    while let Some(steps) = open.pop_front() {
        let broken = |wrong: String| -> String { format!("{}: {wrong}, by {steps:?}", plan.name) };
        if steps.len() as u64 == plan.depth {
            // Once faults stop, all is well from here.
            let mut world = replay(&steps);
            world.heal();
            world.check_end().unwrap_or_else(|wrong| panic!("{}", broken(wrong)));
            ends += 1;
            continue;
        }
        let mut before = replay(&steps);
        for step in next(&mut before, &steps, plan.faults) {
            let mut world = replay(&steps);
            then(&mut world, step);
            if states.insert(hash(&world)) {
                world.check().unwrap_or_else(|wrong| panic!("{} and {step:?}", broken(wrong)));
                open.push_back(steps.iter().copied().chain([step]).collect());
            }
        }
    }
    Explored { states: states.len(), ends }
}

#[test]
fn in_all_orders_of_events_for_two_nodes_and_two_members_the_properties_hold() {
    let depth = number("ITODENWA_DEPTH").unwrap_or(1);
    for plan in [
        Plan { name: "nothing breaks", depth: depth + 2, faults: 0 },
        Plan { name: "one thing breaks", depth: depth + 1, faults: 1 },
        Plan { name: "two things break", depth, faults: 2 },
    ] {
        let explored = explore(&plan);
        println!("{}, {} steps: {} states, {} ends", plan.name, plan.depth, explored.states, explored.ends);
        assert!(explored.ends > 10, "{}", plan.name);
    }
}

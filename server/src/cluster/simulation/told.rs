//! What an application is told of rooms when nodes come and go, one after the other: each who came, and once each who left, also those
//! who vanished with the node that kept their room. Losses and several nodes that go at once may keep that from it; random
//! [`runs`](super::runs) have them, and there what is bounded has to stay so.

use std::collections::{BTreeMap, BTreeSet};

use itodenwa_wire::{PeerId, RoomName};

use super::world::{Step, World};
use super::{Random, seeds};
use crate::webhook::RoomEvent;

const NODES: usize = 3;
const CLIENTS: [&str; 5] = ["a", "a", "a", "b", "b"];
/// Something happens to a node in each.
const ROUNDS: usize = 20;
/// What is said to the next node may be lost with the one that says it: that may be so in one of so many runs.
const RARE: u64 = 1000;

/// As the application has it from what it was told.
#[derive(Debug, Default)]
struct Told {
    rooms: BTreeMap<RoomName, BTreeSet<PeerId>>,
    left: usize,
}

impl Told {
    fn hear(&mut self, event: RoomEvent) -> Result<(), String> {
        let people = self.rooms.entry(event.room().clone()).or_default();
        let members = match &event {
            RoomEvent::Joined { member, members, .. } if people.insert(member.id) => *members,
            RoomEvent::Left { member, members, .. } if people.remove(&member.id) => {
                self.left += 1;
                *members
            }
            RoomEvent::Emptied { .. } => 0,
            _ => return Err(format!("twice, or of nobody: {event:?}")),
        };
        if people.len() == members { Ok(()) } else { Err(format!("{people:?} are in: {event:?}")) }
    }
}

/// People come, leave and vanish.
fn people(world: &mut World, random: &mut Random) {
    for client in 0..CLIENTS.len() {
        match random.below(6) {
            0 => world.step(Step::Leave(client)),
            1 => {
                world.step(Step::Cut(client, random.below(2) == 0));
                world.clients[client].leave();
            }
            2 | 3 => world.step(Step::Return(client)),
            _ => {}
        }
        world.step(Step::Connect(client, random.below(NODES)));
    }
    world.settle(200);
}

/// So many seconds, in which whoever was sent away comes back.
fn time(world: &mut World, random: &mut Random, seconds: usize) {
    for _ in 0..seconds {
        world.step(Step::Wait(1000));
        for client in 0..CLIENTS.len() {
            world.step(Step::Connect(client, random.below(NODES)));
        }
        world.settle(200);
    }
}

/// How many left.
fn run(seed: u64) -> Result<usize, String> {
    let mut random = Random(seed);
    let mut world = World::new(2 * seed, NODES, &CLIENTS, None);
    for _ in 0..ROUNDS {
        people(&mut world, &mut random);
        let at = random.below(NODES);
        let others = world.processes().filter(|(other, _)| *other != at).count();
        match random.below(5) {
            0 | 1 if others > 0 => world.step(Step::Kill(at)),
            2 if others > 0 => world.step(Step::Drain(at)),
            3 if others > 0 => world.step(Step::Stall(at, true)),
            _ => world.step(Step::Start(at)),
        }
        time(&mut world, &mut random, 8);
        world.step(Step::Stall(at, false));
        time(&mut world, &mut random, 3);
    }
    world.heal();
    world.check_end()?;
    let mut told = Told::default();
    world.told.drain(..).try_for_each(|event| told.hear(event))?;
    for (room, people) in &told.rooms {
        let is_in = world.clients.iter().filter(|client| client.is_in && client.room == *room);
        let is_in: BTreeSet<_> = is_in.filter_map(|client| client.me).collect();
        if *people != is_in {
            return Err(format!("{people:?} are in {room:?} as it was told, and {is_in:?} are"));
        }
    }
    Ok(told.left)
}

#[test]
fn whoever_comes_and_goes_is_told_once_whatever_node_goes_with_them() {
    let seeds = seeds(60);
    let (mut left, mut wrong) = (0, Vec::new());
    for seed in 0..seeds {
        match run(seed) {
            Ok(more) => left += more,
            Err(what) => wrong.push(format!("seed {seed}: {what}")),
        }
    }
    println!("{seeds} runs: {left} members left; wrong in {}: {wrong:?}", wrong.len());
    assert!(left as u64 > 5 * seeds, "{left}");
    assert!(wrong.len() as u64 * RARE <= seeds, "{wrong:?}");
}

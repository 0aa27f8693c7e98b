//! Random runs.

use super::faults::Fault;
use super::world::{Slot, Step, World};
use super::{Random, seeds};

const NODES: usize = 3;
const CLIENTS: [&str; 5] = ["a", "a", "a", "b", "b"];
const STEPS: usize = 1000;

/// What was seen in one run, so that runs are known to be worth something.
#[derive(Debug, Default)]
struct Seen {
    heard: usize,
    removed: usize,
}

/// Something that is not only the next thing of what is under way.
fn step(random: &mut Random) -> Step {
    let (at, client) = (random.below(NODES), random.below(CLIENTS.len()));
    // What begins ends soon.
    let begins = random.below(10) == 0;
    match random.below(400) {
        0..80 => Step::Connect(client, at),
        80..200 => Step::Say(client, random.below(4)),
        200..220 => Step::Ping(client),
        220..226 => Step::Cut(client, begins),
        226 => Step::Leave(client),
        227..234 => Step::Return(client),
        234..238 => Step::Remove(client, at),
        238..244 => Step::Start(at),
        244 | 245 => Step::Kill(at),
        246 => Step::Drain(at),
        247..257 => Step::Stall(at, begins),
        257..267 => Step::Mute(at, begins),
        267..277 => Step::Deafen(at, begins),
        277 | 278 => Step::Lose(at),
        279 => Step::BreakRequests(at),
        280 => Step::BreakListening(at),
        281 if begins => Step::Restart,
        282..290 => Step::Wait(1000),
        _ => Step::Wait(10 + random.below(150) as u64),
    }
}

fn run(seed: u64, fault: Option<Fault>) -> Result<Seen, String> {
    let mut random = Random(seed);
    let mut world = World::new(seed, NODES, &CLIENTS, fault);
    for client in 0..CLIENTS.len() {
        world.step(Step::Connect(client, random.below(NODES)));
    }
    world.settle(20);
    for _ in 0..STEPS {
        let ready = if random.below(4) > 0 { world.ready() } else { Vec::new() };
        let next = if ready.is_empty() { None } else { ready.get(random.below(ready.len())).copied() };
        world.step(next.unwrap_or_else(|| step(&mut random)));
        world.check()?;
    }
    world.heal();
    world.check_end()?;
    let heard = world.clients.iter().map(|client| client.heard_in_all).sum();
    Ok(Seen { heard, removed: world.removed.iter().filter(|removed| removed.is_done).count() })
}

#[test]
fn whatever_breaks_the_properties_hold() {
    let seeds = seeds(100);
    let (mut heard, mut removed) = (0, 0);
    for seed in 0..seeds {
        let seen = run(seed, None).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        heard += seen.heard;
        removed += seen.removed;
    }
    println!("{seeds} runs of {STEPS} steps: {heard} signals were heard, {removed} members removed");
    assert!(heard as u64 > seeds && removed as u64 * 10 > seeds, "{heard} signals, {removed} removals");
}

#[test]
fn each_fault_is_noticed() {
    for (fault, expected) in Fault::ALL {
        let wrong = |seed| run(seed, Some(fault)).err().filter(|wrong| wrong.starts_with(expected));
        let noticed = (0..500).find_map(|seed| Some((seed, wrong(seed)?)));
        let (seed, wrong) = noticed.unwrap_or_else(|| panic!("{fault:?} is not noticed"));
        println!("{fault:?}: seed {seed}: {wrong}");
    }
}

/// Another node starts just when the engine has lost everything, and somebody comes to it before those that were there before are in again.
fn start_at_an_engine_that_forgot(fault: Option<Fault>) -> Result<(), String> {
    // By its hash either of the nodes may be the room's home.
    for rooms in [["a", "a"], ["b", "b"], ["c", "c"], ["d", "d"]] {
        let mut world = World::new(1, 1, &rooms, fault);
        world.slots.push(Slot::default());
        world.step(Step::Connect(0, 0));
        world.settle(20);
        world.step(Step::Restart);
        world.step(Step::Start(1));
        world.step(Step::Connect(1, 1));
        let is_of_other = |step: &Step| {
            matches!(
                step,
                Step::Turn(1)
                    | Step::Serve(1)
                    | Step::Answer(1)
                    | Step::Push(1)
                    | Step::Event(1)
                    | Step::Up(1)
                    | Step::Down(1)
            )
        };
        for _ in 0..20 {
            world.ready().into_iter().filter(is_of_other).for_each(|step| world.step(step));
            world.check()?;
        }
        world.heal();
        world.check_end()?;
    }
    Ok(())
}

#[test]
fn a_node_that_starts_at_an_engine_that_forgot_waits_for_those_that_were_there() {
    start_at_an_engine_that_forgot(None).unwrap();
    let wrong = start_at_an_engine_that_forgot(Some(Fault::SettledAtOnce)).unwrap_err();
    assert!(wrong.starts_with("two keepers"), "{wrong}");
}

//! Whatever happens in whatever order, two browsers end up connected with the same media.
//!
//! A hundred thousand seeds, each another story: who joins when, which sources go on and off, ICE restarts, reloads, operations
//! that fail, a gap in the signalling; packets are lost, come twice and out of order, over the server and over the channel; some
//! pages know only the server; browsers answer when they like. Then the faults stop, and within a bounded time both sides have to agree. A story that fails is told again by its seed:
//!
//! ```text
//! ITODENWA_SEED=4711 cargo test -p itodenwa-protocol interleavings
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use itodenwa_protocol::{Config, Event, IceMode, Input, Report, TroubleCode};
use itodenwa_wire::{LeaveReason, PeerId, Source};

use itodenwa_model::rng::Rng;
use itodenwa_model::{ANN, BEN, CAT, Loss, Operation, Wire, World};

const SEEDS: u64 = 100_000;

#[test]
fn a_hundred_thousand_stories_end_well() {
    if let Some(seed) = number("ITODENWA_SEED") {
        return story(seed, true);
    }
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let seeds = number("ITODENWA_SEEDS").unwrap_or(SEEDS);
    let threads = std::thread::available_parallelism().map_or(2, Into::into);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while failed.load(Ordering::Relaxed) == u64::MAX {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    if catch_unwind(AssertUnwindSafe(|| story(seed, false))).is_err() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert_eq!(failed, u64::MAX, "told again, with every step, by ITODENWA_SEED={failed}");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// One story, from its seed. The profiles of the model tell them in turn.
fn story(seed: u64, trace: bool) {
    let mut world = World::new(seed);
    world.trace = trace;
    let rng = &mut world.rng;
    world.wire = Wire { loss: 10 + rng.up_to(20), duplicates: rng.up_to(20), delay: *rng.pick(&[20, 300, 1500]) };
    world.channel = Wire { loss: rng.up_to(30), duplicates: rng.up_to(20), delay: *rng.pick(&[5, 300]) };
    world.browser_delay = *rng.pick(&[2, 30, 200]);
    world.timer_delay = *rng.pick(&[0, 50, 1000]);
    world.gathering_delay = *rng.pick(&[5, 100, 1000]);
    let mut rng = Rng::new(rng.draw());
    let people: &[PeerId] = if rng.percent(10) { &[ANN, BEN, CAT] } else { &[ANN, BEN] };
    for who in people {
        let config = config(&mut rng);
        world.reads_packets = rng.percent(80);
        come_in(&mut world, &mut rng, *who, config);
        world.run_for(moment(&mut rng));
    }
    let (mut troubles, mut comers) = (0, 100);
    for _ in 0..2 + rng.up_to(8) {
        act(&mut world, &mut rng, people, &mut troubles, &mut comers);
        world.run_for(moment(&mut rng));
    }
    // The faults stop: packets arrive, though not in order, and the signalling is as good as new.
    world.wire = Wire { loss: 0, duplicates: 20, ..world.wire };
    for page in world.present() {
        world.page_mut(page).failing.clear();
        if world.page(page).unreachable {
            comers += 1;
            world.come_back(page, PeerId::new(comers));
        } else {
            world.signaling_back(page);
        }
    }
    world.run();
    world.assert_converged();
    if troubles == 0 {
        world.assert_candidates_complete();
    }
    for page in world.present() {
        let page = world.page(page);
        assert_eq!(page.refusals, [""; 0], "a browser refused something of its own accord");
        let out_of_turn = |event: &Event| matches!(event, Event::Trouble(trouble) if trouble.detail.contains("turn"));
        assert!(!page.events.iter().any(out_of_turn), "two offers met");
        assert!(!page.troubles().contains(&TroubleCode::GivenUp), "given up after {troubles} failures");
    }
}

fn config(rng: &mut Rng) -> Config {
    let ice = match rng.up_to(3) {
        // Often too short for all candidates, sometimes for any.
        0 => IceMode::Vanilla { limit: Duration::from_millis(rng.up_to(4000)) },
        _ => IceMode::Trickle,
    };
    let on = Source::ALL.into_iter().filter(|_| rng.percent(40)).collect();
    let places = Source::ALL.into_iter().filter(|_| rng.percent(30)).collect();
    Config { ice, on, places }
}

/// With an offer or without.
fn come_in(world: &mut World, rng: &mut Rng, who: PeerId, config: Config) {
    if rng.percent(50) {
        world.join_offering(who, config);
    } else {
        world.join(who, config);
    }
}

/// Often at once, sometimes after everything has settled.
fn moment(rng: &mut Rng) -> Duration {
    let longest = *rng.pick(&[0, 10, 200, 3000]);
    Duration::from_millis(rng.up_to(longest))
}

/// Somebody does something, or something goes wrong.
fn act(world: &mut World, rng: &mut Rng, people: &[PeerId], troubles: &mut u32, comers: &mut u64) {
    const FAILURES: [Operation; 7] = [
        Operation::MakeOffer,
        Operation::SetLocalOffer,
        Operation::SetOffer,
        Operation::MakeAnswer,
        Operation::SetAnswer,
        Operation::Describe,
        Operation::AddCandidate,
    ];
    let who = *rng.pick(people);
    let other = *rng.pick(people);
    let Some(page) = world.page_of(who) else { return };
    match rng.up_to(19) {
        0 | 1 => world.input(page, Input::RestartIce(other)),
        // Reloaded: the same id comes with a newer session, and old packets are still on their way.
        2 => {
            let config = config(rng);
            come_in(world, rng, who, config);
        }
        // Gone and back.
        3 => {
            world.lose(who, LeaveReason::Gone);
            world.run_for(moment(rng));
            let config = config(rng);
            come_in(world, rng, who, config);
        }
        4 => {
            world.leave(page);
            world.run_for(moment(rng));
            let config = config(rng);
            come_in(world, rng, who, config);
        }
        // The signalling has a gap.
        5 => {
            let wire = std::mem::replace(&mut world.wire, Wire::CUT);
            world.run_for(moment(rng) * 5);
            world.wire = wire;
            for page in world.present().into_iter().filter(|page| !world.page(*page).unreachable).collect::<Vec<_>>() {
                world.signaling_back(page);
            }
        }
        6 if *troubles < 3 => {
            *troubles += 1;
            world.page_mut(page).failing.push(*rng.pick(&FAILURES));
        }
        // The channel breaks; the other side sees it later.
        7 if *troubles < 3 => {
            if let Some((connection, _)) = world.page(page).with(other) {
                *troubles += 1;
                world.input(page, Input::Report { peer: other, connection, report: Report::ChannelClosed });
            }
        }
        // A path is lost: one side sees it, or both; new paths help, or not.
        8 | 9 if *troubles < 3 => {
            *troubles += 1;
            let loss = *rng.pick(&[Loss::Disconnected, Loss::Failed, Loss::Silent]);
            let for_good = rng.percent(30);
            world.lose_path(page, other, loss, for_good);
            if let Some(page) = world.page_of(other).filter(|_| rng.percent(50)) {
                world.lose_path(page, who, loss, for_good);
            }
        }
        // The server forgets somebody, who comes back as somebody new now or later.
        10 | 11 => {
            if world.page(page).unreachable {
                *comers += 1;
                world.come_back(page, PeerId::new(*comers));
            } else {
                world.vanish(page);
            }
        }
        _ => {
            let source = *rng.pick(&Source::ALL);
            let on = !world.page(page).room.sources().contains(&source);
            world.set(page, source, on);
        }
    }
}

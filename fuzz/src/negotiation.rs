//! Arbitrary stories of the model: who comes, goes and reloads when, what is on, what fails, what the network does to packets.
//! The model asserts after each step what has to hold always; in the end faults stop, and everybody has to agree.

use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_model::rng::Rng;
use itodenwa_model::{ANN, BEN, CAT, Loss, Operation, Wire, World};
use itodenwa_protocol::{Config, Event, IceMode, Input, Report, TroubleCode};
use itodenwa_wire::{LeaveReason, PeerId};

use crate::values::{some_sources, source};

/// Longer stories say nothing new.
const ACTS: usize = 24;
/// More failures than these at one story may make somebody give up, and may.
const TROUBLES: usize = 3;
const PEOPLE: [PeerId; 3] = [ANN, BEN, CAT];
const FAILURES: [Operation; 6] = [
    Operation::MakeOffer,
    Operation::SetOffer,
    Operation::MakeAnswer,
    Operation::SetAnswer,
    Operation::Describe,
    Operation::AddCandidate,
];

#[derive(Debug, Arbitrary)]
enum Act {
    /// Comes in, or reloads the page.
    Join(Who, Settings),
    /// Is gone, without a word.
    Lose(Who),
    Leave(Who),
    Toggle(Who, #[arbitrary(with = source)] itodenwa_wire::Source),
    RestartIce(Who, Who),
    /// Operations of this kind fail the next time.
    Fail(Who, u8),
    /// The channel breaks, and the other side sees it later.
    CloseChannel(Who, Who),
    /// The signalling has a gap.
    Gap(Pause),
    Network {
        loss: u8,
        duplicates: u8,
        delay: Pause,
    },
    Pause(Pause),
    /// The path to somebody is lost; this says how it is seen, and whether no other one will carry either.
    LosePath(Who, Who, u8),
}

#[derive(Debug, Arbitrary)]
struct Who(u8);

/// From nothing to 3.3 seconds; there are more short ones.
#[derive(Debug, Arbitrary)]
struct Pause(u8);

#[derive(Debug, Arbitrary)]
struct Settings {
    #[arbitrary(with = some_sources)]
    on: Vec<itodenwa_wire::Source>,
    #[arbitrary(with = some_sources)]
    places: Vec<itodenwa_wire::Source>,
    /// How long Vanilla ICE waits for candidates, beyond the first.
    vanilla: Option<Pause>,
}

#[derive(Debug, Arbitrary)]
struct Browsers {
    profile: u8,
    delay: u8,
    timer_delay: Pause,
    gathering_delay: u8,
}

/// The target.
pub fn run(data: &[u8]) {
    // Too few bytes are no story.
    let _ = story(&mut Unstructured::new(data));
}

fn story(u: &mut Unstructured) -> Result<()> {
    let browsers = Browsers::arbitrary(u)?;
    let mut world = World::new(u64::from(browsers.profile));
    world.browser_delay = browsers.delay.into();
    world.timer_delay = browsers.timer_delay.millis().min(1000);
    world.gathering_delay = u64::from(browsers.gathering_delay) * 4;
    let acts: Vec<Act> = u.arbitrary_iter()?.take(ACTS).collect::<Result<_>>()?;
    // What is left decides what is chance otherwise: what the network does to each packet, how long each operation takes.
    world.rng = Rng::told(u.peek_bytes(u.len()).unwrap_or_default());
    let mut troubles = 0;
    for act in acts {
        take(&mut world, act, &mut troubles);
    }
    settle(&mut world);
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
    Ok(())
}

fn take(world: &mut World, act: Act, troubles: &mut usize) {
    match act {
        Act::Join(who, settings) => {
            world.join(who.id(), settings.config());
        }
        Act::Lose(who) if world.page_of(who.id()).is_some() => world.lose(who.id(), LeaveReason::Gone),
        Act::Leave(who) => {
            if let Some(page) = world.page_of(who.id()) {
                world.leave(page);
            }
        }
        Act::Toggle(who, source) => {
            if let Some(page) = world.page_of(who.id()) {
                let on = !world.page(page).room.sources().contains(&source);
                world.set(page, source, on);
            }
        }
        Act::RestartIce(who, other) => {
            if let Some(page) = world.page_of(who.id()) {
                world.input(page, Input::RestartIce(other.id()));
            }
        }
        Act::Fail(who, what) if *troubles < TROUBLES => {
            if let Some(page) = world.page_of(who.id()) {
                *troubles += 1;
                world.page_mut(page).failing.push(FAILURES[usize::from(what) % FAILURES.len()]);
            }
        }
        Act::CloseChannel(who, other) if *troubles < TROUBLES => {
            let peer = other.id();
            let Some(page) = world.page_of(who.id()) else { return };
            if let Some((connection, _)) = world.page(page).with(peer) {
                *troubles += 1;
                world.input(page, Input::Report { peer, connection, report: Report::ChannelClosed });
            }
        }
        Act::Gap(pause) => {
            let wire = std::mem::replace(&mut world.wire, Wire::CUT);
            world.run_for(Duration::from_millis(pause.millis() * 5));
            world.wire = wire;
            resume(world);
        }
        Act::Network { loss, duplicates, delay } => {
            let (loss, duplicates) = (u64::from(loss % 50), u64::from(duplicates % 50));
            world.wire = Wire { loss, duplicates, delay: delay.millis() };
        }
        Act::Pause(pause) => world.run_for(Duration::from_millis(pause.millis())),
        Act::LosePath(who, other, how) if *troubles < TROUBLES => {
            if let Some(page) = world.page_of(who.id()) {
                *troubles += 1;
                let loss = [Loss::Disconnected, Loss::Failed, Loss::Silent][usize::from(how) % 3];
                world.lose_path(page, other.id(), loss, how < 64);
            }
        }
        Act::Lose(_) | Act::Fail(..) | Act::CloseChannel(..) | Act::LosePath(..) => {}
    }
}

/// Faults stop: packets arrive, though not in order, and the signalling is as good as new.
fn settle(world: &mut World) {
    world.wire.loss = 0;
    for page in world.present() {
        world.page_mut(page).failing.clear();
    }
    resume(world);
    world.run();
}

fn resume(world: &mut World) {
    for page in world.present() {
        world.signaling_back(page);
    }
}

impl Who {
    fn id(&self) -> PeerId {
        PEOPLE[usize::from(self.0) % PEOPLE.len()]
    }
}

impl Pause {
    fn millis(&self) -> u64 {
        u64::from(self.0) * u64::from(self.0) / 20
    }
}

impl Settings {
    fn config(self) -> Config {
        // Always long enough for the first candidate, often too short for all.
        let limit = |pause: Pause| Duration::from_millis(1021 + pause.millis());
        Config {
            ice: self.vanilla.map_or(IceMode::Trickle, |pause| IceMode::Vanilla { limit: limit(pause) }),
            on: self.on,
            places: self.places,
        }
    }
}

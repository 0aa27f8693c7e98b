//! An offer that goes with the join.

use std::time::Duration;

use itodenwa_protocol::timeline::Step;
use itodenwa_protocol::{Config, IceMode, Input};
use itodenwa_wire::Source::{Camera, Microphone};

use itodenwa_model::{ANN, BEN, CAT, PageIndex, Wire, World, count, on};

fn places(on: &[itodenwa_wire::Source]) -> Config {
    Config { on: on.to_vec(), places: vec![Microphone, Camera], ..Config::default() }
}

/// Ben comes to Ann with an offer.
fn met(ann: Config, ben: Config, wire: Wire) -> (World, PageIndex, PageIndex) {
    let mut world = World::new(1);
    world.wire = wire;
    let ann = world.join(ANN, ann);
    world.run();
    let ben = world.join_offering(BEN, ben);
    world.run();
    world.assert_converged();
    world.assert_candidates_complete();
    for page in [ann, ben] {
        assert_eq!((world.page(page).refusals.len(), world.page(page).closed.len()), (0, 0));
    }
    (world, ann, ben)
}

#[test]
fn it_is_the_only_one_of_a_first_call() {
    for (of_ann, of_ben) in
        [(on(&[Microphone]), on(&[Microphone])), (places(&[Camera]), places(&[])), (on(&[]), on(&[]))]
    {
        let (world, ann, ben) = met(of_ann, of_ben, Wire::PERFECT);
        let (offering, answering) = (world.page(ben).steps(ANN), world.page(ann).steps(BEN));
        assert_eq!((count(&offering, "makeOffer"), count(&offering, "sendOffer")), (1, 1));
        assert_eq!((count(&answering, "makeOffer"), count(&answering, "makeAnswer")), (0, 1));
    }
}

#[test]
fn one_way_there_and_one_back_is_all_that_it_takes() {
    let delay = 100;
    let (world, _, ben) = met(places(&[Camera]), places(&[Camera]), Wire { loss: 0, duplicates: 0, delay });
    let answered = world.page(ben).timeline.iter().find(|entry| entry.step == Step::ReceiveAnswer).unwrap();
    let joined = world.page(ben).timeline.first().unwrap();
    assert!(answered.at - joined.at <= Duration::from_millis(2 * delay + 50), "{:?}", answered.at - joined.at);
}

#[test]
fn what_was_switched_meanwhile_holds() {
    let mut world = World::new(1);
    let ann = world.join(ANN, places(&[]));
    world.run();
    // The offer was made before the camera was there.
    let ben = world.join_offering_then(BEN, places(&[]), places(&[Camera]));
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ann).sees(BEN), [Camera]);
    assert_eq!(count(&world.page(ben).steps(ANN), "makeOffer"), 1, "there was a place for it");
    let ben = world.join_offering_then(BEN, on(&[Camera]), on(&[Microphone]));
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ann).sees(BEN), [Microphone]);
    let offers = [(ben, ANN), (ann, BEN)].map(|(page, peer)| world.page(page).steps(peer));
    let last = |steps: &[&str]| steps.iter().rposition(|step| *step == "close").unwrap_or(0);
    let after = offers.map(|steps| count(&steps[last(&steps)..], "makeOffer"));
    assert_eq!(after, [1, 1], "there was none: one more offer, of the leader, who has the turn by then");
}

#[test]
fn what_is_lost_of_it_is_said_again() {
    for seed in 0..200 {
        let mut world = World::new(seed);
        world.wire = Wire { loss: 60, duplicates: 30, delay: 300 };
        let ann = world.join(ANN, places(&[Camera]));
        world.run_for(Duration::from_secs(1));
        let ben = world.join_offering(BEN, places(&[Camera]));
        world.run_for(Duration::from_secs(5));
        world.wire = Wire::PERFECT;
        world.run();
        world.assert_converged();
        assert_eq!(count(&world.page(ben).steps(ANN), "makeOffer"), 1, "{seed}");
        assert_eq!(count(&world.page(ann).steps(BEN), "makeOffer"), 0, "{seed}");
    }
}

#[test]
fn with_nobody_or_several_it_is_nobodys() {
    let mut world = World::new(1);
    let ann = world.join_offering(ANN, on(&[Camera]));
    let ben = world.join(BEN, on(&[Camera]));
    let cat = world.join_offering(CAT, on(&[Camera]));
    world.run();
    world.assert_converged();
    for (page, peer, offers) in
        [(ann, BEN, 1), (ann, CAT, 1), (ben, CAT, 1), (cat, ANN, 0), (cat, BEN, 0), (ben, ANN, 0)]
    {
        assert_eq!(count(&world.page(page).steps(peer), "makeOffer"), offers, "{page} to {peer}");
    }
}

#[test]
fn with_vanilla_ice_there_is_none() {
    let vanilla = Config { ice: IceMode::Vanilla { limit: Duration::from_secs(3) }, ..on(&[Camera]) };
    let mut world = World::new(1);
    let ann = world.join(ANN, on(&[Camera]));
    let ben = world.join_offering(BEN, vanilla);
    world.run();
    world.assert_converged();
    assert_eq!(count(&world.page(ann).steps(BEN), "makeOffer"), 1);
    assert_eq!(count(&world.page(ben).steps(ANN), "makeOffer"), 0);
}

#[test]
fn somebody_who_was_not_told_of_it_is_met_anew() {
    let mut world = World::new(1);
    let ann = world.join(ANN, on(&[Camera]));
    world.run();
    // As if an older node of the server stood between.
    world.forgets_offers = true;
    let ben = world.join_offering(BEN, on(&[Microphone]));
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ben).closed.len(), 1);
    assert_eq!(world.page(ann).sees(BEN), [Microphone]);
}

#[test]
fn new_paths_are_had_after_it_by_whoever_wants_them() {
    let (mut world, ann, ben) = met(on(&[Camera]), on(&[Camera]), Wire::PERFECT);
    for (page, peer) in [(ann, BEN), (ben, ANN)] {
        world.input(page, Input::RestartIce(peer));
        world.run();
        world.assert_converged();
    }
    assert_eq!(count(&world.page(ann).steps(BEN), "makeOffer"), 1, "the leader leads again");
    assert_eq!(count(&world.page(ben).steps(ANN), "makeOffer"), 2);
}

//! Whose turn it is to make an offer.

use std::time::Duration;

use itodenwa_protocol::Input;
use itodenwa_wire::Source::{Camera, Microphone};

use itodenwa_model::{ANN, BEN, Wire, World, call, count, on};

#[test]
fn the_leader_makes_the_first_offer() {
    let (world, ann, ben) = call(on(&[Microphone]), on(&[Camera]));
    assert_eq!(count(&world.page(ann).steps(BEN)[..1], "makeOffer"), 1);
    assert_eq!(world.page(ben).steps(ANN)[0], "receiveOffer");
}

#[test]
fn the_follower_asks_and_offers_once() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    world.set(ben, Camera, true);
    world.run();
    world.assert_converged();
    assert_eq!(count(&world.page(ben).steps(ANN), "makeOffer"), 1);
    assert_eq!(count(&world.page(ann).steps(BEN), "makeOffer"), 1, "the first one");
    assert_eq!(world.page(ann).sees(BEN), [Camera]);
}

#[test]
fn audio_here_and_video_there_at_the_same_moment() {
    for seed in 0..500 {
        let mut world = World::new(seed);
        world.wire = Wire { loss: 0, duplicates: 0, delay: 40 };
        let (ann, ben) = (world.join(ANN, on(&[])), world.join(BEN, on(&[])));
        world.run();
        world.set(ann, Microphone, true);
        world.set(ben, Camera, true);
        world.run();
        world.assert_converged();
        for page in [ann, ben] {
            assert_eq!(world.page(page).refusals, [""; 0]);
            assert_eq!(world.page(page).closed.len(), 0, "by renegotiation, not by a new connection");
        }
    }
}

#[test]
fn a_leader_that_always_wants_something_does_not_starve_the_follower() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    world.run_for(Duration::from_secs(5));
    let before = world.page(ann).steps(BEN).len();
    let deadline = world.now + Duration::from_secs(30);
    world.set(ben, Camera, true);
    while count(&world.page(ben).steps(ANN), "makeOffer") == 0 {
        world.input(ann, Input::RestartIce(BEN));
        world.run_for(Duration::from_millis(10));
        assert!(count(&world.page(ann).steps(BEN)[before..], "makeOffer") <= 1, "one round each");
        assert!(world.now < deadline, "it starves");
    }
    world.run();
    world.assert_converged();
}

#[test]
fn a_turn_that_is_not_needed_any_more_is_handed_back() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    // The leader's own offer has room for the follower's camera, while the follower asks for it.
    world.set(ann, Camera, true);
    world.set(ben, Camera, true);
    world.run();
    world.assert_converged();
    assert_eq!(count(&world.page(ben).steps(ANN), "makeOffer"), 0);
    world.set(ann, Microphone, true);
    world.run();
    world.assert_converged();
    assert_eq!(count(&world.page(ann).steps(BEN), "makeOffer"), 3);
}

#[test]
fn four_offers_in_two_seconds_and_no_more() {
    let (mut world, ann, _) = call(on(&[]), on(&[]));
    world.run_for(Duration::from_secs(5));
    let before = world.page(ann).timeline.len();
    for _ in 0..100 {
        world.input(ann, Input::RestartIce(BEN));
        world.run_for(Duration::from_millis(50));
    }
    world.run();
    world.assert_converged();
    let timeline = &world.page(ann).timeline[before..];
    let offers: Vec<_> = timeline.iter().filter(|entry| entry.step.name() == "makeOffer").map(|e| e.at).collect();
    assert!(offers.len() > 8, "it goes on: {offers:?}");
    for five in offers.windows(5) {
        assert!(five[4] - five[0] > Duration::from_millis(1900), "{five:?}");
    }
}

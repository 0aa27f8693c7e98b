//! Whose turn it is to make an offer.

use std::time::Duration;

use itodenwa_protocol::{Input, Time};
use itodenwa_wire::Source;
use itodenwa_wire::Source::{Camera, Microphone};

use itodenwa_model::{ANN, BEN, PageIndex, Wire, World, call, count, on};

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

fn offers(world: &World, page: PageIndex, from: usize) -> Vec<Time> {
    world.page(page).timeline[from..].iter().filter(|entry| entry.step.name() == "makeOffer").map(|e| e.at).collect()
}

#[test]
fn sixteen_offers_at_once_and_two_more_in_each_second() {
    let (mut world, ann, _) = call(on(&[]), on(&[]));
    world.run_for(Duration::from_secs(10));
    let before = world.page(ann).timeline.len();
    for _ in 0..200 {
        world.input(ann, Input::RestartIce(BEN));
        world.run_for(Duration::from_millis(50));
    }
    world.run();
    world.assert_converged();
    let offers = offers(&world, ann, before);
    // Sixteen, and up to two in each of the ten seconds: their candidates use up the pace of packets, which holds back the last ones.
    assert!(offers.len() > 24, "it goes on: {offers:?}");
    for (number, at) in offers.iter().enumerate() {
        // One more than that: an offer is noted a moment after it was allowed.
        let by_then = 17 + (*at - offers[0]).as_millis() / 500;
        assert!(number < by_then as usize, "{offers:?}");
    }
}

/// Ten things that two people do one after another, each of which needs an offer: none waits for those before.
#[test]
fn nobody_waits_for_the_pace() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    world.run_for(Duration::from_secs(10));
    let sources = [Camera, Microphone, Source::Screen];
    for number in 0..10 {
        let (page, other, peer) = if number % 3 == 0 { (ben, ann, BEN) } else { (ann, ben, ANN) };
        let source = sources[number / 2 % 3];
        let is_on = !world.page(other).sees(peer).contains(&source);
        world.set(page, source, is_on);
        let asked = world.now;
        world.run_until(|world| world.page(other).sees(peer).contains(&source) == is_on);
        assert!(world.now - asked < Duration::from_millis(400), "{number}: {:?}", world.now - asked);
    }
    world.run();
    world.assert_converged();
}

/// What is done while an offer is on its way goes with the next one, all of it.
#[test]
fn what_is_done_together_is_one_offer() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    let before = (world.page(ann).timeline.len(), world.page(ben).timeline.len());
    for source in [Camera, Microphone, Source::Screen] {
        world.set(ann, source, true);
    }
    world.set(ben, Camera, true);
    world.set(ben, Microphone, true);
    world.run();
    world.assert_converged();
    let made = [offers(&world, ann, before.0), offers(&world, ben, before.1)].concat();
    assert!(made.len() <= 3, "{made:?}");
}

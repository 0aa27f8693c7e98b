//! New ICE paths on demand.

use itodenwa_protocol::Input;
use itodenwa_wire::Source::Camera;

use itodenwa_model::{ANN, BEN, PageIndex, World, call, count, on};

fn credentials(world: &World, ann: PageIndex) -> (String, String) {
    let (_, live) = world.page(ann).with(BEN).expect("there is a connection");
    let (mine, theirs) = live.browser.credentials().expect("both descriptions count");
    (mine.to_owned(), theirs.to_owned())
}

#[test]
fn both_sides_get_new_credentials_whoever_asks() {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
    for (page, peer) in [(ann, BEN), (ben, ANN)] {
        let before = credentials(&world, ann);
        let offers = count(&world.page(page).steps(peer), "makeOffer");
        world.input(page, Input::RestartIce(peer));
        world.run();
        world.assert_converged();
        world.assert_candidates_complete();
        let after = credentials(&world, ann);
        assert!(before.0 != after.0 && before.1 != after.1, "{before:?} {after:?}");
        let steps = world.page(page).steps(peer);
        assert_eq!((count(&steps, "restartIce"), count(&steps, "makeOffer")), (1, offers + 1));
        assert_eq!(world.page(page).closed.len(), 0);
    }
}

#[test]
fn media_stays_as_it_is() {
    let (mut world, ann, _) = call(on(&[Camera]), on(&[Camera]));
    let before = world.page(ann).media.clone();
    let events = world.page(ann).events.len();
    world.input(ann, Input::RestartIce(BEN));
    world.run();
    assert_eq!(world.page(ann).media, before);
    assert_eq!(world.page(ann).events.len(), events, "the application is told nothing");
}

#[test]
fn while_candidates_are_still_gathered() {
    for seed in 0..500 {
        let mut world = World::new(seed);
        world.gathering_delay = 200;
        world.browser_delay = 60;
        let (ann, ben) = (world.join(ANN, on(&[])), world.join(BEN, on(&[])));
        world.run_until(|world| count(&world.page(ann).steps(BEN), "setAnswer") == 1);
        world.input(ann, Input::RestartIce(BEN));
        world.input(ben, Input::RestartIce(ANN));
        world.run();
        world.assert_converged();
        world.assert_candidates_complete();
    }
}

#[test]
fn before_there_is_anything_to_restart_nothing_happens() {
    let mut world = World::new(1);
    let (ann, ben) = (world.join(ANN, on(&[])), world.join(BEN, on(&[])));
    for (page, peer) in [(ann, BEN), (ben, ANN), (ann, ANN)] {
        world.input(page, Input::RestartIce(peer));
    }
    world.run();
    world.assert_converged();
    assert_eq!(count(&world.page(ann).steps(BEN), "restartIce"), 0);
}

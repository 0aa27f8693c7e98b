//! What is on, here and there.

use itodenwa_protocol::{Config, Event, Input, Report};
use itodenwa_wire::Source::{self, Camera, Microphone, Screen, ScreenAudio};

use itodenwa_model::{ANN, BEN, World, call, count, on};

#[test]
fn off_and_on_again_needs_no_offer() {
    let (mut world, ann, ben) = call(on(&[Camera, Microphone]), on(&[]));
    let mid = world.page(ben).media[&ANN][&Camera].clone();
    let (commands, offers) = (world.page(ben).steps(ANN).len(), count(&world.page(ann).steps(BEN), "makeOffer"));
    world.set(ann, Camera, false);
    world.run();
    assert_eq!(world.page(ben).sees(ANN), [Microphone]);
    world.set(ann, Camera, true);
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ben).media[&ANN][&Camera], mid, "on the same line of the same connection");
    assert_eq!(count(&world.page(ann).steps(BEN), "makeOffer"), offers);
    assert_eq!(world.page(ben).steps(ANN).len(), commands, "not a step was made");
}

/// Nothing is on, and camera and microphone have their places.
fn placed() -> Config {
    Config { places: vec![Microphone, Camera], ..on(&[]) }
}

#[test]
fn what_has_its_place_is_switched_on_without_an_offer() {
    let (mut world, ann, ben) = call(placed(), placed());
    assert_eq!(world.page(ann).sees(BEN), [], "it is carried, and off");
    let steps = |world: &World| [world.page(ann).steps(BEN).len(), world.page(ben).steps(ANN).len()];
    let before = steps(&world);
    // Both at once, as people answer each other.
    for page in [ann, ben] {
        world.set(page, Microphone, true);
        world.set(page, Camera, true);
    }
    world.run();
    world.assert_converged();
    assert_eq!(
        (world.page(ann).sees(BEN), world.page(ben).sees(ANN)),
        (vec![Microphone, Camera], vec![Microphone, Camera])
    );
    assert_eq!(steps(&world), before, "not a step was made");
    world.set(ann, Camera, false);
    world.run();
    assert_eq!(world.page(ben).sees(ANN), [Microphone]);
    assert_eq!(steps(&world), before);
}

#[test]
fn one_side_may_have_places_and_the_other_none() {
    for (here, there) in [(placed(), on(&[Camera])), (on(&[Microphone, Screen]), placed()), (on(&[]), placed())] {
        let (mut world, ann, ben) = call(here, there);
        world.assert_converged();
        world.set(ann, Camera, true);
        world.set(ben, Microphone, true);
        world.run();
        world.assert_converged();
        assert!(world.page(ben).sees(ANN).contains(&Camera) && world.page(ann).sees(BEN).contains(&Microphone));
    }
}

#[test]
fn what_is_off_stays_off_through_a_new_connection() {
    let (mut world, ann, ben) = call(placed(), placed());
    world.set(ann, Camera, true);
    world.run();
    world.set(ann, Camera, false);
    world.run();
    let (connection, _) = world.page(ann).with(BEN).unwrap();
    world.input(ann, Input::Report { peer: BEN, connection, report: Report::ChannelClosed });
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ben).sees(ANN), []);
    let is_on = |event: &&Event| matches!(event, Event::MediaOn { .. });
    assert_eq!(world.page(ben).events.iter().filter(is_on).count(), 1, "it was on once");
}

#[test]
fn what_was_never_on_needs_one_offer_and_lines_are_reused() {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[]));
    world.set(ben, Camera, true);
    world.run();
    world.assert_converged();
    let (_, live) = world.page(ann).with(BEN).unwrap();
    assert_eq!(live.browser.media_lines(), 2, "one for both cameras, one for data");
    for source in [Screen, ScreenAudio, Microphone] {
        world.set(ann, source, true);
        world.set(ben, source, true);
        world.run();
        world.assert_converged();
    }
    let (_, live) = world.page(ann).with(BEN).unwrap();
    assert_eq!(live.browser.media_lines(), 5);
}

#[test]
fn each_source_is_on_once_until_it_is_off() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    for _ in 0..3 {
        for on in [true, true, false, false] {
            world.set(ann, Camera, on);
            world.run();
        }
    }
    // The page of the model fails on a second MediaOn; here they are counted.
    let events = &world.page(ben).events;
    let ons = events.iter().filter(|event| matches!(event, Event::MediaOn { .. })).count();
    let offs = events.iter().filter(|event| matches!(event, Event::MediaOff { .. })).count();
    assert_eq!((ons, offs), (3, 3));
}

#[test]
fn switched_at_any_moment_of_the_first_call() {
    for millis in 0..120 {
        let mut world = World::new(millis);
        let (ann, ben) = (world.join(ANN, on(&[Camera])), world.join(BEN, on(&[Camera])));
        world.run_for(std::time::Duration::from_millis(millis));
        for page in [ann, ben] {
            world.set(page, Camera, false);
            world.set(page, Microphone, true);
        }
        world.run();
        world.assert_converged();
    }
}

#[test]
fn everybody_hears_of_it() {
    let mut world = World::new(1);
    let ids = [1, 2, 3, 4].map(itodenwa_wire::PeerId::new);
    let pages = ids.map(|id| world.join(id, on(&[])));
    world.run();
    for source in Source::ALL {
        world.input(pages[2], Input::SetSource { source, on: true });
    }
    world.run();
    world.assert_converged();
    for page in [0, 1, 3] {
        assert_eq!(world.page(pages[page]).sees(ids[2]), Source::ALL);
    }
}

//! What is on, here and there.

use itodenwa_protocol::{Event, Input};
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

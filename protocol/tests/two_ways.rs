//! Packets go over the control channel, and over the server where that does not do: one of the two is enough.

use std::time::Duration;

use itodenwa_protocol::{ConnectionId, Event, Input, Way};
use itodenwa_wire::Source::{Camera, Microphone};
use itodenwa_wire::{Body, Epoch, Media, Packet};

use itodenwa_model::{ANN, BEN, Loss, PageIndex, Wire, World, call, count, on};

const SECOND: Duration = Duration::from_secs(1);

fn connection(world: &World, page: PageIndex) -> ConnectionId {
    world.page(page).with(BEN).expect("there is a connection").0
}

/// The other side's next packet to Ann, over the channel.
fn by_channel(way: Way, seq: u32, body: Body) -> Input {
    let (from_epoch, to_epoch) = (Epoch::of_session(2), Epoch::of_session(1));
    Input::Packet { from: BEN, way, packet: Packet { from_epoch, to_epoch, seq, ack: 0, body: Some(body) } }
}

#[test]
fn a_call_negotiates_switches_and_restarts_ice_without_a_server() {
    let (mut world, ann, ben) = call(on(&[]), on(&[Microphone]));
    world.wire = Wire::CUT;
    world.set(ann, Camera, true);
    world.set(ben, Microphone, false);
    world.run_for(SECOND);
    assert_eq!((world.page(ben).sees(ANN), world.page(ann).sees(BEN)), (vec![Camera], vec![]), "and not after a while");
    world.input(ann, Input::RestartIce(BEN));
    world.input(ben, Input::RestartIce(ANN));
    world.run();
    world.assert_converged();
    world.assert_candidates_complete();
    assert!(count(&world.page(ann).steps(BEN), "restartIce") > 0);
    for page in [ann, ben] {
        assert_eq!(world.page(page).troubles(), []);
        assert!(world.page(page).closed.is_empty(), "no connection was made anew");
    }
}

#[test]
fn what_the_channel_does_not_acknowledge_within_a_second_goes_over_the_server() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    world.channel = Wire::CUT;
    world.set(ann, Camera, true);
    world.run_for(Duration::from_millis(900));
    assert_eq!(world.page(ben).sees(ANN), []);
    world.run_for(Duration::from_millis(400));
    assert_eq!(world.page(ben).sees(ANN), [Camera], "offer and answer");
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ann).troubles(), []);
}

#[test]
fn a_channel_that_is_known_not_to_carry_is_not_waited_for() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    for (page, peer) in [(ann, BEN), (ben, ANN)] {
        world.lose_path(page, peer, Loss::Disconnected, false);
    }
    world.set(ann, Camera, true);
    world.run_for(Duration::from_millis(500));
    assert_eq!(world.page(ben).sees(ANN), [Camera]);
}

#[test]
fn in_a_good_connection_the_server_has_nothing_to_carry() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    let relayed = |world: &World| [ann, ben].map(|page| world.page(page).relayed);
    let before = relayed(&world);
    world.set(ann, Camera, true);
    world.run();
    world.assert_converged();
    assert_eq!(relayed(&world), before);
}

#[test]
fn a_page_of_the_first_version_is_spoken_to_over_the_server() {
    for old in [0, 1] {
        let mut world = World::new(1);
        let pages = [ANN, BEN].map(|id| {
            world.reads_packets = world.present().len() != old;
            world.join(id, on(&[]))
        });
        world.run();
        // The model fails on a packet for a page that does not read it.
        world.set(pages[0], Camera, true);
        world.set(pages[1], Camera, true);
        world.run();
        world.assert_converged();
    }
}

#[test]
fn what_comes_over_a_channel_is_for_its_connection() {
    let (mut world, ann, _) = call(on(&[]), on(&[]));
    let media = |on: bool| Body::Media(Media { on: if on { vec![Camera] } else { vec![] } });
    let current = Way::Channel(connection(&world, ann));
    let seen = world.page(ann).events.len();
    for later in [true, false] {
        let Input::Packet { from, way, mut packet } = by_channel(current, 0, Body::Hello) else { unreachable!() };
        let epoch = if later { &mut packet.from_epoch } else { &mut packet.to_epoch };
        *epoch = epoch.next().expect("there is a next one");
        world.input(ann, Input::Packet { from, way, packet });
    }
    world.run();
    assert!(world.page(ann).closed.is_empty(), "nobody begins anew by the channel");
    assert_eq!(world.page(ann).events.len(), seen);
    // A connection that was closed, and one of nobody.
    world.join(BEN, on(&[]));
    world.run();
    world.assert_converged();
    let before = world.page(ann).sent;
    world.input(ann, by_channel(current, 0, Body::Bye));
    world.input(ann, by_channel(current, 1, media(true)));
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ann).sent, before);
}

#[test]
fn a_flood_over_a_channel_is_taken_at_a_rate_and_the_rest_comes_again() {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
    let said = world.page(ben).said;
    let current = Way::Channel(connection(&world, ann));
    let before = world.page(ann).events.len();
    for number in 0..5_000 {
        let media = Media { on: if number % 2 == 0 { vec![] } else { vec![Camera] } };
        world.input(ann, by_channel(current, said + 1 + number, Body::Media(media)));
    }
    let told = world.page(ann).events[before..].iter().filter(|event| !matches!(event, Event::Trouble(_))).count();
    assert!((100..=200).contains(&told), "{told} events for 5 000 packets");
}

#[test]
fn the_rates_are_of_both_ways_together() {
    let (mut world, ann, _) = call(on(&[Camera]), on(&[]));
    // Everything goes both ways after a second.
    world.channel = Wire::CUT;
    world.wire = Wire::CUT;
    let before = world.page(ann).sent;
    const SECONDS: usize = 30;
    for _ in 0..SECONDS * 10 {
        for on in [false, true] {
            world.set(ann, Camera, on);
        }
        world.run_for(SECOND / 10);
        if world.page(ann).with(BEN).is_none() {
            break;
        }
    }
    let sent = world.page(ann).sent - before;
    // To one peer 64 at once and five a second; the last one may go both ways.
    assert!(sent > 64 && sent <= 64 + 5 * SECONDS + 1, "{sent} packets");
}

#[test]
fn leaving_is_said_over_the_channel_too() {
    let (mut world, ann, ben) = call(on(&[]), on(&[]));
    world.wire = Wire::CUT;
    world.input(ann, Input::Leave);
    world.run_for(10 * SECOND);
    assert!(world.page(ben).connections.is_empty(), "it is not tried anew");
    assert_eq!(world.page(ben).room.deadline(), None);
}

/// Both lose their path, and there is no way by which new ones could be agreed on.
fn cut_off(loss: Loss) -> (World, PageIndex, PageIndex) {
    let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
    world.wire = Wire::CUT;
    for (page, peer) in [(ann, BEN), (ben, ANN)] {
        world.lose_path(page, peer, loss, false);
    }
    world.run_for(120 * SECOND);
    assert!(count(&world.page(ann).steps(BEN), "restartIce") > 0, "new paths are looked for");
    for page in [ann, ben] {
        assert!(world.page(page).closed.is_empty(), "it is kept: a new connection would need a way as well");
    }
    (world, ann, ben)
}

#[test]
fn an_ice_restart_that_no_way_carries_waits_for_the_server() {
    for loss in [Loss::Disconnected, Loss::Failed, Loss::Silent] {
        let (mut world, ann, ben) = cut_off(loss);
        world.wire = Wire::PERFECT;
        world.signaling_back(ann);
        world.signaling_back(ben);
        world.run();
        world.assert_converged();
        assert!(world.page(ann).closed.is_empty() && world.page(ben).closed.is_empty(), "{loss:?}");
    }
}

#[test]
fn an_ice_restart_that_no_way_carries_waits_for_the_path_that_was_lost() {
    for loss in [Loss::Disconnected, Loss::Failed, Loss::Silent] {
        let (mut world, ann, ben) = cut_off(loss);
        world.regain_path(ann, BEN);
        world.regain_path(ben, ANN);
        world.set(ann, Microphone, true);
        world.run();
        world.assert_converged();
        assert_eq!(world.page(ben).sees(ANN), [Microphone, Camera]);
        assert!(world.page(ann).closed.is_empty() && world.page(ben).closed.is_empty(), "{loss:?}");
    }
}

//! What is done when a connection does not carry.

use std::time::Duration;

use itodenwa_protocol::{ConnectionState, Event, Input, Report, Time, TroubleCode};
use itodenwa_wire::Source::Camera;

use itodenwa_model::{ANN, BEN, Loss, PageIndex, Wire, World, call, count, on};

/// When this step was made the last time.
fn last(world: &World, page: PageIndex, step: &str) -> Time {
    let steps = &world.page(page).timeline;
    steps.iter().rev().find(|entry| entry.step.name() == step).unwrap_or_else(|| panic!("no {step}")).at
}

fn steps(world: &World, page: PageIndex, step: &str) -> usize {
    let steps: Vec<_> = world.page(page).timeline.iter().map(|entry| entry.step.name()).collect();
    count(&steps, step)
}

/// Media is on again, or still, and both have the one connection.
fn well(world: &World, closed: usize) {
    world.assert_converged();
    for page in world.present() {
        assert_eq!(world.page(page).closed.len(), closed, "connections that were replaced");
    }
}

#[test]
fn a_lost_path_is_sought_anew_by_who_leads_or_notices() {
    // (how it is lost, who notices, seconds until the restart)
    let cases = [
        (Loss::Disconnected, [true, true], 2),
        (Loss::Disconnected, [true, false], 2),
        (Loss::Disconnected, [false, true], 5),
        (Loss::Failed, [true, true], 0),
        (Loss::Failed, [false, true], 0),
        (Loss::Silent, [true, true], 0),
        (Loss::Silent, [true, false], 0),
        (Loss::Silent, [false, true], 0),
    ];
    for (loss, notices, wait) in cases {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.now = world.now + Duration::from_secs(60);
        let lost = world.now;
        for ((page, peer), notices) in [(ann, BEN), (ben, ANN)].into_iter().zip(notices) {
            if notices {
                world.lose_path(page, peer, loss, false);
            }
        }
        world.run();
        well(&world, 0);
        assert_eq!(steps(&world, ann, "restartIce") + steps(&world, ben, "restartIce"), 1, "{loss:?} {notices:?}");
        let restarter = if notices[0] { ann } else { ben };
        let after = last(&world, restarter, "restartIce") - lost;
        assert!(after.as_secs() == wait, "{loss:?} {notices:?}: after {after:?}");
    }
}

#[test]
fn a_path_that_comes_back_by_itself_is_left_alone() {
    let (mut world, ann, _) = call(on(&[Camera]), on(&[Camera]));
    let (connection, _) = world.page(ann).with(BEN).unwrap();
    for (state, millis) in [(ConnectionState::Disconnected, 1900), (ConnectionState::Connected, 60_000)] {
        let report = Report::State(state);
        world.input(ann, Input::Report { peer: BEN, connection, report });
        world.run_for(Duration::from_millis(millis));
    }
    world.run();
    assert_eq!(steps(&world, ann, "restartIce"), 0);
    well(&world, 0);
}

#[test]
fn between_bad_states_the_time_goes_on() {
    let (mut world, ann, _) = call(on(&[Camera]), on(&[Camera]));
    let lost = world.now;
    let (connection, _) = world.page(ann).with(BEN).unwrap();
    for state in [ConnectionState::Disconnected, ConnectionState::Connecting, ConnectionState::Disconnected] {
        world.input(ann, Input::Report { peer: BEN, connection, report: Report::State(state) });
        world.run_for(Duration::from_millis(900));
    }
    assert_eq!((last(&world, ann, "restartIce") - lost).as_secs(), 2);
}

#[test]
fn what_new_paths_do_not_help_gets_a_new_connection() {
    // (how it is lost, who notices, seconds until the connection is replaced, at least and at most)
    let cases = [
        (Loss::Disconnected, [true, true], 17..19),
        (Loss::Disconnected, [false, true], 25..27),
        (Loss::Failed, [true, true], 3..5),
        (Loss::Silent, [true, true], 3..5),
        (Loss::Silent, [false, true], 5..7),
    ];
    for (loss, notices, wait) in cases {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        let lost = world.now;
        for ((page, peer), notices) in [(ann, BEN), (ben, ANN)].into_iter().zip(notices) {
            if notices {
                world.lose_path(page, peer, loss, true);
            }
        }
        world.run();
        well(&world, 1);
        let after = last(&world, ann, "makeOffer") - lost;
        assert!(wait.contains(&after.as_secs()), "{loss:?} {notices:?}: after {after:?}");
        assert!(world.page(if notices[0] { ann } else { ben }).troubles().contains(&TroubleCode::ConnectionFailed));
    }
}

#[test]
fn a_silence_right_after_a_restart_is_its_fault() {
    // (seconds from the restart to the silence, whether the leader notices it, seconds from the restart to the new connection)
    for (silent, leader_notices, renewed) in [(1, true, 3), (1, false, 5), (5, true, 5), (7, false, 8)] {
        let (mut world, ann, ben) = call(on(&[Camera]), on(&[Camera]));
        world.input(ann, Input::RestartIce(BEN));
        world.run_for(Duration::from_secs(silent));
        let restarted = last(&world, ann, "restartIce");
        let (page, peer) = if leader_notices { (ann, BEN) } else { (ben, ANN) };
        world.lose_path(page, peer, Loss::Silent, true);
        world.run();
        well(&world, 1);
        assert_eq!(steps(&world, ann, "restartIce") + steps(&world, ben, "restartIce"), 1, "no other one");
        let after = last(&world, ann, "makeOffer") - restarted;
        assert_eq!(after.as_secs(), renewed, "silent after {silent} s, noticed by the leader: {leader_notices}");
    }
}

#[test]
fn who_never_connects_is_given_up_and_tried_again_when_the_signalling_was_away() {
    let mut world = World::new(1);
    // Nobody is found: what is sent has no candidates.
    world.candidates = Some(0);
    let (ann, ben) = (world.join(ANN, on(&[Camera])), world.join(BEN, on(&[Camera])));
    world.run();
    for page in [ann, ben] {
        assert_eq!(world.page(page).troubles().last(), Some(&TroubleCode::GivenUp), "page {page}");
        assert_eq!(world.page(page).connections.len(), 0);
    }
    world.candidates = None;
    world.signaling_back(ann);
    world.run();
    world.assert_converged();
}

#[test]
fn while_the_other_side_does_not_answer_nothing_is_replaced() {
    let (mut world, ann, _) = call(on(&[Camera]), on(&[Camera]));
    world.wire = Wire::CUT;
    world.lose_path(ann, BEN, Loss::Failed, false);
    world.run_for(Duration::from_secs(120));
    assert_eq!((world.page(ann).closed.len(), steps(&world, ann, "restartIce")), (0, 1));
    world.wire = Wire::PERFECT;
    let back = world.now;
    world.signaling_back(ann);
    world.run();
    well(&world, 0);
    let state = world.page(ann).events.iter().rev().find_map(|event| match event {
        Event::Connection { state, .. } => Some(*state),
        _ => None,
    });
    assert_eq!(state, Some(ConnectionState::Connected));
    assert!((last(&world, ann, "setAnswer") - back).as_secs() == 0, "the offer was waiting");
}

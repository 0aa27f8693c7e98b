//! The steps of a first call, as a tutorial tells them.

use std::time::Duration;

use itodenwa_protocol::timeline::{Entry, Step};
use itodenwa_protocol::{Config, IceMode, Time};
use itodenwa_wire::Source::{Camera, Microphone};

use itodenwa_model::page::Page;
use itodenwa_model::{ANN, BEN, World, assert_in_order, call, count, on};

fn vanilla(limit: Duration) -> Config {
    Config { ice: IceMode::Vanilla { limit }, on: vec![Camera, Microphone], ..Config::default() }
}

fn time_of(page: &Page, step: &str) -> Time {
    page.timeline.iter().rev().find(|entry| entry.step.name() == step).expect("it was made").at
}

#[test]
fn with_trickle_ice() {
    let (world, ann, ben) = call(on(&[Camera, Microphone]), on(&[Camera, Microphone]));
    world.assert_candidates_complete();
    let offering = world.page(ann).steps(BEN);
    assert_in_order(&offering, &["makeOffer", "sendOffer", "receiveAnswer", "setAnswer", "setCandidate"]);
    assert_in_order(&offering, &["sendOffer", "sendCandidate", "sendEndOfCandidates"]);
    assert_in_order(&offering, &["setAnswer", "connecting", "connected", "channelOpen"]);
    let answering = world.page(ben).steps(ANN);
    assert_in_order(&answering, &["receiveOffer", "setOffer", "makeAnswer", "sendAnswer", "sendCandidate"]);
    assert_in_order(&answering, &["setOffer", "setCandidate", "setEndOfCandidates"]);
    assert_in_order(&answering, &["sendAnswer", "connecting", "connected", "channelOpen"]);
    for (page, peer) in [(ann, BEN), (ben, ANN)] {
        let timeline = &world.page(page).timeline;
        assert!(timeline.iter().all(|entry| entry.peer == peer));
        assert!(timeline.is_sorted_by_key(|entry| entry.at));
    }
}

#[test]
fn each_candidate_has_its_type_and_protocol() {
    let (world, ann, _) = call(on(&[]), on(&[]));
    let details: Vec<_> =
        world.page(ann).timeline.iter().filter(|entry| entry.step.name() == "sendCandidate").collect();
    assert!(!details.is_empty() && details.iter().all(|entry| entry.step.detail() == "host udp"));
}

#[test]
fn what_a_step_is_about_is_kept_with_it_and_no_password() {
    let (world, ann, ben) = call(on(&[Camera]), on(&[]));
    for (page, peer) in [(ann, BEN), (ben, ANN)] {
        let timeline = &world.page(page).timeline;
        let about = |entry: &Entry| match entry.step {
            Step::MakeOffer | Step::ReceiveOffer | Step::MakeAnswer | Step::ReceiveAnswer => Some("v=0\r\n"),
            Step::SendCandidate(_) | Step::SetCandidate(_) => Some("candidate:"),
            _ => None,
        };
        for entry in timeline {
            match about(entry) {
                Some(start) => assert!(entry.text.starts_with(start), "{:?} with {peer}", entry.step),
                None => assert_eq!(entry.text, "", "{:?}", entry.step),
            }
            assert!(entry.text.split("ice-pwd:").skip(1).all(|rest| rest.find('…').is_some_and(|at| at <= 4)));
        }
    }
}

#[test]
fn with_vanilla_ice_one_complete_description_is_sent() {
    let (world, ann, ben) = call(vanilla(Duration::from_secs(10)), vanilla(Duration::from_secs(10)));
    assert_in_order(
        &world.page(ann).steps(BEN),
        &["makeOffer", "gatherCandidates", "sendOffer", "setAnswer", "connected"],
    );
    assert_in_order(
        &world.page(ben).steps(ANN),
        &["setOffer", "makeAnswer", "gatherCandidates", "sendAnswer", "connected"],
    );
    for (page, peer) in [(ann, BEN), (ben, ANN)] {
        let steps = world.page(page).steps(peer);
        for trickled in ["sendCandidate", "setCandidate", "sendEndOfCandidates"] {
            assert_eq!(count(&steps, trickled), 0, "{steps:?}");
        }
        let complete = |step: &Step| matches!(step, Step::GatherCandidates { candidates: 1.., complete: true });
        assert!(world.page(page).timeline.iter().any(|entry| complete(&entry.step)));
    }
}

#[test]
fn one_side_may_trickle_when_the_other_does_not() {
    call(vanilla(Duration::from_secs(10)), on(&[Camera]));
    call(on(&[Camera]), vanilla(Duration::from_secs(10)));
}

#[test]
fn when_gathering_takes_too_long_what_is_there_is_sent() {
    let mut world = World::new(1);
    world.candidates = Some(40);
    world.gathering_delay = 500;
    let limit = Duration::from_secs(2);
    let (ann, ben) = (world.join(ANN, vanilla(limit)), world.join(BEN, vanilla(limit)));
    world.run();
    world.assert_converged();
    for (page, made, sent) in [(ann, "makeOffer", "sendOffer"), (ben, "makeAnswer", "sendAnswer")] {
        let page = world.page(page);
        let waited = time_of(page, sent) - time_of(page, made);
        assert!(waited >= limit && waited < limit + Duration::from_millis(50), "{waited:?}");
        let incomplete = |step: &Step| matches!(step, Step::GatherCandidates { candidates: 1..40, complete: false });
        assert!(page.timeline.iter().any(|entry| incomplete(&entry.step)));
    }
}

#[test]
fn a_renegotiation_with_vanilla_ice_does_not_wait_again() {
    let mut world = World::new(1);
    world.gathering_delay = 1000;
    let (ann, ben) =
        (world.join(ANN, vanilla(Duration::from_secs(30))), world.join(BEN, vanilla(Duration::from_secs(30))));
    world.run();
    world.set(ann, itodenwa_wire::Source::Screen, true);
    world.run();
    world.assert_converged();
    for (page, made, sent) in [(ann, "makeOffer", "sendOffer"), (ben, "makeAnswer", "sendAnswer")] {
        let page = world.page(page);
        assert!(time_of(page, sent) - time_of(page, made) < Duration::from_millis(50));
    }
}

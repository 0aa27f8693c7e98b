//! Which candidates reach the browser.

use itodenwa_protocol::TroubleCode;
use itodenwa_wire::{Body, Candidate};

use itodenwa_model::{ANN, BEN, Operation, Puppet, World, count, on};

/// A puppet that leads, has offered, and was answered.
fn offered(candidates: usize) -> (World, usize, Puppet) {
    let mut world = World::new(0);
    let ben = world.join(BEN, on(&[]));
    let me = world.page(ben).room.me().clone();
    let mut puppet = Puppet::join(&mut world, ANN, &me);
    let offer = puppet.offer(1, candidates);
    puppet.say(&mut world, offer);
    assert_eq!(count(&world.page(ben).steps(ANN), "sendAnswer"), 1);
    (world, ben, puppet)
}

fn known(world: &World, page: usize, fragment: &str) -> usize {
    world.page(page).with(ANN).expect("there is a connection").1.browser.known(fragment)
}

#[test]
fn of_another_description_are_dropped() {
    let (mut world, ben, mut puppet) = offered(2);
    let stale = Candidate { username_fragment: Some("of-another-time".into()), ..puppet.candidate(1) };
    // The model's Chromium fails the test if it sees one.
    puppet.say(&mut world, Body::Candidate(stale));
    puppet.say(&mut world, Body::EndOfCandidates("of-another-time".into()));
    let good = puppet.candidate(1);
    puppet.say(&mut world, Body::Candidate(good.clone()));
    assert_eq!(known(&world, ben, good.username_fragment.as_deref().unwrap()), 1);
    assert_eq!(world.page(ben).troubles(), []);
}

#[test]
fn beyond_sixty_four_are_dropped_and_that_is_told_once() {
    let (mut world, ben, mut puppet) = offered(100);
    for place in 1..=100 {
        let candidate = puppet.candidate(place);
        puppet.say(&mut world, Body::Candidate(candidate));
    }
    let fragment = puppet.candidate(1).username_fragment.unwrap();
    assert_eq!(known(&world, ben, &fragment), 64);
    assert_eq!(world.page(ben).troubles(), [TroubleCode::CandidatesTooMany]);
}

#[test]
fn sixty_four_are_sent_at_most() {
    let mut world = World::new(1);
    world.candidates = Some(100);
    let (ann, ben) = (world.join(ANN, on(&[])), world.join(BEN, on(&[])));
    world.run();
    world.assert_converged();
    world.assert_candidates_complete();
    assert_eq!(count(&world.page(ann).steps(BEN), "sendCandidate"), 64);
    assert_eq!(world.page(ben).troubles(), []);
}

#[test]
fn the_end_comes_last_even_if_all_are_gathered_before_the_description_is_told() {
    let mut world = World::new(1);
    world.candidates = Some(100);
    world.gathering_delay = 0;
    world.browser_delay = 50;
    let (ann, ben) = (world.join(ANN, on(&[])), world.join(BEN, on(&[])));
    world.run();
    world.assert_converged();
    world.assert_candidates_complete();
    for (page, peer) in [(ann, BEN), (ben, ANN)] {
        let steps = world.page(page).steps(peer);
        for (each, end) in [("sendCandidate", "sendEndOfCandidates"), ("setCandidate", "setEndOfCandidates")] {
            assert_eq!((count(&steps, each), count(&steps, end)), (64, 1));
            assert!(steps.iter().rposition(|step| *step == each) < steps.iter().position(|step| *step == end));
        }
    }
}

#[test]
fn one_that_the_browser_refuses_is_told_and_the_call_goes_on() {
    let mut world = World::new(1);
    world.candidates = Some(3);
    let (ann, ben) = (world.join(ANN, on(&[])), world.join(BEN, on(&[])));
    world.page_mut(ben).failing.push(Operation::AddCandidate);
    world.run();
    world.assert_converged();
    assert_eq!(world.page(ben).troubles(), [TroubleCode::CandidateRefused]);
    assert_eq!(world.page(ann).troubles(), []);
}

#[test]
fn nonsense_is_told_and_the_call_goes_on() {
    let (mut world, ben, mut puppet) = offered(2);
    let good = puppet.candidate(1);
    for candidate in ["nonsense".to_owned(), "candidate:".repeat(1000)] {
        puppet.say(&mut world, Body::Candidate(Candidate { candidate, ..good.clone() }));
    }
    let elsewhere = Candidate { sdp_mid: Some("no-such-mid".into()), ..puppet.candidate(2) };
    puppet.say(&mut world, Body::Candidate(elsewhere));
    assert_eq!(world.page(ben).troubles(), [TroubleCode::CandidateRefused; 3]);
    puppet.say(&mut world, Body::Candidate(good.clone()));
    assert_eq!(known(&world, ben, &good.username_fragment.unwrap()), 1);
}

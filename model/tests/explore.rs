//! Every order of events, as far as half a minute goes; and that the explorer can fail.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not in test functions")]

use std::sync::atomic::{AtomicUsize, Ordering};

use itodenwa_model::browser::Profile;
use itodenwa_model::explore::delivery;
use itodenwa_model::explore::plan::{Browser, Budget, Plan};
use itodenwa_model::explore::plans;
use itodenwa_model::explore::search::{Failure, explore};
use itodenwa_wire::{Body, Packet};

const MOST_STATES: usize = 10_000_000;

#[test]
fn whatever_the_order_both_sides_agree() {
    let plans = plans::short();
    let (next, states) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(plan) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match explore(plan, MOST_STATES) {
                        Ok(explored) => states.fetch_add(explored.states, Ordering::Relaxed),
                        Err(failure) => panic!("{} ({:?}):\n{failure}", plan.name, plan.profile),
                    };
                }
            });
        }
    });
    assert!(states.into_inner() > 2_000_000, "the plans explore far less than they did");
}

#[test]
fn messages_are_read_once_and_in_order_and_only_then_delivered() {
    for messages in &delivery::ALL {
        let explored = delivery::explore(messages).unwrap_or_else(|broken| panic!("{}:\n{broken}", messages.name));
        assert!(explored.states > 2_000, "{}: {explored:?}", messages.name);
    }
}

/// What is broken, and how many steps it took, when these packets never arrive.
fn without(budget: Budget, swallows: fn(&Packet<Body>) -> bool) -> (String, usize) {
    let plan = Plan { browser: Browser::Quick, swallows: Some(swallows), ..Plan::new("", Profile::Chromium, budget) };
    match explore(&plan, MOST_STATES) {
        Err(Failure::Broken(trace)) => (trace.broken, trace.lines.len()),
        other => panic!("that went well: {other:?}"),
    }
}

#[test]
fn without_hello_a_reset_goes_round_in_circles() {
    let (broken, _) = without(Budget { resets: 1, ..Budget::default() }, |packet| packet.body == Some(Body::Hello));
    assert!(broken.contains("circles"), "{broken}");
}

#[test]
fn without_the_turn_a_follower_never_offers() {
    let change = Budget { changes: 1, ..Budget::default() };
    let (broken, _) = without(change, |packet| packet.body == Some(Body::GiveTurn));
    assert!(broken.contains("circles"), "{broken}");
}

#[test]
fn without_candidates_there_is_no_path() {
    let (broken, steps) = without(Budget::default(), |packet| matches!(packet.body, Some(Body::Candidate(_))));
    assert!(broken.contains("circles"), "{broken}");
    assert!(steps < 30, "the shortest way is told: {steps}");
}

#[test]
fn what_is_too_large_is_not_called_well() {
    let plan = Plan::new("", Profile::Firefox, Budget { changes: 1, ..Budget::default() });
    assert!(matches!(explore(&plan, 1_000), Err(Failure::TooLarge(_))));
}

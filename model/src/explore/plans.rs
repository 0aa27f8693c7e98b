//! The explorations that are made. Each row of the table in the README of `negotiation` is one of these.

use itodenwa_wire::Source;

use super::plan::{Browser, Budget, FREELY, Network, Offers, Over, Plan, VANILLA};
use crate::browser::Profile;
use crate::live::Loss;

/// Nothing but the network is at fault.
const NOTHING: Budget =
    Budget { changes: 0, restarts: 0, resets: 0, reloads: 0, failures: 0, losses: 0, faults: 0, early: 0 };
const CHANGE: Budget = Budget { changes: 1, ..NOTHING };
const CHANGES: Budget = Budget { changes: 2, restarts: 1, ..NOTHING };
const CHANGES_AND_FAULT: Budget = Budget { faults: 1, ..CHANGE_AND_RESTART };
const RELOADS: Budget = Budget { reloads: 2, ..NOTHING };
const RESETS: Budget = Budget { resets: 2, ..NOTHING };
const CHANGE_AND_RESTART: Budget = Budget { restarts: 1, ..CHANGE };
const LOSS: Budget = Budget { losses: 1, ..NOTHING };
const LOSSES: Budget = Budget { losses: 2, ..NOTHING };
const LOSSES_AND_MORE: Budget = Budget { changes: 1, faults: 1, ..LOSSES };
const RELOAD_AND_CHANGES: Budget = Budget { reloads: 1, changes: 2, ..NOTHING };

/// All explorations, the smaller ones first.
pub fn all() -> Vec<Plan> {
    let mut plans = short();
    for profile in Profile::ALL {
        let plan = |name, budget| Plan::new(name, profile, budget);
        plans.extend([
            plan("a call, slowly", free(NOTHING)),
            plan("a restart, slowly", Budget { restarts: 1, ..NOTHING }),
            in_order(plan("2 resets, slowly, in order", RESETS)),
            healing(Loss::Silent, false, plan("a path falls silent, slowly", Budget { losses: 1, ..NOTHING })),
            healing(Loss::Disconnected, false, in_order(plan("2 paths are lost, slowly, in order", LOSSES))),
            in_order(plan("2 reloads, slowly, in order", RELOADS)),
            quick(plan("a change, freely", free(CHANGE))),
            quick(plan("2 resets, 2 faults", Budget { faults: 2, ..RESETS })),
            in_order(quick(plan("2 reloads, 1 fault, in order", Budget { faults: 1, ..RELOADS }))),
            in_order(quick(plan("2 changes and a restart, 1 fault, in order", Budget { faults: 1, ..CHANGES }))),
            healing(Loss::Failed, true, quick(plan("2 connections fail, a change, 1 fault", LOSSES_AND_MORE))),
            quick(plan("a reload and 2 changes", RELOAD_AND_CHANGES)),
            two_ways(quick(plan("2 reloads, by both ways", RELOADS))),
            two_ways(plan("a change, by both ways, slowly", CHANGE)),
            two_ways(in_order(plan("a reset, by both ways, slowly, in order", Budget { resets: 1, ..NOTHING }))),
            dead(Over::Server, quick(plan("2 changes and a restart, and the server is dead", CHANGES))),
            dead(
                Over::Server,
                quick(plan("a change and a restart, 1 fault, and the server is dead", CHANGES_AND_FAULT)),
            ),
            offering(quick(plan("an offer with the join, freely", free(NOTHING)))),
            offering(plan("an offer with the join, a failure, slowly", Budget { failures: 1, ..NOTHING })),
            offering(quick(plan("2 reloads with offers", RELOADS))),
            offering(quick(plan("an offer with the join, 2 changes and a restart", CHANGES))),
            offering(in_order(plan("a reload with an offer, slowly, in order", Budget { reloads: 1, ..NOTHING }))),
            offering(two_ways(quick(plan("an offer with the join, 2 resets, by both ways", RESETS)))),
            lost(quick(plan("the connection of the offer is lost, 2 reloads", RELOADS))),
            dead(
                Over::Channel,
                quick(plan("a change and a restart, 1 fault, and the channel is dead", CHANGES_AND_FAULT)),
            ),
            placed(in_order(quick(plan("a reload and 2 changes of what has its place, in order", RELOAD_AND_CHANGES)))),
            in_order(quick(plan(
                "a reload and 2 changes, 1 fault, in order",
                Budget { faults: 1, ..RELOAD_AND_CHANGES },
            ))),
        ]);
    }
    plans
}

/// Those that together take half a minute or so.
pub fn short() -> Vec<Plan> {
    let mut plans = Vec::new();
    for profile in Profile::ALL {
        let plan = |name, budget| Plan::new(name, profile, budget);
        plans.extend([
            quick(plan("a call, freely", free(NOTHING))),
            plan("a change, slowly", CHANGE),
            plan("a failure, slowly", Budget { failures: 1, ..NOTHING }),
            in_order(plan("a reload, slowly, in order", Budget { reloads: 1, ..NOTHING })),
            in_order(plan("a reset, slowly, in order", Budget { resets: 1, ..NOTHING })),
            quick(plan("2 changes and a restart", CHANGES)),
            quick(plan("2 reloads", RELOADS)),
            quick(plan("2 resets", RESETS)),
            placed(in_order(plan("a change of what has its place, slowly, in order", CHANGE))),
            placed(quick(plan("a change of what has its place", CHANGE))),
            vanilla(quick(plan("Vanilla ICE, a change, 1 fault", Budget { faults: 1, ..CHANGE }))),
            vanilla(in_order(plan("Vanilla ICE, a change, slowly, early timers", Budget { early: 1, ..CHANGE }))),
            healing(Loss::Disconnected, false, quick(plan("2 paths are lost", LOSSES))),
            healing(Loss::Failed, true, quick(plan("2 connections fail", LOSSES))),
            healing(Loss::Silent, true, quick(plan("2 connections fall silent", LOSSES))),
            two_ways(quick(plan("a change, by both ways, 1 fault", Budget { faults: 1, ..CHANGE }))),
            two_ways(quick(plan("2 resets, by both ways", RESETS))),
            healing(Loss::Disconnected, false, two_ways(quick(plan("a path is lost, by both ways", LOSS)))),
            dead(Over::Server, quick(plan("a change, and the server is dead", CHANGE))),
            dead(Over::Channel, quick(plan("a change, and the channel is dead", CHANGE))),
            offering(quick(plan("an offer with the join, a change, 1 fault", Budget { faults: 1, ..CHANGE }))),
            offering(in_order(plan("an offer with the join, slowly, in order", NOTHING))),
            offering(quick(plan("a reload with an offer", Budget { reloads: 1, ..NOTHING }))),
            offering(placed(in_order(quick(plan(
                "an offer of places with the join, a reload and a change, in order",
                Budget { reloads: 1, ..CHANGE },
            ))))),
            lost(quick(plan("the connection of the offer is lost, 1 fault", Budget { faults: 1, ..NOTHING }))),
        ]);
    }
    plans
}

fn free(budget: Budget) -> Budget {
    Budget { faults: FREELY, ..budget }
}

fn quick(plan: Plan) -> Plan {
    Plan { browser: Browser::Quick, ..plan }
}

fn healing(loss: Loss, for_good: bool, plan: Plan) -> Plan {
    Plan { heals: true, loss: (loss, for_good), ..plan }
}

fn in_order(plan: Plan) -> Plan {
    Plan { network: Network::InOrder, ..plan }
}

/// All that is switched has its place from the beginning.
fn placed(plan: Plan) -> Plan {
    Plan { places: &[Source::Microphone, Source::Camera], ..plan }
}

/// Packets go over the control channel, too.
fn two_ways(plan: Plan) -> Plan {
    Plan { two_ways: true, ..plan }
}

/// One of the two ways carries nothing once both sides have the other.
fn dead(over: Over, plan: Plan) -> Plan {
    Plan { dead: Some(over), ..two_ways(plan) }
}

/// Whoever comes in while the other side is there comes with an offer.
fn offering(plan: Plan) -> Plan {
    Plan { offers: Some(Offers::Kept), ..plan }
}

/// The same, and its connection is lost before the server answers.
fn lost(plan: Plan) -> Plan {
    Plan { offers: Some(Offers::Lost), ..plan }
}

fn vanilla(plan: Plan) -> Plan {
    Plan { ice: [VANILLA; 2], ..plan }
}

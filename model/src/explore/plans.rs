//! The explorations that are made. Each row of the table in the README of `negotiation` is one of these.

use itodenwa_wire::Source;

use super::plan::{Browser, Budget, FREELY, Network, Plan, VANILLA};
use crate::browser::Profile;
use crate::live::Loss;

/// Nothing but the network is at fault.
const NOTHING: Budget =
    Budget { changes: 0, restarts: 0, resets: 0, reloads: 0, failures: 0, losses: 0, faults: 0, early: 0 };
const CHANGE: Budget = Budget { changes: 1, ..NOTHING };
const CHANGES: Budget = Budget { changes: 2, restarts: 1, ..NOTHING };
const RELOADS: Budget = Budget { reloads: 2, ..NOTHING };
const RESETS: Budget = Budget { resets: 2, ..NOTHING };
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

fn vanilla(plan: Plan) -> Plan {
    Plan { ice: [VANILLA; 2], ..plan }
}

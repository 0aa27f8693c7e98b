//! Makes explorations and prints what was found: `explore [--short] [NAME…]`, with names of plans or parts of them.
//!
//! Ends with 0 if all went well, and with 1 if a property is broken, after the shortest way to it.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use itodenwa_model::explore::delivery;
use itodenwa_model::explore::plan::{Browser, Network, Plan};
use itodenwa_model::explore::plans;
use itodenwa_model::explore::search::{Explored, explore};

/// About 12 GB.
const MOST_STATES: usize = 150_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, names): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| argument.starts_with("--"));
    let plans = if options.iter().any(|option| *option == "--short") { plans::short() } else { plans::all() };
    let named = |plan: &Plan| names.is_empty() || names.iter().any(|name| title(plan).contains(name.as_str()));
    let plans: Vec<Plan> = plans.into_iter().filter(named).collect();
    // What an assertion says is part of the trace.
    std::panic::set_hook(Box::new(|_| {}));
    let (next, failed, states) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(2));
    println!("| plan | browser | packets | states | depth | agree within | seconds |\n|---|---|---|---|---|---|---|");
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(plan) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let since = now();
                    match explore(plan, MOST_STATES) {
                        Ok(explored) => {
                            states.fetch_add(explored.states, Ordering::Relaxed);
                            println!("{}", row(plan, &explored, since));
                        }
                        Err(failure) => {
                            failed.store(true, Ordering::Relaxed);
                            println!("{}:\n{failure}", title(plan));
                        }
                    }
                }
            });
        }
    });
    let named = |name: &str| names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));
    let messages: Vec<_> = delivery::ALL.into_iter().filter(|messages| named(messages.name)).collect();
    for messages in &messages {
        let since = now();
        match delivery::explore(messages) {
            Ok(delivery::Explored { states: found, depth }) => {
                states.fetch_add(found, Ordering::Relaxed);
                println!(
                    "| {} | none | in order | {found} | {depth} | – | {:.1} |",
                    messages.name,
                    since.elapsed().as_secs_f32()
                );
            }
            Err(broken) => {
                failed.store(true, Ordering::Relaxed);
                println!("{}:\n{broken}", messages.name);
            }
        }
    }
    let explorations = plans.len() + messages.len();
    println!("{} states in {explorations} explorations", states.into_inner());
    if failed.into_inner() || explorations == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn title(plan: &Plan) -> String {
    format!("{} ({:?})", plan.name, plan.profile)
}

fn row(plan: &Plan, explored: &Explored, since: Instant) -> String {
    let browser = match plan.browser {
        Browser::Slow => "slow",
        Browser::Quick => "quick",
    };
    let network = match plan.network {
        Network::AnyOrder => "any order",
        Network::InOrder => "in order",
    };
    let Explored { states, depth, bound, .. } = explored;
    let seconds = since.elapsed().as_secs_f32();
    let (name, profile) = (plan.name, plan.profile);
    format!("| {name} | {profile:?}, {browser} | {network} | {states} | {depth} | {bound} steps | {seconds:.1} |")
}

#[expect(clippy::disallowed_methods, reason = "this never runs in a browser")]
fn now() -> Instant {
    Instant::now()
}

//! All states that can be reached, shortest way first, and where they lead when faults stop.

use std::fmt;

use indexmap::IndexSet;

use itodenwa_protocol::IceMode;

use super::plan::Plan;
use super::state::State;
use super::tables::{Broken, Tables};
use super::trace::Trace;

/// What was found.
#[derive(Debug)]
pub struct Explored {
    pub states: usize,
    /// Steps to the farthest state.
    pub depth: usize,
    /// Different sides, and different packets, that make up the states.
    pub endpoints: usize,
    pub packets: usize,
    /// States in which everything is quiet, and both sides agree.
    pub agreed: usize,
    /// From any state, once faults stop, both sides agree after at most so many steps, in whatever order they come.
    pub bound: u32,
}

/// Why an exploration did not end well.
#[derive(Debug)]
pub enum Failure {
    /// A property is broken: how it came to that.
    Broken(Trace),
    /// There are more states than were allowed.
    TooLarge(usize),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Broken(trace) => trace.fmt(f),
            Failure::TooLarge(states) => write!(f, "more than {states} states"),
        }
    }
}

pub(super) struct Search<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tables: Tables,
    pub(super) states: IndexSet<State>,
    /// From which state each one was reached first.
    pub(super) parents: Vec<u32>,
    /// Where progress leads from each state: `progress[ends[n - 1]..ends[n]]`.
    progress: Vec<u32>,
    ends: Vec<usize>,
}

/// Explores everything that a plan allows.
pub fn explore(plan: &Plan, most: usize) -> Result<Explored, Failure> {
    let mut search = Search {
        plan,
        tables: Tables::new(plan),
        states: IndexSet::new(),
        parents: vec![0],
        progress: Vec::new(),
        ends: Vec::new(),
    };
    let first = State::first(plan, &mut search.tables);
    search.states.insert(first);
    let (depth, agreed) = search.reach(most)?;
    let bound = search.bound().map_err(|at| {
        Failure::Broken(Trace::tell(&mut search, at, None, Broken("without any fault it goes round in circles".into())))
    })?;
    let (endpoints, packets) = search.tables.sizes();
    Ok(Explored { states: search.states.len(), depth, endpoints, packets, agreed, bound })
}

impl Search<'_> {
    /// Finds all states. Gives the depth, and how many of the states are quiet.
    fn reach(&mut self, most: usize) -> Result<(usize, usize), Failure> {
        let trickled = self.plan.ice == [IceMode::Trickle; 2];
        let complete = trickled && self.plan.budget.failures == 0;
        let (mut depth, mut level_ends, mut agreed, mut at) = (0, 1, 0, 0);
        while let Some(state) = self.states.get_index(at).copied() {
            if at == level_ends {
                (depth, level_ends) = (depth + 1, self.states.len());
            }
            let before = self.progress.len();
            for choice in state.choices(self.plan, &mut self.tables) {
                let next = match state.after(self.plan, &mut self.tables, choice) {
                    Ok(next) => next,
                    Err(broken) => return Err(Failure::Broken(Trace::tell(self, at, Some(choice), broken))),
                };
                let (index, new) = self.states.insert_full(next);
                let (index, here) = (number(index), number(at));
                if new {
                    self.parents.push(here);
                }
                if choice.progress {
                    self.progress.push(index);
                }
            }
            if self.progress.len() == before {
                agreed += 1;
                if let Err(broken) = self.tables.agree(state.endpoints, complete) {
                    return Err(Failure::Broken(Trace::tell(self, at, None, broken)));
                }
            }
            self.ends.push(self.progress.len());
            if self.states.len() > most {
                return Err(Failure::TooLarge(self.states.len()));
            }
            at += 1;
        }
        Ok((depth, agreed))
    }

    /// The most steps that progress takes from any state until everything is quiet. If there is a circle: a state on it.
    fn bound(&self) -> Result<u32, usize> {
        const NEW: u32 = u32::MAX;
        const OPEN: u32 = u32::MAX - 1;
        let mut steps = vec![NEW; self.states.len()];
        let mut path: Vec<(u32, usize)> = Vec::new();
        for root in 0..number(self.states.len()) {
            if steps[root as usize] != NEW {
                continue;
            }
            path.push((root, self.begin(root)));
            steps[root as usize] = OPEN;
            while let Some((at, edge)) = path.last_mut() {
                let here = *at as usize;
                if *edge == self.ends[here] {
                    let leads = &self.progress[self.begin(*at)..self.ends[here]];
                    steps[here] = leads.iter().map(|next| steps[*next as usize] + 1).max().unwrap_or(0);
                    path.pop();
                    continue;
                }
                let next = self.progress[*edge];
                *edge += 1;
                match steps[next as usize] {
                    NEW => {
                        steps[next as usize] = OPEN;
                        path.push((next, self.begin(next)));
                    }
                    OPEN => return Err(next as usize),
                    _ => {}
                }
            }
        }
        Ok(steps.into_iter().max().unwrap_or(0))
    }

    fn begin(&self, state: u32) -> usize {
        match state {
            0 => 0,
            state => self.ends[state as usize - 1],
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or_else(|_| panic!("more than 4 billion states"))
}

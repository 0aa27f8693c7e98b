//! How it came to a broken property, told in the steps of the call.

use std::fmt;

use super::endpoint::Happening;
use super::search::Search;
use super::state::{Choice, Move, State};
use super::tables::Broken;

/// The shortest way from the beginning to a broken property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What happened, one after the other.
    pub lines: Vec<String>,
    /// Which property was broken.
    pub broken: String,
}

const NAMES: [&str; 2] = ["Ann", "Ben"];

impl Trace {
    /// The way to this state, and the step after it that breaks something, if it is not the state itself.
    pub(super) fn tell(search: &mut Search, to: usize, last: Option<Choice>, broken: Broken) -> Self {
        let mut way = vec![to];
        while let Some(at) = way.last().copied().filter(|at| *at != 0) {
            way.push(search.parents[at] as usize);
        }
        way.reverse();
        let mut lines = Vec::new();
        for pair in way.windows(2) {
            let [from, to] = [pair[0], pair[1]].map(|at| search.states[at]);
            let leads = |choice: &Choice, search: &mut Search| {
                from.after(search.plan, &mut search.tables, *choice).is_ok_and(|state| state == to)
            };
            let choices = from.choices(search.plan, &mut search.tables);
            if let Some(choice) = choices.into_iter().find(|choice| leads(choice, search)) {
                lines.push(line(search, from, choice));
            }
        }
        if let Some(choice) = last {
            lines.push(line(search, search.states[to], choice));
        }
        Trace { lines, broken: broken.0 }
    }
}

fn line(search: &mut Search, state: State, choice: Choice) -> String {
    let tables = &mut search.tables;
    let (side, happening, what) = match choice.way {
        Move::Happen(side, happening) => {
            let what = match tables.named(happening) {
                Happening::Operate => "the browser is done",
                Happening::Fail => "the browser fails",
                Happening::Gather(_) => "the browser gathers",
                Happening::Hear => "the browser tells",
                Happening::Learn => "the server says: joined",
                Happening::Break => "the channel breaks",
                Happening::Lose(..) => "the path is lost",
                Happening::Switch(_) => "switches a source",
                Happening::RestartIce => "wants new paths",
                _ => "",
            };
            (side, happening, what.to_owned())
        }
        Move::Arrive(side, packet) => (side, tables.arrival(packet), format!("hears {}", tables.describe(packet))),
        Move::ArriveTwice(side, packet) => {
            (side, tables.arrival(packet), format!("hears, not for the last time, {}", tables.describe(packet)))
        }
        Move::Lose(side, packet) => return format!("{}: never hears {}", NAMES[side], tables.describe(packet)),
        Move::Reload(side) => return format!("{}: reloads the page", NAMES[side]),
        Move::Pass(time) | Move::PassEarly(time) => {
            let pass = tables.happening(Happening::Pass(time));
            let steps = [0, 1].map(|side| tables.tell(state.endpoints[side], pass));
            return format!("{} ms pass{}{}", time.as_millis(), steps[0], steps[1]);
        }
    };
    format!("{}: {what}{}", NAMES[side], tables.tell(state.endpoints[side], happening))
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in (1..).zip(&self.lines) {
            writeln!(f, "{number:>4}  {line}")?;
        }
        write!(f, "broken: {}", self.broken)
    }
}

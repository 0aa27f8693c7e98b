//! The table: each row judged by its tests.

use std::fmt;

use super::outcomes::{Came, Outcome, Outcomes};
use super::row::{Column, People, Row};

/// What came of a row in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// With the longest time until it was healed, in milliseconds, where that is measured.
    Survived(Option<u64>),
    /// A test failed, or is not there.
    Lost,
    NotTried,
    /// There is nothing to be tried with these browsers.
    Nothing,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Survived(None) => f.write_str("yes"),
            Cell::Survived(Some(milliseconds)) => write!(f, "yes, {milliseconds} ms"),
            Cell::Lost => f.write_str("**no**"),
            Cell::NotTried => f.write_str("not tried"),
            Cell::Nothing => Ok(()),
        }
    }
}

/// All rows, each with its three columns.
#[derive(Debug)]
pub(super) struct Table(Vec<(&'static Row, [Cell; 3])>);

impl Table {
    pub(super) fn new(rows: &[&'static Row], outcomes: &Outcomes) -> Self {
        Table(rows.iter().map(|row| (*row, Column::ALL.map(|column| judge(row, column, outcomes)))).collect())
    }

    /// Whether nothing that was tried was lost.
    pub(super) fn is_survived(&self) -> bool {
        !self.0.iter().any(|(_, cells)| cells.contains(&Cell::Lost))
    }

    /// How many of the rows that a column has are survived, and how many there are: what is not tried is not survived.
    fn count(&self, column: usize) -> (usize, usize) {
        let cells: Vec<Cell> = self.0.iter().filter_map(|(_, cells)| cells.get(column).copied()).collect();
        let survived = cells.iter().filter(|cell| matches!(cell, Cell::Survived(_))).count();
        (survived, cells.iter().filter(|cell| **cell != Cell::Nothing).count())
    }
}

fn judge(row: &Row, column: Column, outcomes: &Outcomes) -> Cell {
    if !row.people.meet_as(column) {
        return Cell::Nothing;
    }
    if row.tests.is_empty() {
        return Cell::NotTried;
    }
    let mut tried = false;
    for test in row.tests {
        let of_test: Vec<&Outcome> = outcomes.tests.iter().filter(|outcome| outcome.test == *test).collect();
        let here = |outcome: &&&Outcome| outcome.column.is_none_or(|of| of == column);
        let is_missing = of_test.is_empty() || test.is_due_in(column) && !of_test.iter().any(|outcome| here(&outcome));
        if is_missing || of_test.iter().filter(here).any(|outcome| outcome.came == Came::Failed) {
            return Cell::Lost;
        }
        tried |= of_test.iter().filter(here).any(|outcome| {
            outcome.came == Came::Passed && (outcome.column == Some(column) || row.people == People::Nobody)
        });
    }
    if !tried {
        return Cell::NotTried;
    }
    let healed = outcomes.healed.iter().filter(|healed| healed.row == row.id && healed.column == column);
    Cell::Survived(healed.map(|healed| healed.milliseconds).max())
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | Fault | Survived when | Tried in | Chromium | Firefox | Mixed |")?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for (Row { id, fault, criterion, tests, .. }, [chromium, firefox, mixed]) in &self.0 {
            let mut layers: Vec<&str> = tests.iter().map(|test| test.layer()).collect();
            layers.sort_unstable();
            layers.dedup();
            let layers = layers.join(", ");
            writeln!(f, "| {id} | {fault} | {criterion} | {layers} | {chromium} | {firefox} | {mixed} |")?;
        }
        let counts = Column::ALL.iter().enumerate().map(|(place, column)| {
            let (survived, rows) = self.count(place);
            format!("{survived} of {rows} ({})", column.name())
        });
        writeln!(f, "\nsurvived {}", counts.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcomes::Healed;
    use super::super::row::{Browsers, Suite, Test};
    use super::*;

    const RULE: Test = Test::Native(Suite::Rules, "a::rule");
    const PAGE: Test = Test::Page("a.test.mjs", "a page", Browsers::Told);
    const NAMED: Test = Test::Page("a.test.mjs", "another", Browsers::Named);
    static BOTH: Row = Row { id: "X01", fault: "f", criterion: "c", people: People::Two, tests: &[RULE, PAGE] };
    static SERVER: Row = Row { id: "X02", fault: "f", criterion: "c", people: People::Nobody, tests: &[RULE] };
    static SOME: Row = Row { id: "X04", fault: "f", criterion: "c", people: People::Two, tests: &[NAMED] };
    static ALONE: Row = Row { id: "X03", fault: "f", criterion: "c", people: People::One, tests: &[] };

    fn outcome(test: Test, column: Option<Column>, came: Came) -> Outcome {
        Outcome { test, column, came }
    }

    #[test]
    fn a_row_is_survived_where_all_its_tests_passed() {
        let mut outcomes = Outcomes {
            tests: vec![
                outcome(RULE, None, Came::Passed),
                outcome(PAGE, Some(Column::Chromium), Came::Passed),
                outcome(PAGE, Some(Column::Firefox), Came::Failed),
                outcome(NAMED, Some(Column::Chromium), Came::Passed),
            ],
            healed: vec![Healed { row: "X01".into(), column: Column::Chromium, milliseconds: 70 }],
        };
        let table = Table::new(&[&BOTH, &SERVER, &ALONE, &SOME], &outcomes);
        let [both, server, alone, some] = [0, 1, 2, 3].map(|place| table.0.get(place).unwrap().1);
        assert_eq!(both, [Cell::Survived(Some(70)), Cell::Lost, Cell::Lost]);
        assert_eq!(some, [Cell::Survived(None), Cell::NotTried, Cell::NotTried]);
        assert_eq!(server, [Cell::Survived(None); 3]);
        assert_eq!(alone, [Cell::NotTried, Cell::NotTried, Cell::Nothing]);
        assert!(!table.is_survived());
        let told = table.to_string();
        assert!(told.contains("| X01 | f | c | page, rules | yes, 70 ms | **no** | **no** |"), "{told}");
        assert!(told.ends_with("survived 3 of 4 (chromium), 1 of 4 (firefox), 1 of 3 (mixed)\n"), "{told}");
        outcomes.tests.remove(0);
        assert_eq!(judge(&SERVER, Column::Chromium, &outcomes), Cell::Lost, "a test that did not run shows nothing");
    }

    #[test]
    fn a_test_that_one_browser_never_ended_is_lost_there() {
        let tests = vec![outcome(RULE, None, Came::Passed), outcome(PAGE, Some(Column::Chromium), Came::Passed)];
        let outcomes = Outcomes { tests, healed: Vec::new() };
        assert_eq!(judge(&BOTH, Column::Chromium, &outcomes), Cell::Survived(None));
        assert_eq!(judge(&BOTH, Column::Mixed, &outcomes), Cell::Lost);
    }

    #[test]
    fn what_cannot_be_tried_here_is_neither_survived_nor_lost() {
        let outcomes = Outcomes { tests: vec![outcome(RULE, None, Came::Skipped)], healed: Vec::new() };
        assert_eq!(judge(&SERVER, Column::Mixed, &outcomes), Cell::NotTried);
    }
}

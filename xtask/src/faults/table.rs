//! The table: each row judged by its tests.

use std::fmt;
use std::str::FromStr;

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

impl FromStr for Cell {
    type Err = ();

    /// As it is printed.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "yes" => Ok(Cell::Survived(None)),
            "**no**" => Ok(Cell::Lost),
            "not tried" => Ok(Cell::NotTried),
            "" => Ok(Cell::Nothing),
            _ => {
                let milliseconds = text.strip_prefix("yes, ").and_then(|rest| rest.strip_suffix(" ms")).ok_or(())?;
                milliseconds.parse().map(|milliseconds| Cell::Survived(Some(milliseconds))).map_err(|_| ())
            }
        }
    }
}

/// Rows, each with its three columns.
#[derive(Debug)]
pub(super) struct Table(Vec<(&'static Row, [Cell; 3])>);

impl Table {
    pub(super) fn new(rows: &[&'static Row], outcomes: &Outcomes) -> Self {
        Table(rows.iter().map(|row| (*row, Column::ALL.map(|column| judge(row, column, outcomes)))).collect())
    }

    /// All rows: those of this table as they are, and the others as they are printed in `standing`. What stands there of another fault, by
    /// another criterion or of other columns says nothing about the row of today, which is then not tried.
    pub(super) fn over(&self, all: impl IntoIterator<Item = &'static Row>, standing: &str) -> Self {
        let of_row = |row: &'static Row| {
            let known = self.0.iter().find(|(known, _)| known.id == row.id).map(|(_, cells)| *cells);
            let stood = || standing.lines().find_map(|line| stood(row, line));
            (row, known.or_else(stood).unwrap_or_else(|| untried(row)))
        };
        Table(all.into_iter().map(of_row).collect())
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

fn untried(row: &Row) -> [Cell; 3] {
    Column::ALL.map(|column| if row.people.meet_as(column) { Cell::NotTried } else { Cell::Nothing })
}

/// What a line of a printed table says of a row, if it is about it.
fn stood(row: &Row, line: &str) -> Option<[Cell; 3]> {
    let line = line.strip_prefix('|')?.strip_suffix('|')?;
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let [id, fault, criterion, _, cells @ ..] = fields.as_slice() else { return None };
    if (*id, *fault, *criterion) != (row.id, row.fault, row.criterion) {
        return None;
    }
    let cells: Vec<Cell> = cells.iter().map(|text| text.parse().ok()).collect::<Option<_>>()?;
    let is_of_row = |cells: &[Cell; 3]| {
        cells.iter().zip(untried(row)).all(|(one, other)| (*one == Cell::Nothing) == (other == Cell::Nothing))
    };
    cells.try_into().ok().filter(is_of_row)
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
            ..Outcomes::default()
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
        let outcomes = Outcomes { tests, ..Outcomes::default() };
        assert_eq!(judge(&BOTH, Column::Chromium, &outcomes), Cell::Survived(None));
        assert_eq!(judge(&BOTH, Column::Mixed, &outcomes), Cell::Lost);
    }

    #[test]
    fn what_cannot_be_tried_here_is_neither_survived_nor_lost() {
        let outcomes = Outcomes { tests: vec![outcome(RULE, None, Came::Skipped)], ..Outcomes::default() };
        assert_eq!(judge(&SERVER, Column::Mixed, &outcomes), Cell::NotTried);
    }

    const WRITTEN: &str = "\
        | X01 | f | c | page | yes | **no** | yes, 70 ms |\n\
        | X02 | f | another | rules | yes | yes | yes |\n\
        | X03 | f | c | page | yes | not tried | |\n\
        | X04 | f | c | page | yes | surely | yes |\n";

    #[test]
    fn rows_that_did_not_run_keep_what_stands_there() {
        let nothing = Table::new(&[], &Outcomes::default());
        let [both, server, alone, some] =
            [0, 1, 2, 3].map(|place| nothing.over([&BOTH, &SERVER, &ALONE, &SOME], WRITTEN).0.get(place).unwrap().1);
        assert_eq!(both, [Cell::Survived(None), Cell::Lost, Cell::Survived(Some(70))]);
        assert_eq!(server, [Cell::NotTried; 3], "it was another criterion");
        assert_eq!(alone, [Cell::Survived(None), Cell::NotTried, Cell::Nothing]);
        assert_eq!(some, [Cell::NotTried; 3], "nobody knows what that means");
    }

    #[test]
    fn rows_that_ran_are_written_over_what_stands_there() {
        let outcomes = Outcomes { tests: vec![outcome(RULE, None, Came::Passed)], ..Outcomes::default() };
        let ran = Table::new(&[&SERVER], &outcomes);
        let written = ran.over([&BOTH, &SERVER], WRITTEN).to_string();
        assert!(written.contains("| X01 | f | c | page, rules | yes | **no** | yes, 70 ms |"), "{written}");
        assert!(written.contains("| X02 | f | c | rules | yes | yes | yes |"), "{written}");
        let again = Table::new(&[], &outcomes).over([&BOTH, &SERVER], &written).to_string();
        assert_eq!(again, written, "what is printed is understood");
    }

    #[test]
    fn one_browser_alone_has_no_column_of_two() {
        let written = "| X03 | f | c | page | yes | yes | yes |";
        let table = Table::new(&[], &Outcomes::default()).over([&ALONE], written);
        assert_eq!(table.0.first().unwrap().1, [Cell::NotTried, Cell::NotTried, Cell::Nothing]);
    }

    static FROZEN: Row = Row { id: "X05", fault: "f", criterion: "c", people: People::TwoWithChromium, tests: &[PAGE] };

    #[test]
    fn what_happens_to_no_firefox_has_no_column_of_two() {
        let tests = [Column::Chromium, Column::Mixed].map(|column| outcome(PAGE, Some(column), Came::Passed));
        let outcomes = Outcomes { tests: tests.into(), ..Outcomes::default() };
        let table = Table::new(&[&FROZEN], &outcomes);
        assert_eq!(table.0.first().unwrap().1, [Cell::Survived(None), Cell::Nothing, Cell::Survived(None)]);
        let told = table.to_string();
        assert!(told.contains("| X05 | f | c | page | yes |  | yes |"), "{told}");
        assert!(told.ends_with("survived 1 of 1 (chromium), 0 of 0 (firefox), 1 of 1 (mixed)\n"), "{told}");
        let again = Table::new(&[], &Outcomes::default()).over([&FROZEN], &told);
        assert_eq!(again.to_string(), told, "what is printed is understood");
        let before = "| X05 | f | c | page | yes | not tried | not tried |";
        let untried = Table::new(&[], &Outcomes::default()).over([&FROZEN], before);
        assert_eq!(untried.0.first().unwrap().1, [Cell::NotTried, Cell::Nothing, Cell::NotTried]);
    }
}

//! What came of the tests, read from what their runners print.

use super::row::{Column, Row, Test};

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    pub(super) tests: Vec<Outcome>,
    pub(super) healed: Vec<Healed>,
    /// Those that were run to their end, whatever came of them.
    pub(super) ended: Vec<Test>,
}

impl Outcomes {
    /// That nothing more will come of these, unless they could not be tried at all.
    pub(super) fn end(&mut self, tests: &[Test]) {
        let is_skipped = |test: &Test| self.tests.iter().any(|one| one.test == *test && one.came == Came::Skipped);
        let ended: Vec<Test> = tests.iter().filter(|test| !is_skipped(test)).copied().collect();
        self.ended.extend(ended);
    }

    /// Whether every test of a row was run.
    pub(super) fn is_complete(&self, row: &Row) -> bool {
        row.tests.iter().all(|test| self.ended.contains(test))
    }
}

/// That a test ran, in which browsers, if in any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) test: Test,
    pub(super) column: Option<Column>,
    pub(super) came: Came,
}

/// To what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    Passed,
    Failed,
    /// It cannot be tried here.
    Skipped,
}

/// How long it took until a fault was healed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Healed {
    pub(super) row: String,
    pub(super) column: Column,
    pub(super) milliseconds: u64,
}

impl Healed {
    /// Of a line with `healed S12 chromium-firefox 1234`.
    pub(super) fn of_line(line: &str) -> Option<Self> {
        let (_, told) = line.split_once("healed ")?;
        let mut words = told.split_whitespace();
        let (row, pair, milliseconds) = (words.next()?, words.next()?, words.next()?);
        let milliseconds = milliseconds.parse().ok()?;
        Some(Healed { row: row.to_owned(), column: Column::of(pair)?, milliseconds })
    }
}

/// The test of a line of cargo: `test recovery::a_gap ... ok`.
pub(super) fn of_cargo(line: &str) -> Option<(&str, Came)> {
    let (name, came) = line.trim().strip_prefix("test ")?.split_once(" ... ")?;
    match came.split_whitespace().next_back()? {
        "ok" => Some((name, Came::Passed)),
        "FAILED" => Some((name, Came::Failed)),
        _ => None,
    }
}

/// The test of a line of TAP: `not ok 3 - a name`. Those that were not asked for are printed as skipped.
pub(super) fn of_tap(line: &str) -> Option<(String, Came)> {
    let line = line.trim();
    let (came, rest) = match line.strip_prefix("not ok ") {
        Some(rest) => (Came::Failed, rest),
        None => (Came::Passed, line.strip_prefix("ok ")?),
    };
    let (_, name) = rest.split_once(" - ")?;
    if name.contains(" # SKIP") || name.contains(" # TODO") {
        return None;
    }
    Some((name.replace("\\#", "#").replace("\\\\", "\\"), came))
}

#[cfg(test)]
mod tests {
    use super::super::row::{People, Suite};
    use super::*;

    #[test]
    fn a_row_is_complete_when_all_its_tests_have_run() {
        const RULE: Test = Test::Native(Suite::Rules, "a::rule");
        const CLIENT: Test = Test::Client("a::client");
        static ROW: Row = Row { id: "X01", fault: "f", criterion: "c", people: People::Two, tests: &[RULE, CLIENT] };
        let mut outcomes = Outcomes::default();
        outcomes.end(&[RULE]);
        assert!(!outcomes.is_complete(&ROW));
        outcomes.tests.push(Outcome { test: CLIENT, column: None, came: Came::Skipped });
        outcomes.end(&[CLIENT]);
        assert!(!outcomes.is_complete(&ROW), "what cannot be tried here says nothing");
        outcomes.tests.clear();
        outcomes.end(&[CLIENT]);
        assert!(outcomes.is_complete(&ROW));
    }

    #[test]
    fn times_are_read_wherever_they_stand() {
        let healed = Healed::of_line("    # healed S12 chromium-firefox 1234").unwrap();
        assert_eq!(healed, Healed { row: "S12".into(), column: Column::Mixed, milliseconds: 1234 });
        for other in ["healed", "healed S12 chromium-chromium", "healed S12 nobody 12", "healed S12 firefox soon"] {
            assert_eq!(Healed::of_line(other), None, "{other}");
        }
    }

    #[test]
    fn runners_are_understood() {
        assert_eq!(of_cargo("test a::b ... ok"), Some(("a::b", Came::Passed)));
        assert_eq!(of_cargo("test a::b ... FAILED"), Some(("a::b", Came::Failed)));
        assert_eq!(of_cargo("test a::b ... ignored"), None);
        assert_eq!(of_cargo("test result: ok. 1 passed"), None);
        assert_eq!(of_tap("    ok 2 - a name \\# 1"), Some(("a name # 1".into(), Came::Passed)));
        assert_eq!(of_tap("not ok 2 - a - b"), Some(("a - b".into(), Came::Failed)));
        assert_eq!(of_tap("ok 3 - another # SKIP test name does not match pattern"), None);
        assert_eq!(of_tap("# Subtest: a"), None);
    }
}

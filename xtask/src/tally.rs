//! What was counted, over all layers.

use std::fmt;

/// Why a test of the whole product did not run, as `tests/e2e/people.mjs` tells it.
const LEFT: &str = "# left to --long";

/// How many tests passed, failed, were skipped, and were left to the long form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
    pub(crate) left: u32,
}

impl Tally {
    /// One check that has no tests of its own.
    pub(crate) fn check(passed: bool) -> Self {
        Tally { passed: u32::from(passed), failed: u32::from(!passed), ..Tally::default() }
    }

    /// Adds what another layer, or another line, counted.
    pub(crate) fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.left += other.left;
    }

    /// Of all that one runner printed: it counts as skipped, too, what was left to the long form.
    pub(crate) fn of_lines(lines: Tally) -> Self {
        Tally { skipped: lines.skipped.saturating_sub(lines.left), ..lines }
    }

    /// What a line of a test runner's output says: Rust's `test result: …`, or Node's `# pass 3`, one number a line, and its tests
    /// that were left out.
    pub(crate) fn of_line(line: &str) -> Self {
        let line = line.trim();
        if line.starts_with('﹣') && line.ends_with(LEFT) {
            return Tally { left: 1, ..Tally::default() };
        }
        if let Some(result) = line.strip_prefix("test result:") {
            let count = |word| number_before(result, word);
            return Tally {
                passed: count("passed"),
                failed: count("failed"),
                skipped: count("ignored"),
                ..Tally::default()
            };
        }
        let mut words = line.split_whitespace();
        let (Some("#" | "ℹ"), Some(what), Some(count), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return Tally::default();
        };
        let count = count.parse().unwrap_or_default();
        match what {
            "pass" => Tally { passed: count, ..Tally::default() },
            "fail" | "cancelled" => Tally { failed: count, ..Tally::default() },
            "skipped" | "todo" => Tally { skipped: count, ..Tally::default() },
            _ => Tally::default(),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        if self.left > 0 { write!(f, ", {} left to --long", self.left) } else { Ok(()) }
    }
}

fn number_before(text: &str, word: &str) -> u32 {
    let words: Vec<&str> = text.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
    words
        .windows(2)
        .find_map(|pair| {
            if let [number, next] = pair
                && *next == word
            {
                number.parse().ok()
            } else {
                None
            }
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_are_understood() {
        let rust = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(Tally::of_line(rust), Tally { passed: 12, failed: 3, skipped: 1, left: 0 });
        assert_eq!(Tally::of_line("# pass 7"), Tally { passed: 7, ..Tally::default() });
        assert_eq!(Tally::of_line("ℹ fail 2"), Tally { failed: 2, ..Tally::default() });
        for other in ["", "# pass", "# duration_ms 123", "pass 7", "# Subtest: pass 7"] {
            assert_eq!(Tally::of_line(other), Tally::default(), "{other}");
        }
    }

    #[test]
    fn what_is_left_to_the_long_form_is_told_from_what_is_skipped() {
        let mut lines = Tally::default();
        for line in ["﹣ a call (0.1ms) # left to --long", "  ﹣ another (0.1ms) # there is no proxy", "ℹ skipped 2"]
        {
            lines.add(Tally::of_line(line));
        }
        assert_eq!(Tally::of_lines(lines), Tally { skipped: 1, left: 1, ..Tally::default() });
    }

    #[test]
    fn the_last_line_names_what_did_not_run_only_if_there_is_some() {
        let told = |skipped, left| Tally { passed: 2, failed: 0, skipped, left }.to_string();
        assert_eq!(told(0, 0), "2 passed, 0 failed");
        assert_eq!(told(1, 0), "2 passed, 0 failed, 1 skipped");
        assert_eq!(told(0, 3), "2 passed, 0 failed, 3 left to --long");
        assert_eq!(told(1, 3), "2 passed, 0 failed, 1 skipped, 3 left to --long");
    }
}

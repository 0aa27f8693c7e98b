//! What was counted, over all layers.

use std::fmt;

/// How many tests passed, failed, and were skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Tally {
    /// One check that has no tests of its own.
    pub(crate) fn check(passed: bool) -> Self {
        Tally { passed: u32::from(passed), failed: u32::from(!passed), skipped: 0 }
    }

    /// Adds what another layer, or another line, counted.
    pub(crate) fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// What a line of a test runner's output says: Rust's `test result: …`, or Node's `# pass 3`, one number a line.
    pub(crate) fn of_line(line: &str) -> Self {
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result:") {
            let count = |word| number_before(result, word);
            return Tally { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
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
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
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
        assert_eq!(Tally::of_line(rust), Tally { passed: 12, failed: 3, skipped: 1 });
        assert_eq!(Tally::of_line("# pass 7"), Tally { passed: 7, ..Tally::default() });
        assert_eq!(Tally::of_line("ℹ fail 2"), Tally { failed: 2, ..Tally::default() });
        for other in ["", "# pass", "# duration_ms 123", "pass 7", "# Subtest: pass 7"] {
            assert_eq!(Tally::of_line(other), Tally::default(), "{other}");
        }
    }

    #[test]
    fn the_last_line_names_skips_only_if_there_are_some() {
        assert_eq!(Tally { passed: 2, failed: 0, skipped: 0 }.to_string(), "2 passed, 0 failed");
        assert_eq!(Tally { passed: 2, failed: 0, skipped: 1 }.to_string(), "2 passed, 0 failed, 1 skipped");
    }
}

//! Tests of one page: after one that fails, the others get a page of their own.
//!
//! A panic in wasm runs no destructors. What a failed test leaves open would fail every test after it that looks whether anything
//! is left, so those are run again on a fresh page, and only what comes of that counts.

use crate::process::Result;
use crate::tally::Tally;

/// Most pages for one file of tests in one browser. If so many are broken, the rest counts as failed.
const PAGES: usize = 8;

/// Runs all tests of these names. `run` opens a page without the tests that it is given (they are done), and returns what the page printed.
pub(super) fn run(names: &[String], mut run: impl FnMut(&[String]) -> Result<String>) -> Result<Tally> {
    let mut done: Vec<String> = Vec::new();
    // No tests at all is a mistake of whoever listed them.
    let mut tally = if names.is_empty() { Tally::check(false) } else { Tally::default() };
    for _ in 0..PAGES {
        let outcomes = outcomes(&run(&done)?);
        let until_failure = outcomes.iter().position(|(_, outcome)| *outcome == Outcome::Failed);
        let counted = until_failure.map_or(outcomes.len(), |place| place + 1);
        for (name, outcome) in outcomes.into_iter().take(counted) {
            tally.add(outcome.tally());
            done.push(name);
        }
        let Some(next) = names.iter().find(|name| !done.contains(name)) else { return Ok(tally) };
        if until_failure.is_none() {
            // The page was closed or hung before it told more.
            println!("test {next} ... no result");
            tally.add(Tally::check(false));
            done.push(next.clone());
        }
        if done.len() >= names.len() {
            return Ok(tally);
        }
        println!("the other {} tests get a fresh page", names.len() - done.len());
    }
    println!("{PAGES} pages were broken: the other tests count as failed");
    for _ in done.len()..names.len() {
        tally.add(Tally::check(false));
    }
    Ok(tally)
}

/// The tests by the file that they are in: each file gets a page of its own.
pub(super) fn files(names: &[String]) -> Vec<Vec<String>> {
    let mut files: Vec<(&str, Vec<String>)> = Vec::new();
    for name in names {
        let file = name.split("::").next().unwrap_or_default();
        match files.iter_mut().find(|(known, _)| *known == file) {
            Some((_, tests)) => tests.push(name.clone()),
            None => files.push((file, vec![name.clone()])),
        }
    }
    files.into_iter().map(|(_, tests)| tests).collect()
}

/// The names in what the runner prints for `--list`.
pub(super) fn listed(output: &str) -> Vec<String> {
    output.lines().filter_map(|line| Some(line.trim().strip_suffix(": test")?.to_owned())).collect()
}

/// Which tests ran, and whether they passed. One that ran on several pages counts by the last.
pub(super) fn passed(output: &str) -> Vec<(String, bool)> {
    let mut passed: Vec<(String, bool)> = Vec::new();
    for (name, outcome) in outcomes(output) {
        passed.retain(|(known, _)| *known != name);
        if outcome != Outcome::Ignored {
            passed.push((name, outcome == Outcome::Passed));
        }
    }
    passed
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Ignored,
}

impl Outcome {
    fn tally(self) -> Tally {
        match self {
            Outcome::Passed | Outcome::Failed => Tally::check(self == Outcome::Passed),
            Outcome::Ignored => Tally { skipped: 1, ..Tally::default() },
        }
    }
}

/// `test NAME ... ok`, one a line, in the order in which they ran.
fn outcomes(output: &str) -> Vec<(String, Outcome)> {
    let outcome = |line: &str| {
        let (name, outcome) = line.trim().strip_prefix("test ")?.split_once(" ... ")?;
        let outcome = match outcome {
            "ok" => Outcome::Passed,
            "FAIL" => Outcome::Failed,
            ignored if ignored.starts_with("ignored") => Outcome::Ignored,
            _ => return None,
        };
        Some((name.to_owned(), outcome))
    };
    output.lines().filter_map(outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages on which these tests fail, and every test after a failed one as well.
    fn tally(names: &[&str], failing: &[&str], hanging: &[&str]) -> (Tally, usize) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut pages = 0;
        let tally = run(&names, |done| {
            pages += 1;
            let mut output = String::from("running tests\n");
            let mut is_broken = false;
            for name in names.iter().filter(|name| !done.contains(name)) {
                if hanging.contains(&name.as_str()) {
                    break;
                }
                is_broken |= failing.contains(&name.as_str());
                output += &format!("test {name} ... {}\n", if is_broken { "FAIL" } else { "ok" });
            }
            Ok(output)
        });
        (tally.unwrap(), pages)
    }

    fn counted(passed: u32, failed: u32) -> Tally {
        Tally { passed, failed, ..Tally::default() }
    }

    #[test]
    fn one_failure_makes_no_other() {
        assert_eq!(tally(&["a", "b", "c", "d"], &["b"], &[]), (counted(3, 1), 2));
        assert_eq!(tally(&["a", "b", "c", "d"], &["b", "d"], &[]), (counted(2, 2), 2));
        assert_eq!(tally(&["a", "b"], &[], &[]), (counted(2, 0), 1));
    }

    #[test]
    fn a_test_that_never_ends_fails_alone() {
        assert_eq!(tally(&["a", "b", "c"], &[], &["b"]), (counted(2, 1), 2));
        assert_eq!(tally(&["a", "b"], &[], &["b"]), (counted(1, 1), 1));
    }

    #[test]
    fn what_is_never_run_has_failed() {
        let all: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(tally(&all, &all, &[]), (counted(0, 20), PAGES));
    }

    #[test]
    fn each_file_has_a_page() {
        let names = ["a::one", "b::two", "a::three"].map(str::to_owned);
        let expected = [vec!["a::one".to_owned(), "a::three".to_owned()], vec!["b::two".to_owned()]];
        assert_eq!(files(&names), expected);
    }

    #[test]
    fn what_the_runner_prints_is_understood() {
        let output = "  test a::b ... ok\ntest c ... FAIL\ntest d ... ignored, a reason\ntest result: FAILED. 1 passed";
        let expected = [("a::b", Outcome::Passed), ("c", Outcome::Failed), ("d", Outcome::Ignored)];
        assert_eq!(outcomes(output), expected.map(|(name, outcome)| (name.to_owned(), outcome)));
        let again = "test a ... FAIL\ntest b ... FAIL\ntest c ... ignored\ntest b ... ok\n";
        assert_eq!(passed(again), [("a".to_owned(), false), ("b".to_owned(), true)]);
        assert_eq!(listed("a::b: test\nnoise\nc: test\n"), ["a::b", "c"]);
    }
}

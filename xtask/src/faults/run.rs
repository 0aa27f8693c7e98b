//! Runs the tests of rows: each once, however many rows it is in, and those of a file together.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::outcomes::{Came, Healed, Outcome, Outcomes, of_cargo, of_tap};
use super::row::{Browsers, Column, Row, Suite, Test, is_of_network};
use crate::process::{Result, cargo};
use crate::test::{Form, Reporter, browser, node};
use crate::{serve, system, wasm};

/// Runs all tests of these rows. One that fails stops no other. After each file of tests what came until then is given to `so_far`.
pub(super) fn all(rows: &[&Row], mut so_far: impl FnMut(&Outcomes) -> Result<()>) -> Result<Outcomes> {
    let mut tests: Vec<Test> = Vec::new();
    for test in rows.iter().flat_map(|row| row.tests) {
        if !tests.contains(test) {
            tests.push(*test);
        }
    }
    let mut outcomes = Outcomes::default();
    for suite in Suite::ALL {
        native(suite, &tests, &mut outcomes)?;
    }
    so_far(&outcomes)?;
    client(&tests, &mut outcomes)?;
    so_far(&outcomes)?;
    pages(&tests, &mut outcomes, so_far)?;
    Ok(outcomes)
}

fn native(suite: Suite, tests: &[Test], outcomes: &mut Outcomes) -> Result<()> {
    let name = |test: &Test| match test {
        Test::Native(of, name) if *of == suite => Some(*name),
        _ => None,
    };
    let names: Vec<&str> = tests.iter().filter_map(name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let mut command = cargo();
    command.arg("test").args(suite.arguments()).args(["--", "--exact"]).args(names);
    let of_suite: Vec<Test> = tests.iter().filter(|test| name(test).is_some()).copied().collect();
    each_line(&mut command, |line| {
        if let Some((told, came)) = of_cargo(line)
            && let Some(test) = of_suite.iter().find(|test| name(test) == Some(told))
        {
            outcomes.tests.push(Outcome { test: *test, column: None, came });
        }
    })?;
    outcomes.end(&of_suite);
    Ok(())
}

fn client(tests: &[Test], outcomes: &mut Outcomes) -> Result<()> {
    let tests: Vec<Test> = tests.iter().filter(|test| matches!(test, Test::Client(_))).copied().collect();
    if tests.is_empty() {
        return Ok(());
    }
    let named = |name: &str| tests.iter().find(|test| matches!(test, Test::Client(known) if *known == name)).copied();
    for told in browser::run_in_both(Form::Long, |name| named(name).is_some())? {
        for (name, passed) in told.outcomes() {
            if let Some(test) = named(&name) {
                let came = if passed { Came::Passed } else { Came::Failed };
                outcomes.tests.push(Outcome { test, column: Column::of(told.browser), came });
            }
        }
    }
    outcomes.end(&tests);
    Ok(())
}

/// The tests of the whole product, one run of a file after the other.
fn pages(tests: &[Test], outcomes: &mut Outcomes, mut so_far: impl FnMut(&Outcomes) -> Result<()>) -> Result<()> {
    let mut files: Vec<&str> = Vec::new();
    for test in tests {
        if let Test::Page(file, ..) = test
            && !files.contains(file)
        {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Ok(());
    }
    system::need_browsers()?;
    system::need_node_modules()?;
    let network = if files.iter().any(|file| is_of_network(file)) { system::need_network() } else { Ok(()) };
    wasm::build()?;
    let server = serve::server()?;
    for file in files {
        let of_file: Vec<Test> =
            tests.iter().filter(|test| matches!(test, Test::Page(of, ..) if *of == file)).copied().collect();
        if is_of_network(file)
            && let Err(why) = &network
        {
            println!("skipped, there is no network to try: {why}");
            let skipped = of_file.into_iter().map(|test| Outcome { test, column: None, came: Came::Skipped });
            outcomes.tests.extend(skipped);
            continue;
        }
        let is_told = |test: &Test| matches!(test, Test::Page(_, _, Browsers::Told));
        let (told, others): (Vec<Test>, Vec<Test>) = of_file.iter().copied().partition(is_told);
        page(&server, file, &others, None, outcomes)?;
        for column in Column::ALL {
            page(&server, file, &told, Some(column), outcomes)?;
        }
        outcomes.end(&of_file);
        so_far(outcomes)?;
    }
    Ok(())
}

/// Some tests of a file, between browsers that they are told of, if they are.
fn page(server: &Path, file: &str, tests: &[Test], told: Option<Column>, outcomes: &mut Outcomes) -> Result<()> {
    if tests.is_empty() {
        return Ok(());
    }
    let mut command = node(server, Reporter::Tap, Form::Long);
    for test in tests {
        if let Test::Page(_, name, _) = test {
            command.arg(format!("--test-name-pattern={}", literal(name)));
        }
    }
    if let Some(column) = told {
        command.env("ITODENWA_PAIR", column.pair());
    }
    each_line(command.arg(file), |line| {
        outcomes.healed.extend(Healed::of_line(line));
        let Some((name, came)) = of_tap(line) else { return };
        for test in tests {
            let Test::Page(_, known, browsers) = test else { continue };
            if !name.contains(known) {
                continue;
            }
            let column = match browsers {
                Browsers::Named => Column::of(&name),
                Browsers::Told => told,
                Browsers::Always(column) => Some(*column),
            };
            outcomes.tests.push(Outcome { test: *test, column, came });
        }
    })
}

/// A pattern of JavaScript that matches this text and nothing else.
fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if "\\^$.*+?()[]{}|/".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// Runs a program, shows what it prints, and gives each line. How it ends is no news: every test is looked for in what it printed.
fn each_line(command: &mut Command, mut line: impl FnMut(&str)) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    if let Some(output) = child.stdout.take() {
        for bytes in BufReader::new(output).split(b'\n') {
            let bytes = bytes?;
            let text = String::from_utf8_lossy(&bytes);
            println!("{text}");
            line(&text);
        }
    }
    child.wait()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_patterns_of_themselves() {
        assert_eq!(literal("who (a.b)?"), "who \\(a\\.b\\)\\?");
    }

    #[test]
    fn what_is_printed_is_seen_whatever_the_program_ends_with() {
        let mut lines = Vec::new();
        each_line(Command::new("sh").args(["-c", "printf 'one\\n\\377\\n'; exit 3"]), |line| {
            lines.push(line.to_owned())
        })
        .unwrap();
        assert_eq!(lines, ["one", "\u{fffd}"]);
    }
}

//! The rows of the table, by what is hurt.

mod hostile;
mod media;
mod network;
mod people;
mod signaling;

use super::row::{Browsers, Column, Row, Suite, Test};

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    [signaling::ROWS, network::ROWS, people::ROWS, media::ROWS, hostile::ROWS].into_iter().flatten()
}

const fn rules(name: &'static str) -> Test {
    Test::Native(Suite::Rules, name)
}

const fn rules_inside(name: &'static str) -> Test {
    Test::Native(Suite::RulesInside, name)
}

const fn server(name: &'static str) -> Test {
    Test::Native(Suite::Server, name)
}

const fn server_inside(name: &'static str) -> Test {
    Test::Native(Suite::ServerInside, name)
}

const fn client(name: &'static str) -> Test {
    Test::Client(name)
}

/// A test that is told its browsers.
const fn told(file: &'static str, name: &'static str) -> Test {
    Test::Page(file, name, Browsers::Told)
}

/// Tests with a name that tells their browsers.
const fn named(file: &'static str, name: &'static str) -> Test {
    Test::Page(file, name, Browsers::Named)
}

const fn chromium(file: &'static str, name: &'static str) -> Test {
    Test::Page(file, name, Browsers::Always(Column::Chromium))
}

const fn firefox(file: &'static str, name: &'static str) -> Test {
    Test::Page(file, name, Browsers::Always(Column::Firefox))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::process::root;

    /// What is in the first of these files that is there.
    fn read(files: &[String]) -> String {
        let there: Option<PathBuf> = files.iter().map(|file| root().join(file)).find(|path| path.is_file());
        fs::read_to_string(there.unwrap_or_else(|| panic!("none of {files:?} is there"))).unwrap()
    }

    /// The files in which a test of this path may be, below this folder: `file::name::tests::what` in `file/name.rs`.
    fn files(folder: &str, path: &str) -> Vec<String> {
        let (modules, _) = path.rsplit_once("::").unwrap_or(("mesh", path));
        let inside = modules.strip_suffix("::tests").unwrap_or(modules);
        [modules, inside].map(|modules| format!("{folder}/{}.rs", modules.replace("::", "/"))).into()
    }

    fn source(test: Test) -> (String, String) {
        let function = |path: &str| format!("fn {}(", path.rsplit("::").next().unwrap());
        match test {
            Test::Native(suite, path) => {
                let folder = match suite {
                    Suite::Rules => "protocol/tests",
                    Suite::RulesInside => "protocol/src",
                    Suite::Server => "server/tests",
                    Suite::ServerInside => "server/src",
                    Suite::Mesh => "tests",
                };
                (read(&files(folder, path)), function(path))
            }
            Test::Client(path) => {
                let places = [files("tests/browser", path), files("src", path)].concat();
                (read(&places), function(path))
            }
            Test::Page(file, name, _) => (read(&[format!("tests/e2e/{file}")]), name.to_owned()),
        }
    }

    #[test]
    fn every_test_that_is_named_is_there() {
        for row in all() {
            for test in row.tests {
                let (source, name) = source(*test);
                assert!(source.contains(&name), "{}: there is no {name}", row.id);
            }
        }
    }

    #[test]
    fn who_is_told_the_browsers_asks_for_them() {
        for row in all() {
            for test in row.tests {
                if let Test::Page(file, _, Browsers::Told) = test {
                    let file = read(&[format!("tests/e2e/{file}")]);
                    let asks = ["PAIR", "pairOr(", "behind-proxy.mjs"].iter().any(|word| file.contains(word));
                    assert!(asks, "{}: {test:?} does not know which browsers are meant", row.id);
                }
            }
        }
    }

    #[test]
    fn every_row_has_a_name_of_its_own_and_fits_into_a_table() {
        let ids: BTreeSet<&str> = all().map(|row| row.id).collect();
        assert_eq!(ids.len(), all().count());
        for Row { id, fault, criterion, .. } in all() {
            let known = id.strip_prefix(['S', 'N', 'P', 'B', 'M', 'I', 'F']).is_some_and(|number| number.len() == 2);
            assert!(known && !fault.contains('|') && !criterion.contains('|'), "{id}");
        }
    }
}

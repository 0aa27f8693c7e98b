//! Each target over its kept corpus, and then over what a few seconds make of it. No coverage guides this: it says that what
//! was found once stays found, and finds what is near.
//!
//! | variable | what it sets |
//! |---|---|
//! | `ITODENWA_FUZZ_SECONDS` | seconds of generated input for each target; 2 |
//! | `ITODENWA_FUZZ_SEED` | the seed that is printed; a new one each time |

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests may fail as tests do")]

mod mutate;
mod runner;

use std::collections::BTreeSet;
use std::fs;

macro_rules! tests {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            runner::run(stringify!($target), itodenwa_fuzz::$target::run);
        })*

        const TESTED: &[&str] = &[$(stringify!($target)),*];
    };
}

tests! { wire channel message websocket ticket ice_servers stun turn hub description link peer negotiation manual }

#[test]
fn every_target_is_tested_fuzzed_and_has_a_corpus() {
    let targets = TESTED.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let fuzzers = names("libfuzzer/targets");
    assert_eq!(targets, fuzzers.iter().map(|file| file.trim_end_matches(".rs").to_owned()).collect());
    assert_eq!(targets, names("corpus"));
    for target in targets {
        assert!(!names(&format!("corpus/{target}")).is_empty(), "{target} has no corpus");
    }
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(runner::folder(folder)).expect(folder);
    entries.map(|entry| entry.expect(folder).file_name().to_string_lossy().into_owned()).collect()
}

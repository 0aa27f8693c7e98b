//! Files of end-to-end tests in groups. The files of a group run in one process, one after the other, with one server and one browser of
//! each kind: a start of Firefox takes the processor for as long as two calls. What a failed test leaves is ended after it,
//! so that no other file has it.

use std::fs;
use std::path::PathBuf;

use crate::process::{self, Result};

/// So many groups run beside each other: most of a test is waiting.
pub(super) const AT_ONCE: &str = "--test-concurrency=2";
/// How many. The last one runs beside nothing, so there are several.
const GROUPS: usize = 8;
/// These prepare something before their first test. If that fails, no other test may.
const PREPARING: [&str; 2] = ["examples.test.mjs", "package.test.mjs"];
/// What these try needs the machine for itself: every state of the page, floods, a recording, eight pages at once, storms, memory.
const ALONE: [&str; 6] = [
    "access.test.mjs",
    "hostile.test.mjs",
    "recording.test.mjs",
    "restart.test.mjs",
    "soak.test.mjs",
    "storms.test.mjs",
];

/// What may run beside each other, as files for the test runner.
pub(super) fn together() -> Result<Vec<PathBuf>> {
    let mut files = end_to_end_tests()?;
    files.retain(|file| !ALONE.contains(&file.as_str()) && !PREPARING.contains(&file.as_str()));
    let group = |number: usize| write(&number.to_string(), files.iter().skip(number).step_by(GROUPS));
    PREPARING.iter().map(|file| Ok(PathBuf::from(file))).chain((0..GROUPS).map(group)).collect()
}

/// What runs beside nothing, as a file for the test runner.
pub(super) fn alone() -> Result<PathBuf> {
    write("alone", ALONE)
}

fn write(name: &str, files: impl IntoIterator<Item: AsRef<str>>) -> Result<PathBuf> {
    let folder = process::target()?.join("tmp/e2e");
    fs::create_dir_all(&folder)?;
    let group = folder.join(format!("group-{name}.mjs"));
    fs::write(&group, program(files))?;
    Ok(group)
}

fn end_to_end_tests() -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(process::root().join("tests/e2e"))? {
        files.extend(entry?.file_name().into_string().ok().filter(|name| name.ends_with(".test.mjs")));
    }
    files.sort_unstable();
    Ok(files)
}

/// A program that has the tests of all files of a group.
fn program(files: impl IntoIterator<Item: AsRef<str>>) -> String {
    let files: Vec<String> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
    let tests = process::root().join("tests/e2e/group.mjs");
    format!("import {{ group }} from {tests:?};\nawait group({files:?});\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_prepare_something_share_no_process() {
        for file in end_to_end_tests().unwrap() {
            let text = fs::read_to_string(process::root().join("tests/e2e").join(&file)).unwrap();
            let prepares = text.lines().any(|line| line.starts_with("before") || line.starts_with("afterEach("));
            assert_eq!(prepares, PREPARING.contains(&file.as_str()), "{file}");
        }
    }

    #[test]
    fn each_file_is_in_one_group() {
        let groups = together().unwrap().into_iter().chain([alone().unwrap()]);
        let all: String =
            groups.map(|group| fs::read_to_string(&group).unwrap_or_else(|_| format!("{group:?}"))).collect();
        for file in end_to_end_tests().unwrap() {
            assert_eq!(all.matches(&format!("\"{file}\"")).count(), 1, "{file} in {all}");
        }
    }
}

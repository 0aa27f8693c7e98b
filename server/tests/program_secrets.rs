//! What the program complains of never repeats a secret: the log is kept, and read by others.

use clap::CommandFactory;
use itodenwa_server::args::Args;

use crate::program::{File, command, output};

/// In each wrong value.
const MARKER: &str = "hunter2";

/// Flags with secrets, and a value of each that is slightly wrong.
const WRONG: [(&str, &str); 9] = [
    ("secret", "hunter2"),
    ("turn-secret", "hunter2"),
    ("ticket-secret", "hunter2"),
    ("api-secret", "hunter2"),
    ("webhook-secret", "hunter2"),
    ("webhook", "ftp://user:hunter2@example.org"),
    ("ice-server", "turn:example.org:port,user,hunter2"),
    ("ice-servers-url", "ftp://user:hunter2@example.org"),
    ("ice-servers-authorization", "Bearer\u{7}hunter2"),
];
/// Any text is right.
const NEVER_WRONG: [&str; 1] = ["ice-servers-body"];

fn wrong() -> Vec<(&'static str, &'static str)> {
    let redis = cfg!(feature = "redis").then_some(("redis", "http://user:hunter2@example.org"));
    WRONG.into_iter().chain(redis).collect()
}

fn assert_is_discreet(flag: &str, (success, printed, log): (bool, String, String)) {
    assert!(!success && printed.is_empty(), "{flag}");
    assert!(log.contains(&format!("--{flag}")), "{flag} is not named: {log}");
    assert!(!log.contains(MARKER), "{flag}: {log}");
}

#[test]
fn every_flag_that_hides_its_value_is_tried() {
    for argument in Args::command().get_arguments().filter(|argument| argument.is_hide_env_values_set()) {
        let long = argument.get_long().unwrap();
        let is_tried = wrong().iter().any(|(flag, _)| *flag == long) || NEVER_WRONG.contains(&long);
        assert!(is_tried, "--{long}");
    }
}

#[tokio::test]
async fn a_wrong_secret_is_named_and_not_repeated() {
    for (flag, value) in wrong() {
        let command_of = Args::command();
        let argument = command_of.get_arguments().find(|argument| argument.get_long() == Some(flag)).unwrap();
        let mut by_variable = command(&["--listen", "127.0.0.1:0"]);
        by_variable.env(argument.get_env().unwrap(), value);
        let quoted = serde_json::json!(value);
        let file = File::new(&format!("wrong-{flag}"), &format!("listen = '127.0.0.1:0'\n{flag} = {quoted}\n"));
        let by_flag = command(&["--listen", "127.0.0.1:0", &format!("--{flag}={value}")]);
        for command in [by_variable, command(&["--config", file.path()]), by_flag] {
            assert_is_discreet(flag, output(command).await);
        }
    }
}

#[tokio::test]
async fn a_command_does_not_repeat_the_secret_either() {
    let mut by_variable = command(&["token", "r", "ann"]);
    by_variable.env("ITODENWA_SECRET", MARKER);
    for command in [by_variable, command(&["token", "r", "ann", "--secret", MARKER])] {
        assert_is_discreet("secret", output(command).await);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_with_the_line_and_not_repeated() {
    for wrong in ["turn-secret = hunter2", "turn-secret = 'hunter2", "turn-secret = \"hunter2\\q\"", "= 'hunter2'"] {
        let file = File::new("unreadable", &format!("listen = '127.0.0.1:0'\n{wrong}\n"));
        let (success, _, log) = output(command(&["--config", file.path()])).await;
        assert!(!success && log.contains(file.path()) && log.contains("line 2"), "{wrong}: {log}");
        assert!(!log.contains(MARKER), "{wrong}: {log}");
    }
}

/// What is no secret is repeated: that helps.
#[tokio::test]
async fn other_values_are_repeated() {
    let (success, _, log) = output(command(&["--room-peers", "hunter2"])).await;
    assert!(!success && log.contains("'hunter2'"), "{log}");
}

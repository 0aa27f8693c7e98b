//! The program: its one line of output, its flags, its end.

use std::collections::BTreeSet;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::support::{http, soon};

/// The program, which does not outlive its test.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
    command.args(args).env("RUST_LOG", "debug").stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[cfg(unix)]
#[tokio::test]
async fn prints_where_it_is_and_ends_when_it_is_asked() {
    let mut program = command(&["--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut stdout = BufReader::new(program.stdout.take().unwrap());
    let mut line = String::new();
    soon(stdout.read_line(&mut line)).await.unwrap();
    let address = line.strip_prefix("itodenwa: http://").and_then(|rest| rest.strip_suffix("/\n")).expect(&line);
    let request = "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = http(address.parse().unwrap(), request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let id = program.id().unwrap().to_string();
    assert!(soon(Command::new("kill").args(["-TERM", &id]).status()).await.unwrap().success());
    assert!(soon(program.wait()).await.unwrap().success());
    let (mut rest, mut log) = (String::new(), String::new());
    soon(stdout.read_to_string(&mut rest)).await.unwrap();
    soon(program.stderr.take().unwrap().read_to_string(&mut log)).await.unwrap();
    assert_eq!(rest, "", "one line and no more");
    assert!(log.contains("stopping"), "{log}");
}

/// Starts the program after this command of the shell; its limits of open files, soft and hard, and what it logged.
#[cfg(target_os = "linux")]
async fn limits_after(ulimit: &str) -> (Vec<String>, String) {
    let mut program = Command::new("sh");
    program.args([
        "-c",
        &format!("{ulimit} && exec \"$0\" --listen 127.0.0.1:0"),
        env!("CARGO_BIN_EXE_itodenwa-server"),
    ]);
    let mut program = program.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut line = String::new();
    soon(BufReader::new(program.stdout.take().unwrap()).read_line(&mut line)).await.unwrap();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.id().unwrap())).unwrap();
    let limit = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let limit = limit.split_whitespace().skip(3).take(2).map(str::to_owned).collect();
    program.kill().await.unwrap();
    let mut log = String::new();
    soon(program.stderr.take().unwrap().read_to_string(&mut log)).await.unwrap();
    (limit, log)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn opens_as_many_files_as_it_may_and_says_when_that_is_too_little() {
    let (limits, _) = limits_after("ulimit -S -n 100").await;
    assert!(limits[0] == limits[1] && limits[0] != "100", "{limits:?}");
    let (limits, log) = limits_after("ulimit -n 1024").await;
    assert_eq!(limits, ["1024", "1024"]);
    assert!(log.contains("limit of open files") && log.contains("given=1024 wanted="), "{log}");
}

/// STUN is no relay, nor is one that only this computer can reach.
#[tokio::test]
async fn says_when_there_is_no_relay() {
    for (args, is_said) in [
        (&["--listen", "127.0.0.1:0"][..], false),
        (&["--listen", "127.0.0.1:0", "--behind-proxy"], true),
        (&["--listen", "127.0.0.1:0", "--turn", "off"], true),
        (&["--listen", "127.0.0.1:0", "--turn", "off", "--ice-server", "stun:stun.example.org"], true),
        (&["--listen", "127.0.0.1:0", "--turn", "off", "--ice-server", "turns:turn.example.org,u,c"], false),
    ] {
        let mut program = command(args).spawn().unwrap();
        let mut line = String::new();
        soon(BufReader::new(program.stdout.take().unwrap()).read_line(&mut line)).await.unwrap();
        program.kill().await.unwrap();
        let mut log = String::new();
        soon(program.stderr.take().unwrap().read_to_string(&mut log)).await.unwrap();
        assert_eq!(log.contains("there is no relay"), is_said, "{args:?}: {log}");
    }
}

#[tokio::test]
async fn refuses_wrong_flags_and_variables_by_name() {
    for (mut command, name) in [
        (command(&["--room-peers", "17"]), "--room-peers"),
        (command(&["--listen", "127.0.0.1:0", "--www", "no such folder"]), "--www"),
        {
            let mut by_variable = command(&[]);
            by_variable.env("ITODENWA_ROOM_PEERS", "17");
            (by_variable, "--room-peers")
        },
    ] {
        let output = soon(command.output()).await.unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(log.contains(name), "{name}: {log}");
    }
}

/// A file that is gone after the test.
pub(crate) struct File(std::path::PathBuf);

impl File {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("itodenwa-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a program that ends by itself printed: output and log.
pub(crate) async fn output(mut command: Command) -> (bool, String, String) {
    let output = soon(command.output()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn flags_go_before_variables_and_those_before_the_file() {
    let file = File::new("precedence", "room-peers = 'of the file'\n");
    for (flag, variable, expected) in [
        (Some("of a flag"), Some("of a variable"), "of a flag"),
        (None, Some("of a variable"), "of a variable"),
        (None, None, "of the file"),
    ] {
        let mut command = command(&["--config", file.path()]);
        command.args(flag.map(|value| format!("--room-peers={value}")));
        command.envs(variable.map(|value| ("ITODENWA_ROOM_PEERS", value)));
        let (success, _, log) = output(command).await;
        let complaint = format!("invalid value '{expected}' for '--room-peers");
        assert!(!success && log.contains(&complaint), "{expected}: {log}");
    }
}

#[tokio::test]
async fn a_file_with_mistakes_is_refused_by_its_name() {
    for (name, text, expected) in [
        ("unknown", "rom-peers = 1", "there is no flag --rom-peers"),
        ("type", "behind-proxy = 1", "behind-proxy is either true or false"),
        ("syntax", "room-peers = ", "line 1"),
        ("value", "room-peers = 17", "--room-peers"),
    ] {
        let file = File::new(name, text);
        let (success, _, log) = output(command(&["--config", file.path()])).await;
        assert!(!success && log.contains(expected), "{name}: {log}");
        assert!(name == "value" || log.contains(file.path()), "{name}: {log}");
    }
    let mut by_variable = command(&[]);
    by_variable.env("ITODENWA_CONFIG", "no such file");
    let (success, _, log) = output(by_variable).await;
    assert!(!success && log.contains("no such file"), "{log}");
}

#[tokio::test]
async fn mints_tokens_with_the_secret_wherever_it_comes_from() {
    use itodenwa_server::token::{Claims, Secret};
    let text = "x".repeat(32);
    let secret: Secret = text.parse().unwrap();
    let file = File::new("secret", &format!("secret = '{text}'"));
    let mut by_variable = command(&["token", "r", "ann"]);
    by_variable.env("ITODENWA_SECRET", &text);
    let full = ["token", "r", "ann", "--name", "Ann", "--valid-for", "1h", "--no-publish", "--no-subscribe", "--admin"];
    for command in [
        command(&["token", "r", "ann", "--secret", &text]),
        command(&["--secret", &text, "token", "r", "ann"]),
        command(&["--config", file.path(), "token", "r", "ann"]),
        command(&[&full[..], &["--config", file.path()]].concat()),
        by_variable,
    ] {
        let (success, token, log) = output(command).await;
        assert!(success, "{log}");
        let claims = Claims::verify(token.trim_end(), std::slice::from_ref(&secret)).expect("signed with the secret");
        assert_eq!((claims.video.room.as_str(), claims.sub.as_str(), claims.video.room_join), ("r", "ann", true));
        if claims.video.room_admin {
            let nbf = claims.nbf.unwrap().0;
            assert_eq!((claims.name.as_deref(), claims.exp.0 - nbf), (Some("Ann"), 3600));
            assert_eq!((claims.video.can_publish, claims.video.can_subscribe), (Some(false), Some(false)));
        }
    }
    for wrong in [
        &["token", "r", "ann"][..],
        &["token", "a room", "ann"],
        &["token", "r"],
        &["--secret", "short", "token", "r", "a"],
    ] {
        let (success, out, _) = output(command(wrong)).await;
        assert!(!success && out.is_empty(), "{wrong:?}");
    }
}

/// The flags in a text: each word after two hyphens.
fn flags(text: &str) -> BTreeSet<&str> {
    let end = |rest: &str| rest.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-'));
    let flags = text.match_indices("--").map(|(at, _)| &text[at..]);
    let flags = flags.map(|rest| &rest[..end(rest).unwrap_or(rest.len())]);
    flags.filter(|flag| flag.len() > 3 && !flag.starts_with("---")).collect()
}

#[tokio::test]
async fn help_and_the_documentation_name_the_same_flags() {
    let readme = include_str!("../README.md");
    let (success, help, _) = output(command(&["--help"])).await;
    assert!(success && help.contains("token") && help.contains("status"), "{help}");
    // A flag has lines of its own in the help, and in the documentation a row of a table, or a place in a sentence.
    let heads = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let told: BTreeSet<_> =
        heads.flat_map(|line| flags(line.split(' ').find(|word| word.starts_with("--")).unwrap_or(""))).collect();
    assert!(told.len() > 50, "{told:?}");
    let documented = flags(readme);
    let usual = BTreeSet::from(["--help", "--version"]);
    let missing: Vec<_> = told.difference(&documented).filter(|flag| !usual.contains(*flag)).collect();
    assert!(missing.is_empty(), "the documentation has no {missing:?}");
    let rows = readme.lines().filter(|line| line.starts_with("| `--"));
    let rows: BTreeSet<_> = rows.filter_map(|row| row.split('|').nth(1)).flat_map(flags).collect();
    let unknown: Vec<_> = rows.difference(&told).collect();
    // Without its feature the program has no flags of Redis.
    assert!(unknown.is_empty() || cfg!(not(feature = "redis")), "the help has no {unknown:?}");
}

#[tokio::test]
async fn asking_without_tls_needs_no_certificates() {
    let secret = "a secret of operators";
    let mut server = command(&["--listen", "127.0.0.1:0", "--api-secret", secret]).spawn().unwrap();
    let mut line = String::new();
    soon(BufReader::new(server.stdout.take().unwrap()).read_line(&mut line)).await.unwrap();
    let at = line.trim().strip_prefix("itodenwa: ").expect(&line);
    let mut status = command(&["status", "--at", at, "--api-secret", secret]);
    status.envs([("SSL_CERT_FILE", "/nowhere/file"), ("SSL_CERT_DIR", "/nowhere")]);
    let (success, table, log) = output(status).await;
    assert!(success && table.contains("all (1)"), "{table} {log}");
}

//! The program: its one line of output, its flags, its end.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::support::{http, soon};

/// The program, which does not outlive its test.
fn command(args: &[&str]) -> Command {
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

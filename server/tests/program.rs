//! The program: its one line of output, its flags, its end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use crate::support::http;

/// A child that does not outlive its test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_itodenwa-server"));
    command.env("RUST_LOG", "debug").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn prints_where_it_is_and_ends_when_it_is_asked() {
    let mut program = Program(command().args(["--listen", "127.0.0.1:0"]).spawn().unwrap());
    let mut stdout = BufReader::new(program.0.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let address = line.strip_prefix("itodenwa: http://").and_then(|rest| rest.strip_suffix("/\n")).expect(&line);
    let answer = http(address.parse().unwrap(), "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let id = program.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(program.0.wait().unwrap().success());
    let (mut rest, mut log) = (String::new(), String::new());
    stdout.read_to_string(&mut rest).unwrap();
    program.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(rest, "", "one line and no more");
    assert!(log.contains("stopping"), "{log}");
}

#[test]
fn refuses_wrong_flags_and_variables_by_name() {
    let by_flag = command().args(["--room-peers", "17"]).output().unwrap();
    let by_variable = command().env("ITODENWA_ROOM_PEERS", "17").output().unwrap();
    for output in [by_flag, by_variable] {
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("--room-peers"));
        assert!(output.stdout.is_empty());
    }
    let no_folder = command().args(["--listen", "127.0.0.1:0", "--www", "no such folder"]).output().unwrap();
    assert!(!no_folder.status.success());
    assert!(String::from_utf8_lossy(&no_folder.stderr).contains("--www"));
}

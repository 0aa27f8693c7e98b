//! The process that is measured.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

/// Ticks of a second in `/proc/PID/stat`, on every Linux there is.
const TICKS: f64 = 100.0;

pub(crate) struct Server {
    process: Child,
    address: String,
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a program that prints its `http://` address.
    pub(crate) async fn start(program: &[&str]) -> Self {
        let (program, arguments) = program.split_first().expect("a program");
        let mut command = Command::new(program);
        let mut process = command
            .args(arguments)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).await.unwrap();
        let (_, address) = line.trim().split_once("http://").expect("an address");
        Server { process, address: address.trim_end_matches('/').to_owned(), _output: output }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// A number at `/metrics`, which is public.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: load\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(&format!("itodenwa_{name} ")));
        value.unwrap_or_else(|| panic!("no {name}: {text}")).parse().unwrap()
    }

    /// Bytes.
    pub(crate) fn resident(&self) -> f64 {
        resident_of(self.id())
    }

    /// Seconds, in the program and in the system for it.
    pub(crate) fn cpu(&self) -> (f64, f64) {
        cpu_of(self.id())
    }
}

/// Bytes of a process that are in memory.
pub(crate) fn resident_of(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}

/// Seconds that a process took, in the program and in the system for it.
pub(crate) fn cpu_of(process: u32) -> (f64, f64) {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    (fields[11].parse::<f64>().unwrap() / TICKS, fields[12].parse::<f64>().unwrap() / TICKS)
}

//! The engine that nodes meet at.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use super::server::{cpu_of, resident_of};

/// Without files; ends with the measurement.
pub(crate) struct Redis(Child, u16);

impl Redis {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let arguments = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let child = Command::new("redis-server").args(arguments).stdout(Stdio::null()).spawn().expect("redis-server");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {}
        Redis(child, port)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.1)
    }

    /// Seconds, in the program and in the system for it.
    pub(crate) fn cpu(&self) -> f64 {
        let (user, system) = cpu_of(self.0.id());
        user + system
    }

    /// Bytes.
    pub(crate) fn resident(&self) -> f64 {
        resident_of(self.0.id())
    }

    /// How often something was published.
    pub(crate) fn published(&self) -> f64 {
        let mut stream = TcpStream::connect(("127.0.0.1", self.1)).unwrap();
        stream.write_all(b"INFO commandstats\r\nQUIT\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let calls = text.lines().find_map(|line| line.strip_prefix("cmdstat_publish:calls="));
        calls.and_then(|calls| calls.split(',').next()).map_or(0.0, |calls| calls.parse().unwrap())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

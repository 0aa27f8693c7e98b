//! Several servers that keep rooms together: each pair talks over two of them, if there are two.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::dialect::Dialect;
use super::server::{Server, cpu_of};
use super::{join, talk};

/// An engine without files, which ends with the measurement.
struct Redis(Child, u16);

impl Redis {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let arguments = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let child = Command::new("redis-server").args(arguments).stdout(Stdio::null()).spawn().expect("redis-server");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {}
        Redis(child, port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// So many nodes; none: one server alone, without an engine.
pub(super) async fn run(nodes: usize, pairs: usize, time: Duration, program: &[&str]) -> serde_json::Value {
    let redis = (nodes > 0).then(Redis::start);
    let url = redis.as_ref().map(|redis| format!("--redis=redis://127.0.0.1:{}", redis.1));
    let program: Vec<&str> = program.iter().copied().chain(url.as_deref()).collect();
    let mut servers = Vec::new();
    for _ in 0..nodes.max(1) {
        servers.push(Server::start(&program).await);
    }
    // Until all see each other: the beat that a newcomer makes everybody send.
    tokio::time::sleep(super::SETTLED).await;
    let mut people = Vec::new();
    for number in 0..pairs {
        let server = |seat: usize| &servers[(number + seat) % servers.len()];
        let (ann, ann_id) = join(Dialect::Itodenwa, server(0), number, 0).await;
        let (ben, ben_id) = join(Dialect::Itodenwa, server(1), number, 1).await;
        people.push((ann, ann_id, ben, ben_id));
    }
    let cpu = || {
        let each = servers.iter().map(Server::cpu).map(|(user, system)| user + system).sum::<f64>();
        let (user, system) = redis.as_ref().map_or((0.0, 0.0), |redis| cpu_of(redis.0.id()));
        (each, user + system)
    };
    let before = cpu();
    let (delays, took) = talk(Dialect::Itodenwa, people, time).await;
    let after = cpu();
    let each = |seconds: f64| seconds / delays.len() as f64 * 1e6;
    serde_json::json!({
        "servers_us": each(after.0 - before.0),
        "redis_us": each(after.1 - before.1),
        "messages_per_second": delays.len() as f64 / took,
        "p50_ms": delays[delays.len() / 2].as_secs_f64() * 1e3,
        "p99_ms": delays[delays.len() * 99 / 100].as_secs_f64() * 1e3,
    })
}

//! A node over an engine that is there; what breaks is in `tests/redis.rs` and `tests/redis_network.rs`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::super::NodeBody;
use super::*;
use crate::operator::Answer;

const LIMIT: Duration = Duration::from_secs(60);

/// An engine that ends with its test.
struct Engine(Child, u16);

impl Engine {
    /// None where it is not installed and `cargo xtask test` has not found it.
    async fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        let Ok(engine) = command.stdout(Stdio::null()).spawn() else {
            assert!(std::env::var_os("ITODENWA_NEED_REDIS").is_none(), "there is no redis-server");
            println!("skipped: there is no redis-server; on Debian: apt-get install redis-server");
            return None;
        };
        let engine = Engine(engine, port);
        // As if there had been a cluster long ago: in a new one the first node would wait for others.
        let long_ago = "HSET test:cluster generation before since 0 check before secret bWFkZSBsb25nIGFnbywgYnkgbm9ib2R5\r\nQUIT\r\n";
        let until = tokio::time::Instant::now() + LIMIT;
        loop {
            assert!(tokio::time::Instant::now() < until, "the engine does not answer");
            if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
                stream.write_all(long_ago.as_bytes()).unwrap();
                stream.read_to_string(&mut String::new()).unwrap();
                return Some(engine);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn node(&self) -> Joined {
        let (url, prefix) = (format!("redis://127.0.0.1:{}", self.1), "test".parse().unwrap());
        let config = RedisConfig { url: url.parse().unwrap(), prefix, timeout: LIMIT };
        join(config, None).await.unwrap()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn next(node: &mut Joined) -> BusEvent {
    timeout(LIMIT, node.bus.events().recv()).await.expect("in time").expect("an event")
}

#[tokio::test]
async fn what_a_node_says_before_it_leaves_is_heard() {
    let Some(engine) = Engine::start().await else { return };
    let (mut stays, leaves) = (engine.node().await, engine.node().await);
    let to = stays.bus.me();
    assert!(matches!(next(&mut stays).await, BusEvent::NodeJoined(node) if node == leaves.bus.me()));
    for number in 0..300 {
        leaves.bus.send(to, NodeMessage(NodeBody::Answer(number, Answer::Done)));
    }
    leaves.bus.leave();
    for number in 0..300 {
        let event = next(&mut stays).await;
        let BusEvent::Message(from, NodeMessage(NodeBody::Answer(heard, _))) = event else { panic!("{event:?}") };
        assert_eq!((from, heard), (leaves.bus.me(), number));
    }
    assert!(matches!(next(&mut stays).await, BusEvent::NodeGone(node) if node == leaves.bus.me()));
}

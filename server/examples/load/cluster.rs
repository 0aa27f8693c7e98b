//! Several servers that keep rooms together: what a message and a member cost, wherever they are.

use std::str::FromStr;
use std::time::Duration;

use futures_util::stream::iter;
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;

use super::dialect::Dialect;
use super::redis::Redis;
use super::server::Server;
use super::{SETTLED, Socket, hear, join, talk};

/// Rooms that are entered at the same time.
const AT_ONCE: usize = 32;

/// At which nodes members come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// One after the other, as a balancer sends them.
    Spread,
    /// All at the node that keeps their room.
    Home,
    /// All at the next one after it.
    Away,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "spread" => Ok(Place::Spread),
            "home" => Ok(Place::Home),
            "away" => Ok(Place::Away),
            other => Err(format!("{other} is no place")),
        }
    }
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// None: one server alone, without an engine.
    pub(crate) nodes: usize,
    pub(crate) place: Place,
    pub(crate) rooms: usize,
    /// Members of each room, which talk in pairs.
    pub(crate) members: usize,
    /// Messages a second, of all together. 0: as many as they can; who got one sends the next.
    pub(crate) rate: u32,
    pub(crate) time: Duration,
}

type Pair = (Socket, String, Socket, String);

pub(crate) async fn run(plan: Plan, program: &[&str]) -> serde_json::Value {
    let redis = (plan.nodes > 0).then(Redis::start);
    let url = redis.as_ref().map(|redis| format!("--redis={}", redis.url()));
    let program: Vec<&str> = program.iter().copied().chain(url.as_deref()).collect();
    let mut servers = Vec::new();
    for _ in 0..plan.nodes.max(1) {
        servers.push(Server::start(&program).await);
    }
    if redis.is_some() {
        for server in &servers {
            while server.metric("cluster_nodes").await < servers.len() as f64 {}
        }
    }
    sleep(SETTLED).await;
    let resident = || (servers.iter().map(Server::resident).sum::<f64>(), redis.as_ref().map_or(0.0, Redis::resident));
    let before = resident();
    let mut pairs = Vec::new();
    if plan.place == Place::Spread {
        let rooms = iter(0..plan.rooms).map(|room| enter(plan, &servers, room, room));
        pairs.extend(rooms.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.into_iter().flatten());
    } else {
        for room in 0..plan.rooms {
            let home = home_of(&servers, room).await;
            pairs.extend(enter(plan, &servers, room, home + usize::from(plan.place == Place::Away)).await);
        }
    }
    sleep(SETTLED).await;
    let after = resident();
    let members = (plan.rooms * plan.members) as f64;
    let memory = ((after.0 - before.0) / members, (after.1 - before.1) / members);

    let before = used(&servers, redis.as_ref()).await;
    let (delays, took, silent) = match plan.rate {
        0 => {
            let (delays, took) = talk(Dialect::Itodenwa, pairs, plan.time).await;
            (delays, took, Vec::new())
        }
        rate => talk_slowly(pairs, rate, plan.time).await,
    };
    let after = used(&servers, redis.as_ref()).await;
    drop(silent);
    let each = |number: usize| (after[number] - before[number]) / delays.len() as f64;
    serde_json::json!({
        "servers_us": each(0) * 1e6,
        "redis_us": each(1) * 1e6,
        "hops": each(2),
        "published": each(3),
        "messages_per_second": delays.len() as f64 / took,
        "p50_ms": delays[delays.len() / 2].as_secs_f64() * 1e3,
        "p99_ms": delays[delays.len() * 99 / 100].as_secs_f64() * 1e3,
        "member_bytes": memory.0,
        "redis_bytes": memory.1,
    })
}

/// Processor time of the servers and of the engine; messages between nodes, and how often some were published.
async fn used(servers: &[Server], redis: Option<&Redis>) -> [f64; 4] {
    let cpu = servers.iter().map(Server::cpu).map(|(user, system)| user + system).sum();
    let Some(redis) = redis else { return [cpu, 0.0, 0.0, 0.0] };
    let mut hops = 0.0;
    for server in servers {
        hops += server.metric("cluster_messages_sent_total").await;
    }
    [cpu, redis.cpu(), hops, redis.published()]
}

/// All members of a room, in pairs: from this server on, and all at it unless they are spread.
async fn enter(plan: Plan, servers: &[Server], room: usize, first: usize) -> Vec<Pair> {
    let mut people = Vec::new();
    for seat in 0..plan.members {
        let place = if plan.place == Place::Spread { first + seat } else { first };
        people.push(join(Dialect::Itodenwa, &servers[place % servers.len()], room, seat).await);
    }
    let mut pairs = Vec::new();
    let mut people = people.into_iter();
    while let (Some((ann, ann_id)), Some((ben, ben_id))) = (people.next(), people.next()) {
        pairs.push((ann, ann_id, ben, ben_id));
    }
    pairs
}

/// Which server keeps a room.
async fn home_of(servers: &[Server], room: usize) -> usize {
    let mut before = Vec::new();
    for server in servers {
        before.push(server.metric("rooms").await);
    }
    let _visitor = join(Dialect::Itodenwa, &servers[0], room, 0).await;
    for (number, server) in servers.iter().enumerate() {
        if server.metric("rooms").await > before[number] {
            return number;
        }
    }
    panic!("nobody keeps room {room}");
}

/// As many messages a second in all, at times that are spread evenly, each pair both ways in turn. Gives also the sockets: to
/// close them costs something, too.
async fn talk_slowly(pairs: Vec<Pair>, rate: u32, time: Duration) -> (Vec<Duration>, f64, Vec<[Socket; 2]>) {
    let every = Duration::from_secs(1) * pairs.len() as u32 / rate;
    let (start, count) = (Instant::now(), pairs.len() as u32);
    let mut tasks = Vec::new();
    for (number, (ann, ann_id, ben, ben_id)) in (0..).zip(pairs) {
        tasks.push(tokio::spawn(async move {
            let signal = |to: &str| Message::text(Dialect::Itodenwa.signal(to));
            let (mut from, mut to) = ((ann, signal(&ben_id)), (ben, signal(&ann_id)));
            let mut delays = Vec::new();
            let mut at = start + every * number / count;
            while at < start + time {
                sleep_until(at).await;
                let sent = Instant::now();
                from.0.send(from.1.clone()).await.unwrap();
                while !Dialect::Itodenwa.is_signal(&hear(&mut to.0).await) {}
                delays.push(sent.elapsed());
                std::mem::swap(&mut from, &mut to);
                at += every;
            }
            (delays, [from.0, to.0])
        }));
    }
    let (mut delays, mut sockets) = (Vec::new(), Vec::new());
    for task in tasks {
        let (some, both) = task.await.unwrap();
        delays.extend(some);
        sockets.push(both);
    }
    let took = start.elapsed().as_secs_f64();
    delays.sort_unstable();
    (delays, took, sockets)
}

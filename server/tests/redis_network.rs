//! The network between servers and their Redis is slow, or cut; Redis is there and answers nothing. Signals have numbers, so that
//! it is seen that none comes twice or too late.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Client;
use crate::support::proxy::{Proxy, Way};
use crate::support::redis::{Node, Redis, SOON, id, nodes, nodes_at, see_each_other, sent_away, talk};
use crate::support::soon;

/// Two members of a room that `first` keeps: one at each node.
struct Call {
    room: String,
    ann: (Client, Value),
    ben: (Client, Value),
    said: u32,
}

impl Call {
    async fn start(first: &Node, second: &Node) -> Self {
        let (mut ann, of_ann, room) = second.join_at_home_of(first).await;
        let (ben, of_ben) = first.join(&room).await;
        assert_eq!(ann.receive().await["joined"]["member"], of_ben["me"]);
        Call { room, ann: (ann, of_ann), ben: (ben, of_ben), said: 0 }
    }

    /// Both say so many numbers that come after those before.
    async fn say(&mut self, count: u32) {
        for number in self.said..self.said + count {
            self.ann.0.signal(id(&self.ben.1), json!(number)).await;
            self.ben.0.signal(id(&self.ann.1), json!(number)).await;
        }
        self.said += count;
    }

    /// Both hear these numbers next, in their order.
    async fn hear(&mut self, numbers: std::ops::Range<u32>) {
        for (client, from) in [(&mut self.ann.0, &self.ben.1), (&mut self.ben.0, &self.ann.1)] {
            for number in numbers.clone() {
                assert_eq!(client.receive().await["signal"], json!({"from": id(from), "packet": number}));
            }
        }
    }

    /// Both are sent away; of what was said since, they heard the beginning at most.
    async fn sent_away(&mut self, since: u32) {
        for (client, who) in [(&mut self.ann.0, "ann"), (&mut self.ben.0, "ben")] {
            let heard = sent_away(client).await;
            let numbers = heard.iter().filter_map(|message| message["signal"]["packet"].as_u64());
            let expected = u64::from(since)..u64::from(self.said);
            assert!(numbers.eq(expected.clone().take(heard.len() - 1)), "{who}, of {expected:?}: {heard:?}");
        }
    }

    /// Both come in again, as themselves, and talk; nobody is there twice.
    async fn comes_back(&mut self, ann_at: &Node, ben_at: &Node) {
        self.ann.0 = ann_at.come_back(&self.room, &self.ann.1["ticket"]).await.0;
        self.ben.0 = ben_at.come_back(&self.room, &self.ben.1["ticket"]).await.0;
        assert_eq!(self.ann.0.receive().await["joined"]["member"], self.ben.1["me"]);
        self.is_whole(ann_at).await;
    }

    async fn is_whole(&mut self, node: &Node) {
        talk((&mut self.ann.0, &self.ann.1), (&mut self.ben.0, &self.ben.1)).await;
        let answer = node.ask("GET", &format!("rooms/{}", self.room)).await;
        let (_, body) = answer.split_once("\r\n\r\n").expect(&answer);
        let members: Value = serde_json::from_str(body).expect(&answer);
        let mut ids: Vec<_> = members["members"].as_array().expect(&answer).iter().map(|m| &m["id"]).collect();
        let mut expected = [&self.ann.1["me"]["id"], &self.ben.1["me"]["id"]];
        for ids in [&mut ids[..], &mut expected[..]] {
            ids.sort_by_key(|id| id.as_str().map(str::to_owned));
        }
        assert_eq!(ids, expected, "{answer}");
    }
}

#[tokio::test]
async fn a_slow_redis_makes_all_slow_and_nothing_else() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let proxies = [Proxy::start(redis.port).await, Proxy::start(redis.port).await];
    let [first, second] = nodes_at([proxies[0].url(), proxies[1].url()], &["--redis-timeout", "10"]).await;
    let mut call = Call::start(&first, &second).await;
    let slow = Way { delay: Duration::from_millis(300), rate: Some(30_000), is_cut: false };
    for proxy in &proxies {
        proxy.set(slow, slow);
    }
    call.say(100).await;
    call.hear(0..100).await;
    call.is_whole(&second).await;
    for node in [&first, &second] {
        soon(async { while node.number("cluster_engine_seconds").await < 0.6 {} }).await;
        assert_eq!(
            (node.number("cluster_links_broken_total").await, node.number("cluster_rejoins_total").await),
            (0.0, 0.0)
        );
    }
}

#[tokio::test]
async fn a_redis_that_answers_nothing_for_a_moment_loses_nothing() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &["--redis-timeout", "60"]).await;
    let mut call = Call::start(&first, &second).await;
    redis.signal("-STOP").await;
    let sent = async |node: &Node| node.number("cluster_messages_sent_total").await;
    let before = [sent(&first).await, sent(&second).await];
    // No more than the home node hands out before it is told that they are taken.
    call.say(50).await;
    for (node, before) in [&first, &second].into_iter().zip(before) {
        soon(async { while sent(node).await < before + 50.0 {} }).await;
    }
    redis.signal("-CONT").await;
    call.hear(0..50).await;
    call.is_whole(&second).await;
}

#[tokio::test]
async fn a_redis_that_answers_nothing_for_long_is_as_good_as_away() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let [first, second] = nodes(&redis, &SOON).await;
    let mut call = Call::start(&first, &second).await;
    redis.signal("-STOP").await;
    call.say(20).await;
    call.sent_away(0).await;
    for node in [&first, &second] {
        soon(async { while node.is_healthy().await {} }).await;
        assert!(node.get("/ws/admission").await.starts_with("HTTP/1.1 503"));
    }
    // What was said is in its sockets, and is passed on to nobody when it goes on.
    redis.signal("-CONT").await;
    for node in [&first, &second] {
        node.until("cluster_rejoins_total", 1).await;
    }
    see_each_other(&[&first, &second]).await;
    call.comes_back(&second, &first).await;
}

#[tokio::test]
async fn connections_that_die_without_a_word_are_made_anew_before_the_lease_is_over() {
    let Some(redis) = Redis::start(&[]).await else { return };
    let proxy = Proxy::start(redis.port).await;
    let [first, second] = nodes_at([proxy.url(), redis.url()], &["--redis-timeout", "10"]).await;
    let mut call = Call::start(&first, &second).await;
    call.say(10).await;
    call.hear(0..10).await;
    proxy.forget();
    // Ann is at the other node: what she missed is not known.
    sent_away(&mut call.ann.0).await;
    call.ann.0 = second.come_back_after(&call.room, &call.ann.1["ticket"], 10).await.0;
    call.is_whole(&second).await;
    // For much longer than the lease of before.
    let later = tokio::time::Instant::now() + Duration::from_secs(10);
    while tokio::time::Instant::now() < later {
        assert!(first.is_healthy().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for node in [&first, &second] {
        assert_eq!(node.number("cluster_rejoins_total").await, 0.0);
    }
    call.is_whole(&second).await;
}

#[tokio::test]
async fn a_node_that_hears_nothing_keeps_no_room_until_it_does() {
    a_node_is_cut_off(Way::default(), Way::CUT).await;
}

#[tokio::test]
async fn a_node_that_nobody_hears_keeps_no_room_until_they_do() {
    a_node_is_cut_off(Way::CUT, Way::default()).await;
}

#[tokio::test]
async fn a_node_whose_redis_is_slower_than_its_lease_keeps_no_room() {
    let slow = Way { delay: Duration::from_secs(8), rate: Some(30_000), is_cut: false };
    a_node_is_cut_off(slow, slow).await;
}

/// The way of a room's home node to Redis is like this for a while, and the way back.
async fn a_node_is_cut_off(to: Way, from: Way) {
    let Some(redis) = Redis::start(&[]).await else { return };
    let proxy = Proxy::start(redis.port).await;
    let [first, second] = nodes_at([proxy.url(), redis.url()], &SOON).await;
    let mut call = Call::start(&first, &second).await;
    call.say(10).await;
    call.hear(0..10).await;
    proxy.set(to, from);
    call.say(20).await;
    call.sent_away(10).await;
    second.until("cluster_nodes", 1).await;
    soon(async { while first.is_healthy().await {} }).await;
    assert!(first.get("/ws/admission").await.starts_with("HTTP/1.1 503"));
    call.comes_back(&second, &second).await;
    call.say(10).await;
    call.hear(30..40).await;

    // What was on its way arrives now, at a node that is another one since.
    proxy.set(Way::default(), Way::default());
    first.until("cluster_rejoins_total", 1).await;
    see_each_other(&[&first, &second]).await;
    assert!(first.is_healthy().await);
    if second.number("rooms").await == 0.0 {
        call.sent_away(40).await;
        call.comes_back(&second, &first).await;
    }
    call.is_whole(&first).await;
}

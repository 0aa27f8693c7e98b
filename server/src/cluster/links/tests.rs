//! Nodes with an engine between them that delays, loses, cuts off and starts anew, in seeded random runs. What has to hold at
//! each step: a message comes at most once and in its order, and what was lost is known before anything comes after it. At
//! the end, when nothing is lost any more: what was sent since the last loss that the sender knows of has come.
//!
//! `cargo xtask simulate` runs many more.

use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::cluster::simulation::Random;

const NODES: u16 = 3;
const STEPS: usize = 300;

/// From, to.
type Way = (Incarnation, Incarnation);

#[derive(Default)]
struct World {
    nodes: BTreeMap<NodeId, Links<u32>>,
    /// What the engine has not delivered yet.
    on_its_way: BTreeMap<Way, VecDeque<Batch<u32>>>,
    /// What was sent on each way since the sender last heard that something was lost.
    sent: BTreeMap<Way, Vec<u32>>,
    /// What came last on each way, and whether a loss was told since.
    came: BTreeMap<Way, (u32, bool)>,
    all_came: BTreeMap<Way, Vec<u32>>,
    made: u32,
    runs: u64,
}

impl World {
    fn new() -> Self {
        let mut world = World::default();
        for id in 0..NODES {
            world.start(NodeId(id));
        }
        for id in 0..NODES {
            world.learn(NodeId(id));
        }
        world
    }

    fn members(&self) -> Vec<Incarnation> {
        self.nodes.values().map(|links| links.me).collect()
    }

    fn start(&mut self, id: NodeId) {
        self.runs += 1;
        let me = Incarnation { id, run: self.runs };
        let others = self.members().into_iter().filter(|other| other.id != id);
        let links = Links::new(me, others);
        self.nodes.insert(id, links);
    }

    fn learn(&mut self, id: NodeId) {
        let members = self.members();
        self.nodes.get_mut(&id).unwrap().members(&members, false);
        self.drain(id);
    }

    fn send(&mut self, from: NodeId, to: NodeId) {
        let links = self.nodes.get_mut(&from).unwrap();
        let Some(node) = links.links.get(&to).map(|link| link.node) else { return };
        self.made += 1;
        links.send(to, self.made);
        self.sent.entry((links.me, node)).or_default().push(self.made);
    }

    /// Hands batches to the engine; `is_heard` says of each whether it takes it.
    fn publish(&mut self, from: NodeId, is_beat: bool, mut is_taken: impl FnMut() -> bool) {
        let links = self.nodes.get_mut(&from).unwrap();
        for (to, batch) in links.batches(is_beat) {
            // Nobody listens where a node was that is no more.
            let is_there = self.nodes.get(&to.id).is_some_and(|node| node.me == to);
            if is_there && is_taken() {
                self.on_its_way.entry((batch.from, to)).or_default().push_back(batch);
            } else {
                self.nodes.get_mut(&from).unwrap().failed(to);
            }
        }
        self.drain(from);
    }

    fn deliver(&mut self, way: Way) {
        let Some(batch) = self.on_its_way.get_mut(&way).and_then(VecDeque::pop_front) else { return };
        let Some(links) = self.nodes.get_mut(&way.1.id).filter(|links| links.me == way.1) else { return };
        links.receive(batch);
        self.drain(way.1.id);
    }

    fn drain(&mut self, id: NodeId) {
        let links = self.nodes.get_mut(&id).unwrap();
        let me = links.me;
        while let Some(event) = links.poll() {
            match event {
                Event::Message(from, message) => {
                    let from = links.links[&from].node;
                    let (last, is_told) = self.came.get(&(from, me)).copied().unwrap_or((0, true));
                    assert!(message > last, "{message} after {last}: twice, or out of order");
                    let sent = self.all_came.entry((from, me)).or_default();
                    let next = self.sent.get(&(from, me)).and_then(|sent| sent.iter().find(|sent| **sent > last));
                    assert!(is_told || next.is_none_or(|next| *next >= message), "{next:?} is missing, untold");
                    sent.push(message);
                    self.came.insert((from, me), (message, false));
                }
                Event::Broken(other) => {
                    if let Some(other) = links.links.get(&other).map(|link| link.node) {
                        self.sent.remove(&(me, other));
                        if let Some((_, is_told)) = self.came.get_mut(&(other, me)) {
                            *is_told = true;
                        }
                    }
                }
                Event::Joined(_) | Event::Gone(_) => {}
            }
        }
    }

    fn step(&mut self, random: &mut Random) {
        let a = NodeId(random.below(NODES.into()) as u16);
        let b = NodeId(random.below(NODES.into()) as u16);
        let ways: Vec<_> = self.on_its_way.keys().copied().collect();
        let way = if ways.is_empty() { None } else { ways.get(random.below(ways.len())).copied() };
        match random.below(40) {
            0..12 => self.send(a, b),
            12..20 => self.publish(a, random.below(4) == 0, || true),
            20..34 => way.into_iter().for_each(|way| self.deliver(way)),
            // One batch alone; the empty one that follows then shows it.
            34 => drop(way.and_then(|way| {
                let batches = self.on_its_way.get_mut(&way)?;
                batches.front().filter(|batch| !batch.messages.is_empty())?;
                batches.pop_front()
            })),
            35 => self.publish(a, false, || random.below(2) == 0),
            36 => {
                // Its connection to the engine broke, and what was on its way is lost.
                self.on_its_way.retain(|(_, to), _| to.id != a);
                self.nodes.get_mut(&a).unwrap().lost();
                self.drain(a);
            }
            37 if random.below(3) == 0 => {
                self.start(a);
                self.learn(a);
            }
            _ => self.learn(a),
        }
    }

    fn heal(&mut self) {
        for _ in 0..20 {
            for id in (0..NODES).map(NodeId) {
                self.learn(id);
                self.publish(id, true, || true);
            }
            for way in self.on_its_way.keys().copied().collect::<Vec<_>>() {
                while self.on_its_way.get(&way).is_some_and(|batches| !batches.is_empty()) {
                    self.deliver(way);
                }
            }
        }
    }

    fn check_end(&self, seed: u64) {
        let members = self.members();
        for (way, sent) in &self.sent {
            if members.contains(&way.0) && members.contains(&way.1) {
                let came = self.all_came.get(way).map_or(&[][..], Vec::as_slice);
                assert!(came.ends_with(sent), "seed {seed}: {way:?}: {sent:?} were sent, and {came:?} came");
            }
        }
    }
}

#[test]
fn nothing_comes_twice_or_out_of_order_and_no_loss_is_passed_over() {
    let seeds = std::env::var("ITODENWA_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(500);
    let mut came = 0;
    for seed in 0..seeds {
        let (mut world, mut random) = (World::new(), Random(seed));
        for _ in 0..STEPS {
            world.step(&mut random);
        }
        world.heal();
        world.check_end(seed);
        came += world.all_came.values().map(Vec::len).sum::<usize>();
    }
    assert!(came > seeds as usize * 10, "{came} messages came");
}

#[test]
fn what_waits_is_bounded() {
    let node = |id| Incarnation { id: NodeId(id), run: 1 };
    let mut links = Links::<u32>::new(node(0), [node(0), node(1)]);
    for _ in 0..NODE_MESSAGES {
        links.send(NodeId(1), 0);
    }
    assert_eq!(links.poll(), None);
    links.send(NodeId(1), 0);
    assert_eq!(links.poll(), Some(Event::Broken(NodeId(1))));
    // One that has as many bytes as its number: a batch takes few of them.
    for _ in 0..65 {
        links.send(NodeId(1), 1 << 20);
    }
    assert_eq!(links.poll(), Some(Event::Broken(NodeId(1))));
    links.send(NodeId(1), 1 << 20);
    links.send(NodeId(1), 1 << 20);
    assert_eq!(links.batches(false)[0].1.messages.len(), 1);
}

/// A node may send to one that does not know it yet, and listens anew just then.
#[test]
fn what_was_lost_of_a_node_that_is_known_only_later_is_noticed() {
    let node = |id| Incarnation { id: NodeId(id), run: 1 };
    let all = [node(0), node(1)];
    let (mut old, mut new) = (Links::<u32>::new(node(0), [node(0)]), Links::<u32>::new(node(1), all));
    new.send(NodeId(0), 1);
    // On its way when the connection broke, and so is the empty one after it.
    assert_eq!((new.batches(false).len(), new.batches(true).len()), (1, 1));
    old.lost();
    // Who was there before that one came.
    old.members(&[node(0)], false);
    old.members(&all, false);
    assert_eq!([old.poll(), old.poll()], [Some(Event::Joined(NodeId(1))), Some(Event::Broken(NodeId(1)))]);
    for (_, batch) in old.batches(false) {
        assert_eq!(new.receive(batch), Received::Done);
    }
    assert_eq!(new.poll(), Some(Event::Broken(NodeId(0))));
    old.members(&[node(0)], false);
    old.members(&all, false);
    assert_eq!(
        [old.poll(), old.poll(), old.poll()],
        [Some(Event::Gone(NodeId(1))), Some(Event::Joined(NodeId(1))), None]
    );
}

/// What one sent in its new epoch is lost with the other's connection: that one's new epoch is another one.
#[test]
fn both_ends_may_break_a_link_at_the_same_time() {
    let node = |id| Incarnation { id: NodeId(id), run: 1 };
    let all = [node(0), node(1)];
    for (one, other) in [(0, 1), (1, 0)] {
        let (mut one, mut other) = (Links::<u32>::new(node(one), all), Links::<u32>::new(node(other), all));
        one.lost();
        one.send(other.me.id, 1);
        assert_eq!((one.batches(false).len(), one.batches(true).len()), (1, 1));
        assert_eq!(one.poll(), Some(Event::Broken(other.me.id)));
        other.lost();
        for _ in 0..3 {
            other.batches(true).into_iter().for_each(|(_, batch)| assert_eq!(one.receive(batch), Received::Done));
            one.batches(true).into_iter().for_each(|(_, batch)| assert_eq!(other.receive(batch), Received::Done));
        }
        assert_eq!(one.poll(), Some(Event::Broken(other.me.id)), "it knows that something was lost");
    }
}

#[test]
fn what_nobody_hears_is_tried_again_at_the_next_beat() {
    let [me, other] = [0, 1].map(|id| Incarnation { id: NodeId(id), run: 1 });
    let mut links = Links::new(me, [other]);
    links.send(other.id, 1);
    assert_eq!(links.batches(false).len(), 1);
    links.failed(other);
    assert_eq!(links.poll(), Some(Event::Broken(other.id)));
    // What is said because it is broken, as nobody listens still.
    links.send(other.id, 2);
    assert!(links.batches(false).is_empty());
    assert_eq!(links.batches(true).len(), 1);
    links.failed(other);
    links.send(other.id, 3);
    assert!(links.batches(false).is_empty());
    // Heard of, it listens.
    links.receive(Batch { from: other, epoch: 9, before: 0, messages: Vec::new() });
    links.send(other.id, 4);
    assert_eq!(links.batches(false).len(), 1);
}

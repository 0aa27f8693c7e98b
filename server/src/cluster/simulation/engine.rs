//! A model of the engine: what its two scripts do (`beat.lua`, `leave.lua`), and PUBLISH. It forgets everything when it restarts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::Fault;
use crate::cluster::incarnation::Incarnation;
use crate::cluster::message::VERSIONS;
use crate::cluster::redis::membership::View;

/// What is on its way to a node that listens.
#[derive(Debug, Clone)]
pub(super) enum Push {
    Payload(Vec<u8>),
    News,
}

/// The engine.
#[derive(Debug, Default)]
pub(super) struct Engine {
    /// When they expire.
    nodes: BTreeMap<Incarnation, Instant>,
    generation: Option<(u64, Instant)>,
    generations: u64,
    listening: BTreeSet<Incarnation>,
    pub(super) pushes: BTreeMap<Incarnation, VecDeque<Push>>,
    fault: Option<Fault>,
}

impl Engine {
    pub(super) fn new(fault: Option<Fault>) -> Self {
        Engine { fault, ..Engine::default() }
    }

    pub(super) fn beat(
        &mut self,
        now: Instant,
        me: Incarnation,
        timeout: Duration,
        (known, before, echo): (Option<String>, Option<Incarnation>, u64),
    ) -> View {
        if self.generation.is_none() {
            self.generations += 1;
            self.generation = Some((self.generations, now));
        }
        let (generation, since) = self.generation.unwrap_or((0, now));
        let generation = generation.to_string();
        let there = self.nodes.len();
        if self.fault != Some(Fault::NobodyExpires) {
            self.nodes.retain(|_, expires| *expires > now);
        }
        let mut gone = there - self.nodes.len();
        gone += before.and_then(|before| self.nodes.remove(&before)).into_iter().count();
        let was_in = self.nodes.contains_key(&me);
        let may_enter = known.as_ref() != Some(&generation);
        let is_in = was_in || may_enter;
        if is_in {
            self.nodes.insert(me, now + timeout);
            self.push(me, Push::Payload(echo.to_string().into_bytes()));
        }
        if gone > 0 || may_enter && !was_in {
            self.news();
        }
        let nodes = self.nodes.keys().map(|node| (*node, *VERSIONS.end())).collect();
        View { is_in, generation, age: now.saturating_duration_since(since), nodes }
    }

    pub(super) fn leave(&mut self, me: Incarnation) {
        if self.nodes.remove(&me).is_some() {
            self.news();
        }
    }

    /// How many heard it.
    pub(super) fn publish(&mut self, to: Incarnation, payload: Vec<u8>) -> usize {
        self.push(to, Push::Payload(payload))
    }

    pub(super) fn listen(&mut self, me: Incarnation) {
        self.listening.insert(me);
    }

    /// A node's connection on which it listens is gone, with all that was on its way there.
    pub(super) fn deafen(&mut self, me: Incarnation) {
        self.listening.remove(&me);
        self.pushes.remove(&me);
    }

    pub(super) fn restart(&mut self) {
        *self = Engine { generations: self.generations, fault: self.fault, ..Engine::default() };
    }

    fn news(&mut self) {
        for node in self.listening.clone() {
            self.push(node, Push::News);
        }
    }

    fn push(&mut self, to: Incarnation, push: Push) -> usize {
        let is_heard = self.listening.contains(&to);
        if is_heard {
            self.pushes.entry(to).or_default().push_back(push);
        }
        is_heard.into()
    }
}

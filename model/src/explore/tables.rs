//! Endpoints, packets and paths, each kept once and named by a number; and what endpoints do, computed once.

use std::collections::HashMap;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use indexmap::IndexSet;
use itodenwa_wire::{Body, Packet};

use super::endpoint::{Endpoint, Happening, Outcome};
use super::plan::{Over, Plan};
use crate::live::Path;

/// An endpoint's number.
pub(super) type EndpointId = u32;
/// A packet's number, from 1.
pub(super) type PacketId = u32;
/// A happening's number.
pub(super) type HappeningId = u32;
/// A path's number.
pub(super) type PathId = u32;

/// Which side, and the sessions of it and of the other one; the other one may not be there yet.
pub(super) type Birth = (usize, u32, Option<u32>);

/// A new endpoint, and what it says at once.
#[derive(Debug, Clone)]
pub(super) struct Born {
    pub(super) endpoint: EndpointId,
    pub(super) packets: Rc<[PacketId]>,
}

/// What came of a happening.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) endpoint: EndpointId,
    pub(super) packets: Rc<[PacketId]>,
    pub(super) closed: Option<PathId>,
}

/// What must be known of an endpoint often.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) endpoint: Rc<Endpoint>,
    pub(super) possible: Rc<[HappeningId]>,
    pub(super) wait: Option<Duration>,
    pub(super) reach: Option<PathId>,
    pub(super) path: Option<PathId>,
    pub(super) channel_carries: bool,
}

/// A property was broken: what the assertion says.
#[derive(Debug, Clone)]
pub(super) struct Broken(pub(super) String);

#[derive(Debug)]
pub(super) struct Tables {
    plan: Plan,
    endpoints: IndexSet<Rc<Endpoint>>,
    known: Vec<Known>,
    packets: IndexSet<(Over, Packet<Body>)>,
    paths: IndexSet<Path>,
    births: HashMap<Birth, Born>,
    happenings: IndexSet<Happening>,
    steps: HashMap<(EndpointId, HappeningId), Result<Step, Broken>>,
    agreements: HashMap<[EndpointId; 2], Result<(), Broken>>,
}

impl Tables {
    pub(super) fn new(plan: &Plan) -> Self {
        Tables {
            plan: plan.clone(),
            endpoints: IndexSet::new(),
            known: Vec::new(),
            packets: IndexSet::new(),
            paths: IndexSet::new(),
            births: HashMap::new(),
            happenings: IndexSet::new(),
            steps: HashMap::new(),
            agreements: HashMap::new(),
        }
    }

    pub(super) fn endpoint(&mut self, endpoint: Endpoint) -> EndpointId {
        if let Some(id) = self.endpoints.get_index_of(&endpoint) {
            return number(id);
        }
        let (reach, path) = endpoint.paths();
        let possible = endpoint.possible();
        let known = Known {
            possible: possible.into_iter().map(|happening| self.happening(happening)).collect(),
            wait: endpoint.wait(),
            reach: reach.map(|path| self.path(path)),
            path: path.map(|path| self.path(path)),
            channel_carries: endpoint.channel_carries(),
            endpoint: Rc::new(endpoint),
        };
        let (id, _) = self.endpoints.insert_full(known.endpoint.clone());
        self.known.push(known);
        number(id)
    }

    pub(super) fn known(&self, endpoint: EndpointId) -> &Known {
        &self.known[endpoint as usize]
    }

    /// Packets that are given to the network.
    fn carried(&mut self, packets: Vec<(Over, Packet<Body>)>) -> Rc<[PacketId]> {
        let carried = packets.into_iter().filter(|(_, packet)| self.plan.carries(packet));
        carried.map(|packet| number(self.packets.insert_full(packet).0) + 1).collect()
    }

    pub(super) fn happening(&mut self, happening: Happening) -> HappeningId {
        number(self.happenings.insert_full(happening).0)
    }

    pub(super) fn named(&self, happening: HappeningId) -> &Happening {
        &self.happenings[happening as usize]
    }

    /// A new endpoint, and what it says at once.
    pub(super) fn born(&mut self, birth: Birth, join: impl FnOnce() -> (Endpoint, Outcome)) -> Born {
        if let Some(known) = self.births.get(&birth) {
            return known.clone();
        }
        let (endpoint, outcome) = join();
        let packets = self.carried(outcome.packets);
        let born = Born { endpoint: self.endpoint(endpoint), packets };
        self.births.insert(birth, born.clone());
        born
    }

    /// Both sides can reach each other.
    pub(super) fn path_found(&mut self, path: PathId) -> HappeningId {
        let path = self.paths[path as usize].clone();
        self.happening(Happening::Path(path))
    }

    /// The connection with this path was closed.
    pub(super) fn path_closed(&mut self, path: PathId) -> HappeningId {
        let path = self.paths[path as usize].clone();
        self.happening(Happening::Closed(path))
    }

    /// A packet arrives.
    pub(super) fn arrival(&mut self, packet: PacketId) -> HappeningId {
        let (over, packet) = self.packets[packet as usize - 1].clone();
        self.happening(Happening::Packet(over, packet))
    }

    /// What a packet goes over.
    pub(super) fn over(&self, packet: PacketId) -> Over {
        self.packets[packet as usize - 1].0
    }

    /// What an endpoint does with what happens.
    pub(super) fn step(&mut self, endpoint: EndpointId, happening: HappeningId) -> Result<Step, Broken> {
        if let Some(known) = self.steps.get(&(endpoint, happening)) {
            return known.clone();
        }
        let step = self.compute(endpoint, happening).map(|(endpoint, outcome)| Step {
            endpoint: self.endpoint(endpoint),
            packets: self.carried(outcome.packets),
            closed: outcome.closed.map(|path| self.path(path)),
        });
        self.steps.insert((endpoint, happening), step.clone());
        step
    }

    /// The same, not by number.
    pub(super) fn compute(&self, endpoint: EndpointId, happening: HappeningId) -> Result<(Endpoint, Outcome), Broken> {
        let mut next = Endpoint::clone(&self.known(endpoint).endpoint);
        let happening = self.named(happening).clone();
        caught(|| {
            let outcome = next.happen(happening);
            (next, outcome)
        })
    }

    /// Whether both sides agree, now that everything is quiet.
    pub(super) fn agree(&mut self, endpoints: [EndpointId; 2], complete: bool) -> Result<(), Broken> {
        if let Some(known) = self.agreements.get(&endpoints) {
            return known.clone();
        }
        let [a, b] = endpoints.map(|id| self.known(id).endpoint.clone());
        let agree = caught(|| {
            for (here, there) in [(&a, &b), (&b, &a)] {
                crate::convergence::assert_agree(here.page(), there.page());
                if complete {
                    crate::convergence::assert_complete(here.page(), there.page());
                }
            }
        });
        self.agreements.insert(endpoints, agree.clone());
        agree
    }

    /// A packet in a few words.
    pub(super) fn describe(&self, packet: PacketId) -> String {
        let (over, Packet { from_epoch, to_epoch, seq, ack, body }) = &self.packets[packet as usize - 1];
        let by = if *over == Over::Channel { "by the channel, " } else { "" };
        let what = match body {
            None => "an acknowledgement".to_owned(),
            Some(Body::Offer(offer)) => format!("offer {}", offer.id),
            Some(Body::Answer(answer)) => format!("answer {}", answer.id),
            Some(Body::Candidate(_)) => "a candidate".to_owned(),
            Some(Body::Media(media)) => format!("media {:?}", media.on),
            Some(other) => format!("{other:?}"),
        };
        format!("{by}{what} ({from_epoch:?} to {to_epoch:?}, {seq}, acknowledges {ack})")
    }

    /// The steps of the call that a happening brings.
    pub(super) fn tell(&self, endpoint: EndpointId, happening: HappeningId) -> String {
        match self.compute(endpoint, happening) {
            Ok((_, outcome)) if outcome.steps.is_empty() => String::new(),
            Ok((_, outcome)) => format!(" -> {}", outcome.steps.join(", ")),
            Err(Broken(why)) => format!(" -> broken: {why}"),
        }
    }

    /// How many endpoints and packets there are.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.endpoints.len(), self.packets.len())
    }

    /// A path and its reverse are neighbours: see [`reverse`].
    fn path(&mut self, path: Path) -> PathId {
        let known = self.paths.get_index_of(&path);
        number(known.unwrap_or_else(|| {
            let back = (path.1.clone(), path.0.clone());
            let (index, _) = self.paths.insert_full(path);
            self.paths.insert(back);
            index
        }))
    }
}

/// The path as the other side sees it.
pub(super) fn reverse(path: PathId) -> PathId {
    path ^ 1
}

fn caught<T>(act: impl FnOnce() -> T) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Broken(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    })
}

fn number<N: Hash + TryInto<u32>>(index: N) -> u32 {
    index.try_into().unwrap_or_else(|_| panic!("more than 4 billion"))
}

//! Pages, the network between them, a server that tells them who is there, and the clock.

mod running;
mod scheduled;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use itodenwa_protocol::{Config, Input, Room, Time};
use itodenwa_wire::{Body, Epoch, LeaveReason, Left, Member, Packet, PeerId, Source, Welcome};

use crate::browser::{Profile, some_candidates};
use crate::live::Loss;
use crate::offering::Offering;
use crate::page::Page;
use crate::rng::Rng;
use crate::wire::Wire;
use scheduled::{Scheduled, What};

#[derive(Debug)]
pub struct World {
    pub now: Time,
    pub rng: Rng,
    /// The signalling.
    pub wire: Wire,
    /// The control channels, for packets.
    pub channel: Wire,
    /// Whether pages that come in read packets from control channels.
    pub reads_packets: bool,
    /// Operations and the events of browsers take up to this many milliseconds.
    pub browser_delay: u64,
    /// Timers come up to this many milliseconds late.
    pub timer_delay: u64,
    pub profile: Profile,
    /// How many candidates a gathering finds, and how long each takes; by chance if not said.
    pub candidates: Option<usize>,
    pub gathering_delay: u64,
    /// Those who get an offer with a join are not told that it is one.
    pub forgets_offers: bool,
    /// Everything that goes in and comes out is printed.
    pub trace: bool,
    pages: Vec<Page>,
    /// Members without a page: the test speaks for them, and reads here what they are sent.
    puppets: Vec<Member>,
    pub mail: Vec<Packet<Body>>,
    queue: BinaryHeap<Reverse<Scheduled>>,
    order: u64,
    sessions: u32,
    connections: u32,
    roster_at: Time,
}

/// Which page, in the order of their loading.
pub type PageIndex = usize;

impl World {
    pub fn new(seed: u64) -> Self {
        World {
            now: Time::from_millis(1),
            rng: Rng::new(seed),
            wire: Wire::PERFECT,
            channel: Wire::PERFECT,
            reads_packets: true,
            browser_delay: 5,
            timer_delay: 0,
            profile: Profile::of_seed(seed),
            candidates: None,
            gathering_delay: 40,
            forgets_offers: false,
            trace: false,
            pages: Vec::new(),
            puppets: Vec::new(),
            mail: Vec::new(),
            queue: BinaryHeap::new(),
            order: 0,
            sessions: 0,
            connections: 0,
            roster_at: Time::default(),
        }
    }

    pub fn page(&self, page: PageIndex) -> &Page {
        &self.pages[page]
    }

    pub fn page_mut(&mut self, page: PageIndex) -> &mut Page {
        &mut self.pages[page]
    }

    /// The page that this peer has now.
    pub fn page_of(&self, peer: PeerId) -> Option<PageIndex> {
        self.pages.iter().rposition(|page| !page.gone && page.id() == peer)
    }

    /// Somebody comes in. If somebody with this id is there, the page was reloaded: the id has a newer session.
    pub fn join(&mut self, id: PeerId, config: Config) -> PageIndex {
        self.come_in(id, config, None)
    }

    /// The same with an offer, which goes to the only other member.
    pub fn join_offering(&mut self, id: PeerId, config: Config) -> PageIndex {
        self.come_in(id, config.clone(), Some(config))
    }

    /// The same, and it is otherwise when the server answers.
    pub fn join_offering_then(&mut self, id: PeerId, offered: Config, config: Config) -> PageIndex {
        self.come_in(id, config, Some(offered))
    }

    fn come_in(&mut self, id: PeerId, config: Config, offered: Option<Config>) -> PageIndex {
        if let Some(before) = self.page_of(id) {
            self.pages[before].gone = true;
            self.fall_silent(before);
        }
        self.sessions += 1;
        let mut me = Member { id, session: self.sessions, name: None, pass: None, offered: None };
        let there = |page: &&Page| !page.gone && !page.unreachable && page.id() != id;
        let mut members: Vec<Member> = self.pages.iter().filter(there).map(|page| page.room.me().clone()).collect();
        members.extend(self.puppets.iter().cloned());
        let offering = offered.map(|config| {
            self.connections += 1;
            let candidates = self.candidates.unwrap_or_else(|| some_candidates(&mut self.rng));
            Offering::new(&config, self.profile, self.connections, candidates)
        });
        let (offer, connection) = offering.flatten().map(|made| (made.offer, made.connection)).unzip();
        if let ([only], Some(_)) = (&members[..], &offer) {
            me.offered = Some(only.session);
        }
        let told = if self.forgets_offers { None } else { me.offered };
        self.announce(id, &Input::Joined(Member { offered: told, ..me.clone() }));
        if let ([Member { id: to, session: theirs, .. }], Some(offer)) = (&members[..], &offer) {
            let (to, from_epoch, to_epoch) = (*to, Epoch::of_session(me.session), Epoch::of_session(*theirs));
            for (seq, body) in (1..).zip(offer.bodies()) {
                let packet = Packet { from_epoch, to_epoch, seq, ack: 0, body: Some(body) };
                // After the word that somebody came in, if it is not lost.
                for delay in self.wire.carry(&mut self.rng) {
                    let packet = packet.clone();
                    self.schedule(self.roster_at + delay, What::Packet { to, from: id, packet });
                }
            }
        }
        let welcome = Welcome::new(me, members);
        let ice = config.ice;
        let room = Room::offering(config, &welcome, offer, self.now);
        let offering = connection.filter(|_| welcome.me.offered.is_some());
        self.pages.push(Page { reads_packets: self.reads_packets, offering, ..Page::new(room, ice, self.profile) });
        let page = self.pages.len() - 1;
        self.follow(page);
        page
    }

    /// Somebody's socket is gone, and the server says so.
    pub fn lose(&mut self, id: PeerId, reason: LeaveReason) {
        if let Some(page) = self.page_of(id) {
            self.pages[page].gone = true;
            self.fall_silent(page);
        }
        self.puppets.retain(|puppet| puppet.id != id);
        self.announce(id, &Input::Left(Left { id, reason }));
    }

    /// Somebody leaves on purpose.
    pub fn leave(&mut self, page: PageIndex) {
        self.input(page, Input::Leave);
        let id = self.pages[page].id();
        self.lose(id, LeaveReason::Left);
    }

    /// Somebody comes in for whom the test speaks.
    pub fn puppet(&mut self, id: PeerId) -> Member {
        self.sessions += 1;
        let member = Member { id, session: self.sessions, name: None, pass: None, offered: None };
        self.puppets.retain(|puppet| puppet.id != id);
        self.puppets.push(member.clone());
        self.announce(id, &Input::Joined(member.clone()));
        member
    }

    /// The server forgets somebody whose page and connections go on.
    pub fn vanish(&mut self, page: PageIndex) {
        self.pages[page].unreachable = true;
        let id = self.pages[page].id();
        self.announce(id, &Input::Left(Left { id, reason: LeaveReason::Gone }));
    }

    /// They come back to the server, which takes them for somebody new.
    pub fn come_back(&mut self, page: PageIndex, id: PeerId) {
        self.sessions += 1;
        self.pages[page].unreachable = false;
        let me = Member { id, session: self.sessions, offered: None, ..self.pages[page].room.me().clone() };
        let members = self.others_at_server(page);
        self.announce(id, &Input::Joined(me.clone()));
        self.input(page, Input::Welcome(Welcome::new(me, members)));
    }

    fn others_at_server(&self, page: PageIndex) -> Vec<Member> {
        let others = self.present().into_iter().filter(|other| *other != page && !self.pages[*other].unreachable);
        others.map(|other| self.pages[other].room.me().clone()).chain(self.puppets.iter().cloned()).collect()
    }

    pub fn input(&mut self, page: PageIndex, input: Input) {
        if self.trace {
            eprintln!("{:>7} page {page} <- {input:?}", self.now.as_millis());
        }
        self.pages[page].room.handle(self.now, input);
        self.follow(page);
    }

    /// The signalling of a page is back after a gap.
    pub fn signaling_back(&mut self, page: PageIndex) {
        let me = self.pages[page].room.me().clone();
        self.input(page, Input::Welcome(Welcome::new(me, self.others_at_server(page))));
    }

    pub fn set(&mut self, page: PageIndex, source: Source, on: bool) {
        self.input(page, Input::SetSource { source, on });
    }

    /// The path to this peer carries nothing any more: what the page sees of it, and whether another one would.
    pub fn lose_path(&mut self, page: PageIndex, peer: PeerId, loss: Loss, for_good: bool) {
        let lost = self.pages[page].connections.iter_mut().find(|(_, live)| live.peer == peer && live.may_lose());
        let Some((id, live)) = lost else { return };
        if let (id, Some(report)) = (*id, live.lose(loss, for_good)) {
            self.report(page, id, report, false);
        }
    }

    /// The path that was lost carries again, by itself.
    pub fn regain_path(&mut self, page: PageIndex, peer: PeerId) {
        let lost = self.pages[page].connections.iter_mut().find(|(_, live)| live.peer == peer);
        if let Some((id, report)) = lost.and_then(|(id, live)| Some((*id, live.regain()?))) {
            self.report(page, id, report, false);
        }
    }

    /// Gives a packet to the network.
    pub fn send(&mut self, from: PeerId, to: PeerId, packet: &Packet<Body>) {
        // Nothing overtakes the word that somebody came in with an offer.
        let offers = self.page_of(from).is_some_and(|page| self.pages[page].room.me().offered.is_some());
        let earliest = if offers { self.roster_at } else { self.now };
        for delay in self.wire.carry(&mut self.rng) {
            let at = earliest.max(self.now + delay);
            self.schedule(at, What::Packet { to, from, packet: packet.clone() });
        }
    }
}

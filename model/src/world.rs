//! Pages, the network between them, a server that tells them who is there, and the clock.

mod scheduled;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use itodenwa_protocol::{Command, Config, ConnectionId, Input, Output, Report, Room, Time, Way};
use itodenwa_wire::{Body, Epoch, LeaveReason, Left, Member, Packet, PeerId, Source, Welcome};

use crate::browser::{Gathering, Profile, refusal, some_candidates};
use crate::live::{Live, Loss, Operation};
use crate::offering::Offering;
use crate::page::Page;
use crate::rng::Rng;
use crate::wire::Wire;
use scheduled::{Scheduled, What};

/// More outputs than this for one input would be a machine that runs away.
const OUTPUTS: usize = 300;
/// So would be more packets and reports than this on their way.
const QUEUE: usize = 5000;
/// This long after the last sign of somebody a page calls them silent.
const SILENT: Duration = Duration::from_secs(5);
/// After this long without faults everything has to be settled.
const PATIENCE: Duration = Duration::from_secs(180);

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

    /// Goes on until nothing more will happen by itself.
    pub fn run(&mut self) {
        let end = self.now + PATIENCE;
        while let Some(next) = self.next() {
            assert!(next <= end, "after {PATIENCE:?} it is not settled");
            self.step();
        }
    }

    pub fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.next().is_some_and(|next| next <= end) {
            self.step();
        }
        self.now = end;
    }

    /// Goes on until this is so.
    pub fn run_until(&mut self, mut so: impl FnMut(&World) -> bool) {
        while !so(self) {
            assert!(self.next().is_some(), "nothing more happens, and it is not so");
            self.step();
        }
    }

    /// A way back to all pages that are there.
    pub fn present(&self) -> Vec<PageIndex> {
        (0..self.pages.len()).filter(|page| !self.pages[*page].gone).collect()
    }

    fn next(&self) -> Option<Time> {
        let timers = self.pages.iter().filter(|page| !page.gone).filter_map(|page| page.wake);
        self.queue.peek().map(|Reverse(next)| next.at).into_iter().chain(timers).min()
    }

    fn step(&mut self) {
        let Some(next) = self.next() else { return };
        self.now = self.now.max(next);
        if self.queue.peek().is_some_and(|Reverse(first)| first.at <= next) {
            if let Some(Reverse(scheduled)) = self.queue.pop() {
                self.happen(scheduled.what);
            }
            return;
        }
        if let Some(page) = self.present().into_iter().find(|page| self.pages[*page].wake == Some(next)) {
            self.pages[page].wake = None;
            self.input(page, Input::Deadline);
        }
    }

    fn happen(&mut self, what: What) {
        match what {
            What::Packet { to, from, packet } => {
                if let Some(page) = self.page_of(to).filter(|page| !self.pages[*page].unreachable) {
                    self.input(page, Input::Packet { from, way: Way::Server, packet });
                } else if self.puppets.iter().any(|puppet| puppet.id == to) {
                    self.mail.push(packet);
                }
            }
            What::Channel { page, id, from, packet } => {
                assert!(self.pages[page].reads_packets, "a page is given a packet that it does not read");
                if !self.pages[page].gone {
                    self.input(page, Input::Packet { from, way: Way::Channel(id), packet });
                }
            }
            What::Roster { page, input } => {
                if !self.pages[page].gone && !self.pages[page].unreachable {
                    self.input(page, input);
                }
            }
            What::Execute { page, id, command } => self.execute(page, id, command),
            What::Report { page, id, report, answers } => self.report(page, id, report, answers),
            What::Gathered { page, id, gathering, place } => self.gathered(page, id, &gathering, place),
        }
    }

    /// A browser does an operation. What is closed meanwhile never settles.
    fn execute(&mut self, page: PageIndex, id: ConnectionId, command: Command) {
        let candidates = self.candidates.unwrap_or_else(|| some_candidates(&mut self.rng));
        let Page { connections, failing, refusals, gone: false, .. } = &mut self.pages[page] else { return };
        let Some(live) = connections.get_mut(&id) else { return };
        let operation = Operation::of(&command);
        let failure = failing.iter().position(|one| *one == operation).map(|place| failing.remove(place));
        let answers = command.is_waited_for();
        let result = match failure {
            Some(_) => Err(live.fail(&command)),
            None => live.execute(command, candidates).inspect_err(|(name, message)| {
                refusals.push(format!("{operation:?}: {name}: {message}"));
            }),
        };
        let (report, gathering) = result.unwrap_or_else(|exception| (refusal(!answers, exception), None));
        if let Some(gathering) = gathering {
            let mut at = self.now;
            for place in 1..=gathering.candidates + 1 {
                at = at + Duration::from_millis(self.rng.up_to(self.gathering_delay));
                self.schedule(at, What::Gathered { page, id, gathering: gathering.clone(), place });
            }
        }
        let delay = self.browser_millis();
        self.schedule(self.now + delay, What::Report { page, id, report, answers });
        self.connect(page, id);
    }

    fn report(&mut self, page: PageIndex, id: ConnectionId, report: Report, answers: bool) {
        if self.pages[page].gone {
            return;
        }
        let peer = match self.pages[page].connections.get_mut(&id) {
            Some(live) => {
                live.reported(&report, answers);
                live.peer
            }
            // What a closed connection still reports reaches the machine, too.
            None => self.pages[page].closed[&id],
        };
        self.input(page, Input::Report { peer, connection: id, report });
    }

    fn gathered(&mut self, page: PageIndex, id: ConnectionId, gathering: &Gathering, place: usize) {
        let Some(live) = self.pages[page].connections.get_mut(&id) else { return };
        if let Some(report) = live.gathered(gathering, place) {
            self.report(page, id, report, false);
        }
    }

    /// Finds a path, once both sides have each other's current descriptions and a candidate of the other.
    fn connect(&mut self, page: PageIndex, id: ConnectionId) {
        let Some(live) = self.pages[page].connections.get(&id) else { return };
        let Some(path) = live.reach() else { return };
        let back = (path.1.clone(), path.0.clone());
        let Some((other, other_id)) = self.find(page, |live| live.reach().as_ref() == Some(&back)) else { return };
        let reads_packets = self.pages[page].reads_packets && self.pages[other].reads_packets;
        for (page, id, path) in [(page, id, path), (other, other_id, back)] {
            let Some(live) = self.pages[page].connections.get_mut(&id) else { continue };
            let mut at = self.now;
            for report in live.take_path(path, reads_packets) {
                at = at + self.browser_millis();
                self.schedule(at, What::Report { page, id, report: report.clone(), answers: false });
            }
        }
    }

    /// Does what a machine wants done, and checks what has to hold after every step.
    fn follow(&mut self, page: PageIndex) {
        let mut outputs = 0;
        while let Some(output) = self.pages[page].room.poll() {
            outputs += 1;
            assert!(outputs <= OUTPUTS, "more than {OUTPUTS} outputs for one input");
            if self.trace {
                eprintln!("{:>7} page {page} -> {output:?}", self.now.as_millis());
            }
            self.output(page, output);
        }
        let Page { room, media, connections, deadline, wake, .. } = &mut self.pages[page];
        for (peer, media) in media {
            let on = |(id, _): &(ConnectionId, String)| connections.contains_key(id);
            assert!(media.values().all(on), "media of {peer} without its connection");
        }
        let wanted = room.deadline();
        if wanted != *deadline || wake.is_none() {
            // The same moment once more, after it came: the machine would spin.
            let spins = wake.is_none() && wanted.is_some() && wanted == *deadline && wanted < Some(self.now);
            assert!(!spins, "the deadline {wanted:?} stays although it came");
            *deadline = wanted;
            let late = Duration::from_millis(self.rng.up_to(self.timer_delay));
            *wake = wanted.map(|at| at.max(self.now) + late);
        }
    }

    fn output(&mut self, page: PageIndex, output: Output) {
        assert!(!self.pages[page].gone, "after the end: {output:?}");
        match output {
            Output::Send { to, way, packet } => {
                let sender = &mut self.pages[page];
                sender.sent += 1;
                sender.relayed += usize::from(way == Way::Server);
                sender.said = sender.said.max(packet.seq);
                match way {
                    Way::Server if self.pages[page].unreachable => {}
                    Way::Server => self.send(self.pages[page].id(), to, &packet),
                    Way::Channel(id) => self.send_through(page, id, &packet),
                }
            }
            Output::Command { connection, command: Command::Close, .. } => self.close(page, connection),
            Output::Command { peer, connection, command } => {
                self.connections += 1;
                self.pages[page].begin(peer, connection, &command, self.connections);
                if command.is_waited_for() {
                    let delay = self.browser_millis();
                    self.schedule(self.now + delay, What::Execute { page, id: connection, command });
                } else {
                    self.execute(page, connection, command);
                }
            }
            Output::Event(event) => self.pages[page].observe(event),
            Output::Entry(entry) => self.pages[page].timeline.push(entry),
        }
    }

    /// A page is gone, and its connections carry nothing any more: the others notice after a while.
    fn fall_silent(&mut self, page: PageIndex) {
        let ends: Vec<_> =
            self.pages[page].connections.values().filter_map(|live| self.other_end(page, live)).collect();
        for (other, id) in ends {
            let live = self.pages[other].connections.get_mut(&id).expect("it was just found");
            if let Some(report) = live.lose(Loss::Silent, true) {
                self.schedule(self.now + SILENT, What::Report { page: other, id, report, answers: false });
            }
        }
    }

    /// Gives a packet to the channel of a connection.
    fn send_through(&mut self, page: PageIndex, id: ConnectionId, packet: &Packet<Body>) {
        let live = &self.pages[page].connections[&id];
        let Some((other, other_id)) = self.other_end(page, live).filter(|_| live.carries()) else { return };
        let other_live = &self.pages[other].connections[&other_id];
        if other_live.carries() && other_live.channel_open {
            let from = other_live.peer;
            for delay in self.channel.carry(&mut self.rng) {
                let packet = packet.clone();
                self.schedule(self.now + delay, What::Channel { page: other, id: other_id, from, packet });
            }
        }
    }

    /// The page and the connection at the other end of this one.
    fn other_end(&self, page: PageIndex, live: &Live) -> Option<(PageIndex, ConnectionId)> {
        let (mine, theirs) = live.path.clone()?;
        let back = Some((theirs, mine));
        self.find(page, |live| live.path == back)
    }

    /// A connection of another page.
    fn find(&self, page: PageIndex, is: impl Fn(&Live) -> bool) -> Option<(PageIndex, ConnectionId)> {
        self.present().into_iter().filter(|other| *other != page).find_map(|other| {
            let found = self.pages[other].connections.iter().find(|(_, live)| is(live));
            found.map(|(id, _)| (other, *id))
        })
    }

    /// Closes a connection; the other side sees its channel close.
    fn close(&mut self, page: PageIndex, id: ConnectionId) {
        let live = self.pages[page].connections.remove(&id).expect("what is closed was open");
        self.pages[page].closed.insert(id, live.peer);
        if let Some((other, id)) = self.other_end(page, &live) {
            // What its browser has to tell of the channel comes first.
            let is_open = self.pages[other].connections[&id].channel_open;
            let after = Duration::from_millis(if is_open { 0 } else { 4 * self.browser_delay });
            let delay = after + self.browser_millis();
            self.schedule(
                self.now + delay,
                What::Report { page: other, id, report: Report::ChannelClosed, answers: false },
            );
        }
    }

    /// The server tells everybody else, in order.
    fn announce(&mut self, about: PeerId, input: &Input) {
        for page in self.present() {
            if self.pages[page].id() != about {
                let at = self.now + Duration::from_millis(1 + self.rng.up_to(self.wire.delay));
                self.roster_at = self.roster_at.max(at);
                self.schedule(self.roster_at, What::Roster { page, input: input.clone() });
            }
        }
    }

    fn browser_millis(&mut self) -> Duration {
        Duration::from_millis(self.rng.up_to(self.browser_delay))
    }

    fn schedule(&mut self, at: Time, what: What) {
        assert!(self.queue.len() < QUEUE, "more than {QUEUE} things are on their way");
        self.order += 1;
        self.queue.push(Reverse(Scheduled { at, order: self.order, what }));
    }
}

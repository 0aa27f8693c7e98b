//! What happens next, and what a page is told of it.

use std::cmp::Reverse;
use std::time::Duration;

use itodenwa_protocol::{Command, ConnectionId, Input, Output, Report, Time, Way};
use itodenwa_wire::{Body, Packet, PeerId};

use super::scheduled::{Scheduled, What};
use super::{PageIndex, World};
use crate::browser::{Gathering, refusal, some_candidates};
use crate::live::{Live, Loss, Operation};
use crate::page::Page;

/// More outputs than this for one input would be a machine that runs away.
const OUTPUTS: usize = 300;
/// So would be more packets and reports than this on their way.
const QUEUE: usize = 5000;
/// This long after the last sign of somebody a page calls them silent.
const SILENT: Duration = Duration::from_secs(5);
/// After this long without faults everything has to be settled.
const PATIENCE: Duration = Duration::from_secs(180);

impl World {
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

    pub(super) fn report(&mut self, page: PageIndex, id: ConnectionId, report: Report, answers: bool) {
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
    pub(super) fn follow(&mut self, page: PageIndex) {
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
    pub(super) fn fall_silent(&mut self, page: PageIndex) {
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
    pub(super) fn announce(&mut self, about: PeerId, input: &Input) {
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

    pub(super) fn schedule(&mut self, at: Time, what: What) {
        assert!(self.queue.len() < QUEUE, "more than {QUEUE} things are on their way");
        self.order += 1;
        self.queue.push(Reverse(Scheduled { at, order: self.order, what }));
    }
}

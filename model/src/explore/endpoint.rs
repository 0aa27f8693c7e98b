//! One side of a pair: a page, and what is on its way to it from its own browser and from the server.

use std::collections::VecDeque;
use std::time::Duration;

use itodenwa_protocol::{Command, Config, ConnectionId, Event, Input, Output, Report, Room, Time, TroubleCode, Way};
use itodenwa_wire::{Body, Epoch, Member, Packet, PeerId, Source, Welcome};

use super::ack_checker::AckChecker;
use super::plan::{Browser, Offers, Over, Plan};
use crate::browser::{Gathering, refusal};
use crate::live::{Live, Loss, Path};
use crate::offering::Offering;
use crate::page::Page;

/// More outputs than this for one input would be a machine that runs away.
const OUTPUTS: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    page: Page,
    peer: PeerId,
    operation: Option<Operation>,
    /// Gatherings that go on, and which candidate each finds next.
    gatherings: Vec<(Gathering, usize)>,
    /// What the browser tells next, in order.
    reports: Vec<Report>,
    /// What the server tells next, in order.
    roster: VecDeque<Member>,
    acks: AckChecker,
    /// Candidates that a gathering finds.
    candidates: usize,
    browser: Browser,
    /// Packets go through the channel, too.
    two_ways: bool,
    /// Others may come in with offers.
    offers: bool,
    /// What its clock always shows: what is longer ago is all the same.
    now: Time,
}

/// Whom it will be connected with.
#[derive(Debug, Clone)]
pub enum Peer {
    There(Member),
    Awaited(PeerId),
}

/// The operation in flight.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Operation {
    Given(Command),
    /// It is done, and what it began goes on, but the page does not know it yet.
    Done(Report),
}

/// Something that happens to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Happening {
    /// A packet arrives.
    Packet(Over, Packet<Body>),
    /// The operation in flight is done, or reported.
    Operate,
    /// The operation in flight fails, for no fault of anybody.
    Fail,
    /// The gathering at this place finds the next candidate, or is complete.
    Gather(usize),
    /// What the browser reports is heard: these are tasks one right after the other.
    Hear,
    /// The server's next message is heard.
    Learn,
    /// The server sends: somebody came in.
    Announce(Member),
    /// Both sides can reach each other by this path.
    Path(Path),
    /// The other side closed the connection that had this path.
    Closed(Path),
    /// The connection's channel breaks.
    Break,
    /// The path is lost; whether no other one will carry either.
    Lose(Loss, bool),
    /// Time passes.
    Pass(Duration),
    /// The application switches a source.
    Switch(Source),
    /// The application wants new paths.
    RestartIce,
}

/// What came of it for others.
#[derive(Debug, Default)]
pub struct Outcome {
    pub packets: Vec<(Over, Packet<Body>)>,
    /// A connection with this path was closed.
    pub closed: Option<Path>,
    /// The steps of the call, by the tutorial's names.
    pub steps: Vec<String>,
}

impl Outcome {
    fn add(&mut self, later: Outcome) {
        self.packets.extend(later.packets);
        self.closed = self.closed.take().or(later.closed);
        self.steps.extend(later.steps);
    }
}

impl Endpoint {
    /// Somebody comes in.
    pub fn join(me: Member, peer: Peer, side: usize, plan: &Plan) -> (Self, Outcome) {
        let (config, ice) = (plan.config(side), plan.ice[side]);
        let (peer, members) = match peer {
            Peer::There(member) => (member.id, vec![member]),
            Peer::Awaited(id) => (id, Vec::new()),
        };
        let (handed_over, offering) = me.offered.and_then(|_| offer(&me, peer, &config, plan)).unzip();
        let (offer, offering) = offering.map(|Offering { offer, connection }| (offer, connection)).unzip();
        let theirs = members.first().map_or(0, |member: &Member| member.session);
        let acks = AckChecker::new(Epoch::of_session(me.session), Epoch::of_session(theirs));
        let welcome = Welcome::new(me, members);
        // A machine remembers the offers of two seconds, and for twenty that a connection does not carry.
        let now = Time::from_millis(if plan.heals { 30_000 } else { 2_000 });
        let offer = offer.filter(|_| plan.offers == Some(Offers::Kept));
        let room = Room::offering(config, &welcome, offer, now).without_pacing();
        let room = if plan.heals { room } else { room.without_healing() };
        let mut endpoint = Endpoint {
            page: Page { offering, ..Page::new(room, ice, plan.profile) },
            peer,
            operation: None,
            gatherings: Vec::new(),
            reports: Vec::new(),
            roster: VecDeque::new(),
            acks,
            candidates: plan.candidates,
            browser: plan.browser,
            two_ways: plan.two_ways,
            offers: plan.offers.is_some(),
            now,
        };
        let mut outcome = handed_over.unwrap_or_default();
        outcome.add(endpoint.follow());
        endpoint.settle(&mut outcome);
        (endpoint, outcome)
    }

    pub fn page(&self) -> &Page {
        &self.page
    }

    pub fn me(&self) -> &Member {
        self.page.room.me()
    }

    /// What can happen here by itself, without time.
    pub fn possible(&self) -> Vec<Happening> {
        let learn = self.roster.front().map(|_| Happening::Learn);
        self.browser_steps().chain(learn).collect()
    }

    fn browser_steps(&self) -> impl Iterator<Item = Happening> + use<> {
        let operate = self.operation.as_ref().map(|_| Happening::Operate);
        let gather = (0..self.gatherings.len()).map(Happening::Gather);
        let hear = self.reports.first().map(|_| Happening::Hear);
        operate.into_iter().chain(gather).chain(hear)
    }

    /// A quick browser does what it has to do at once.
    fn settle(&mut self, outcome: &mut Outcome) {
        while self.browser == Browser::Quick
            && let Some(step) = self.browser_steps().next()
        {
            outcome.add(self.step(step));
        }
    }

    /// Whether an operation is in flight that may fail.
    pub fn may_fail(&self) -> bool {
        matches!(self.operation, Some(Operation::Given(_)))
    }

    /// Whether there is a channel that may break.
    pub fn may_break(&self) -> bool {
        self.live().is_some_and(|(_, live)| live.channel_open) && self.reports.is_empty()
    }

    /// Whether there is a path that may be lost.
    pub fn may_lose(&self) -> bool {
        self.live().is_some_and(|(_, live)| live.may_lose()) && self.reports.is_empty()
    }

    /// How long until the machine wants to be woken.
    pub fn wait(&self) -> Option<Duration> {
        self.page.room.deadline().map(|deadline| deadline - self.now)
    }

    /// Whether the channel takes packets, and they arrive as far as this side is concerned.
    pub fn channel_carries(&self) -> bool {
        self.live().is_some_and(|(_, live)| live.takes_packets && live.carries())
    }

    /// Where it could be reached, and the path that it has.
    pub fn paths(&self) -> (Option<Path>, Option<Path>) {
        self.live().map_or((None, None), |(_, live)| (live.reach(), live.path.clone()))
    }

    /// Lets something happen. Panics if a property is broken by it.
    pub fn happen(&mut self, happening: Happening) -> Outcome {
        let mut outcome = self.step(happening);
        self.settle(&mut outcome);
        outcome
    }

    fn step(&mut self, happening: Happening) -> Outcome {
        match happening {
            Happening::Packet(over, packet) => {
                let way = match (over, self.live()) {
                    (Over::Channel, Some((id, _))) => Way::Channel(id),
                    (Over::Channel, None) => return Outcome::default(),
                    (Over::Server, _) => Way::Server,
                };
                let mut outcome = Outcome::default();
                // Nothing that the server passes on overtakes its word that somebody came in.
                while self.offers && way == Way::Server && !self.roster.is_empty() {
                    outcome.add(self.step(Happening::Learn));
                }
                self.acks.arrives(&packet);
                outcome.add(self.input(self.now, Input::Packet { from: self.peer, way, packet }));
                outcome
            }
            Happening::Operate => self.operate(),
            Happening::Fail => self.fail(),
            Happening::Gather(place) => self.gather(place),
            Happening::Hear => {
                let mut outcome = Outcome::default();
                for report in std::mem::take(&mut self.reports) {
                    outcome.add(self.report(report, false));
                }
                outcome
            }
            Happening::Learn => match self.roster.pop_front() {
                Some(member) => {
                    self.acks.learn(Epoch::of_session(member.session));
                    self.input(self.now, Input::Joined(member))
                }
                None => Outcome::default(),
            },
            Happening::Announce(member) => {
                self.roster.push_back(member);
                Outcome::default()
            }
            Happening::Path(path) => {
                if let Some((_, live)) = self.page.connections.iter_mut().next() {
                    self.reports.extend(live.take_path(path, self.two_ways).iter().cloned());
                }
                Outcome::default()
            }
            Happening::Closed((theirs, mine)) => {
                let path = Some((mine, theirs));
                if self.live().is_some_and(|(_, live)| live.path == path && live.channel_open) {
                    self.reports.push(Report::ChannelClosed);
                }
                Outcome::default()
            }
            Happening::Break => self.report(Report::ChannelClosed, false),
            Happening::Lose(loss, for_good) => {
                let live = self.page.connections.values_mut().next();
                let seen = live.and_then(|live| live.lose(loss, for_good));
                seen.map(|report| self.report(report, false)).unwrap_or_default()
            }
            Happening::Pass(time) => self.pass(time),
            Happening::Switch(source) => {
                let on = !self.page.room.sources().contains(&source);
                self.input(self.now, Input::SetSource { source, on })
            }
            Happening::RestartIce => self.input(self.now, Input::RestartIce(self.peer)),
        }
    }

    fn live(&self) -> Option<(ConnectionId, &Live)> {
        self.page.connections.iter().next().map(|(id, live)| (*id, live))
    }

    fn operate(&mut self) -> Outcome {
        let report = match self.operation.take() {
            None => return Outcome::default(),
            Some(Operation::Done(report)) => report,
            Some(Operation::Given(command)) => {
                let (_, live) = self.page.connections.iter_mut().next().expect("an operation has a connection");
                let done = live.execute(command.clone(), self.candidates);
                let (report, gathering) = done.unwrap_or_else(|why| panic!("{command:?} was refused: {why:?}"));
                let Some(gathering) = gathering else { return self.report(report, true) };
                self.gatherings.push((gathering, 1));
                self.operation = Some(Operation::Done(report));
                return Outcome::default();
            }
        };
        self.report(report, true)
    }

    /// The browser adds a candidate, or hears that there are no more.
    fn add(&mut self, command: Command) {
        let (_, live) = self.page.connections.iter_mut().next().expect("a candidate has a connection");
        live.execute(command.clone(), 0).unwrap_or_else(|why| panic!("{command:?} was refused: {why:?}"));
    }

    fn fail(&mut self) -> Outcome {
        let Some(Operation::Given(command)) = self.operation.take() else { return Outcome::default() };
        let (_, live) = self.page.connections.iter_mut().next().expect("an operation has a connection");
        let exception = live.fail(&command);
        self.report(refusal(false, exception), true)
    }

    fn gather(&mut self, place: usize) -> Outcome {
        let (gathering, next) = &mut self.gatherings[place];
        let (gathering, now) = (gathering.clone(), std::mem::replace(next, *next + 1));
        if now > gathering.candidates {
            self.gatherings.remove(place);
        }
        let Some((_, live)) = self.page.connections.iter_mut().next() else { return Outcome::default() };
        match live.gathered(&gathering, now) {
            Some(report) => self.report(report, false),
            None => {
                self.gatherings.retain(|(other, _)| *other != gathering);
                Outcome::default()
            }
        }
    }

    fn report(&mut self, report: Report, answers: bool) -> Outcome {
        let Some((id, live)) = self.page.connections.iter_mut().next() else { return Outcome::default() };
        live.reported(&report, answers);
        let (peer, connection) = (live.peer, *id);
        self.input(self.now, Input::Report { peer, connection, report })
    }

    fn pass(&mut self, time: Duration) -> Outcome {
        let now = self.now + time;
        let due = self.page.room.deadline().is_some_and(|deadline| deadline <= now);
        let outcome = if due { self.input(now, Input::Deadline) } else { Outcome::default() };
        let next = self.page.room.deadline();
        assert!(!due || next.is_none_or(|next| next > now), "a deadline stays although it came");
        self.page.room.rebase(time);
        outcome
    }

    fn input(&mut self, now: Time, input: Input) -> Outcome {
        self.page.room.handle(now, input);
        self.follow()
    }

    /// Does what the machine wants done, and checks what has to hold.
    fn follow(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut outputs = 0;
        while let Some(output) = self.page.room.poll() {
            outputs += 1;
            assert!(outputs <= OUTPUTS, "more than {OUTPUTS} outputs for one input");
            match output {
                Output::Send { way, packet, .. } => {
                    self.acks.sends(&packet);
                    outcome.packets.push((way.into(), packet));
                }
                Output::Command { connection, command: Command::Close, .. } => {
                    let live = self.page.connections.remove(&connection).expect("what is closed was open");
                    outcome.closed = outcome.closed.or(live.path);
                    // What is closed settles nothing and tells nothing.
                    self.operation = None;
                    self.gatherings.clear();
                    self.reports.clear();
                }
                Output::Command { peer, connection, command } => {
                    let number = number(self.page.room.me(), peer, connection.get());
                    self.page.begin(peer, connection, &command, number);
                    if command.is_waited_for() {
                        self.operation = Some(Operation::Given(command));
                    } else {
                        self.add(command);
                    }
                }
                Output::Event(event) => {
                    if let Event::Trouble(trouble) = &event {
                        assert!(!trouble.detail.contains("out of turn"), "two offers met");
                        assert!(trouble.code != TroubleCode::GivenUp, "given up");
                    }
                    self.page.observe(event);
                }
                Output::Entry(entry) => {
                    self.acks.notes(&entry.step);
                    let detail = entry.step.detail();
                    let space = if detail.is_empty() { "" } else { " " };
                    outcome.steps.push(format!("{}{space}{detail}", entry.step.name()));
                }
            }
        }
        self.page.events.clear();
        outcome
    }
}

/// Names a connection.
fn number(me: &Member, peer: PeerId, connection: u32) -> u32 {
    (me.session * 100 + connection) * 2 + u32::from(me.id < peer)
}

/// The offer of somebody who comes in, and what the server hands over of it.
fn offer(me: &Member, peer: PeerId, config: &Config, plan: &Plan) -> Option<(Outcome, Offering)> {
    let offering = Offering::new(config, plan.profile, number(me, peer, 0), plan.candidates)?;
    let (from_epoch, to_epoch) = (Epoch::of_session(me.session), Epoch::of_session(me.offered?));
    let packet = |(seq, body)| (Over::Server, Packet { from_epoch, to_epoch, seq, ack: 0, body: Some(body) });
    let packets = (1..).zip(offering.offer.bodies()).map(packet).collect();
    Some((Outcome { packets, ..Outcome::default() }, offering))
}

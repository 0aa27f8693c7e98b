//! One room, and everything around it played by a fuzzer: the other members, the browser, the clock. Whatever they do, what
//! comes out of the room has to make sense, and has to have an end.

mod browser;
mod line;
pub(crate) mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use arbitrary::Arbitrary;
use itodenwa_model::browser::Profile;
use itodenwa_model::page::Page;
use itodenwa_model::{ANN, BEN, CAT};
use itodenwa_protocol::{
    Command, Config, ConnectionId, ConnectionState, Event, Input, Output, Report, Room, Time, Way,
};
use itodenwa_wire::limits::{CANDIDATES_PER_FRAGMENT, HELD_PACKETS, UNACKNOWLEDGED_PACKETS};
use itodenwa_wire::{Body, Member, Packet, PeerId, Welcome};

use browser::Browser;
use line::Line;

/// Each packet that is held may be answered by a few outputs, all at once; more would be a machine that runs away.
const OUTPUTS: usize = 8 * HELD_PACKETS + 300;
/// What a room keeps for one member, in texts of the size of the largest that it was given.
const KEPT: usize = HELD_PACKETS + UNACKNOWLEDGED_PACKETS + CANDIDATES_PER_FRAGMENT + 16;
/// What it keeps besides, in bytes of its debug output.
const BESIDES: usize = 16 * 1024;
/// After this many inputs a play is over: another one says more.
const INPUTS: usize = 6000;
/// A room sends so many packets, and one more in each of these, whatever comes: a server counts them.
const PACKETS: u64 = 150;
const PACKET_MILLIS: u64 = 25;
/// And it takes so many from each channel at once.
const CHANNEL_PACKETS: u64 = 200;
/// After this long a room may make a connection again, in milliseconds.
const RATES_FULL_AFTER: u64 = 15_000;
/// How long a newcomer waits at most, in milliseconds.
const NEWCOMER_WAITS: u64 = 2_000;
/// One leads the pair with the room, the other follows.
const PEERS: [PeerId; 2] = [ANN, CAT];

/// How often something is done: mostly a few times, sometimes more often than anything is kept.
#[derive(Debug, Arbitrary)]
pub(crate) struct Times(u8);

impl Times {
    pub(crate) fn count(&self) -> u32 {
        match self.0 {
            few @ ..160 => u32::from(few % 8),
            many @ 160..250 => many.into(),
            250.. => 2048,
        }
    }
}

pub(crate) struct Bench {
    /// The model's, for its rules of what is asked of a page; its browsers are not used.
    page: Page,
    now: Time,
    browsers: BTreeMap<ConnectionId, Browser>,
    lines: BTreeMap<PeerId, Line>,
    /// Of all texts that the room was given.
    largest: usize,
    inputs: usize,
    /// Packets of the room, before it left.
    sent: u64,
    /// Connections whose other side said that it reads packets.
    readers: BTreeSet<ConnectionId>,
    /// Packets that came over channels.
    channelled: u64,
}

impl Bench {
    /// A room with a member that leads and one that follows.
    pub(crate) fn new(config: Config) -> Self {
        let member = |id: PeerId| Member { id, session: id.get() as u32, name: None, pass: None, offered: None };
        let (me, members) = (member(BEN), PEERS.map(member).to_vec());
        let lines = members.iter().map(|peer| (peer.id, Line::new(me.session, peer.session))).collect();
        let welcome = Welcome::new(me, members);
        let now = Time::from_millis(1);
        let ice = config.ice;
        let page = Page::new(Room::new(config, &welcome, now), ice, Profile::Firefox);
        let mut bench = Bench {
            page,
            now,
            browsers: BTreeMap::new(),
            lines,
            largest: 100,
            inputs: 0,
            sent: 0,
            readers: BTreeSet::new(),
            channelled: 0,
        };
        bench.follow(None);
        bench
    }

    /// Whether there were not too many inputs yet.
    pub(crate) fn goes_on(&self) -> bool {
        self.inputs < INPUTS
    }

    /// One of the members.
    pub(crate) fn peer(number: u8) -> PeerId {
        PEERS[usize::from(number) % PEERS.len()]
    }

    pub(crate) fn line(&self, peer: PeerId) -> &Line {
        &self.lines[&peer]
    }

    pub(crate) fn connection(&self, peer: PeerId) -> Option<ConnectionId> {
        self.page.with(peer).map(|(id, _)| id)
    }

    pub(crate) fn is_there(&self, peer: PeerId) -> bool {
        self.page.members.contains_key(&peer)
    }

    /// The signalling is back after a gap.
    pub(crate) fn signaling_back(&mut self) {
        let back = self.page.signaling_back();
        self.input(back);
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.inputs += 1;
        self.do_what_is_due();
        let about = match &input {
            Input::Packet { from, way, packet } => {
                self.largest = self.largest.max(format!("{:?}", packet.body).len());
                if self.is_there(*from) && self.takes(*from, *way, packet) {
                    self.line_mut(*from).heard(packet);
                }
                Some(*from)
            }
            Input::Report { peer, connection, report } => {
                if *report == Report::ReadsPackets {
                    self.readers.insert(*connection);
                }
                self.largest = self.largest.max(format!("{report:?}").len());
                Some(*peer)
            }
            Input::Joined(member) => {
                self.line_mut(member.id).joined(member.session);
                Some(member.id)
            }
            Input::Left(left) => Some(left.id),
            _ => None,
        };
        self.page.room.handle(self.now, input);
        self.follow(about);
    }

    /// This comes over a channel, if not too many came: a room takes so many, and what is more is as if it were lost.
    pub(crate) fn through_channel(&mut self, from: PeerId, is_current: bool, packet: Packet<Body>) {
        let closed = self.page.closed.keys().next_back().copied();
        let connection = if is_current { self.connection(from) } else { closed };
        let Some(connection) = connection.filter(|_| self.channelled < CHANNEL_PACKETS) else { return };
        self.channelled += 1;
        self.input(Input::Packet { from, way: Way::Channel(connection), packet });
    }

    /// Whether a packet tells the link anything: over a channel it is for the connection that there is, or dropped, and who somebody
    /// is to the server is no affair of the link.
    fn takes(&self, from: PeerId, way: Way, packet: &Packet<Body>) -> bool {
        if matches!(packet.body, Some(Body::Rejoined(_))) {
            return false;
        }
        let Way::Channel(id) = way else { return true };
        let line = self.line(from);
        self.connection(from) == Some(id)
            && self.readers.contains(&id)
            && (packet.from_epoch, packet.to_epoch) == (line.theirs, line.mine)
    }

    /// What is due comes first, and may be about anybody.
    fn do_what_is_due(&mut self) {
        if self.page.room.deadline().is_some_and(|at| at <= self.now) {
            self.page.room.handle(self.now, Input::Deadline);
            self.follow(None);
        }
    }

    /// Says this to the room, as the next thing in order and with all acknowledgements.
    pub(crate) fn say(&mut self, from: PeerId, body: Body) {
        let packet = self.line(from).next(Some(body));
        self.input(Input::Packet { from, way: Way::Server, packet });
    }

    pub(crate) fn wait(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
    }

    /// The moment comes that the room wants to be woken at.
    pub(crate) fn wake(&mut self) {
        let Some(deadline) = self.page.room.deadline() else { return };
        self.now = self.now.max(deadline);
        self.input(Input::Deadline);
        let next = self.page.room.deadline();
        assert!(next.is_none_or(|next| next > self.now), "{next:?} is wanted again, and it is {:?}", self.now);
    }

    /// The browser does what it was asked, or refuses to; tells whether it was asked anything.
    pub(crate) fn answer(&mut self, peer: PeerId, granted: bool) -> bool {
        self.do_what_is_due();
        let Some(connection) = self.connection(peer) else { return false };
        let Some(report) = self.browsers.get_mut(&connection).and_then(|browser| browser.answer(granted)) else {
            return false;
        };
        self.page.connections.get_mut(&connection).expect("it is there").in_flight = false;
        self.input(Input::Report { peer, connection, report });
        true
    }

    /// The browser tells something that it was not asked. Nothing if that would be the answer to what it was asked.
    pub(crate) fn report(&mut self, peer: PeerId, report: Report) {
        self.do_what_is_due();
        let Some(connection) = self.connection(peer) else { return };
        if self.browsers.get(&connection).is_some_and(|browser| !browser.awaits(&report)) {
            self.input(Input::Report { peer, connection, report });
        }
    }

    /// What a connection still tells that was closed.
    pub(crate) fn report_closed(&mut self, report: Report) {
        let Some((connection, peer)) = self.page.closed.last_key_value() else { return };
        let (connection, peer) = (*connection, *peer);
        self.input(Input::Report { peer, connection, report });
    }

    /// However it went: the room did not keep too much, who comes anew is given a new connection, and after leaving nothing
    /// is left.
    pub(crate) fn end(mut self) {
        let kept = format!("{:?}", self.page.room).len();
        let most = self.lines.len() * KEPT * self.largest + BESIDES;
        assert!(kept <= most, "the room keeps {kept} bytes, of texts of {} at most", self.largest);
        for peer in PEERS {
            // A peer that names a session that no server gives hurts itself.
            let Some(session) = self.line(peer).newer_session() else { continue };
            // A peer has a rate of connections, and so have all together.
            self.wait(RATES_FULL_AFTER);
            // What waited for that comes first.
            self.input(Input::Deadline);
            self.wait(RATES_FULL_AFTER);
            let before = self.connection(peer);
            self.input(Input::Joined(Member { id: peer, session, name: None, pass: None, offered: None }));
            // While somebody is away a newcomer may be them.
            self.wait(NEWCOMER_WAITS);
            self.input(Input::Deadline);
            let connection = self.connection(peer);
            assert!(connection.is_some() && connection != before, "{peer} came anew, and there is no new connection");
        }
        self.input(Input::Leave);
        self.page.gone = true;
        assert!(self.page.connections.is_empty(), "after leaving there is {:?}", self.page.connections);
        assert!(self.page.media.values().all(BTreeMap::is_empty), "after leaving there is {:?}", self.page.media);
        assert_eq!(self.page.room.deadline(), None, "after leaving nothing is wanted");
        for peer in PEERS {
            self.say(peer, Body::Hello);
        }
        self.signaling_back();
        self.input(Input::Deadline);
    }

    fn line_mut(&mut self, peer: PeerId) -> &mut Line {
        self.lines.get_mut(&peer).expect("nobody else is there")
    }

    /// Looks at what comes out; if what came in was about one member, so is what comes out.
    fn follow(&mut self, about: Option<PeerId>) {
        for number in 0.. {
            let Some(output) = self.page.room.poll() else { break };
            assert!(number < OUTPUTS, "more than {OUTPUTS} outputs for one input");
            assert!(!self.page.gone, "after leaving: {output:?}");
            let concerns = about.is_none_or(|peer| peer == concerns(&output));
            assert!(concerns || waited(&output), "of another member: {output:?}");
            self.output(output);
        }
        for (id, _) in self.page.media.values().flat_map(BTreeMap::values) {
            assert!(self.page.connections.contains_key(id), "media without its connection");
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Send { to, way, packet } => {
                if let Way::Channel(id) = way {
                    assert_eq!(self.connection(to), Some(id), "{packet:?} for a channel that is not there");
                    assert!(self.readers.contains(&id), "{packet:?} for somebody who does not read it");
                }
                self.sent += u64::from(packet.body != Some(Body::Bye));
                // The last one may go both ways.
                let most = 1 + PACKETS + self.now.as_millis() / PACKET_MILLIS;
                assert!(self.sent <= most, "{} packets in {} ms", self.sent, self.now.as_millis());
                self.line_mut(to).said(packet);
            }
            Output::Command { peer, connection, command: Command::Close } => {
                self.page.connections.remove(&connection).expect("what is closed was open");
                self.page.closed.insert(connection, peer);
                self.browsers.remove(&connection);
            }
            Output::Command { peer, connection, command } => {
                self.page.begin(peer, connection, &command, 0);
                let browser = self.browsers.entry(connection).or_default();
                match &command {
                    Command::SetOffer { sdp } => self.lines[&peer].demand_offer(sdp),
                    Command::SetAnswer { sdp } => self.lines[&peer].demand_answer(browser.offers, sdp),
                    _ => {}
                }
                browser.begin(command);
            }
            Output::Event(event) => {
                if let Event::Left(left) = &event {
                    self.line_mut(left.id).left();
                }
                self.page.observe(event);
            }
            Output::Entry(_) => {}
        }
    }
}

/// What may have waited for its turn among all members.
fn waited(output: &Output) -> bool {
    matches!(
        output,
        Output::Send { .. }
            | Output::Command { command: Command::Open, .. }
            | Output::Event(Event::Connection { state: ConnectionState::New, .. })
            | Output::Entry(_)
    )
}

/// Whom an output is about.
fn concerns(output: &Output) -> PeerId {
    match output {
        Output::Send { to, .. } => *to,
        Output::Command { peer, .. } => *peer,
        Output::Entry(entry) => entry.peer,
        Output::Event(event) => match event {
            Event::Joined(member) => member.id,
            Event::Left(left) => left.id,
            Event::Renamed { peer, .. } => peer.unwrap_or(PeerId::new(0)),
            Event::Away { peer, .. }
            | Event::Connection { peer, .. }
            | Event::MediaOn { peer, .. }
            | Event::MediaOff { peer, .. } => *peer,
            Event::Trouble(trouble) => trouble.peer,
        },
    }
}

/// A packet outside of the order.
pub(crate) fn outside(packet: &Packet<Body>) -> bool {
    matches!(packet.body, None | Some(Body::Hello | Body::Bye | Body::Rejoined(_)))
}

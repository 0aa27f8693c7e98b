//! One other member: the link to it, the connection to it, and what is done when one of them breaks.

mod presence;
mod recovery;
mod ways;

use std::collections::VecDeque;
use std::time::Duration;

use itodenwa_wire::{Body, Epoch, Media, Member, Packet, PeerId, Source};

use crate::config::IceMode;
use crate::event::{Command, ConnectionId, ConnectionState, Event, Output, Report, Trouble, TroubleCode, Way, send};
use crate::health::Health;
use crate::link::{Link, Received};
use crate::media::ordered;
use crate::negotiator::{Effect, Negotiator};
use crate::rate::Rate;
use crate::remote_media::{MediaChange, RemoteMedia};
use crate::time::Time;
use crate::timeline::{Entry, Step};
use crate::turn::Role;
use presence::Identity;
pub(crate) use presence::Presence;
use ways::PacketChannel;

/// A peer that closed its connection says why within this time, or a new one is made.
const CLOSED_GRACE: Duration = Duration::from_secs(2);

/// Connections to one peer: so many at once, and then one more in each interval.
const CONNECTIONS: u32 = 12;
const CONNECTION_INTERVAL: Duration = Duration::from_secs(10);
/// Packets to one peer: two calls of all candidates at once, and then five a second.
const PACKETS: u32 = 64;
const PACKET_INTERVAL: Duration = Duration::from_millis(200);

/// What a pair needs of its room.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Time,
    /// Us.
    pub(crate) me: &'a Member,
    pub(crate) ice: IceMode,
    pub(crate) heals: bool,
    /// What comes has a rate.
    pub(crate) is_paced: bool,
    /// Our sources that are on.
    pub(crate) on: &'a [Source],
    /// Those that have a place whether they are on or not.
    pub(crate) places: &'a [Source],
    pub(crate) outputs: &'a mut VecDeque<Output>,
}

/// One other member.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    peer: PeerId,
    role: Role,
    link: Link,
    /// The incarnations between which the first offer is that of the other side, because it came with its join.
    offered: Option<(Epoch, Epoch)>,
    state: State,
    /// Connections made since the last one that connected.
    attempts: usize,
    /// A peer that comes anew all the time makes us open connections, and they are scarce.
    connections: Rate,
    /// Of packets to this peer, whatever they are for: what it sends makes no more of them.
    packets: Rate,
    media: RemoteMedia,
    /// Bodies that were not understood.
    unknown: u32,
    pub(crate) identity: Identity,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    /// There is no connection; one is made at this time.
    Waiting {
        until: Time,
        /// Our incarnation had a connection: the next one is of a new incarnation.
        renew: bool,
    },
    /// There is a connection.
    Live { id: ConnectionId, negotiator: Box<Negotiator>, health: Option<Health>, channel: Option<PacketChannel> },
    /// There is no connection, and none is made until the other side comes anew.
    Over,
    /// Nor is there one here; another try is made on demand, and when the signalling was away.
    GivenUp,
}

impl Pair {
    pub(crate) fn new(me: &Member, peer: &Member, now: Time) -> Self {
        Pair {
            peer: peer.id,
            role: Role::of(me.id, peer.id),
            link: Link::new(Epoch::of_session(me.session), Epoch::of_session(peer.session)),
            offered: offered(me, peer),
            // Somebody waits for our offer, and it may be lost.
            state: State::Waiting { until: now, renew: me.offered == Some(peer.session) },
            attempts: 0,
            connections: Rate::new(CONNECTIONS, CONNECTION_INTERVAL),
            packets: Rate::new(PACKETS, PACKET_INTERVAL),
            media: RemoteMedia::default(),
            unknown: 0,
            identity: Identity::new(me, peer),
        }
    }

    /// A peer that was here before. Packets of that time are still on their way: no incarnation is used again.
    pub(crate) fn again(me: &Member, peer: &Member, (mine, theirs): (Epoch, Epoch), now: Time) -> Self {
        let mut link = Link::new(mine, theirs);
        let renew = !link.learn_session(peer.session);
        Pair { link, state: State::Waiting { until: now, renew }, ..Pair::new(me, peer, now) }
    }

    /// The incarnations of both sides: ours, and theirs as far as it is known.
    pub(crate) fn epochs(&self) -> (Epoch, Epoch) {
        self.link.epochs()
    }

    /// The server says that the peer has another session.
    pub(crate) fn rejoined(&mut self, context: &mut Context, peer: &Member) {
        let known = &mut self.identity.theirs.1;
        // Of a session that a connection outlived the link knows nothing.
        if peer.session > std::mem::replace(known, peer.session.max(*known)) && self.link.learn_session(peer.session) {
            self.offered = offered(context.me, peer);
            self.attempts = 0;
            self.renew(context);
        }
    }

    /// A packet came.
    pub(crate) fn receive(&mut self, context: &mut Context, way: Way, packet: Packet<Body>) {
        if !self.takes(context, way, &packet) {
            return;
        }
        match self.link.receive(context.now, packet) {
            Received::Taken => {}
            Received::Restarted => self.renew(context),
            Received::Bye => self.end(context),
        }
    }

    /// The connection did or saw something.
    pub(crate) fn report(&mut self, context: &mut Context, connection: ConnectionId, report: Report) {
        let State::Live { id, negotiator, health, channel } = &mut self.state else { return };
        if *id != connection {
            return;
        }
        match report {
            Report::State(state) => {
                if let Some(health) = health {
                    health.changed(context.now, state);
                }
                self.doubt_channel(context.now, state != ConnectionState::Connected);
                self.connection_state(context, state);
            }
            Report::Silent | Report::Heard => {
                let something = report == Report::Heard;
                if let Some(health) = health {
                    health.hears(context.now, something);
                }
                self.doubt_channel(context.now, !something);
                let state = if something { ConnectionState::Connected } else { ConnectionState::Disconnected };
                self.note(context, Step::State(state));
                self.tell(context, Event::Connection { peer: self.peer, state });
            }
            Report::Layer { layer, state } => self.note(context, Step::Layer { layer, state }),
            Report::CandidateError(what) => self.note(context, Step::CandidateError(what)),
            Report::ChannelOpen => self.note(context, Step::ChannelOpen),
            Report::ReadsPackets => {
                let is_doubted = health.as_ref().is_some_and(|health| !health.carries());
                channel.get_or_insert(PacketChannel::new(is_doubted));
            }
            Report::ChannelClosed => {
                self.close(context);
                self.state = State::Waiting { until: context.now + CLOSED_GRACE, renew: true };
            }
            report => negotiator.report(context.now, report),
        }
    }

    /// Our sources changed.
    pub(crate) fn set_media(&mut self, context: &mut Context) {
        if !self.want(context) {
            return;
        }
        if self.link.send(context.now, Body::Media(Media { on: context.on.to_vec() })).is_err() {
            self.overflow(context);
        }
    }

    /// Wants what is on carried, if there is a connection.
    fn want(&mut self, context: &Context) -> bool {
        let State::Live { negotiator, .. } = &mut self.state else { return false };
        // What is off stays carried, so that switching it on again needs no offer. Not own ones: their names have no end.
        let stays = negotiator.wanted().iter().filter(|source| !matches!(source, Source::Own(_)));
        let wanted = ordered(context.on.iter().chain(stays).copied());
        negotiator.want(context.now, wanted);
        true
    }

    /// New ICE paths are wanted; a pair that gave up tries again.
    pub(crate) fn restart_ice(&mut self, context: &mut Context) {
        match &mut self.state {
            State::Live { negotiator, .. } => negotiator.restart_ice(context.now),
            State::Waiting { until, .. } => *until = context.now,
            State::Over | State::GivenUp => self.try_again(context),
        }
    }

    /// The signalling is back: perhaps from another network.
    pub(crate) fn resume(&mut self, context: &Context) {
        self.link.resume(context.now);
        if self.state == State::GivenUp {
            self.try_again(context);
        }
    }

    /// We leave, and say so in every way before the connection is closed.
    pub(crate) fn leave(&mut self, context: &mut Context) {
        self.link.bye();
        if let Some(bye) = self.link.poll() {
            send(context.outputs, self.identity.theirs.0, (self.channel(), true), bye);
        }
        self.end(context);
    }

    /// Closes the connection, if there is one, and makes no other.
    pub(crate) fn end(&mut self, context: &mut Context) {
        self.close(context);
        self.state = State::Over;
    }

    /// Closes the connection, if there is one. Its media ends.
    fn close(&mut self, context: &mut Context) {
        let State::Live { id, .. } = self.state else { return };
        self.state = State::Over;
        let ended = self.media.end();
        self.show(context, id, ended);
        context.outputs.push_back(Output::Command { peer: self.peer, connection: id, command: Command::Close });
        self.note(context, Step::Close);
        self.tell(context, Event::Connection { peer: self.peer, state: ConnectionState::Closed });
    }

    /// Does what is due and possible, until nothing is.
    pub(crate) fn settle(&mut self, context: &mut Context) {
        self.carry_out(context);
        self.heal(context);
        if self.deadline().is_some_and(|at| at <= context.now) && self.link.tick(context.now).is_err() {
            self.trouble(context, TroubleCode::PeerSilent, String::new());
        }
        if let State::Live { negotiator, .. } = &mut self.state {
            negotiator.advance(context.now);
        }
        self.carry_out(context);
        while let Some(body) = self.hear_next(context.now) {
            match (body, &self.state) {
                (Body::Media(media), &State::Live { id, .. }) => {
                    let changes = self.media.tell(media);
                    self.show(context, id, changes);
                }
                (Body::Unknown, _) => self.on_unknown(context),
                _ => {}
            }
            self.carry_out(context);
        }
    }

    /// When the next packet may be sent, if there is one.
    pub(crate) fn may_send_from(&self) -> Option<Time> {
        self.link.has_to_send().then(|| self.packets.allowed_from())
    }

    /// Sends the next packet, which counts so many times by each way. Says how often that is in all.
    pub(crate) fn send_next(
        &mut self,
        now: Time,
        outputs: &mut VecDeque<Output>,
        count: fn(&Packet<Body>) -> u32,
    ) -> Option<u32> {
        let (channel, server) = self.ways();
        let packet = self.link.poll()?;
        let count = count(&packet) * (u32::from(channel.is_some()) + u32::from(server));
        self.packets.spend(now, count);
        send(outputs, self.identity.theirs.0, (channel, server), packet);
        Some(count)
    }

    /// When [`settle`](Self::settle) is wanted although nothing happens.
    pub(crate) fn deadline(&self) -> Option<Time> {
        let own = match &self.state {
            // The room opens it.
            State::Waiting { .. } => None,
            State::Live { negotiator, .. } => negotiator.deadline(self.link.next()),
            State::Over | State::GivenUp => return None,
        };
        let remedy = self.remedy().map(|(at, _)| at);
        own.into_iter().chain(remedy).chain(self.link.deadline()).min()
    }

    /// The clock's start moves forward by this.
    #[cfg(feature = "explore")]
    pub(crate) fn rebase(&mut self, by: Duration) {
        self.link.rebase(by);
        match &mut self.state {
            State::Waiting { until, .. } => *until = *until - by,
            State::Live { negotiator, health, .. } => {
                negotiator.rebase(by);
                if let Some(health) = health {
                    health.rebase(by);
                }
            }
            State::Over | State::GivenUp => {}
        }
    }

    /// Takes the next thing the other side said, if the negotiator can deal with it now; gives what is not for it.
    fn hear_next(&mut self, now: Time) -> Option<Body> {
        let State::Live { negotiator, .. } = &mut self.state else { return None };
        if !negotiator.is_ready(now, self.link.next()?) {
            return None;
        }
        let body = self.link.deliver(now)?;
        negotiator.hear(now, body.clone());
        Some(body)
    }

    fn connection_state(&mut self, context: &mut Context, state: ConnectionState) {
        self.note(context, Step::State(state));
        self.tell(context, Event::Connection { peer: self.peer, state });
        match state {
            ConnectionState::Connected => self.attempts = 0,
            ConnectionState::Failed => self.trouble(context, TroubleCode::ConnectionFailed, String::new()),
            _ => {}
        }
    }

    /// Does what the negotiator wants done.
    fn carry_out(&mut self, context: &mut Context) {
        let State::Live { id, negotiator, .. } = &mut self.state else { return };
        let (id, peer) = (*id, self.peer);
        for effect in negotiator.effects() {
            match effect {
                Effect::Do(command) => {
                    context.outputs.push_back(Output::Command { peer, connection: id, command });
                }
                Effect::Say(body) => {
                    if self.link.send(context.now, body).is_err() {
                        return self.overflow(context);
                    }
                }
                Effect::Note(step, text) => self.note_with(context, step, text),
                Effect::Carried(sources) => {
                    let changes = self.media.carry(sources);
                    self.show(context, id, changes);
                }
                Effect::Paths { first } => {
                    if let State::Live { health: Some(health), .. } = &mut self.state {
                        health.negotiated(context.now, first);
                    }
                }
                Effect::Trouble(code, detail) => self.trouble(context, code, detail),
                Effect::Broken(code, detail) => return self.break_off(context, code, detail),
            }
        }
    }

    /// Told ever less often: a peer must not fill the application's queue.
    fn on_unknown(&mut self, context: &mut Context) {
        self.unknown = self.unknown.saturating_add(1);
        if self.unknown.is_power_of_two() {
            self.trouble(context, TroubleCode::PacketMalformed, [&self.unknown.to_string(), " so far"].concat());
        }
    }

    fn overflow(&mut self, context: &mut Context) {
        self.break_off(context, TroubleCode::PeerSilent, "too much waits for an acknowledgement".into());
    }

    fn show(&self, context: &mut Context, connection: ConnectionId, changes: Vec<MediaChange>) {
        let peer = self.peer;
        for change in changes {
            self.tell(
                context,
                match change {
                    MediaChange::On { source, mid } => Event::MediaOn { peer, connection, source, mid },
                    MediaChange::Off { source } => Event::MediaOff { peer, source },
                },
            );
        }
    }

    fn trouble(&self, context: &mut Context, code: TroubleCode, detail: String) {
        self.tell(context, Event::Trouble(Trouble { peer: self.peer, code, detail }));
    }

    fn note(&self, context: &mut Context, step: Step) {
        self.note_with(context, step, String::new());
    }

    fn note_with(&self, context: &mut Context, step: Step, text: String) {
        context.outputs.push_back(Output::Entry(Entry { at: context.now, peer: self.peer, step, text }));
    }

    fn tell(&self, context: &mut Context, event: Event) {
        context.outputs.push_back(Output::Event(event));
    }
}

/// The incarnations between which the first offer is that of the other side: those that both were when the server handed it over.
fn offered(me: &Member, peer: &Member) -> Option<(Epoch, Epoch)> {
    let is_offered = peer.offered == Some(me.session);
    is_offered.then(|| (Epoch::of_session(me.session), Epoch::of_session(peer.session)))
}

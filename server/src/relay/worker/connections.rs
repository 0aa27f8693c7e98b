//! The TCP connections of a worker, and how long each may take.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::time::{Duration, Instant};

use mio::Interest;

use super::source::Source;
use super::{READS, Worker, moment, now};
use crate::address::Origin;
use crate::relay::io::{Client, Input, Moment, Transport, canonical};
use crate::relay::limits::TurnLimits;
use crate::relay::stream::{Garbage, Progress, Stream};

/// The pause after an error of `accept`, which mostly means that there are no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// The TCP connections of a worker.
#[derive(Debug, Default)]
pub(super) struct Connections {
    accepted: u64,
    streams: HashMap<u64, Stream>,
    /// When to look at which one again: for each when [`Stream::watched`] says, and perhaps at a later time that it said
    /// before.
    deadlines: BTreeSet<(Instant, u64)>,
    /// When to go on after an error.
    accept_at: Option<Instant>,
}

impl Connections {
    pub(super) fn deadline(&self) -> Option<Instant> {
        [self.deadlines.first().map(|(at, _)| *at), self.accept_at].into_iter().flatten().min()
    }

    pub(super) fn send(&mut self, number: u64, now: Instant, limits: &TurnLimits, message: &[u8]) {
        if let Some(stream) = self.streams.get_mut(&number) {
            stream.send(now, limits, message);
            self.watch(number, limits);
        }
    }

    /// Looks at a connection earlier when its deadline has come nearer.
    fn watch(&mut self, number: u64, limits: &TurnLimits) {
        if let Some(stream) = self.streams.get_mut(&number) {
            let deadline = stream.deadline(limits);
            if deadline < stream.watched {
                stream.watched = deadline;
                self.deadlines.insert((deadline, number));
            }
        }
    }

    /// The next connection whose time is over.
    fn silent(&mut self, now: Instant, limits: &TurnLimits) -> Option<u64> {
        while let Some((at, number)) = self.deadlines.first().copied().filter(|(at, _)| *at <= now) {
            self.deadlines.pop_first();
            let Some(stream) = self.streams.get_mut(&number).filter(|stream| stream.watched == at) else { continue };
            let deadline = stream.deadline(limits);
            if deadline <= now {
                return Some(number);
            }
            stream.watched = deadline;
            self.deadlines.insert((deadline, number));
        }
        None
    }
}

impl Worker {
    /// Accepts connections, and waits for none of them.
    pub(super) fn accept(&mut self) -> bool {
        let (now, limits) = (now(), &self.shared.rules.limits);
        let connections = &mut self.connections;
        for _ in 0..READS {
            let (mut socket, from) = match self.listeners.tcp.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) => {
                    tracing::warn!(%error, "the relay's accept failed");
                    connections.accept_at = Some(now + PAUSE);
                    return false;
                }
            };
            // Small messages are not held back. A failure costs only time.
            let _ = socket.set_nodelay(true);
            let address = canonical(from);
            let Ok(permit) = self.shared.rules.ledger.connect(Origin::from(address.ip())) else { continue };
            let number = connections.accepted;
            connections.accepted += 1;
            let (token, interest) = (Source::Connection(number).token(), Interest::READABLE | Interest::WRITABLE);
            if self.poll.registry().register(&mut socket, token, interest).is_ok() {
                let client = Client { transport: Transport::Stream(number), address };
                let stream = Stream::new(socket, client, permit, self.shared.tls.clone(), now, limits);
                connections.deadlines.insert((stream.watched, number));
                connections.streams.insert(number, stream);
            }
        }
        true
    }

    /// Reads what a connection has, and writes what waits for it. Whether there may be more to be read.
    pub(super) fn read_connection(&mut self, number: u64) -> bool {
        let now = moment();
        for _ in 0..READS {
            let Some(stream) = self.connections.streams.get_mut(&number) else { return false };
            stream.flush(now.at);
            let progress = stream.read(now.at, &self.shared.rules.limits);
            if progress == Progress::Over || self.read_messages(number, now).is_err() {
                self.hang_up(number);
                return false;
            }
            if progress == Progress::Drained {
                return false;
            }
        }
        true
    }

    /// Hands on the whole messages that a connection has.
    fn read_messages(&mut self, number: u64, now: Moment) -> Result<(), Garbage> {
        while let Some(stream) = self.connections.streams.get_mut(&number) {
            if !stream.message(now.at, &self.shared.rules.limits, &mut self.message)? {
                break;
            }
            let client = stream.client;
            self.relay.handle(now, Input::FromClient { client, packet: &self.message });
            self.carry_out(now.at);
        }
        self.connections.watch(number, &self.shared.rules.limits);
        Ok(())
    }

    fn hang_up(&mut self, number: u64) {
        if let Some(stream) = self.connections.streams.remove(&number) {
            self.relay.handle(moment(), Input::Gone(stream.client));
            self.carry_out(now());
        }
    }

    pub(super) fn end_silent_connections(&mut self, now: Instant) {
        if self.connections.accept_at.take_if(|at| *at <= now).is_some() {
            self.ready.push(Source::Tcp.token());
        }
        while let Some(number) = self.connections.silent(now, &self.shared.rules.limits) {
            self.hang_up(number);
        }
    }
}

//! One thread of the relay: it owns its sockets and its allocations, and waits for nothing but all of them.

mod connections;
mod source;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use rustls::ServerConfig;

use super::client_socket::{Batch, Datagram};
use super::framing::MESSAGE_BYTES;
use super::io::{AllocationId, Client, Family, Input, Moment, Output, Transport, canonical};
use super::local_addresses::local_addresses;
use super::machine::Relay;
use super::relayed::Relayed;
use super::rules::Rules;
use super::sockets::{self, Listeners};
use crate::seldom::Seldom;
use connections::Connections;
use source::Source;

/// How many packets are read from one socket before the others are looked at.
const READS: usize = 64;
/// How often the socket of all clients is read, many packets at once.
const SHARED_READS: usize = 16;
/// Longer than the largest message: a larger one is noticed.
const DATAGRAM_BYTES: usize = 2 * MESSAGE_BYTES;
/// How many ports are tried for an allocation before there is none.
const PORT_TRIES: usize = 64;

/// How soon it is noticed that this computer has another address. Each worker looks for itself: there is no lock in the way of
/// a packet, and it takes some microseconds.
const LOOK_AT_ADDRESSES: Duration = Duration::from_secs(2);

/// What all workers are told.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) rules: Arc<Rules>,
    /// The ports of allocations, and where they are.
    pub(super) ports: RangeInclusive<u16>,
    pub(super) v4: Relayed,
    pub(super) v6: Relayed,
    /// Whether the socket of all clients is one of IPv6, on which IPv4 addresses look different.
    pub(super) listens_v6: bool,
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// How often an allocation found no port, which any member can see to.
    pub(super) without_port: Seldom,
    pub(super) stop: AtomicBool,
}

/// One thread of the relay.
pub(super) struct Worker {
    shared: Arc<Shared>,
    poll: Poll,
    listeners: Listeners,
    relay: Relay,
    sockets: HashMap<AllocationId, UdpSocket>,
    connections: Connections,
    /// What is not known to be drained.
    ready: Vec<Token>,
    batch: Batch,
    datagram: Box<[u8]>,
    message: Vec<u8>,
    /// When to look at the addresses of this computer again.
    look_at: Instant,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        mut listeners: Listeners,
        local: Vec<IpAddr>,
    ) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), Source::Wake.token())?);
        listeners.udp.register(poll.registry(), Source::Udp.token())?;
        poll.registry().register(&mut listeners.tcp, Source::Tcp.token(), Interest::READABLE)?;
        let worker = Worker {
            relay: Relay::new(Arc::clone(&shared.rules), local),
            shared,
            poll,
            listeners,
            sockets: HashMap::new(),
            connections: Connections::default(),
            ready: Vec::new(),
            batch: Batch::default(),
            datagram: vec![0; DATAGRAM_BYTES].into(),
            message: Vec::with_capacity(MESSAGE_BYTES),
            look_at: now() + LOOK_AT_ADDRESSES,
        };
        Ok((worker, waker))
    }

    /// Works until it is told to stop, or cannot wait any more.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        let mut serving = Vec::new();
        while !self.shared.stop.load(Ordering::Acquire) {
            match self.poll.poll(&mut events, self.timeout(now())) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return tracing::error!(%error, "a thread of the relay ends"),
            }
            self.ready.extend(events.iter().map(|event| event.token()));
            self.ready.sort_unstable();
            self.ready.dedup();
            std::mem::swap(&mut self.ready, &mut serving);
            for token in serving.drain(..) {
                if self.serve(Source::of(token)) {
                    self.ready.push(token);
                }
            }
            self.meet_deadlines(now());
        }
    }

    /// Reads what came. Whether there may be more.
    fn serve(&mut self, source: Source) -> bool {
        match source {
            Source::Udp => self.read_clients(),
            Source::Tcp => self.accept(),
            Source::Allocation(id) => self.read_peers(id),
            Source::Connection(number) => self.read_connection(number),
            Source::Wake => {
                self.relay.handle(moment(), Input::Dismissed);
                self.carry_out(now());
                false
            }
        }
    }

    fn read_clients(&mut self) -> bool {
        let now = moment();
        let mut batch = std::mem::take(&mut self.batch);
        let mut is_drained = false;
        for _ in 0..SHARED_READS {
            match self.listeners.udp.read(&mut batch) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    is_drained = true;
                    break;
                }
                // What the system has to say about packets that were sent earlier.
                Err(_) => {}
            }
            for Datagram { from, to, payload: packet } in batch.datagrams() {
                let client = Client { transport: Transport::Datagram(to), address: canonical(from) };
                self.relay.handle(now, Input::FromClient { client, packet });
                self.carry_out(now.at);
            }
        }
        self.batch = batch;
        !is_drained
    }

    fn read_peers(&mut self, allocation: AllocationId) -> bool {
        let now = moment();
        for _ in 0..READS {
            let Some(socket) = self.sockets.get(&allocation) else { return false };
            match socket.recv_from(&mut self.datagram) {
                Ok((length, from)) => {
                    let family = Family::of(from.ip());
                    let peer = self.shared.relayed(family).peer_at(from, self.shared.rules.peers.ports(family));
                    let payload = self.datagram.get(..length).unwrap_or_default();
                    self.relay.handle(now, Input::FromPeer { allocation, peer, payload });
                    self.carry_out(now.at);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => {}
            }
        }
        true
    }

    /// Does what the relay says. What the system does not take now is lost, as it would be in the network.
    fn carry_out(&mut self, now: Instant) {
        while let Some(output) = self.relay.poll() {
            match output {
                Output::ToPeer { allocation, peer, payload } => {
                    if let Some(socket) = self.sockets.get(&allocation) {
                        let way = self.shared.relayed(Family::of(peer.ip())).way_to(peer);
                        let _ = socket.send_to(payload, way);
                    }
                }
                Output::ToClient { client: Client { transport: Transport::Datagram(at), address }, packet } => {
                    self.listeners.udp.send(packet, at, self.shared.as_listened(address));
                }
                Output::ToClient { client: Client { transport: Transport::Stream(number), .. }, packet } => {
                    self.connections.send(number, now, &self.shared.rules.limits, packet);
                }
                Output::Open { allocation, family, even } => {
                    let opened = self.shared.open(allocation, family, even, &self.poll);
                    let port = opened.map(|(port, socket)| {
                        self.sockets.insert(allocation, socket);
                        port
                    });
                    self.relay.handle(moment(), Input::Opened { allocation, port });
                }
                Output::Close { allocation, family, port } => {
                    self.sockets.remove(&allocation);
                    self.shared.rules.peers.ports(family).release(port);
                }
            }
        }
    }

    fn timeout(&self, now: Instant) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let deadlines = [self.relay.deadline(), self.connections.deadline(), Some(self.look_at)];
        let first = deadlines.into_iter().flatten().min()?;
        // The system counts milliseconds: a little late rather than again and again a little early.
        Some(first.saturating_duration_since(now) + Duration::from_millis(1))
    }

    fn meet_deadlines(&mut self, now: Instant) {
        if self.relay.deadline().is_some_and(|at| at <= now) {
            self.relay.handle(moment(), Input::Deadline);
            self.carry_out(now);
        }
        self.end_silent_connections(now);
        if self.look_at <= now {
            self.look_at = now + LOOK_AT_ADDRESSES;
            match local_addresses() {
                Ok(local) => self.relay.handle(moment(), Input::LocalAddresses(local)),
                Err(error) => {
                    tracing::warn!(%error, "the system does not tell its addresses: those of before are refused")
                }
            }
        }
    }
}

impl Shared {
    /// Opens a port for an allocation.
    fn open(&self, allocation: AllocationId, family: Family, even: bool, poll: &Poll) -> Option<(u16, UdpSocket)> {
        let ip = self.relayed(family).local;
        let random = getrandom::u32().ok()?;
        let opened = self.rules.peers.ports(family).claim(&self.ports, random, PORT_TRIES, |port| {
            let mut socket = if even && port % 2 == 1 { None } else { sockets::relay(ip, port).ok() }?;
            let token = Source::Allocation(allocation).token();
            poll.registry().register(&mut socket, token, Interest::READABLE).ok()?;
            Some(socket)
        });
        if opened.is_none() {
            tracing::debug!("the relay found no free port");
            if let Some(times) = self.without_port.happened(now()) {
                tracing::warn!(times, "the relay found no free port: more are needed (--turn-ports)");
            }
        }
        opened
    }

    fn relayed(&self, family: Family) -> &Relayed {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    /// An address as the socket knows it that all clients share.
    fn as_listened(&self, address: SocketAddr) -> SocketAddr {
        match address.ip() {
            IpAddr::V4(v4) if self.listens_v6 => SocketAddr::new(v4.to_ipv6_mapped().into(), address.port()),
            _ => address,
        }
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn moment() -> Moment {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { at: now(), unix: unix.as_secs() }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("relay", &self.relay).finish_non_exhaustive()
    }
}

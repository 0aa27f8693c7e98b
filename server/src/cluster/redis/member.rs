//! The task that is a member of the cluster: it beats, publishes, listens, and joins anew when it was out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use redis::Msg;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, PubSub, PubSubStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::super::incarnation::Incarnation;
use super::super::links::{Batch, Event, Links, Received};
use super::super::message::{decode, encode};
use super::script::{self, Beat, Beaten, Secret};
use super::{BusEvent, Counts, JoinError, NodeId, NodeMessage, RedisConfig, Shared};
use crate::packet::Opaque;
use crate::ticket::TicketSecret;

/// How many beats fit into the timeout.
const BEATS: u32 = 5;
/// How long to wait before the engine is tried again.
const RETRY: Duration = Duration::from_millis(250);
/// Messages that are taken from the connection registry at once.
const AT_ONCE: usize = 256;

/// A node of the cluster.
#[derive(Debug)]
pub(super) struct Member {
    config: RedisConfig,
    secret: Secret,
    shared: Arc<Shared>,
    outbox: mpsc::Receiver<(NodeId, NodeMessage)>,
    inbox: mpsc::Sender<BusEvent>,
    leaving: CancellationToken,
    session: Session,
}

/// A member from joining to being out.
struct Session {
    me: Incarnation,
    generation: String,
    /// Whether this is not the generation that it joined: nodes may be there that are not in again yet.
    is_later: bool,
    links: Links<Opaque>,
    engine: ConnectionManager,
    /// None while it is made anew.
    channel: Option<PubSubStream>,
    /// At most a beat, a batch for each node, and a subscription.
    work: JoinSet<Done>,
    is_beating: bool,
    is_publishing: bool,
    /// The newest beat, and when it was sent.
    echo: u64,
    beats: [Option<Instant>; BEATS as usize],
}

/// What was waited for.
enum Done {
    Beaten(Instant, redis::RedisResult<Beaten>),
    /// For each of these nodes, how many heard it.
    Published(Vec<Incarnation>, redis::RedisResult<Vec<u64>>),
    Subscribed(PubSub),
}

/// Why a session ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The lease is over, or the engine says so.
    Out,
    Left,
}

impl Member {
    pub(super) async fn join(
        config: RedisConfig,
        secret: Secret,
        shared: Arc<Shared>,
        outbox: mpsc::Receiver<(NodeId, NodeMessage)>,
        inbox: mpsc::Sender<BusEvent>,
        leaving: CancellationToken,
    ) -> Result<Self, JoinError> {
        let (session, secret) = Session::join(&config, &secret, None).await?;
        let mut member = Member { config, secret, shared, outbox, inbox, leaving, session };
        member.joined();
        Ok(member)
    }

    pub(super) fn me(&self) -> NodeId {
        self.session.me.id
    }

    pub(super) fn ticket_secret(&self) -> &TicketSecret {
        &self.secret.secret
    }

    /// Until it leaves.
    pub(super) async fn run(mut self) {
        loop {
            if self.serve().await == End::Left {
                break;
            }
            self.shared.view(|view| view.lease = now());
            if !self.rejoin().await {
                break;
            }
        }
        let leave = script::leave(&self.config, &mut self.session.engine, self.session.me);
        match timeout(self.config.timeout, leave).await {
            Ok(Ok(())) => tracing::debug!("left the cluster"),
            // The others find out by themselves, later.
            failed => tracing::warn!(?failed, "the cluster could not be told that this node leaves"),
        }
    }

    /// Under another name, as often as it takes; false when this node leaves meanwhile.
    async fn rejoin(&mut self) -> bool {
        tracing::warn!("this node is out of the cluster, and joins anew");
        let mut failures = 0_u32;
        loop {
            let leaving = self.leaving.clone();
            let joined = tokio::select! {
                () = leaving.cancelled() => return false,
                joined = Session::join(&self.config, &self.secret, Some(self.session.me)) => joined,
            };
            match joined {
                Ok((session, _)) => {
                    self.session = session;
                    break;
                }
                Err(error) => {
                    if failures == 0 {
                        tracing::warn!(%error, "the cluster cannot be joined; it is tried again");
                    }
                    failures += 1;
                }
            }
            tokio::select! {
                () = leaving.cancelled() => return false,
                () = sleep(RETRY) => {}
            }
        }
        // What the registry sent before it knew is of no use to anybody.
        while self.outbox.try_recv().is_ok() {}
        self.joined();
        Counts::add(&self.shared.counts.rejoined, 1);
        self.inbox.send(BusEvent::Rejoined(self.me())).await.is_ok()
    }

    fn joined(&mut self) {
        let lease = self.session.beats.into_iter().flatten().min().map(|beat| self.lease_from(beat));
        self.show_nodes();
        self.shared.view(|view| view.lease = lease.unwrap_or(view.lease));
        tracing::info!(node = %self.session.me, nodes = self.session.links.others().count() + 1, "in the cluster");
    }

    fn lease_from(&self, beat: Instant) -> Instant {
        beat + self.config.timeout / BEATS * (BEATS - 1)
    }

    fn show_nodes(&self) {
        let (me, others) = (self.me(), self.session.links.others().collect());
        self.shared.view(|view| (view.me, view.others) = (me, others));
    }

    async fn serve(&mut self) -> End {
        let mut beats = interval(self.config.timeout / BEATS);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let leaving = self.leaving.clone();
        loop {
            if !self.hand_over().await {
                return End::Left;
            }
            self.publish(false);
            let lease = self.shared.view(|view| view.lease);
            // A stalled node finds all of these ready when it goes on: that its lease is over comes first.
            tokio::select! {
                biased;
                () = sleep_until(lease.into()) => return End::Out,
                () = leaving.cancelled() => return End::Left,
                _ = beats.tick() => self.beat(),
                Some(done) = self.session.work.join_next() => {
                    if let Ok(done) = done && self.on_done(done) == Some(End::Out) {
                        return End::Out;
                    }
                }
                message = next(&mut self.session.channel) => match message {
                    Some(message) => self.on_message(&message),
                    None => self.subscribe(),
                },
                Some((to, message)) = self.outbox.recv() => {
                    self.send(to, message);
                    for _ in 0..AT_ONCE {
                        let Ok((to, message)) = self.outbox.try_recv() else { break };
                        self.send(to, message);
                    }
                }
            }
        }
    }

    fn send(&mut self, to: NodeId, message: NodeMessage) {
        if let Some(message) = encode(now(), message) {
            Counts::add(&self.shared.counts.sent, 1);
            self.session.links.send(to, message);
        }
    }

    /// Hands what follows to the registry; false if that is gone.
    async fn hand_over(&mut self) -> bool {
        if self.shared.is_overfull.swap(false, Ordering::Relaxed) {
            self.session.links.lost();
        }
        while let Some(event) = self.session.links.poll() {
            let counts = &self.shared.counts;
            let event = match event {
                Event::Message(from, text) => match decode(now(), &text) {
                    Ok(message) => {
                        Counts::add(&counts.received, 1);
                        BusEvent::Message(from, message)
                    }
                    Err(error) => {
                        Counts::add(&counts.dropped, 1);
                        tracing::debug!(node = from.0, %error, "a message of another node is none");
                        continue;
                    }
                },
                Event::Joined(node) => BusEvent::NodeJoined(node),
                Event::Gone(node) => BusEvent::NodeGone(node),
                Event::Broken(node) => {
                    Counts::add(&counts.broken, 1);
                    BusEvent::LinkBroken(node)
                }
            };
            if self.inbox.send(event).await.is_err() {
                return false;
            }
        }
        true
    }

    fn beat(&mut self) {
        self.publish(true);
        if self.session.is_beating {
            return;
        }
        let session = &mut self.session;
        session.is_beating = true;
        session.echo += 1;
        let sent = now();
        if let Some(beat) = session.beats.get_mut(session.echo as usize % BEATS as usize) {
            *beat = Some(sent);
        }
        let beat = Beat {
            me: session.me,
            generation: Some(session.generation.clone()),
            before: None,
            echo: session.echo,
            secret: self.secret.clone(),
        };
        let (config, mut engine) = (self.config.clone(), session.engine.clone());
        session.work.spawn(async move { Done::Beaten(sent, script::beat(&config, &mut engine, beat).await) });
    }

    /// One pipeline at a time: what comes meanwhile goes together into the next one.
    fn publish(&mut self, is_beat: bool) {
        let session = &mut self.session;
        if session.is_publishing {
            return;
        }
        let mut pipeline = redis::pipe();
        let mut nodes = Vec::new();
        for (to, batch) in session.links.batches(is_beat) {
            if let Ok(text) = serde_json::to_vec(&batch) {
                pipeline.publish(script::channel(&self.config, to), text);
                nodes.push(to);
            }
        }
        if !nodes.is_empty() {
            session.is_publishing = true;
            let mut engine = session.engine.clone();
            session.work.spawn(async move { Done::Published(nodes, pipeline.query_async(&mut engine).await) });
        }
    }

    fn on_done(&mut self, done: Done) -> Option<End> {
        match done {
            Done::Beaten(sent, beaten) => {
                self.session.is_beating = false;
                match beaten {
                    Ok(beaten) => return self.on_beaten(sent, beaten),
                    Err(error) => tracing::warn!(%error, "the cluster's engine did not take a beat"),
                }
            }
            Done::Published(nodes, published) => {
                self.session.is_publishing = false;
                let heard = published.unwrap_or_else(|error| {
                    tracing::debug!(%error, "messages for other nodes may be lost");
                    Vec::new()
                });
                for (place, node) in nodes.into_iter().enumerate() {
                    if heard.get(place).is_none_or(|heard| *heard == 0) {
                        self.session.links.failed(node);
                    }
                }
            }
            Done::Subscribed(channel) => {
                self.session.channel = Some(channel.into_on_message());
                self.session.links.lost();
            }
        }
        None
    }

    fn on_beaten(&mut self, sent: Instant, beaten: Beaten) -> Option<End> {
        let answer = now().saturating_duration_since(sent).as_micros();
        self.shared.counts.answer_micros.store(u64::try_from(answer).unwrap_or(u64::MAX), Ordering::Relaxed);
        if !beaten.is_in {
            return Some(End::Out);
        }
        if beaten.generation != self.session.generation {
            tracing::warn!("the cluster's engine lost what it knew");
            self.session.generation = beaten.generation;
            self.session.is_later = true;
        }
        let is_young = self.session.is_later && beaten.age < self.config.timeout;
        self.session.links.members(&beaten.nodes, is_young);
        self.show_nodes();
        None
    }

    fn on_message(&mut self, message: &Msg) {
        let payload = message.get_payload_bytes();
        if message.get_channel_name() == self.config.name("news") {
            return self.beat();
        }
        if let Some(echo) = std::str::from_utf8(payload).ok().and_then(|text| text.parse::<u64>().ok()) {
            return self.on_echo(echo);
        }
        match serde_json::from_slice::<Batch<Opaque>>(payload) {
            Ok(batch) => {
                if self.session.links.receive(batch) == Received::Early {
                    self.beat();
                }
            }
            Err(error) => {
                Counts::add(&self.shared.counts.dropped, 1);
                tracing::debug!(%error, "what came on this node's channel is no message");
            }
        }
    }

    /// A beat came back: the ways to the engine and from it are good, and the lease goes on, unless it is over already.
    fn on_echo(&mut self, echo: u64) {
        let is_recent = self.session.echo.checked_sub(echo).is_some_and(|ago| ago < BEATS.into());
        let beat = self.session.beats.get(echo as usize % BEATS as usize).copied().flatten().filter(|_| is_recent);
        if let Some(lease) = beat.map(|beat| self.lease_from(beat)) {
            let now = now();
            self.shared.view(|view| {
                if now < view.lease {
                    view.lease = view.lease.max(lease);
                }
            });
        }
    }

    /// Listens anew: what was sent meanwhile is lost.
    fn subscribe(&mut self) {
        self.session.channel = None;
        let (config, me) = (self.config.clone(), self.session.me);
        self.session.work.spawn(async move {
            loop {
                match subscribe(&config, me).await {
                    Ok(channel) => return Done::Subscribed(channel),
                    Err(error) => tracing::debug!(%error, "the node's channel cannot be listened to"),
                }
                sleep(RETRY).await;
            }
        });
    }
}

impl Session {
    /// Joins, and gives the ticket secret that all have.
    async fn join(
        config: &RedisConfig,
        secret: &Secret,
        before: Option<Incarnation>,
    ) -> Result<(Self, Secret), JoinError> {
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(config.timeout))
            .set_response_timeout(Some(config.timeout));
        let joining = async {
            let mut engine = config.url.client.get_connection_manager_with_config(settings).await?;
            let info: String = redis::cmd("INFO").arg("server").query_async(&mut engine).await?;
            super::config::check_version(&info)?;
            let (me, channel, sent, beaten) = loop {
                let me = Incarnation::random().map_err(JoinError::Random)?;
                let channel = subscribe(config, me).await?;
                let sent = now();
                let beat = Beat { me, generation: None, before, echo: 0, secret: secret.clone() };
                let beaten = script::beat(config, &mut engine, beat).await?;
                if !beaten.nodes.iter().any(|node| node.id == me.id && *node != me) {
                    break (me, channel, sent, beaten);
                }
                // Somebody has this number.
                script::leave(config, &mut engine, me).await?;
            };
            let secret = match beaten.secret(secret) {
                Ok(secret) => secret,
                Err(refused) => {
                    script::leave(config, &mut engine, me).await?;
                    return Err(refused.into());
                }
            };
            let mut beats = [None; BEATS as usize];
            beats[0] = Some(sent);
            let session = Session {
                me,
                generation: beaten.generation,
                is_later: false,
                links: Links::new(me, beaten.nodes),
                engine,
                channel: Some(channel.into_on_message()),
                work: JoinSet::new(),
                is_beating: false,
                is_publishing: false,
                echo: 0,
                beats,
            };
            Ok((session, secret))
        };
        timeout(config.timeout, joining).await.map_err(|_| JoinError::Timeout)?
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("me", &self.me).field("links", &self.links).finish_non_exhaustive()
    }
}

async fn subscribe(config: &RedisConfig, me: Incarnation) -> Result<PubSub, JoinError> {
    let listening = async {
        let mut channel = config.url.client.get_async_pubsub().await?;
        channel.subscribe(script::channel(config, me)).await?;
        channel.subscribe(config.name("news")).await?;
        Ok(channel)
    };
    timeout(config.timeout, listening).await.map_err(|_| JoinError::Timeout)?
}

/// The next message; none when the connection is gone. While there is none it is waited for.
async fn next(channel: &mut Option<PubSubStream>) -> Option<Msg> {
    match channel {
        Some(channel) => channel.next().await,
        None => std::future::pending().await,
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

//! The task that is a member of the cluster: it beats, publishes, listens, and joins anew when it was out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use redis::Msg;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::lease::BEATS;
use super::membership::{Came, Next};
use super::script::{self, Beaten, Secret};
use super::session::{Done, RETRY, Session, next, now};
use super::{BusEvent, Counts, JoinError, NodeId, NodeMessage, RedisConfig, Shared, Way};
use crate::ticket::TicketSecret;

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
    /// Who waits until all agree on a ticket secret: it may be that of nodes that are known later. None when that was told.
    agree: Option<oneshot::Sender<Result<TicketSecret, JoinError>>>,
    /// Another secret, to be handed over.
    changed: Option<TicketSecret>,
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
        way: Way,
        agree: oneshot::Sender<Result<TicketSecret, JoinError>>,
    ) -> Result<Self, JoinError> {
        let (session, secret) = Session::join(&config, &secret, None).await?;
        let Way { shared, outbox, inbox, leaving } = way;
        let (agree, changed) = (Some(agree), None);
        let mut member = Member { config, secret, shared, outbox, inbox, leaving, session, agree, changed };
        member.joined();
        if member.session.membership.is_settled() {
            member.agreed();
        }
        Ok(member)
    }

    pub(super) fn me(&self) -> NodeId {
        self.session.membership.me.id
    }

    /// The ticket secret is that of all.
    fn agreed(&mut self) {
        if let Some(agree) = self.agree.take() {
            // Who does not wait any longer does not start.
            let _ = agree.send(Ok(self.secret.secret.clone()));
        }
    }

    /// The secret of the cluster is this now.
    fn take(&mut self, secret: Secret) {
        if secret.secret != self.secret.secret {
            tracing::warn!(
                "this node takes the ticket secret of the others: tickets that it gave before are good no longer"
            );
            self.changed = Some(secret.secret.clone());
        }
        self.secret = secret;
    }

    /// Until it leaves.
    pub(super) async fn run(mut self) {
        loop {
            if self.serve().await == End::Left {
                self.say_the_rest().await;
                break;
            }
            self.shared.end_lease(now());
            if !self.rejoin().await {
                break;
            }
        }
        let leave = script::leave(&self.config, &mut self.session.engine, self.session.membership.me);
        match timeout(self.config.timeout, leave).await {
            Ok(Ok(())) => tracing::debug!("left the cluster"),
            // The others find out by themselves, later.
            failed => tracing::warn!(?failed, "the cluster could not be told that this node leaves"),
        }
    }

    /// What was said before this node leaves, as what is told of rooms to those that keep them next. After the lease nobody would believe it.
    async fn say_the_rest(&mut self) {
        let until = self.shared.lease();
        while let Ok((to, message)) = self.outbox.try_recv() {
            self.send(to, message);
        }
        let saying = async {
            loop {
                self.session.publish(&self.config, false);
                if !self.session.is_publishing {
                    break;
                }
                match self.session.work.join_next().await {
                    Some(Ok(done)) => drop(self.on_done(done)),
                    Some(Err(_)) => {}
                    None => break,
                }
            }
        };
        if timeout_at(until.into(), saying).await.is_err() {
            tracing::debug!("what this node said last may be lost");
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
                joined = Session::join(&self.config, &self.secret, Some(self.session.membership.me)) => joined,
            };
            match joined {
                Ok((session, secret)) => {
                    self.session = session;
                    self.take(secret);
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
        self.hand_over_secret().await && self.inbox.send(BusEvent::Rejoined(self.me())).await.is_ok()
    }

    fn joined(&self) {
        self.shared.joined(&self.session.membership);
        let nodes = self.session.membership.links.others().count() + 1;
        tracing::info!(node = %self.session.membership.me, nodes, "in the cluster");
    }

    async fn serve(&mut self) -> End {
        let mut beats = interval(self.config.timeout / BEATS);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let leaving = self.leaving.clone();
        loop {
            if !self.hand_over().await {
                return End::Left;
            }
            self.session.publish(&self.config, false);
            let lease = self.shared.lease();
            // A stalled node finds all of these ready when it goes on: that its lease is over comes first.
            tokio::select! {
                biased;
                () = sleep_until(lease.into()) => return End::Out,
                () = leaving.cancelled() => return End::Left,
                _ = beats.tick() => self.session.time_for_beat(&self.config, &self.secret),
                Some(done) = self.session.work.join_next() => {
                    if let Ok(done) = done && self.on_done(done) == Some(End::Out) {
                        return End::Out;
                    }
                }
                message = next(&mut self.session.channel) => match message {
                    Some(message) => self.on_message(&message),
                    None => self.session.subscribe(&self.config),
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
        if self.session.membership.send(now(), to, message) {
            Counts::add(&self.shared.counts.sent, 1);
        }
    }

    /// Hands over another secret, before anything that may follow from it; false if the registry is gone.
    async fn hand_over_secret(&mut self) -> bool {
        match self.changed.take() {
            Some(secret) => self.inbox.send(BusEvent::TicketSecret(secret)).await.is_ok(),
            None => true,
        }
    }

    /// Hands what follows to the registry; false if that is gone.
    async fn hand_over(&mut self) -> bool {
        if !self.hand_over_secret().await {
            return false;
        }
        if self.shared.is_overfull.swap(false, Ordering::Relaxed) {
            self.session.membership.links.lost();
        }
        while let Some(next) = self.session.membership.poll(now()) {
            let counts = &self.shared.counts;
            let Next::Event(event) = next else {
                Counts::add(&counts.dropped, 1);
                continue;
            };
            match event {
                BusEvent::Message(..) => Counts::add(&counts.received, 1),
                BusEvent::LinkBroken(_) => Counts::add(&counts.broken, 1),
                BusEvent::Settled => self.agreed(),
                _ => {}
            }
            if self.inbox.send(event).await.is_err() {
                return false;
            }
        }
        true
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
                        self.session.membership.links.failed(node);
                    }
                }
            }
            Done::Subscribed(channel) => {
                self.session.channel = Some(channel.into_on_message());
                self.session.membership.links.lost();
            }
            Done::Reconnected(made) => self.session.reconnected(&self.config, &self.secret, made),
        }
        None
    }

    fn on_beaten(&mut self, sent: Instant, beaten: Beaten) -> Option<End> {
        let answer = now().saturating_duration_since(sent).as_micros();
        self.shared.counts.answer_micros.store(u64::try_from(answer).unwrap_or(u64::MAX), Ordering::Relaxed);
        if !self.session.membership.is_settled() {
            // Those that were there before may have said only now which one it is.
            match beaten.ticket_secret(&self.secret) {
                Ok(secret) => self.take(secret),
                Err(refused) => {
                    if let Some(agree) = self.agree.take() {
                        let _ = agree.send(Err(refused.into()));
                    }
                    return Some(End::Out);
                }
            }
        }
        if self.session.membership.answered(beaten.view).is_err() {
            return Some(End::Out);
        }
        self.shared.show(&self.session.membership);
        None
    }

    fn on_message(&mut self, message: &Msg) {
        if message.get_channel_name() == self.config.name("news") {
            return self.session.beat(&self.config, &self.secret);
        }
        match self.session.membership.came(now(), message.get_payload_bytes()) {
            Came::Done => self.shared.show(&self.session.membership),
            Came::Early => self.session.beat(&self.config, &self.secret),
            Came::Nonsense => Counts::add(&self.shared.counts.dropped, 1),
        }
    }
}

//! A member of the cluster from joining to being out: its connections to the engine, and what is under way there.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use redis::Msg;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, PubSub, PubSubStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::super::incarnation::Incarnation;
use super::membership::Membership;
use super::script::{self, Beat, Beaten, Secret};
use super::{JoinError, RedisConfig};

/// How long to wait before the engine is tried again.
pub(super) const RETRY: Duration = Duration::from_millis(250);

/// A member from joining to being out.
pub(super) struct Session {
    pub(super) membership: Membership,
    pub(super) engine: ConnectionManager,
    /// None while it is made anew.
    pub(super) channel: Option<PubSubStream>,
    /// At most a beat, a batch for each node, a subscription, and both connections made anew.
    pub(super) work: JoinSet<Done>,
    pub(super) is_beating: bool,
    pub(super) is_publishing: bool,
    is_reconnecting: bool,
}

/// What was waited for.
pub(super) enum Done {
    Beaten(Instant, redis::RedisResult<Beaten>),
    /// For each of these nodes, how many heard it.
    Published(Vec<Incarnation>, redis::RedisResult<Vec<u64>>),
    Subscribed(PubSub),
    Reconnected(Result<(ConnectionManager, PubSub), JoinError>),
}

/// Times for a beat in which none came back, after which the connections are made anew. There is one more before the lease is over.
const UNHEARD: u32 = 2;

impl Session {
    /// Joins, and gives the ticket secret that all have.
    pub(super) async fn join(
        config: &RedisConfig,
        secret: &Secret,
        before: Option<Incarnation>,
    ) -> Result<(Self, Secret), JoinError> {
        let joining = async {
            let mut engine = connect(config).await?;
            let info: String = redis::cmd("INFO").arg("server").query_async(&mut engine).await?;
            super::config::check_version(&info)?;
            let (me, channel, sent, beaten) = loop {
                let me = Incarnation::random().map_err(JoinError::Random)?;
                let channel = subscribe(config, me).await?;
                let sent = now();
                let beat = Beat { me, generation: None, before, echo: 0, secret: secret.clone() };
                let beaten = script::beat(config, &mut engine, beat).await?;
                if !beaten.view.nodes.iter().any(|(node, _)| node.id == me.id && *node != me) {
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
            let session = Session {
                membership: Membership::joined(me, config.timeout, sent, beaten.view),
                engine,
                channel: Some(channel.into_on_message()),
                work: JoinSet::new(),
                is_beating: false,
                is_publishing: false,
                is_reconnecting: false,
            };
            Ok((session, secret))
        };
        timeout(config.timeout, joining).await.map_err(|_| JoinError::Timeout)?
    }

    /// It is time for a beat. When those before did not come back, a connection may be dead and nobody have said so, as where a firewall has
    /// forgotten it: others are made before the lease is over.
    pub(super) fn time_for_beat(&mut self, config: &RedisConfig, secret: &Secret) {
        if self.membership.lease.unheard() >= UNHEARD && !self.is_reconnecting {
            self.is_reconnecting = true;
            let (config, me) = (config.clone(), self.membership.me);
            let connecting = async move { Ok((connect(&config).await?, subscribe(&config, me).await?)) };
            self.work.spawn(async move { Done::Reconnected(connecting.await) });
        }
        self.membership.lease.tick();
        self.beat(config, secret);
    }

    /// Both connections were made anew, or could not be.
    pub(super) fn reconnected(
        &mut self,
        config: &RedisConfig,
        secret: &Secret,
        made: Result<(ConnectionManager, PubSub), JoinError>,
    ) {
        self.is_reconnecting = false;
        match made {
            Ok((engine, channel)) if self.membership.lease.unheard() >= UNHEARD => {
                tracing::warn!("nothing came back over the connections to the cluster's engine: they were made anew");
                self.work.abort_all();
                (self.engine, self.channel) = (engine, Some(channel.into_on_message()));
                (self.is_beating, self.is_publishing) = (false, false);
                self.membership.links.lost();
                self.beat(config, secret);
            }
            // Those of before were only slow.
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "the cluster's engine cannot be reached anew"),
        }
    }

    /// Says that this node is here, and gives the others what waits for them. One at a time.
    pub(super) fn beat(&mut self, config: &RedisConfig, secret: &Secret) {
        self.publish(config, true);
        if self.is_beating {
            return;
        }
        self.is_beating = true;
        let sent = now();
        let beat = Beat {
            me: self.membership.me,
            generation: Some(self.membership.generation.clone()),
            before: None,
            echo: self.membership.lease.beat(sent),
            secret: secret.clone(),
        };
        let (config, mut engine) = (config.clone(), self.engine.clone());
        self.work.spawn(async move { Done::Beaten(sent, script::beat(&config, &mut engine, beat).await) });
    }

    /// One pipeline at a time: what comes meanwhile goes together into the next one.
    pub(super) fn publish(&mut self, config: &RedisConfig, is_beat: bool) {
        if self.is_publishing {
            return;
        }
        let mut pipeline = redis::pipe();
        let mut nodes = Vec::new();
        for (to, batch) in self.membership.links.batches(is_beat) {
            if let Ok(text) = serde_json::to_vec(&batch) {
                pipeline.publish(script::channel(config, to), text);
                nodes.push(to);
            }
        }
        if !nodes.is_empty() {
            self.is_publishing = true;
            let mut engine = self.engine.clone();
            self.work.spawn(async move { Done::Published(nodes, pipeline.query_async(&mut engine).await) });
        }
    }

    /// Listens anew: what was sent meanwhile is lost.
    pub(super) fn subscribe(&mut self, config: &RedisConfig) {
        self.channel = None;
        let (config, me) = (config.clone(), self.membership.me);
        self.work.spawn(async move {
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

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("membership", &self.membership).finish_non_exhaustive()
    }
}

async fn connect(config: &RedisConfig) -> Result<ConnectionManager, JoinError> {
    let settings = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(config.timeout))
        .set_response_timeout(Some(config.timeout));
    Ok(config.url.client.get_connection_manager_with_config(settings).await?)
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
pub(super) async fn next(channel: &mut Option<PubSubStream>) -> Option<Msg> {
    match channel {
        Some(channel) => channel.next().await,
        None => std::future::pending().await,
    }
}

pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

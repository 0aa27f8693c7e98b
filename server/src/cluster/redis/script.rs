//! What a node tells the engine: that it is there, and that it leaves. Each is a script, so that it is one step for all nodes.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use redis::aio::ConnectionManager;
use redis::{RedisResult, Script};

use super::super::incarnation::Incarnation;
use super::super::message::VERSIONS;
use super::config::RedisConfig;
use super::membership::View;
use crate::ticket::TicketSecret;

static BEAT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("beat.lua")));
static LEAVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("leave.lua")));

/// A node says that it is there.
#[derive(Debug, Clone)]
pub(super) struct Beat {
    pub(super) me: Incarnation,
    /// The generation of the cluster that it knows; none when it joins.
    pub(super) generation: Option<String>,
    /// Who it was before, and is no more.
    pub(super) before: Option<Incarnation>,
    /// What comes back on its channel.
    pub(super) echo: u64,
    pub(super) secret: Secret,
}

/// What tickets are sealed with in this cluster.
#[derive(Debug, Clone)]
pub(super) struct Secret {
    pub(super) secret: TicketSecret,
    /// Whether the cluster may know it: it was not given to this node alone.
    pub(super) is_shared: bool,
}

/// What the engine answers.
#[derive(Debug)]
pub(super) struct Beaten {
    pub(super) view: View,
    check: String,
    secret: String,
    /// Whether nodes that are there may be silent for another time than this one.
    has_other_timeout: bool,
    /// Whether there are nodes that speak other versions than this one.
    speaks_with_all: bool,
}

/// Why a node may not be in this cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    TicketSecret,
    Versions,
    Timeout,
}

type Answer = (u8, String, u64, String, String, Vec<String>, String);

pub(super) async fn beat(config: &RedisConfig, engine: &mut ConnectionManager, beat: Beat) -> RedisResult<Beaten> {
    let mut call = BEAT.prepare_invoke();
    call.key(config.name("nodes")).key(config.name("cluster"));
    call.arg(member(beat.me)).arg(u64::try_from(config.timeout.as_millis()).unwrap_or(u64::MAX));
    call.arg(beat.generation.unwrap_or_default()).arg(beat.before.map(member).unwrap_or_default());
    call.arg(channel(config, beat.me)).arg(beat.echo).arg(config.name("news"));
    let secret = if beat.secret.is_shared { STANDARD_NO_PAD.encode(beat.secret.secret.bytes()) } else { String::new() };
    call.arg(format!("{:016x}", beat.me.run)).arg(beat.secret.secret.check()).arg(secret);
    let (is_in, generation, age, check, secret, members, timeout): Answer = call.invoke_async(engine).await?;
    let members: Vec<_> = members.iter().filter_map(|member| read_member(member)).collect();
    Ok(Beaten {
        check,
        secret,
        has_other_timeout: is_in == 0 && timeout != config.timeout.as_millis().to_string(),
        speaks_with_all: members.iter().all(|(_, version)| version.is_some()),
        view: View {
            is_in: is_in == 1,
            generation,
            age: Duration::from_millis(age),
            nodes: members.into_iter().filter_map(|(node, version)| Some((node, version?))).collect(),
        },
    })
}

pub(super) async fn leave(config: &RedisConfig, engine: &mut ConnectionManager, me: Incarnation) -> RedisResult<()> {
    let mut call = LEAVE.prepare_invoke();
    call.key(config.name("nodes")).arg(member(me)).arg(config.name("news"));
    call.invoke_async(engine).await
}

/// Where a node listens.
pub(super) fn channel(config: &RedisConfig, node: Incarnation) -> String {
    config.name(format_args!("node:{node}"))
}

impl Beaten {
    /// The secret of this cluster for a node that joins and has this one, if both may be together.
    pub(super) fn secret(&self, own: &Secret) -> Result<Secret, Refused> {
        match self.ticket_secret(own) {
            _ if !self.speaks_with_all => Err(Refused::Versions),
            Ok(_) if self.has_other_timeout => Err(Refused::Timeout),
            // The script did not let it in, for the one reason that is left.
            Ok(_) if !self.view.is_in => Err(Refused::Versions),
            secret => secret,
        }
    }

    /// The same for a node that is in.
    pub(super) fn ticket_secret(&self, own: &Secret) -> Result<Secret, Refused> {
        if self.check == own.secret.check() {
            return Ok(own.clone());
        }
        // One that this node made for itself gives way to that of the others.
        let theirs = STANDARD_NO_PAD.decode(&self.secret).ok().filter(|_| own.is_shared);
        let theirs = theirs.and_then(|bytes| TicketSecret::new(bytes).ok()).ok_or(Refused::TicketSecret)?;
        Ok(Secret { secret: theirs, is_shared: true })
    }
}

/// A node in the set: its name, and the versions that it speaks.
fn member(node: Incarnation) -> String {
    format!("{node}/{}-{}", VERSIONS.start(), VERSIONS.end())
}

/// With the version that both speak. What is no member at all is somebody else's mistake, and nobody.
fn read_member(member: &str) -> Option<(Incarnation, Option<u32>)> {
    let (node, versions) = member.split_once('/')?;
    let (oldest, newest) = versions.split_once('-')?;
    let (oldest, newest): (u32, u32) = (oldest.parse().ok()?, newest.parse().ok()?);
    let common = newest.min(*VERSIONS.end());
    Some((node.parse().ok()?, (common >= oldest.max(*VERSIONS.start())).then_some(common)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::NodeId;

    #[test]
    fn members_are_read_with_their_versions() {
        let node = Incarnation { id: NodeId(7), run: 0xabc };
        assert_eq!(member(node), "7-0000000000000abc/1-2");
        assert_eq!(read_member("7-0000000000000abc/1-1"), Some((node, Some(1))), "the release before");
        assert_eq!(read_member("7-0000000000000abc/1-3"), Some((node, Some(2))));
        assert_eq!(read_member("7-0000000000000abc/3-4"), Some((node, None)));
        for nonsense in ["", "7", "7-abc", "7-abc/", "7-abc/1", "70000-abc/1-1", "x-abc/1-1", "7-abc/1-x"] {
            assert_eq!(read_member(nonsense), None, "{nonsense}");
        }
    }
}

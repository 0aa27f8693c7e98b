//! The flags of a server that is one of several.

use std::time::Duration;

use crate::limits::seconds;
use crate::redis::{RedisConfig, RedisPrefix, RedisUrl};

/// The flags of a server that is one of several.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "More than one machine")]
pub(super) struct RedisArgs {
    /// Keep rooms together with all servers that are told the same Redis or Valkey: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]
    ///
    /// rediss: for TLS. Other users of this computer see flags: with a password better use the environment or the file.
    #[arg(long, env = "ITODENWA_REDIS", hide_env_values = true, value_name = "URL")]
    redis: Option<RedisUrl>,
    /// What all names there begin with; other clusters in the same Redis need another one
    #[arg(long, env = "ITODENWA_REDIS_PREFIX", value_name = "PREFIX", default_value = "itodenwa")]
    redis_prefix: RedisPrefix,
    /// How long a server may be silent before others keep its rooms, in seconds
    #[arg(long, env = "ITODENWA_REDIS_TIMEOUT", value_name = "SECONDS", default_value = "5", value_parser = timeout)]
    redis_timeout: Duration,
}

impl RedisArgs {
    pub(super) fn into_config(self) -> Option<RedisConfig> {
        Some(RedisConfig { url: self.redis?, prefix: self.redis_prefix, timeout: self.redis_timeout })
    }
}

/// Below half a second a busy computer would lose its place.
fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = seconds(text)?;
    let is_allowed = (Duration::from_millis(500)..=Duration::from_secs(60)).contains(&timeout);
    if is_allowed { Ok(timeout) } else { Err("it is not from 0.5 to 60 seconds".to_owned()) }
}

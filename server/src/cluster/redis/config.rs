//! What is to be known of an engine, and what may be wrong with it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use redis::{Client, ErrorKind, ServerErrorKind};

use super::script::Refused;

/// The oldest version that is known to work, major and minor.
const OLDEST: (u32, u32) = (6, 2);
/// Characters of a prefix.
const PREFIX_BYTES: usize = 64;

/// Where nodes find each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisConfig {
    /// The engine: Redis from version 6.2 on, or Valkey.
    pub url: RedisUrl,
    /// What all names in it begin with: clusters with different ones do not see each other.
    pub prefix: RedisPrefix,
    /// How long a node may be silent before it is gone.
    pub timeout: Duration,
}

/// `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, with TLS `rediss:`, or `unix:` and the path of a socket.
#[derive(Clone)]
pub struct RedisUrl {
    pub(super) client: Client,
    text: String,
}

/// What names in the engine begin with: of `A-Z a-z 0-9 _ - : .`, and not long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisPrefix(String);

/// Not a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPrefix;

/// Why a node cannot join.
#[derive(Debug)]
#[non_exhaustive]
pub enum JoinError {
    /// The engine cannot be reached, or does not do what it is told.
    Engine(redis::RedisError),
    /// It does not answer in time.
    Timeout,
    /// It wants a password, or another one.
    Password,
    /// Its version is too old.
    TooOld(String),
    /// Something else uses names with this prefix.
    PrefixTaken,
    /// The nodes have other ticket secrets: they are another cluster, or this one has the wrong secret.
    TicketSecret,
    /// Nodes that are there speak other versions than this one.
    Versions,
    /// Nodes that are there may be silent for another time than this one.
    OtherTimeout,
    /// The system has no random numbers.
    Random(getrandom::Error),
}

impl RedisConfig {
    /// The key or channel of this name.
    pub(super) fn name(&self, name: impl fmt::Display) -> String {
        format!("{}:{name}", self.prefix.0)
    }
}

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The error may repeat a password.
        let client =
            Client::open(text).map_err(|_| "it is not an address like redis://:PASSWORD@HOST:6379".to_owned())?;
        Ok(RedisUrl { client, text: text.to_owned() })
    }
}

impl PartialEq for RedisUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RedisUrl {}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({})", self.client.get_connection_info().addr())
    }
}

impl Default for RedisPrefix {
    fn default() -> Self {
        RedisPrefix("itodenwa".to_owned())
    }
}

impl FromStr for RedisPrefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidPrefix> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-:.".contains(&byte);
        let is_prefix = !text.is_empty() && text.len() <= PREFIX_BYTES && text.bytes().all(is_allowed);
        if is_prefix { Ok(RedisPrefix(text.to_owned())) } else { Err(InvalidPrefix) }
    }
}

impl fmt::Display for InvalidPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is not 1 to {PREFIX_BYTES} of the characters A-Z a-z 0-9 _ - : .")
    }
}

impl std::error::Error for InvalidPrefix {}

/// Whether an engine that says this of itself is new enough; its version if it is not.
pub(super) fn check_version(info: &str) -> Result<(), JoinError> {
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("of no name").trim();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    match numbers.next().flatten().zip(numbers.next().flatten()) {
        Some(numbers) if numbers >= OLDEST => Ok(()),
        _ => Err(JoinError::TooOld(version.to_owned())),
    }
}

impl From<redis::RedisError> for JoinError {
    fn from(error: redis::RedisError) -> Self {
        match (error.kind(), error.code()) {
            (ErrorKind::AuthenticationFailed, _) | (_, Some("NOAUTH" | "WRONGPASS")) => JoinError::Password,
            // Inside of a script the code stands in the text.
            (ErrorKind::Server(ServerErrorKind::ResponseError), _) if error.to_string().contains("WRONGTYPE") => {
                JoinError::PrefixTaken
            }
            (_, Some("WRONGTYPE")) => JoinError::PrefixTaken,
            _ if error.is_timeout() => JoinError::Timeout,
            _ => JoinError::Engine(error),
        }
    }
}

impl From<Refused> for JoinError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TicketSecret => JoinError::TicketSecret,
            Refused::Versions => JoinError::Versions,
            Refused::Timeout => JoinError::OtherTimeout,
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Engine(error) => write!(f, "--redis: {error}"),
            JoinError::Timeout => f.write_str("--redis: it does not answer in time"),
            JoinError::Password => f.write_str("--redis: it wants a password, or another one: redis://:PASSWORD@HOST"),
            JoinError::TooOld(version) => {
                write!(f, "--redis: version {version} is too old: {}.{} or newer is needed", OLDEST.0, OLDEST.1)
            }
            JoinError::PrefixTaken => {
                f.write_str("--redis-prefix: something else uses names that begin so: choose another one")
            }
            JoinError::TicketSecret => f.write_str(
                "--ticket-secret: the other nodes have another one; if they are another cluster, each needs its own --redis-prefix",
            ),
            JoinError::Versions => f.write_str(
                "--redis: the nodes there are of releases that this one cannot work with: stop them, or upgrade step by step",
            ),
            JoinError::OtherTimeout => f.write_str(
                "--redis-timeout: the other nodes have another one, and each relies on it: stop all of them to change it",
            ),
            JoinError::Random(error) => write!(f, "the system has no random numbers: {error}"),
        }
    }
}

impl std::error::Error for JoinError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            JoinError::Engine(error) => Some(error),
            JoinError::Random(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_engines_are_refused() {
        for version in ["6.2.0", "7.0.15", "7.2.4", "10.0.0"] {
            assert!(
                check_version(&format!("# Server\r\nredis_version:{version}\r\nredis_mode:x\r\n")).is_ok(),
                "{version}"
            );
        }
        for info in ["redis_version:6.0.16\r\n", "redis_version:x", ""] {
            assert!(matches!(check_version(info), Err(JoinError::TooOld(_))), "{info}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let url: RedisUrl = "redis://:hush@example.org:6380/2".parse().unwrap();
        assert_eq!(format!("{url:?}"), "RedisUrl(example.org:6380)");
        assert!(!"http://:hush@example.org".parse::<RedisUrl>().unwrap_err().contains("hush"));
    }

    #[test]
    fn a_prefix_is_simple() {
        for good in ["itodenwa", "a:b.c_d-E9"] {
            assert!(good.parse::<RedisPrefix>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "a*", "ä", &"a".repeat(65)] {
            assert_eq!(bad.parse::<RedisPrefix>(), Err(InvalidPrefix), "{bad}");
        }
    }
}

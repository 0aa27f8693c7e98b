//! How much anybody may ask of the server.

use std::ops::RangeInclusive;
use std::time::Duration;

use clap::builder::{RangedU64ValueParser, TypedValueParser};
use itodenwa_wire::limits::{DESCRIPTION_MESSAGE_BYTES, MESSAGE_BYTES, ROOM_PEERS};

/// How much anybody may ask of the server. Each field is a flag of the program too; the bounds that a flag checks are
/// the caller's concern in the library.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Largest signal, the message that carries descriptions, in bytes
    #[arg(long, env = "ITODENWA_SIGNAL_BYTES", value_name = "BYTES", default_value_t = DEFAULT.signal_bytes,
          value_parser = between(1024..=DESCRIPTION_MESSAGE_BYTES))]
    pub signal_bytes: usize,
    /// Largest message of any other kind, in bytes
    #[arg(long, env = "ITODENWA_MESSAGE_BYTES", value_name = "BYTES", default_value_t = DEFAULT.message_bytes,
          value_parser = between(1024..=DESCRIPTION_MESSAGE_BYTES))]
    pub message_bytes: usize,
    /// Deepest nesting of a message's arrays and objects
    #[arg(long, env = "ITODENWA_MESSAGE_DEPTH", value_name = "LEVELS", default_value_t = DEFAULT.message_depth,
          value_parser = between(3..=100))]
    pub message_depth: usize,
    /// Malformed messages of a member that are refused before the next one closes the socket
    #[arg(long, env = "ITODENWA_MALFORMED_MESSAGES", value_name = "MESSAGES", default_value_t = DEFAULT.malformed_messages,
          value_parser = between(0..=1_000_000))]
    pub malformed_messages: usize,
    /// Messages per second and connection, in the long run
    #[arg(long, env = "ITODENWA_MESSAGE_RATE", value_name = "MESSAGES", default_value_t = DEFAULT.message_rate,
          value_parser = between(1..=1_000_000))]
    pub message_rate: usize,
    /// Messages of a connection that may come at once
    #[arg(long, env = "ITODENWA_MESSAGE_BURST", value_name = "MESSAGES", default_value_t = DEFAULT.message_burst,
          value_parser = between(1..=1_000_000))]
    pub message_burst: usize,
    /// Bytes per second and connection, in the long run
    #[arg(long, env = "ITODENWA_BYTE_RATE", value_name = "BYTES", default_value_t = DEFAULT.byte_rate,
          value_parser = between(1024..=1 << 30))]
    pub byte_rate: usize,
    /// Bytes of a connection that may come at once
    #[arg(long, env = "ITODENWA_BYTE_BURST", value_name = "BYTES", default_value_t = DEFAULT.byte_burst,
          value_parser = between(1024..=1 << 30))]
    pub byte_burst: usize,
    /// How long a connection may send faster than it is read before it is closed, in seconds
    #[arg(long, env = "ITODENWA_RATE_PATIENCE", value_name = "SECONDS", default_value = seconds_text(DEFAULT.rate_patience),
          value_parser = seconds)]
    pub rate_patience: Duration,
    /// Messages that wait to be written to one connection
    #[arg(long, env = "ITODENWA_QUEUE_MESSAGES", value_name = "MESSAGES", default_value_t = DEFAULT.queue_messages,
          value_parser = between(1..=65_536))]
    pub queue_messages: usize,
    /// Bytes that wait to be written to one connection
    #[arg(long, env = "ITODENWA_QUEUE_BYTES", value_name = "BYTES", default_value_t = DEFAULT.queue_bytes,
          value_parser = between(1024..=1 << 30))]
    pub queue_bytes: usize,
    /// Bytes that wait to be written to all connections; the fewer are left the less one may have, but for 16 KiB
    #[arg(long, env = "ITODENWA_QUEUES_BYTES", value_name = "BYTES", default_value_t = DEFAULT.queues_bytes,
          value_parser = between(1 << 20..=1 << 40))]
    pub queues_bytes: usize,
    /// WebSocket connections in all
    #[arg(long, env = "ITODENWA_CONNECTIONS", value_name = "CONNECTIONS", default_value_t = DEFAULT.connections,
          value_parser = between(1..=1_000_000))]
    pub connections: usize,
    /// WebSocket connections per address (IPv6: per /64 network; 4 times that per /56, 16 times per /48)
    #[arg(long, env = "ITODENWA_CONNECTIONS_PER_ADDRESS", value_name = "CONNECTIONS",
          default_value_t = DEFAULT.connections_per_address, value_parser = between(1..=1_000_000))]
    pub connections_per_address: usize,
    /// New WebSocket connections per second and address, in the long run
    #[arg(long, env = "ITODENWA_UPGRADE_RATE", value_name = "CONNECTIONS", default_value_t = DEFAULT.upgrade_rate,
          value_parser = between(1..=1_000_000))]
    pub upgrade_rate: usize,
    /// New WebSocket connections of an address that may come at once
    #[arg(long, env = "ITODENWA_UPGRADE_BURST", value_name = "CONNECTIONS", default_value_t = DEFAULT.upgrade_burst,
          value_parser = between(1..=1_000_000))]
    pub upgrade_burst: usize,
    /// People in a room
    #[arg(long, env = "ITODENWA_ROOM_PEERS", value_name = "PEOPLE", default_value_t = DEFAULT.room_peers,
          value_parser = between(1..=ROOM_PEERS))]
    pub room_peers: usize,
    /// Every room has a waiting room from the beginning: who comes waits until somebody who may do so lets them in
    #[arg(long, env = "ITODENWA_WAITING_ROOMS", default_value_t = DEFAULT.waiting_rooms)]
    pub waiting_rooms: bool,
    /// People who wait to be let into a room
    #[arg(long, env = "ITODENWA_WAITING_PEERS", value_name = "PEOPLE", default_value_t = DEFAULT.waiting_peers,
          value_parser = between(1..=64))]
    pub waiting_peers: usize,
    /// How long one may wait to be let in, in seconds
    #[arg(long, env = "ITODENWA_WAITING_TIME", value_name = "SECONDS", default_value = seconds_text(DEFAULT.waiting_time),
          value_parser = seconds)]
    pub waiting_time: Duration,
    /// Rooms, with the empty ones that are kept
    #[arg(long, env = "ITODENWA_ROOMS", value_name = "ROOMS", default_value_t = DEFAULT.rooms,
          value_parser = between(1..=10_000_000))]
    pub rooms: usize,
    /// How long an empty room is remembered, in seconds
    #[arg(long, env = "ITODENWA_ROOM_KEPT", value_name = "SECONDS", default_value = seconds_text(DEFAULT.room_kept),
          value_parser = seconds)]
    pub room_kept: Duration,
    /// How long a member whose connection broke is waited for, in seconds
    #[arg(long, env = "ITODENWA_RESUME_WINDOW", value_name = "SECONDS", default_value = seconds_text(DEFAULT.resume_window),
          value_parser = seconds)]
    pub resume_window: Duration,
    /// How long it is waited for if its socket was seen to end, without a close frame, in seconds; no longer than otherwise
    #[arg(long, env = "ITODENWA_RESUME_AFTER_END", value_name = "SECONDS",
          default_value = seconds_text(DEFAULT.resume_after_end), value_parser = seconds)]
    pub resume_after_end: Duration,
    /// Signals that are kept for a member until it has them
    #[arg(long, env = "ITODENWA_RESUME_MESSAGES", value_name = "MESSAGES", default_value_t = DEFAULT.resume_messages,
          value_parser = between(0..=65_536))]
    pub resume_messages: usize,
    /// Bytes of signals that are kept for a member until it has them
    #[arg(long, env = "ITODENWA_RESUME_BYTES", value_name = "BYTES", default_value_t = DEFAULT.resume_bytes,
          value_parser = between(0..=1 << 30))]
    pub resume_bytes: usize,
    /// Bytes of signals that are kept for all members; the fewer are left the less one may have
    #[arg(long, env = "ITODENWA_RESUMES_BYTES", value_name = "BYTES", default_value_t = DEFAULT.resumes_bytes,
          value_parser = between(0..=1 << 40))]
    pub resumes_bytes: usize,
    /// How long a session's ticket is good, in seconds; a new one is given before
    #[arg(long, env = "ITODENWA_TICKET_LIFETIME", value_name = "SECONDS", default_value = seconds_text(DEFAULT.ticket_lifetime),
          value_parser = seconds)]
    pub ticket_lifetime: Duration,
    /// Longest display name, in characters as people count them (grapheme clusters, UAX #29)
    #[arg(long, env = "ITODENWA_NAME_GRAPHEMES", value_name = "CHARACTERS", default_value_t = DEFAULT.name_graphemes,
          value_parser = between(1..=256))]
    pub name_graphemes: usize,
    /// How long the head of an HTTP request may take, in seconds
    #[arg(long, env = "ITODENWA_REQUEST_TIMEOUT", value_name = "SECONDS", default_value = seconds_text(DEFAULT.request_timeout),
          value_parser = seconds)]
    pub request_timeout: Duration,
    /// How long a connection may take to send its first message, in seconds
    #[arg(long, env = "ITODENWA_JOIN_TIMEOUT", value_name = "SECONDS", default_value = seconds_text(DEFAULT.join_timeout),
          value_parser = seconds)]
    pub join_timeout: Duration,
    /// Connections of pages that have yet to join, as while somebody fills in a form
    #[arg(long, env = "ITODENWA_VISITORS", value_name = "CONNECTIONS", default_value_t = DEFAULT.visitors,
          value_parser = between(0..=1_000_000))]
    pub visitors: usize,
    /// How long such a connection may take to send its first message, in seconds
    #[arg(long, env = "ITODENWA_VISIT_TIMEOUT", value_name = "SECONDS", default_value = seconds_text(DEFAULT.visit_timeout),
          value_parser = seconds)]
    pub visit_timeout: Duration,
    /// How long a connection may say nothing, not even answer a ping, in seconds
    #[arg(long, env = "ITODENWA_IDLE_TIMEOUT", value_name = "SECONDS", default_value = seconds_text(DEFAULT.idle_timeout),
          value_parser = seconds)]
    pub idle_timeout: Duration,
    /// How long one write to a WebSocket may take, and 4 KiB of an answer that waits to be written, in seconds
    #[arg(long, env = "ITODENWA_WRITE_TIMEOUT", value_name = "SECONDS", default_value = seconds_text(DEFAULT.write_timeout),
          value_parser = seconds)]
    pub write_timeout: Duration,
    /// How long the end of a connection may take, in seconds
    #[arg(long, env = "ITODENWA_CLOSE_TIMEOUT", value_name = "SECONDS", default_value = seconds_text(DEFAULT.close_timeout),
          value_parser = seconds)]
    pub close_timeout: Duration,
    /// How long the server may take to stop, in seconds
    #[arg(long, env = "ITODENWA_STOP_TIMEOUT", value_name = "SECONDS", default_value = seconds_text(DEFAULT.stop_timeout),
          value_parser = seconds)]
    pub stop_timeout: Duration,
}

const DEFAULT: Limits = Limits {
    signal_bytes: DESCRIPTION_MESSAGE_BYTES,
    message_bytes: MESSAGE_BYTES,
    message_depth: 16,
    malformed_messages: 8,
    message_rate: 50,
    message_burst: 200,
    byte_rate: 256 * 1024,
    byte_burst: 1024 * 1024,
    rate_patience: Duration::from_secs(5),
    queue_messages: 256,
    queue_bytes: 1024 * 1024,
    queues_bytes: 256 * 1024 * 1024,
    connections: 10_000,
    connections_per_address: 128,
    upgrade_rate: 20,
    upgrade_burst: 128,
    room_peers: 8,
    waiting_rooms: false,
    waiting_peers: 16,
    waiting_time: Duration::from_secs(600),
    rooms: 50_000,
    room_kept: Duration::from_secs(20),
    resume_window: Duration::from_secs(30),
    resume_after_end: Duration::from_secs(15),
    resume_messages: 256,
    resume_bytes: 1024 * 1024,
    resumes_bytes: 64 * 1024 * 1024,
    ticket_lifetime: Duration::from_secs(3600),
    name_graphemes: 64,
    request_timeout: Duration::from_secs(10),
    // Longer than a client waits for its welcome: one that is slow tries again when it has given up itself.
    join_timeout: Duration::from_secs(15),
    visitors: 2_500,
    visit_timeout: Duration::from_secs(300),
    idle_timeout: Duration::from_secs(30),
    write_timeout: Duration::from_secs(10),
    close_timeout: Duration::from_secs(5),
    stop_timeout: Duration::from_secs(15),
};

impl Limits {
    /// Largest first message that is read: of a join with an offer as much as any server takes, so that none is closed for the offer.
    pub(crate) fn first_message_bytes(&self) -> usize {
        self.message_bytes.max(MESSAGE_BYTES)
    }
}

impl Default for Limits {
    fn default() -> Self {
        DEFAULT
    }
}

pub(crate) fn between(range: RangeInclusive<usize>) -> impl TypedValueParser<Value = usize> {
    RangedU64ValueParser::<usize>::new().range(*range.start() as u64..=*range.end() as u64)
}

/// Seconds as people write them: `30`, `0.5`. At most a day, so that no deadline can overflow.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("it is not a number of seconds above 0 and up to 86400".to_owned()),
    }
}

pub(crate) fn seconds_text(duration: Duration) -> String {
    duration.as_secs_f64().to_string()
}

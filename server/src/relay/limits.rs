//! How much anybody may ask of the relay.

use std::time::Duration;

use crate::limits::{between, seconds, seconds_text};

/// How much anybody may ask of the relay. Each field is a flag of the program too; the bounds that a flag checks are the
/// caller's concern in the library.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(next_help_heading = "Limits of the relay")]
pub struct TurnLimits {
    /// How long TURN credentials are worth something, in seconds: 600 to 3600
    #[arg(long, env = "ITODENWA_TURN_CREDENTIAL_LIFETIME", value_name = "SECONDS",
          default_value = seconds_text(DEFAULT.turn_credential_lifetime), value_parser = credential_lifetime)]
    pub turn_credential_lifetime: Duration,
    /// How long an allocation lives at most before it must be refreshed, in seconds: 600 to 3600
    #[arg(long, env = "ITODENWA_TURN_LIFETIME", value_name = "SECONDS",
          default_value = seconds_text(DEFAULT.turn_lifetime), value_parser = credential_lifetime)]
    pub turn_lifetime: Duration,
    /// Allocations of a member: each connection to another one has one for each TURN address
    #[arg(long, env = "ITODENWA_TURN_SESSION_ALLOCATIONS", value_name = "ALLOCATIONS",
          default_value_t = DEFAULT.turn_session_allocations, value_parser = between(1..=16_384))]
    pub turn_session_allocations: usize,
    /// Allocations per client address (IPv6: per /64 network; 4 times that per /56, 16 times per /48)
    #[arg(long, env = "ITODENWA_TURN_ADDRESS_ALLOCATIONS", value_name = "ALLOCATIONS",
          default_value_t = DEFAULT.turn_address_allocations, value_parser = between(1..=65_536))]
    pub turn_address_allocations: usize,
    /// Allocations in all
    #[arg(long, env = "ITODENWA_TURN_ALLOCATIONS", value_name = "ALLOCATIONS",
          default_value_t = DEFAULT.turn_allocations, value_parser = between(1..=65_536))]
    pub turn_allocations: usize,
    /// Bytes per second that are relayed for a member, both ways together; each packet has 28 more for its headers
    #[arg(long, env = "ITODENWA_TURN_SESSION_RATE", value_name = "BYTES", default_value_t = DEFAULT.turn_session_rate,
          value_parser = between(1024..=MOST))]
    pub turn_session_rate: usize,
    /// Bytes in all that are relayed for a member, counted in the same way
    #[arg(long, env = "ITODENWA_TURN_SESSION_BYTES", value_name = "BYTES", default_value_t = DEFAULT.turn_session_bytes,
          value_parser = between(1024..=MOST))]
    pub turn_session_bytes: usize,
    /// Bytes per second that are relayed for everybody together, counted in the same way
    #[arg(long, env = "ITODENWA_TURN_RATE", value_name = "BYTES", default_value_t = DEFAULT.turn_rate,
          value_parser = between(1024..=MOST))]
    pub turn_rate: usize,
    /// Answers per second to a client address that has proved nothing yet, over UDP (IPv6: per /64 network); twice that at
    /// once
    #[arg(long, env = "ITODENWA_TURN_UNAUTHENTICATED_RATE", value_name = "ANSWERS",
          default_value_t = DEFAULT.turn_unauthenticated_rate, value_parser = between(1..=1_000_000))]
    pub turn_unauthenticated_rate: usize,
    /// TCP connections to the relay in all
    #[arg(long, env = "ITODENWA_TURN_CONNECTIONS", value_name = "CONNECTIONS", default_value_t = DEFAULT.turn_connections,
          value_parser = between(1..=1_000_000))]
    pub turn_connections: usize,
    /// TCP connections to the relay per client address (IPv6: per /64 network; 4 times that per /56, 16 times per /48)
    #[arg(long, env = "ITODENWA_TURN_ADDRESS_CONNECTIONS", value_name = "CONNECTIONS",
          default_value_t = DEFAULT.turn_address_connections, value_parser = between(1..=1_000_000))]
    pub turn_address_connections: usize,
    /// How long a TCP connection to the relay may take to send its first byte, and as long again for the first message, in
    /// seconds
    #[arg(long, env = "ITODENWA_TURN_FIRST_TIMEOUT", value_name = "SECONDS",
          default_value = seconds_text(DEFAULT.turn_first_timeout), value_parser = seconds)]
    pub turn_first_timeout: Duration,
    /// How long a TCP connection to the relay may send no message, in seconds
    #[arg(long, env = "ITODENWA_TURN_IDLE_TIMEOUT", value_name = "SECONDS",
          default_value = seconds_text(DEFAULT.turn_idle_timeout), value_parser = seconds)]
    pub turn_idle_timeout: Duration,
    /// How long a TCP connection to the relay may read nothing of what waits for it, in seconds
    #[arg(long, env = "ITODENWA_TURN_WRITE_TIMEOUT", value_name = "SECONDS",
          default_value = seconds_text(DEFAULT.turn_write_timeout), value_parser = seconds)]
    pub turn_write_timeout: Duration,
    /// Bytes that wait to be written to one TCP connection of the relay; packets that do not fit are lost. Answers may take 4 KiB
    /// more; of who reads neither the connection is closed
    #[arg(long, env = "ITODENWA_TURN_QUEUE_BYTES", value_name = "BYTES", default_value_t = DEFAULT.turn_queue_bytes,
          value_parser = between(8192..=1 << 24))]
    pub turn_queue_bytes: usize,
}

/// More than anybody has; it fits into all numbers that are computed with it.
const MOST: usize = 1 << 50;

const DEFAULT: TurnLimits = TurnLimits {
    turn_credential_lifetime: Duration::from_secs(3600),
    turn_lifetime: Duration::from_secs(3600),
    // A room of 16 with three TURN addresses has 45.
    turn_session_allocations: 48,
    turn_address_allocations: 256,
    turn_allocations: 8192,
    turn_session_rate: 4_000_000 / 8,
    turn_session_bytes: 16 << 30,
    turn_rate: 1_000_000_000 / 8,
    // A class of 40 behind one address that joins at once asks some 600 times.
    turn_unauthenticated_rate: 500,
    turn_connections: 4096,
    turn_address_connections: 256,
    turn_first_timeout: Duration::from_secs(5),
    turn_idle_timeout: Duration::from_secs(300),
    turn_write_timeout: Duration::from_secs(10),
    turn_queue_bytes: 64 * 1024,
};

impl Default for TurnLimits {
    fn default() -> Self {
        DEFAULT
    }
}

fn credential_lifetime(text: &str) -> Result<Duration, String> {
    match seconds(text) {
        Ok(lifetime) if (600.0..=3600.0).contains(&lifetime.as_secs_f64()) => Ok(lifetime),
        _ => Err("it is not a number of seconds from 600 to 3600".to_owned()),
    }
}

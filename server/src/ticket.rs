//! What a session is resumed with: who it is, sealed, so that a server can believe it that knows nothing else.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use itodenwa_wire::{DisplayName, Member, Pass, PeerId, RoomName, Ticket};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The bytes of the seal: HMAC-SHA256 (RFC 2104, FIPS 180-4).
const SEAL_BYTES: usize = 32;

/// What tickets are sealed with. Servers with the same secret believe each other's tickets, and so does a server that was
/// started anew.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketSecret(Box<[u8]>);

/// The secret is easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretTooShort;

/// Whom a ticket is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) room: RoomName,
    pub(crate) id: PeerId,
    pub(crate) session: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<DisplayName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pass: Option<Pass>,
    /// What held for the room.
    #[serde(flatten)]
    pub(crate) rules: Rules,
    /// The run of the server that gave it: what this one gave and does not know any more is over.
    pub(crate) run: u64,
    /// Seconds since 1970.
    expires: u64,
}

/// What members said of their room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rules {
    /// It was locked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) locked: bool,
    /// Its waiting room was switched on or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waiting_room: Option<bool>,
}

/// Makes tickets and reads them.
pub struct Tickets {
    key: Hmac<Sha256>,
    lifetime: Duration,
    run: u64,
    started: Instant,
    /// The same moment on both clocks: a ticket outlives the monotonic one.
    anchor: (Instant, u64),
    /// Seconds since 1970 that others agree on, if the anchor is to follow it.
    wall: Option<WallClock>,
}

type WallClock = Box<dyn Fn() -> u64 + Send + Sync>;

/// How often the clocks are compared.
const COMPARE_CLOCKS: Duration = Duration::from_secs(1);

impl TicketSecret {
    /// Fewer bytes could be guessed.
    pub const MINIMUM_BYTES: usize = 16;

    /// Takes a secret.
    ///
    /// # Errors
    /// [`SecretTooShort`] below [`MINIMUM_BYTES`](Self::MINIMUM_BYTES).
    pub fn new(secret: impl Into<Box<[u8]>>) -> Result<Self, SecretTooShort> {
        let secret = secret.into();
        if secret.len() < Self::MINIMUM_BYTES { Err(SecretTooShort) } else { Ok(TicketSecret(secret)) }
    }

    /// A secret that nobody else has.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut secret = [0; SEAL_BYTES];
        getrandom::fill(&mut secret)?;
        Ok(TicketSecret(secret.into()))
    }

    #[cfg(feature = "redis")]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// By which nodes see that they have the same one; it tells nothing of it.
    #[cfg(feature = "redis")]
    pub(crate) fn check(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key().chain_update("the ticket secret of a cluster").finalize().into_bytes())
    }

    /// The secret's hash: HMAC has a key of fixed length, and shorter ones end in zeros.
    fn key(&self) -> Hmac<Sha256> {
        let mut key = Key::<Hmac<Sha256>>::default();
        for (byte, of_hash) in key.iter_mut().zip(Sha256::digest(&self.0)) {
            *byte = of_hash;
        }
        Hmac::new(&key)
    }
}

impl Tickets {
    /// The tickets of a run of the server that begins now. Without a secret they are worth nothing to any other run.
    pub fn start(secret: Option<&TicketSecret>, lifetime: Duration) -> Result<Self, getrandom::Error> {
        let secret = secret.cloned().map_or_else(TicketSecret::random, Ok)?;
        let wall = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let start = (tokio::time::Instant::now().into_std(), wall());
        Ok(Tickets { wall: Some(Box::new(wall)), ..Tickets::new(&secret, lifetime, getrandom::u64()?, start) })
    }

    /// `run` tells this run of the server from all others; `start` is one moment, as an instant and in seconds since 1970.
    pub(crate) fn new(secret: &TicketSecret, lifetime: Duration, run: u64, start: (Instant, u64)) -> Self {
        Tickets { key: secret.key(), lifetime, run, started: start.0, anchor: start, wall: None }
    }

    /// Time goes on. A computer that was suspended, or whose clock was set, gives tickets that others still take for good ones.
    pub(crate) fn compare_clocks(&mut self, now: Instant) {
        if let Some(wall) = &self.wall
            && now.saturating_duration_since(self.anchor.0) >= COMPARE_CLOCKS
        {
            self.anchor = (now, wall());
        }
    }

    /// Another run begins: what was given before is of a former one.
    pub(crate) fn begin_run(&mut self, run: u64) {
        self.run = run;
    }

    /// From now on they are made and read with another secret.
    pub(crate) fn change_secret(&mut self, secret: &TicketSecret) {
        self.key = secret.key();
    }

    /// When this run of the server began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// From now on this clock counts.
    #[cfg(test)]
    pub(crate) fn follow(&mut self, wall: impl Fn() -> u64 + Send + Sync + 'static) {
        self.wall = Some(Box::new(wall));
    }

    /// Whether a ticket that was made then should be replaced by a newer one.
    pub(crate) fn is_old(&self, now: Instant, made: Instant) -> bool {
        now.saturating_duration_since(made) >= self.lifetime / 2
    }

    /// Whether this run of the server made it.
    pub(crate) fn is_own(&self, claims: &Claims) -> bool {
        claims.run == self.run
    }

    /// Whether it was made by then, in whole seconds.
    pub(crate) fn was_made_by(&self, claims: &Claims, then: Instant) -> bool {
        claims.expires.saturating_sub(self.lifetime.as_secs().max(1)) <= self.unix(then)
    }

    pub(crate) fn seal(&self, now: Instant, room: &RoomName, member: &Member, rules: Rules) -> Option<Ticket> {
        let expires = self.unix(now).saturating_add(self.lifetime.as_secs().max(1));
        // Of the offer of its join nobody has to know any more who did not hear of it before.
        let Member { id, session, name, pass, offered: _ } = member.clone();
        let claims = Claims { room: room.clone(), id, session, name, pass, rules, run: self.run, expires };
        let claims = serde_json::to_vec(&claims).ok()?;
        let seal = self.key.clone().chain_update(&claims).finalize().into_bytes();
        Ticket::new(URL_SAFE_NO_PAD.encode([&seal[..], &claims].concat())).ok()
    }

    /// What a ticket says, if a server with this secret made it and it is still good.
    pub(crate) fn open(&self, now: Instant, ticket: &Ticket) -> Option<Claims> {
        let bytes = URL_SAFE_NO_PAD.decode(ticket.as_str()).ok()?;
        let (seal, claims) = bytes.split_at_checked(SEAL_BYTES)?;
        self.key.clone().chain_update(claims).verify_slice(seal).ok()?;
        let claims: Claims = serde_json::from_slice(claims).ok()?;
        (self.unix(now) < claims.expires).then_some(claims)
    }

    fn unix(&self, now: Instant) -> u64 {
        let (anchor, unix) = self.anchor;
        // What is asked for may be before the anchor: when a room was released.
        let (since, before) = (now.saturating_duration_since(anchor), anchor.saturating_duration_since(now));
        unix.saturating_add(since.as_secs()).saturating_sub(before.as_millis().div_ceil(1000) as u64)
    }
}

impl fmt::Debug for TicketSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketSecret(…)")
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").field("run", &self.run).finish_non_exhaustive()
    }
}

impl fmt::Display for SecretTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has fewer than {} bytes", TicketSecret::MINIMUM_BYTES)
    }
}

impl std::error::Error for SecretTooShort {}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    const HOUR: Duration = Duration::from_secs(3600);

    fn tickets(secret: &str, run: u64, unix: u64) -> (Tickets, Instant) {
        let now = tokio::time::Instant::now().into_std();
        let secret = TicketSecret::new(secret.as_bytes()).unwrap();
        (Tickets::new(&secret, HOUR, run, (now, unix)), now)
    }

    fn ann() -> (RoomName, Member) {
        let name = DisplayName::new("\"".repeat(256)).ok();
        // As long as it can be.
        let identity = itodenwa_wire::Identity::new("\"".repeat(256)).unwrap();
        let pass = Some(Pass { identity, publish: false, subscribe: false, admin: false, named: true });
        (RoomName::new("r".repeat(64)).unwrap(), Member { id: PeerId::new(7), session: 3, name, pass, offered: None })
    }

    #[test]
    fn another_run_with_the_same_secret_believes_it() {
        let (first, now) = tickets("0123456789abcdef", 1, 1_000_000);
        let (room, ann) = ann();
        let ticket = first.seal(now, &room, &ann, Rules::default()).unwrap();
        let (second, now) = tickets("0123456789abcdef", 2, 1_000_100);
        let claims = second.open(now, &ticket).unwrap();
        assert_eq!((&claims.room, claims.id, claims.session, &claims.name), (&room, ann.id, 3, &ann.name));
        assert!(first.is_own(&claims) && !second.is_own(&claims));
        let (stranger, now) = tickets("0123456789abcdeF", 2, 1_000_100);
        assert_eq!(stranger.open(now, &ticket), None);
    }

    #[test]
    fn it_is_good_for_its_time() {
        let (tickets, now) = tickets("0123456789abcdef", 1, 1_000_000);
        let (room, ann) = ann();
        let ticket = tickets.seal(now, &room, &ann, Rules { locked: true, waiting_room: Some(false) }).unwrap();
        assert!(!tickets.is_old(now + HOUR / 3, now) && tickets.is_old(now + HOUR / 2, now));
        assert!(tickets.open(now + HOUR - Duration::from_secs(1), &ticket).is_some());
        assert_eq!(tickets.open(now + HOUR, &ticket), None);
    }

    #[test]
    fn after_the_clock_was_set_tickets_are_of_the_time_that_it_is() {
        let unix = Arc::new(AtomicU64::new(1_000_000));
        let (mut suspended, now) = tickets("0123456789abcdef", 1, 1_000_000);
        let clock = unix.clone();
        suspended.follow(move || clock.load(Ordering::Relaxed));
        let (room, ann) = ann();
        let before = suspended.seal(now, &room, &ann, Rules::default()).unwrap();
        unix.store(1_000_000 + 2 * 3600, Ordering::Relaxed);
        let now = now + Duration::from_secs(2);
        suspended.compare_clocks(now);
        assert_eq!(suspended.open(now, &before), None, "it has expired");
        let ticket = suspended.seal(now, &room, &ann, Rules::default()).unwrap();
        let (other, at_other) = tickets("0123456789abcdef", 2, 1_000_000 + 2 * 3600);
        let claims = other.open(at_other, &ticket).expect("it is good elsewhere");
        assert!(suspended.was_made_by(&claims, now) && !suspended.was_made_by(&claims, now - Duration::from_secs(1)));
    }

    #[test]
    fn with_one_bit_changed_it_is_worth_nothing() {
        let (tickets, now) = tickets("0123456789abcdef", 1, 1_000_000);
        let (room, ann) = ann();
        let ticket = tickets.seal(now, &room, &ann, Rules { locked: true, waiting_room: Some(false) }).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(ticket.as_str()).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (place % 8);
            assert_eq!(tickets.open(now, &Ticket::new(URL_SAFE_NO_PAD.encode(changed)).unwrap()), None, "{place}");
        }
        for nonsense in ["", "x", "AAAA", "äöü", &"A".repeat(100)] {
            assert_eq!(tickets.open(now, &Ticket::new(nonsense).unwrap()), None);
        }
    }

    #[test]
    fn a_secret_is_long_and_not_shown() {
        assert_eq!(TicketSecret::new(&b"0123456789abcde"[..]), Err(SecretTooShort));
        assert!(!format!("{:?}", TicketSecret::new(&b"0123456789abcdef"[..])).contains("012"));
    }
}

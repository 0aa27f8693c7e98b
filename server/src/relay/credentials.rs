//! Credentials that expire, after the draft "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00): what
//! coturn calls `use-auth-secret`. Who has the secret can make and check them; nothing else is shared, nothing is kept.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials};

/// The realm of all credentials.
pub const REALM: &str = "itodenwa";
/// How far the clocks of who makes credentials and who checks them may be apart, in seconds.
const CLOCK_SKEW: u64 = 60;

/// What credentials are made and checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<[u8]>);

/// The secret is easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretTooShort;

/// A TURN user and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `expiry:session`, the expiry in seconds since 1970.
    pub username: String,
    /// base64(HMAC-SHA1(secret, username)).
    pub password: String,
}

/// Why a user name is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worthless {
    /// It is not `expiry:session`.
    Malformed,
    /// It was worth something once.
    Expired,
    /// It would be worth something for longer than anybody is given.
    TooLong,
}

impl Secret {
    /// Fewer bytes could be guessed.
    pub const MINIMUM_BYTES: usize = 16;

    /// Takes a secret.
    ///
    /// # Errors
    /// [`SecretTooShort`] below [`MINIMUM_BYTES`](Self::MINIMUM_BYTES).
    pub fn new(secret: impl Into<Box<[u8]>>) -> Result<Self, SecretTooShort> {
        let secret = secret.into();
        if secret.len() < Self::MINIMUM_BYTES { Err(SecretTooShort) } else { Ok(Secret(secret)) }
    }

    /// A secret that nobody else has.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Secret(secret.into()))
    }

    /// The credentials of a session, worth something until `expiry` (seconds since 1970).
    #[must_use]
    pub fn mint(&self, expiry: u64, session: &str) -> Credentials {
        let username = format!("{expiry}:{session}");
        let password = self.password(&username);
        Credentials { username, password }
    }

    /// The key that a user's requests are signed with (RFC 8489, section 9.2.2).
    pub(super) fn key(&self, username: &str) -> IntegrityKey {
        let password = self.password(username);
        LongTermKeyCredentials::new(username.to_owned(), password, REALM.to_owned()).make_key(IntegrityAlgorithm::Sha1)
    }

    /// The first bytes of a code that only who has the secret can compute.
    pub(crate) fn seal<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        let mut mac = self.mac();
        for part in parts {
            mac.update(part);
        }
        let mut seal = [0; N];
        for (byte, computed) in seal.iter_mut().zip(mac.finalize().into_bytes()) {
            *byte = computed;
        }
        seal
    }

    fn password(&self, username: &str) -> String {
        STANDARD.encode(self.mac().chain_update(username).finalize().into_bytes())
    }

    /// HMAC's key has a fixed length: shorter ones end in zeros, longer ones are hashed (RFC 2104, section 2).
    fn mac(&self) -> Hmac<Sha1> {
        let mut key = Key::<Hmac<Sha1>>::default();
        if self.0.len() > key.len() {
            key.iter_mut().zip(Sha1::digest(&self.0)).for_each(|(byte, hashed)| *byte = hashed);
        } else {
            key.iter_mut().zip(&self.0).for_each(|(byte, given)| *byte = *given);
        }
        Hmac::new(&key)
    }
}

/// The session that a user name is for, if its time has come and not gone.
pub(super) fn session_of(username: &str, unix: u64, longest: Duration) -> Result<&str, Worthless> {
    let (expiry, session) = username.split_once(':').ok_or(Worthless::Malformed)?;
    let digits = !expiry.is_empty() && expiry.bytes().all(|byte| byte.is_ascii_digit());
    let expiry: u64 = expiry.parse().ok().filter(|_| digits).ok_or(Worthless::Malformed)?;
    if session.is_empty() {
        Err(Worthless::Malformed)
    } else if expiry <= unix {
        Err(Worthless::Expired)
    } else if expiry - unix > longest.as_secs() + CLOCK_SKEW {
        Err(Worthless::TooLong)
    } else {
        Ok(session)
    }
}

impl std::str::FromStr for Secret {
    type Err = SecretTooShort;

    fn from_str(text: &str) -> Result<Self, SecretTooShort> {
        Secret::new(text.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

impl fmt::Display for SecretTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has fewer than {} bytes", Secret::MINIMUM_BYTES)
    }
}

impl std::error::Error for SecretTooShort {}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn passwords_are_those_of_coturn() {
        // printf 1893456000:ann | openssl dgst -sha1 -hmac north-of-the-wall -binary | base64
        let secret: Secret = "north-of-the-wall".parse().unwrap();
        let credentials = secret.mint(1_893_456_000, "ann");
        assert_eq!(credentials.username, "1893456000:ann");
        assert_eq!(credentials.password, "QbZmV3sXSpSGLDYD7xQr5uHuVEU=");
    }

    #[test]
    fn long_secrets_are_hashed_as_the_specification_says() {
        // RFC 2202, test case 6.
        let secret = Secret::new([0xaa; 80]).unwrap();
        let seal: [u8; 4] = secret.seal(&[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(seal, [0xaa, 0x4a, 0xe5, 0xe1]);
    }

    #[test]
    fn a_name_is_worth_something_until_its_time_and_not_for_too_long() {
        assert_eq!(session_of("1001:ann", 1000, HOUR), Ok("ann"));
        assert_eq!(session_of("4600:a:b", 1000, HOUR), Ok("a:b"));
        assert_eq!(session_of("1000:ann", 1000, HOUR), Err(Worthless::Expired));
        assert_eq!(session_of("4661:ann", 1000, HOUR), Err(Worthless::TooLong));
        assert_eq!(session_of("18446744073709551615:ann", 1000, HOUR), Err(Worthless::TooLong));
        for malformed in
            ["", "ann", ":ann", "1001", "1001:", "+1001:ann", "-1:ann", "1e9:ann", "18446744073709551616:a"]
        {
            assert_eq!(session_of(malformed, 1000, HOUR), Err(Worthless::Malformed), "{malformed}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secret = Secret::new(*b"0123456789abcdef").unwrap();
        let credentials = secret.mint(1, "ann");
        assert!(!format!("{secret:?} {credentials:?}").contains(&credentials.password));
        assert_eq!(Secret::new(*b"0123456789abcde"), Err(SecretTooShort));
    }
}

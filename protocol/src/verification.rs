//! A short authentication string for two people who are connected: seven words that they read to each other.
//!
//! Who DTLS agreed its keys with is known by the fingerprints of both certificates (RFC 8122, RFC 8827 section 6.5), and the server carried
//! those. A server that puts itself in between has a connection with each of the two, with certificates of its own. The words
//! are made of both fingerprints, so they are the same at both ends only if there is one connection.
//!
//! Seven words are 42 bits, which a machine in the middle could search through. So each side first commits itself to a random
//! nonce, as ZRTP does with its share (RFC 6189, sections 4.4.1.1 and 7), and reveals it when it knows the other's commitment: whoever
//! is in the middle has to choose both of its nonces before it knows what either side will show, and has one guess in 2^42 for each connection.
//! There is one exchange for each connection, however often it is asked for, and on however many channels: what was said once holds.

mod emoji;
mod exchange;
mod fingerprint;
mod message;
#[cfg(test)]
mod tests;

use std::fmt;

use itodenwa_wire::PeerId;

pub use emoji::Emoji;
pub use exchange::{Exchange, Input, Output};
pub use fingerprint::Fingerprint;
pub use message::Message;

/// A SHA-256 hash (FIPS 180-4).
pub type Digest = [u8; 32];

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 32;
/// Words of a code.
pub const WORDS: usize = 7;
/// Bits of a word: there are 64.
const WORD_BITS: u32 = 6;

/// What an exchange is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The room's name.
    pub room: String,
    /// Who one is there.
    pub me: PeerId,
    /// The certificate that is used here.
    pub local: Fingerprint,
    /// The one that DTLS found at the other end.
    pub remote: Fingerprint,
}

/// How the other side broke the rules. Nothing can be compared on this connection any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// It said what is no message, or something before its time.
    Malformed,
    /// It revealed something else than it had committed itself to, or committed itself twice.
    BrokenCommitment,
    /// The certificate at the other end is one's own.
    Reflected,
}

/// What two people compare: 42 bits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Code([u8; WORDS]);

impl Code {
    /// The first bits of a hash.
    #[must_use]
    fn of(digest: &Digest) -> Self {
        let bits = digest.iter().take(6).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut words = [0; WORDS];
        for (word, place) in words.iter_mut().zip(1_u32..) {
            *word = (bits >> (48 - WORD_BITS * place) & 63) as u8;
        }
        Code(words)
    }

    /// As people compare it.
    #[must_use]
    pub fn emoji(self) -> [&'static Emoji; WORDS] {
        self.0.map(Emoji::of)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.emoji().map(|emoji| emoji.english)).finish()
    }
}

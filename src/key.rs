//! Rooms with a key: what members say to each other through the server is sealed between them.
//!
//! Nothing but [`RoomKey::new`] leads here, so that programs that have no keys need not load it.

mod cipher;
mod crypto;
mod sealed;

use std::fmt;

use crate::error::KeyError;
use crate::signaling::{Seal, Sealing, Signaling};
use cipher::Cipher;
pub(crate) use crypto::random;
use sealed::Sealed;

/// Random bytes of a key that is made here: 128 bits.
const RANDOM_BYTES: u32 = 16;
/// Characters of a key.
const LENGTH: std::ops::RangeInclusive<usize> = 16..=256;

/// A secret that all members of a room have and the server has not, for [`Join::key`](crate::Join::key).
///
/// What members say to each other through the server (descriptions, candidates, and all else of the pair link) is encrypted and
/// authenticated with it: AES-GCM (NIST SP 800-38D) with a key that HKDF (RFC 5869) makes of the secret and the room's name, bound to
/// the room, the sender, the receiver, both incarnations and the place in their order (the offer that goes with a join to the room and its place). So the server, and whoever breaks into it, can't
/// read addresses, and can't change the fingerprints of the certificates (RFC 8122) that keep anybody out of the media and the data. What
/// the server itself has to know stays open to it: names, tokens, who is in which room, and when they speak to whom.
///
/// The secret has to be one that nobody guesses, as [`RoomKey::random`] makes it, and goes to the members on a way that the server does
/// not see.
pub struct RoomKey(pub(crate) Box<dyn Seal>);

impl RoomKey {
    /// The key that the members have agreed upon: 16 to 256 characters of text.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] if it is shorter or longer.
    pub fn new(secret: impl Into<String>) -> Result<Self, KeyError> {
        let secret = secret.into();
        if !LENGTH.contains(&secret.chars().count()) {
            return Err(KeyError::Invalid);
        }
        Ok(RoomKey(Box::new(Secret(secret))))
    }

    /// A secret for a new room: 22 characters that an address can have as they are (RFC 4648, section 5), of 128 random bits.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if the browser has none.
    pub fn random() -> Result<String, KeyError> {
        let bytes = crypto::random(RANDOM_BYTES).ok_or(KeyError::Unavailable)?;
        let text = cipher::to_base64(&bytes).ok_or(KeyError::Unavailable)?;
        Ok(text.trim_end_matches('=').replace('+', "-").replace('/', "_"))
    }
}

struct Secret(String);

impl Seal for Secret {
    fn seal(self: Box<Self>, room: String, signaling: Box<dyn Signaling>) -> Sealing {
        Box::pin(async move {
            let cipher = Cipher::derive(&self.0, &room).await.ok_or(KeyError::Unavailable)?;
            Ok(Box::new(Sealed::new(signaling, cipher, room)) as Box<dyn Signaling>)
        })
    }
}

impl fmt::Debug for RoomKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomKey")
    }
}

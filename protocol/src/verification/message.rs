use itodenwa_wire::PeerId;

use super::{Digest, NONCE_BYTES};

const COMMIT: u8 = 1;
const REVEAL: u8 = 2;

/// What the two sides say: a byte that says which it is, and then what it has, without anything behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// Who one is, and the hash of what will be revealed.
    Commit(PeerId, Digest),
    /// The nonce.
    Reveal([u8; NONCE_BYTES]),
}

impl Message {
    /// What goes through the channel.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        match self {
            Message::Commit(id, digest) => [&[COMMIT][..], &id.get().to_be_bytes(), digest].concat(),
            Message::Reveal(nonce) => [&[REVEAL][..], nonce].concat(),
        }
    }

    /// What came through it; none if it is no message.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&COMMIT, rest) => {
                let (id, digest) = rest.split_first_chunk()?;
                Some(Message::Commit(PeerId::new(u64::from_be_bytes(*id)), digest.try_into().ok()?))
            }
            (&REVEAL, nonce) => Some(Message::Reveal(nonce.try_into().ok()?)),
            _ => None,
        }
    }
}

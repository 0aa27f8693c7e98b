//! Small messages that are sent together: one more frame is work for two browsers, one more message in a frame is hardly any.
//!
//! Each has two bytes before it: how many bytes it has, the lower byte first, and in the highest bit whether it is text.

use std::mem;

/// Bytes of a message, at most, that goes together with others.
const MESSAGE_BYTES: usize = 4 << 10;
/// Bytes from which on a bundle is sent.
const FULL_BYTES: usize = 16 << 10;
const HEADER_BYTES: usize = 2;
/// Bytes of a bundle, at most.
pub(super) const BUNDLE_BYTES: usize = FULL_BYTES + HEADER_BYTES + MESSAGE_BYTES;
const TEXT_BIT: u16 = 1 << 15;

/// Messages that wait to be sent together.
#[derive(Debug, Clone, Default)]
pub(super) struct Bundle(Vec<u8>);

impl Bundle {
    /// Adds a message; false if it is too large for that.
    pub(super) fn push(&mut self, is_text: bool, bytes: &[u8]) -> bool {
        if bytes.len() > MESSAGE_BYTES {
            return false;
        }
        let header = bytes.len() as u16 | if is_text { TEXT_BIT } else { 0 };
        self.0.extend_from_slice(&header.to_le_bytes());
        self.0.extend_from_slice(bytes);
        true
    }

    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        (!self.is_empty()).then(|| mem::take(&mut self.0))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= FULL_BYTES
    }
}

/// Whether it is text, and what it is.
type Message<'a> = (bool, &'a [u8]);

/// The messages of a bundle; the last is none where it is no bundle.
pub(super) fn messages(mut bundle: &[u8]) -> impl Iterator<Item = Option<Message<'_>>> {
    std::iter::from_fn(move || {
        if bundle.is_empty() {
            return None;
        }
        let next = split(bundle);
        bundle = next.map_or(&[], |(_, rest)| rest);
        Some(next.map(|(message, _)| message))
    })
}

/// The first message, and what is behind it.
fn split(bundle: &[u8]) -> Option<(Message<'_>, &[u8])> {
    let (header, rest) = bundle.split_first_chunk::<HEADER_BYTES>()?;
    let header = u16::from_le_bytes(*header);
    let length = usize::from(header & !TEXT_BIT);
    let (bytes, rest) = rest.split_at_checked(length).filter(|_| length <= MESSAGE_BYTES)?;
    Some(((header & TEXT_BIT != 0, bytes), rest))
}

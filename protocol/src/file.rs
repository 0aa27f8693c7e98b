//! A file to a peer: what is offered, which block is next, and what the other side must not do.
//!
//! A file goes in blocks, each a message of a channel with its number and its SHA-256 (FIPS 180-4). They are stored and acknowledged in
//! their order, so one number says where to go on through a new connection.
//!
//! A receiver that kept blocks of such a file, of before a page was loaded anew, takes nobody's word for it: before it begins it asks
//! the sender for the digest of as many blocks, and has its own. Are they the same it begins behind them, otherwise with the first
//! block. [`Offer::compares`] says whether the sender can be asked.

mod name;
mod offer;
mod pace;
mod receiving;
mod sending;
mod words;

pub use name::safe_name;
pub use offer::{FILE_PURPOSE, Offer};
pub use pace::Pace;
pub use receiving::{Received, Receiving};
pub use sending::Sending;
pub use words::{Fault, Word};

/// Bytes of a block; the last one of a file may have fewer. With its head it is four parts of a channel.
pub const BLOCK_BYTES: u64 = 256 << 10;
/// Blocks that may be sent and not acknowledged.
pub const BLOCKS_AHEAD: u32 = 8;
/// The number of a block and its hash, before its bytes.
pub const HEAD_BYTES: usize = 4 + HASH_BYTES;
/// Bytes of a SHA-256.
pub const HASH_BYTES: usize = 32;

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Which, from 0.
    pub number: u32,
    /// Where it begins.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
}

impl Block {
    /// The block of a file of this size; none behind its end.
    fn of(size: u64, number: u32) -> Option<Self> {
        let start = u64::from(number) * BLOCK_BYTES;
        (start < size).then(|| Block { number, start, end: size.min(start + BLOCK_BYTES) })
    }

    /// What is sent of it: number, hash, and behind these [`HEAD_BYTES`] room for its bytes.
    #[must_use]
    pub fn message(&self, hash: &[u8; HASH_BYTES]) -> Vec<u8> {
        let size = HEAD_BYTES + self.end.saturating_sub(self.start) as usize;
        let mut message = Vec::with_capacity(size);
        message.extend_from_slice(&self.number.to_le_bytes());
        message.extend_from_slice(hash);
        message.resize(size, 0);
        message
    }
}

/// The first blocks of a file of this size: so many, or all.
pub fn first_blocks(size: u64, count: u32) -> impl Iterator<Item = Block> {
    (0..count).map_while(move |number| Block::of(size, number))
}

/// How many blocks these bytes from the beginning of a file of this size are; none if they end within one.
#[must_use]
pub fn whole_blocks(size: u64, bytes: u64) -> Option<u32> {
    let count = u32::try_from(bytes.div_ceil(BLOCK_BYTES)).ok()?;
    (offset(size, count) == bytes).then_some(count)
}

/// How many blocks a file has.
fn blocks(size: u64) -> u32 {
    u32::try_from(size.div_ceil(BLOCK_BYTES)).unwrap_or(u32::MAX)
}

/// Where a block begins, or the end of the file.
fn offset(size: u64, block: u32) -> u64 {
    size.min(u64::from(block) * BLOCK_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_is_four_parts_of_a_channel() {
        let message = HEAD_BYTES + BLOCK_BYTES as usize;
        assert_eq!(message.div_ceil(crate::channel::PART_BYTES), 4);
        assert!(message <= crate::channel::MESSAGE_BYTES);
    }

    #[test]
    fn blocks_are_whole_or_none() {
        let size = 2 * BLOCK_BYTES + 5;
        for (bytes, count) in [
            (0, Some(0)),
            (1, None),
            (BLOCK_BYTES, Some(1)),
            (2 * BLOCK_BYTES + 4, None),
            (size, Some(3)),
            (size + 1, None),
            (3 * BLOCK_BYTES, None),
        ] {
            assert_eq!(whole_blocks(size, bytes), count, "{bytes}");
        }
        let ends: Vec<u64> = first_blocks(size, u32::MAX).map(|block| block.end).collect();
        assert_eq!(ends, [BLOCK_BYTES, 2 * BLOCK_BYTES, size]);
        assert_eq!(first_blocks(size, 2).count(), 2);
    }

    /// Sends what there is to be sent, and gives what arrived.
    fn deliver(file: &[u8], sending: &mut Sending, receiving: &mut Receiving, at_most: usize) -> Vec<u8> {
        let mut stored = Vec::new();
        for _ in 0..at_most {
            let Some(block) = sending.next() else { break };
            let mut message = block.message(&[0; HASH_BYTES]);
            message[HEAD_BYTES..].copy_from_slice(&file[block.start as usize..block.end as usize]);
            let received = receiving.receive(message).unwrap();
            let (bytes, start) = (received.bytes(), received.start);
            assert_eq!(start, block.start);
            stored.extend(bytes);
            sending.acknowledged(receiving.stored()).unwrap();
        }
        stored
    }

    proptest! {
        /// Whatever the size, and however often the connection is made anew: every byte comes once, in order.
        #[test]
        fn a_file_arrives_whole_through_several_connections(size in 0..5 * BLOCK_BYTES + 3, lost in prop::collection::vec(0..3_usize, 0..5)) {
            let file: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let (mut sending, mut receiving) = (Sending::new(size), Receiving::new(size));
            let mut arrived = Vec::new();
            for blocks in lost.into_iter().chain([usize::MAX]) {
                sending.begin(receiving.next()).unwrap();
                arrived.extend(deliver(&file, &mut sending, &mut receiving, blocks));
                // Some are on their way when it is lost.
                sending.next();
                sending.interrupted();
            }
            prop_assert!(arrived == file && receiving.is_complete());
        }
    }
}

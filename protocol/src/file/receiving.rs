use super::{BLOCK_BYTES, Block, Fault, HASH_BYTES, HEAD_BYTES, blocks, offset};

/// The receiver of a file.
#[derive(Debug, Clone, Default)]
pub struct Receiving {
    size: u64,
    next: u32,
}

/// A block that came. It is to be verified and stored before the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Where it belongs.
    pub start: u64,
    /// The message that it came in. What is in it stays there: to take it out would be to copy it.
    message: Vec<u8>,
}

impl Received {
    /// Its SHA-256, as the sender says.
    #[must_use]
    pub fn hash(&self) -> &[u8] {
        self.message.get(HEAD_BYTES - HASH_BYTES..HEAD_BYTES).unwrap_or_default()
    }

    /// What is in it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.message.get(HEAD_BYTES..).unwrap_or_default()
    }
}

impl Receiving {
    /// Of a file of this size, from its beginning.
    #[must_use]
    pub fn new(size: u64) -> Self {
        Receiving { size, next: 0 }
    }

    /// The first blocks are here, of before, and the sender has the same.
    #[must_use]
    pub fn resumed(size: u64, blocks_kept: u32) -> Self {
        Receiving { size, next: blocks_kept.min(blocks(size)) }
    }

    /// Takes a message of the sender.
    ///
    /// # Errors
    /// [`Fault::Order`] if it is another block than the next one, [`Fault::Malformed`] if it has not the size that this block has.
    pub fn receive(&self, message: Vec<u8>) -> Result<Received, Fault> {
        if message.len() < HEAD_BYTES || message.len() > HEAD_BYTES + BLOCK_BYTES as usize {
            return Err(Fault::Malformed);
        }
        let number = message.first_chunk().copied().map(u32::from_le_bytes).ok_or(Fault::Malformed)?;
        let block = Block::of(self.size, self.next).filter(|block| block.number == number).ok_or(Fault::Order)?;
        let received = Received { start: block.start, message };
        if received.bytes().len() as u64 == block.end - block.start { Ok(received) } else { Err(Fault::Malformed) }
    }

    /// The next block was stored. How many there are now, to be acknowledged.
    pub fn stored(&mut self) -> u32 {
        self.next = self.next.saturating_add(1).min(blocks(self.size));
        self.next
    }

    /// The block to go on with.
    #[must_use]
    pub fn next(&self) -> u32 {
        self.next
    }

    /// Bytes that are stored.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        offset(self.size, self.next)
    }

    /// Everything is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.next >= blocks(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 2 * BLOCK_BYTES + 5;

    fn message(number: u32, size: usize) -> Vec<u8> {
        Block { number, start: 0, end: size as u64 }.message(&[number as u8; HASH_BYTES])
    }

    #[test]
    fn only_the_next_block_in_its_size_is_taken() {
        let (whole, mut receiving) = (BLOCK_BYTES as usize, Receiving::new(SIZE));
        assert_eq!(receiving.receive(message(1, whole)), Err(Fault::Order), "it skips one");
        assert_eq!(receiving.receive(message(0, whole - 1)), Err(Fault::Malformed));
        assert_eq!(receiving.receive(message(0, whole + 1)), Err(Fault::Malformed));
        assert_eq!(receiving.receive(vec![0; HEAD_BYTES - 1]), Err(Fault::Malformed));
        assert_eq!(receiving.receive(Vec::new()), Err(Fault::Malformed));
        let block = receiving.receive(message(0, whole)).unwrap();
        assert_eq!((block.start, block.hash(), block.bytes().len()), (0, &[0; HASH_BYTES][..], whole));
        assert_eq!(receiving.stored(), 1);
        assert_eq!(receiving.receive(message(0, whole)), Err(Fault::Order), "it repeats one");
        receiving.stored();
        assert_eq!(receiving.receive(message(2, whole)), Err(Fault::Malformed), "the file is shorter");
        assert_eq!(receiving.receive(message(2, 5)).unwrap().start, 2 * BLOCK_BYTES);
        assert!(!receiving.is_complete());
        assert_eq!((receiving.stored(), receiving.bytes()), (3, SIZE));
        assert!(receiving.is_complete());
        assert_eq!(receiving.receive(message(3, 0)), Err(Fault::Order), "there is nothing more");
        assert!(Receiving::new(0).is_complete());
        let resumed = Receiving::resumed(SIZE, 2);
        assert_eq!((resumed.next(), resumed.bytes(), resumed.is_complete()), (2, 2 * BLOCK_BYTES, false));
        assert_eq!(resumed.receive(message(2, 5)).unwrap().start, 2 * BLOCK_BYTES);
        assert!(Receiving::resumed(SIZE, u32::MAX).is_complete());
    }
}

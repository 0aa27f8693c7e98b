use super::{BLOCKS_AHEAD, Block, Fault, blocks, offset};

/// The sender of a file.
#[derive(Debug, Clone, Default)]
pub struct Sending {
    size: u64,
    stage: Stage,
    /// Blocks that the receiver had when it said for the first time where to begin.
    kept: Option<u32>,
    next: u32,
    acknowledged: u32,
}

/// What the receiver said through this connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Nothing,
    /// It has some blocks, of before.
    Compares,
    /// Where to begin.
    Begun,
}

impl Sending {
    /// Of a file of this size.
    #[must_use]
    pub fn new(size: u64) -> Self {
        Sending { size, ..Sending::default() }
    }

    /// The receiver has so many blocks, of before, and asks for the digest of as many.
    ///
    /// # Errors
    /// [`Fault::Order`] if it asked before or has begun, or if the file has not so many.
    pub fn compare(&mut self, count: u32) -> Result<(), Fault> {
        if self.stage != Stage::Nothing || count == 0 || count > blocks(self.size) {
            return Err(Fault::Order);
        }
        self.stage = Stage::Compares;
        Ok(())
    }

    /// The receiver says how many blocks it has.
    ///
    /// # Errors
    /// [`Fault::Order`] if it lost some that it had, or has more than there are.
    pub fn begin(&mut self, from: u32) -> Result<(), Fault> {
        if self.stage == Stage::Begun || from < self.acknowledged || from > blocks(self.size) {
            return Err(Fault::Order);
        }
        (self.stage, self.next, self.acknowledged) = (Stage::Begun, from, from);
        self.kept.get_or_insert(from);
        Ok(())
    }

    /// The receiver has stored so many blocks.
    ///
    /// # Errors
    /// [`Fault::Order`] if they were not sent, or it was told before.
    pub fn acknowledged(&mut self, count: u32) -> Result<(), Fault> {
        if count <= self.acknowledged || count > self.next {
            return Err(Fault::Order);
        }
        self.acknowledged = count;
        Ok(())
    }

    /// The connection is lost: the receiver says again where to begin.
    pub fn interrupted(&mut self) {
        self.stage = Stage::Nothing;
    }

    /// The block to be sent now; none while too many are not acknowledged, and when all are sent.
    #[expect(clippy::should_implement_trait, reason = "it is none yet, and then there may be one again")]
    pub fn next(&mut self) -> Option<Block> {
        if self.stage != Stage::Begun || self.next.saturating_sub(self.acknowledged) >= BLOCKS_AHEAD {
            return None;
        }
        let block = Block::of(self.size, self.next)?;
        self.next = self.next.saturating_add(1);
        Some(block)
    }

    /// Bytes that the receiver has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        offset(self.size, self.acknowledged)
    }

    /// Bytes that the receiver had before.
    #[must_use]
    pub fn kept(&self) -> u64 {
        offset(self.size, self.kept.unwrap_or_default())
    }

    /// The receiver has all of it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stage == Stage::Begun && self.acknowledged >= blocks(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::super::BLOCK_BYTES;
    use super::*;

    #[test]
    fn so_many_are_sent_ahead_and_no_more() {
        let mut sending = Sending::new(100 * BLOCK_BYTES);
        assert_eq!(sending.next(), None, "the receiver has not said where");
        sending.begin(90).unwrap();
        let sent: Vec<u32> = std::iter::from_fn(|| sending.next()).map(|block| block.number).collect();
        assert_eq!(sent, (90..98).collect::<Vec<_>>());
        sending.acknowledged(91).unwrap();
        assert_eq!(sending.next().map(|block| block.number), Some(98));
        assert_eq!(sending.next(), None);
    }

    #[test]
    fn what_the_receiver_has_is_compared_once_before_it_begins() {
        let mut sending = Sending::new(3 * BLOCK_BYTES);
        assert_eq!(sending.compare(0), Err(Fault::Order), "of nothing");
        assert_eq!(sending.compare(4), Err(Fault::Order), "the file is shorter");
        sending.compare(2).unwrap();
        assert_eq!(sending.next(), None);
        assert_eq!(sending.compare(2), Err(Fault::Order), "twice");
        sending.interrupted();
        sending.compare(3).unwrap();
        sending.begin(2).unwrap();
        assert_eq!(sending.next().map(|block| block.number), Some(2));
        assert_eq!(sending.compare(1), Err(Fault::Order), "it has begun");
        sending.acknowledged(3).unwrap();
        sending.interrupted();
        sending.begin(3).unwrap();
        assert_eq!((sending.kept(), sending.bytes()), (2 * BLOCK_BYTES, 3 * BLOCK_BYTES));
    }

    #[test]
    fn a_receiver_that_lies_is_noticed() {
        let mut sending = Sending::new(3 * BLOCK_BYTES);
        assert_eq!(sending.begin(4), Err(Fault::Order));
        sending.begin(0).unwrap();
        assert_eq!(sending.begin(0), Err(Fault::Order), "twice");
        assert_eq!(sending.acknowledged(1), Err(Fault::Order), "nothing was sent");
        sending.next();
        sending.acknowledged(1).unwrap();
        assert_eq!(sending.acknowledged(1), Err(Fault::Order), "twice");
        sending.interrupted();
        assert_eq!(sending.begin(0), Err(Fault::Order), "it had one");
        sending.begin(3).unwrap();
        assert!(sending.is_complete());
    }
}

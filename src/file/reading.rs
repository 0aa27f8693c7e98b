//! A file that is read block by block. What a browser takes for one block it takes for several, so several are read at once.

use itodenwa_protocol::file::{BLOCK_BYTES, Block};
use js_sys::Uint8Array;
use web_sys::Blob;

use crate::dom;

/// Bytes that are read at once, and kept until the block behind them is asked for.
const READ_BYTES: u64 = 16 * BLOCK_BYTES;

pub(super) struct Reading<'a> {
    file: &'a Blob,
    /// What was read, from this byte of the file on.
    start: u64,
    bytes: Option<Uint8Array>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(file: &'a Blob) -> Self {
        Reading { file, start: 0, bytes: None }
    }

    /// None if it can't be read: it was changed, is gone, or ends before.
    pub(super) async fn block(&mut self, block: Block) -> Option<Uint8Array> {
        if let Some(bytes) = self.part(block) {
            return Some(bytes);
        }
        // It gives what there is.
        let bytes = dom::read(self.file, block.start, block.start + READ_BYTES).await.ok()?;
        (self.start, self.bytes) = (block.start, Some(bytes));
        self.part(block)
    }

    fn part(&self, block: Block) -> Option<Uint8Array> {
        let bytes = self.bytes.as_ref()?;
        let place = |at: u64| u32::try_from(at.checked_sub(self.start)?).ok().filter(|at| *at <= bytes.length());
        Some(bytes.subarray(place(block.start)?, place(block.end)?))
    }
}

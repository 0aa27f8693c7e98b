//! A file that is received to the private file system. Its blocks stay when the page goes.

use std::time::Duration;

use itodenwa_protocol::Time;
use itodenwa_protocol::file::{HASH_BYTES, Offer, whole_blocks};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::Blob;

use super::digest::digest;
use super::kept::{Kept, look};
use super::writing::Writing;
use crate::dom::{Clock, free_space, private_directory};
use crate::error::FileError;

/// Bytes of a part. What is in one that is not closed is lost with the page: after so many bytes,
const PART_BYTES: u64 = 4 << 20;
/// or so long, the next one is begun.
const PART_TIME: Duration = Duration::from_secs(5);

pub(super) struct PrivateFile {
    size: u64,
    kept: Kept,
    part: Option<Part>,
    /// What is there was not compared yet with what the sender has.
    is_open: bool,
}

struct Part {
    writing: Writing,
    start: u64,
    end: u64,
    clock: Clock,
}

impl PrivateFile {
    /// With what is kept of such a file, or a new one.
    pub(super) async fn open(offer: &Offer) -> Result<Self, FileError> {
        let root = private_directory(true).await.map_err(|_| FileError::Unsupported)?;
        let mut looked = look(&root, offer).await;
        let wanted = offer.size.saturating_sub(looked.found.as_ref().map_or(0, |kept| kept.bytes));
        if !has_space(wanted).await {
            // What nobody may ever go on with is not in the way.
            looked.remove_others().await;
            if !has_space(wanted).await {
                return Err(FileError::NoSpace);
            }
        }
        let opened = match looked.found.take() {
            Some(kept) => kept.describe().await.map(|()| kept),
            None => Kept::new(&root, offer).await,
        };
        looked.end().await;
        let kept = opened.map_err(|_| FileError::Unsupported)?;
        Ok(PrivateFile { size: offer.size, is_open: kept.blocks > 0, kept, part: None })
    }

    /// Blocks that are here of before, and that the sender was not asked for yet.
    pub(super) fn to_compare(&self) -> Option<u32> {
        self.is_open.then_some(self.kept.blocks)
    }

    /// Their digest; none if they can't be read.
    pub(super) async fn digest(&self) -> Option<[u8; HASH_BYTES]> {
        digest(&self.kept.all().ok()?, self.size, self.kept.blocks).await
    }

    /// The sender has the same, or has not: then it begins anew.
    pub(super) async fn compared(&mut self, is_same: bool) -> Result<(), JsValue> {
        if !is_same {
            self.kept.empty().await?;
        }
        self.is_open = false;
        Ok(())
    }

    /// A block, from this byte of the file on.
    pub(super) async fn write(&mut self, start: u64, bytes: &Uint8Array) -> Result<(), JsValue> {
        if self.part.as_ref().is_some_and(Part::is_over) {
            self.flush().await?;
        }
        let part = match &mut self.part {
            Some(part) => part,
            none => none.insert(Part::new(&self.kept, start).await?),
        };
        part.writing.write(start - part.start, bytes).await?;
        part.end = start + u64::from(bytes.length());
        Ok(())
    }

    /// What came so far is safe.
    pub(super) async fn flush(&mut self) -> Result<(), JsValue> {
        let Some(part) = &mut self.part else { return Ok(()) };
        let file = part.writing.close().await?;
        let (start, end) = (part.start, part.end);
        self.part = None;
        // A block whose writing was not waited for is in it, and comes again.
        let file = file.slice_with_f64_and_f64(0.0, (end - start) as f64)?;
        // A part of which nothing was written yet has no block.
        if let Some(blocks) = whole_blocks(self.size, end).filter(|blocks| *blocks > self.kept.blocks) {
            (self.kept.blocks, self.kept.bytes) = (blocks, end);
            self.kept.parts.push(file);
        }
        Ok(())
    }

    pub(super) async fn finish(&mut self) -> Result<Blob, JsValue> {
        self.flush().await?;
        self.kept.finish().await
    }

    pub(super) async fn remove(self) {
        if let Some(part) = self.part {
            part.writing.abort().await;
        }
        self.kept.remove().await;
    }
}

impl Part {
    /// In a file that is named by its first block.
    async fn new(kept: &Kept, start: u64) -> Result<Self, JsValue> {
        let writing = Writing::open(kept.file(&kept.blocks.to_string()).await?).await?;
        Ok(Part { writing, start, end: start, clock: Clock::start() })
    }

    fn is_over(&self) -> bool {
        self.end - self.start >= PART_BYTES || self.clock.now() - Time::from_millis(0) >= PART_TIME
    }
}

async fn has_space(bytes: u64) -> bool {
    free_space().await.is_none_or(|free| free >= bytes as f64)
}

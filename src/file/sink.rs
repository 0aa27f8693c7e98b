//! Where a file goes.

use itodenwa_protocol::file::Offer;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag};

use super::private::PrivateFile;
use super::writing::Writing;
use crate::dom::{object, private_directory, settled};
use crate::error::FileError;

/// Bytes that are taken to memory where no limit is given.
const MEMORY_LIMIT: u64 = 256 << 20;
/// Bytes of which a browser's object is made. It takes as long for one block.
const PART_BYTES: u32 = 4 << 20;

/// Where a file goes.
#[derive(Debug, Clone)]
pub struct Destination(Place);

#[derive(Debug, Clone)]
enum Place {
    Memory { limit: u64 },
    Private,
    File(JsValue),
}

impl Destination {
    /// To the browser's memory: at most so many bytes.
    #[must_use]
    pub fn memory(limit: u64) -> Self {
        Destination(Place::Memory { limit })
    }

    /// To the private file system of the page's origin (WHATWG File System), which takes as many bytes as the browser gives it. What was
    /// received stays there as long as the page does, or until [`remove_private_files`](crate::remove_private_files) is called.
    ///
    /// It is the only place from which a file goes on after a page was loaded anew. When the other side is gone, or the call or the page
    /// is over, the blocks that came are kept; of a page that ends without more ado not those of the last five seconds (4 MiB at most). A
    /// file of the same name, size and type that is accepted to here goes on behind them, if its sender has the same blocks: both hash
    /// what they have.
    ///
    /// What is kept is removed when the file is finished, cancelled, refused by [`IncomingFile::refuse`](crate::IncomingFile::refuse), or wrong.
    /// What is older than a day, or more than 16 files or 4 GiB, is removed when the next file is offered or taken on a page of the origin.
    #[must_use]
    pub fn private() -> Self {
        Destination(Place::Private)
    }

    /// To a file that the person chose: a `FileSystemFileHandle`, of `showSaveFilePicker` for instance.
    #[must_use]
    pub fn file(handle: JsValue) -> Self {
        Destination(Place::File(handle))
    }

    pub(super) fn check(&self, size: u64) -> Result<(), FileError> {
        match self.0 {
            Place::Memory { limit } if size > limit => Err(FileError::TooLarge),
            _ => Ok(()),
        }
    }
}

impl Default for Destination {
    /// Memory, and 256 MiB at most.
    fn default() -> Self {
        Destination::memory(MEMORY_LIMIT)
    }
}

pub(super) enum Sink {
    Memory(Memory),
    File(Writing),
    Private(PrivateFile),
}

impl Sink {
    pub(super) async fn open(destination: Destination, offer: &Offer) -> Result<Self, FileError> {
        match destination.0 {
            Place::Memory { .. } => Ok(Sink::Memory(Memory::default())),
            Place::File(handle) => {
                Writing::open(handle.unchecked_into()).await.map(Sink::File).map_err(|_| FileError::Storage)
            }
            Place::Private => PrivateFile::open(offer).await.map(Sink::Private),
        }
    }

    /// What is kept of before, where there is something.
    pub(super) fn kept(&mut self) -> Option<&mut PrivateFile> {
        match self {
            Sink::Private(file) if file.to_compare().is_some() => Some(file),
            _ => None,
        }
    }

    /// A block, from this byte of the file on: behind what was written before.
    pub(super) async fn write(&mut self, start: u64, bytes: &Uint8Array) -> Result<(), JsValue> {
        match self {
            Sink::Memory(memory) => memory.write(bytes),
            Sink::File(writing) => writing.write(start, bytes).await,
            Sink::Private(file) => file.write(start, bytes).await,
        }
    }

    /// The connection is lost: what came so far is safe, where it can be.
    pub(super) async fn flush(&mut self) -> Result<(), JsValue> {
        match self {
            Sink::Private(file) => file.flush().await,
            Sink::Memory(_) | Sink::File(_) => Ok(()),
        }
    }

    pub(super) async fn finish(&mut self, offer: &Offer) -> Result<Blob, JsValue> {
        match self {
            Sink::Memory(memory) => {
                memory.gather()?;
                joined(&memory.parts, &offer.mime_type)
            }
            Sink::File(writing) => writing.close().await,
            Sink::Private(file) => file.finish().await,
        }
    }

    /// It is not finished, and may be: by another transfer, if it can be kept.
    pub(super) async fn keep(self) {
        match self {
            // What can't be closed is not kept.
            Sink::Private(mut file) => drop(file.flush().await),
            other => other.remove().await,
        }
    }

    /// It is given up.
    pub(super) async fn remove(self) {
        match self {
            Sink::Memory(_) => {}
            Sink::File(writing) => writing.abort().await,
            Sink::Private(file) => file.remove().await,
        }
    }
}

/// What is received to the browser's memory.
#[derive(Default)]
pub(super) struct Memory {
    /// Gathered: the browser may put them on a disk.
    parts: Array,
    /// What came since then, and how many bytes that are.
    blocks: Array,
    bytes: u32,
}

impl Memory {
    fn write(&mut self, block: &Uint8Array) -> Result<(), JsValue> {
        self.blocks.push(block);
        self.bytes = self.bytes.saturating_add(block.length());
        if self.bytes < PART_BYTES { Ok(()) } else { self.gather() }
    }

    fn gather(&mut self) -> Result<(), JsValue> {
        let part = Blob::new_with_u8_array_sequence(&self.blocks)?;
        self.parts.push(&part);
        (self.blocks, self.bytes) = (Array::new(), 0);
        Ok(())
    }
}

/// Parts as one file, with a type that no browser runs.
pub(super) fn joined(parts: &Array, mime_type: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(harmless(mime_type));
    Blob::new_with_blob_sequence_and_options(parts, &options)
}

/// A type with which an address of the file can be opened: what a browser runs would run as part of the page.
fn harmless(mime_type: &str) -> &str {
    let is_media = ["image/", "audio/", "video/"].iter().any(|kind| mime_type.starts_with(kind));
    if mime_type == "text/plain" || is_media && !mime_type.contains("xml") {
        mime_type
    } else {
        "application/octet-stream"
    }
}

/// Removes what was received to the private file system, and what is kept there of unfinished files, also by other pages of the origin: links to
/// it end.
pub async fn remove_private_files() {
    // There may be none.
    let Ok(root) = private_directory(false).await else { return };
    super::kept::forget_finished();
    let _ = settled(root.remove(crate::dom::PRIVATE, &object([("recursive", true.into())]))).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_would_run_gets_another_type() {
        for mime_type in ["image/png", "video/webm", "text/plain"] {
            assert_eq!(harmless(mime_type), mime_type);
        }
        for mime_type in ["text/html", "image/svg+xml", "application/pdf", "application/xhtml+xml", ""] {
            assert_eq!(harmless(mime_type), "application/octet-stream");
        }
    }
}

//! Where a file goes.

use itodenwa_protocol::file::Offer;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag};

use super::random;
use crate::dom::{Directory, FileHandle, WritableFile, free_space, object, private_directory, settled};
use crate::error::FileError;

/// Bytes that are taken to memory where no limit is given.
const MEMORY_LIMIT: u64 = 256 << 20;

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
    /// received stays there until [`remove_private_files`](crate::remove_private_files) is called.
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
    /// The browser may put them on a disk.
    Memory(Vec<Blob>),
    File {
        handle: FileHandle,
        writable: WritableFile,
        /// In the private file system.
        private: Option<(Directory, String)>,
    },
}

impl Sink {
    pub(super) async fn open(destination: Destination, offer: &Offer) -> Result<Self, FileError> {
        match destination.0 {
            Place::Memory { .. } => Ok(Sink::Memory(Vec::new())),
            Place::File(handle) => {
                let writable = writable(handle.unchecked_ref()).await.map_err(|_| FileError::Storage)?;
                Ok(Sink::File { handle: handle.unchecked_into(), writable, private: None })
            }
            Place::Private => {
                if free_space().await.is_some_and(|free| free < offer.size as f64) {
                    return Err(FileError::NoSpace);
                }
                Sink::private().await.map_err(|_| FileError::Unsupported)
            }
        }
    }

    async fn private() -> Result<Self, JsValue> {
        let directory = private_directory(true).await?;
        // The offer's own number is the other side's choice, and could be that of a file that is there.
        let name = random().to_string();
        let handle = settled(directory.file(&name, &object([("create", true.into())]))).await?;
        let writable = writable(handle.unchecked_ref()).await?;
        Ok(Sink::File { handle: handle.unchecked_into(), writable, private: Some((directory, name)) })
    }

    /// Behind what was written before.
    pub(super) async fn write(&mut self, bytes: &Uint8Array) -> Result<(), JsValue> {
        match self {
            Sink::Memory(parts) => parts.push(Blob::new_with_u8_array_sequence(&Array::of1(bytes))?),
            Sink::File { writable, .. } => {
                settled(writable.write(bytes)).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn finish(&mut self, offer: &Offer) -> Result<Blob, JsValue> {
        match self {
            Sink::Memory(parts) => {
                let options = BlobPropertyBag::new();
                options.set_type(harmless(&offer.mime_type));
                let parts: Array = std::mem::take(parts).into_iter().map(JsValue::from).collect();
                Blob::new_with_blob_sequence_and_options(&parts, &options)
            }
            Sink::File { handle, writable, .. } => {
                settled(writable.close()).await?;
                Ok(settled(handle.get_file()).await?.unchecked_into())
            }
        }
    }

    /// It is given up.
    pub(super) async fn remove(self) {
        let Sink::File { writable, private, .. } = self else { return };
        // Not closed it is not there; and what can't be removed stays.
        let _ = settled(writable.abort()).await;
        if let Some((directory, name)) = private {
            let _ = settled(directory.remove(&name, &object([]))).await;
        }
    }
}

async fn writable(handle: &FileHandle) -> Result<WritableFile, JsValue> {
    Ok(settled(handle.create_writable()).await?.unchecked_into())
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

/// Removes what was received to the private file system, also by other pages of the origin: links to it end.
pub async fn remove_private_files() {
    // There may be none.
    let Ok(root) = private_directory(false).await else { return };
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

//! Files to and from a peer.

mod digest;
mod kept;
mod private;
mod reading;
mod receiving;
mod resumptions;
mod sending;
mod sink;
mod talk;
mod transfer;
mod writing;

pub use itodenwa_protocol::file::{Offer, safe_name};
pub use sink::{Destination, remove_private_files};
pub use transfer::{Progress, Transfer, TransferState};

use web_sys::Blob;

use crate::channel::accept;
use crate::error::{ChannelError, FileError};
use crate::incoming::IncomingFile;
use crate::peer::Peer;
use transfer::Shared;

impl Peer {
    /// Offers a file to this peer, who gets it as [`Event::File`](crate::Event::File), and sends it as they take it. It goes on through a new
    /// connection. The name is made safe: [`safe_name`].
    ///
    /// A file goes in blocks of 256 KiB, read when they are sent, four at once, each with its SHA-256; eight at most are sent and not acknowledged. Several
    /// files at once share the connection block by block.
    ///
    /// # Errors
    /// [`FileError::Unsupported`] where the browser has no hashes, [`FileError::TooLarge`] beyond 2⁵³ bytes.
    pub fn send_file(&self, file: &Blob, name: &str) -> Result<Transfer, FileError> {
        if !crate::dom::has_digest() {
            return Err(FileError::Unsupported);
        }
        let offer = Offer::new(random(), name, file.size() as u64, &file.type_()).ok_or(FileError::TooLarge)?;
        let (shared, file) = (Shared::new(offer, self.clone()), file.clone());
        Ok(Transfer::start(&shared, sending::run(shared.clone(), file)))
    }
}

impl IncomingFile {
    /// What is offered.
    ///
    /// # Errors
    /// [`FileError::Malformed`] if it is no offer: refuse it.
    pub fn offer(&self) -> Result<Offer, FileError> {
        Offer::read(self.0.label(), self.0.purpose()).ok_or(FileError::Malformed)
    }

    /// Bytes that are kept of such a file, by name, size and type, and that need not come again if the sender has the same: where it is
    /// [taken to](Destination::private). They are 0 if it is no offer, and if the sender can't say what it has, as earlier versions.
    pub async fn kept(&self) -> u64 {
        match self.offer() {
            Ok(offer) if offer.compares() => kept::bytes(&offer).await,
            _ => 0,
        }
    }

    /// Says that it is not wanted. What is kept of such a file is removed.
    pub fn refuse(&self) {
        self.0.refuse();
        if let Ok(offer) = self.offer() {
            crate::dom::spawn(async move { kept::forget(&offer).await });
        }
    }

    /// Takes the file.
    ///
    /// # Errors
    /// [`FileError`]: [`TooLarge`](FileError::TooLarge) for where it is to go, [`Unsupported`](FileError::Unsupported),
    /// [`Malformed`](FileError::Malformed), [`Taken`](FileError::Taken). What goes wrong later is told by the transfer.
    pub fn accept(&self, destination: Destination) -> Result<Transfer, FileError> {
        let offer = self.offer()?;
        if !crate::dom::has_digest() {
            return Err(FileError::Unsupported);
        }
        destination.check(offer.size)?;
        let channel = match accept(&self.0) {
            Ok(channel) => Some(channel),
            // It comes through the next connection. It is accepted once.
            Err(ChannelError::Lost) => self.0.take().and(None),
            Err(_) => return Err(FileError::Taken),
        };
        let shared = Shared::new(offer, self.peer().clone());
        let purpose = self.0.purpose().to_owned();
        Ok(Transfer::start(&shared, receiving::run(shared.clone(), channel, purpose, destination)))
    }
}

/// A number that no other file has: as many as JavaScript counts exactly.
fn random() -> u64 {
    (js_sys::Math::random() * (1_u64 << 53) as f64) as u64
}

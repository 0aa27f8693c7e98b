//! One hash of many blocks.

use itodenwa_protocol::file::{HASH_BYTES, first_blocks};
use js_sys::Uint8Array;
use web_sys::Blob;

use super::reading::Reading;
use crate::dom;

/// The digest of the first blocks of a file of this size: the SHA-256 of the digest of those before and the SHA-256 of the block, from zeros on.
/// None if they can't be read.
pub(super) async fn digest(file: &Blob, size: u64, count: u32) -> Option<[u8; HASH_BYTES]> {
    let mut digest = [0; HASH_BYTES];
    let mut reading = Reading::new(file);
    for block in first_blocks(size, count) {
        let bytes = reading.block(block).await?;
        let hash = dom::sha256(&bytes).await.ok()?;
        let both = Uint8Array::from(&[&digest[..], &hash].concat()[..]);
        digest = dom::sha256(&both).await.ok()?.try_into().ok()?;
    }
    Some(digest)
}

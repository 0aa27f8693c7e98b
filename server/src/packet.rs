//! Packets as the server sees them: something of some size.

use serde_json::value::RawValue;

/// A packet from peer to peer: all that is known of it is how large it is.
pub trait Packet {
    /// Its size in bytes.
    fn bytes(&self) -> usize;
}

/// A packet that is relayed as the text that it is.
pub type Opaque = Box<RawValue>;

impl Packet for Opaque {
    fn bytes(&self) -> usize {
        self.get().len()
    }
}

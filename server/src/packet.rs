//! Packets as the server sees them: something of some size.

use serde_json::value::{RawValue, to_raw_value};

/// A packet from peer to peer: all that is known of it is how large it is.
pub trait Packet {
    /// Its size in bytes.
    fn bytes(&self) -> usize;

    /// A packet that the server writes itself: the envelope, not what is in it. None if it can't be written.
    fn written(packet: &itodenwa_wire::Packet) -> Option<Self>
    where
        Self: Sized;
}

/// A packet that is relayed as the text that it is.
pub type Opaque = Box<RawValue>;

impl Packet for Opaque {
    fn bytes(&self) -> usize {
        self.get().len()
    }

    fn written(packet: &itodenwa_wire::Packet) -> Option<Self> {
        to_raw_value(packet).ok()
    }
}

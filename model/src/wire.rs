//! A network that loses, duplicates, delays, and by delaying reorders.

use std::time::Duration;

use crate::rng::Rng;

#[derive(Debug, Clone, Copy)]
pub struct Wire {
    /// Of a hundred packets, how many are lost.
    pub loss: u64,
    /// Of a hundred packets that are not lost, how many come twice.
    pub duplicates: u64,
    /// Each packet takes up to this many milliseconds.
    pub delay: u64,
}

impl Wire {
    pub const PERFECT: Wire = Wire { loss: 0, duplicates: 0, delay: 0 };
    pub const CUT: Wire = Wire { loss: 100, duplicates: 0, delay: 0 };

    /// How long each copy of a packet takes that arrives.
    pub fn carry(self, rng: &mut Rng) -> impl Iterator<Item = Duration> + use<> {
        let copies = match (rng.percent(self.loss), rng.percent(self.duplicates)) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        };
        let mut delay = || Duration::from_millis(1 + rng.up_to(self.delay));
        let delays = [delay(), delay()];
        delays.into_iter().take(copies)
    }
}

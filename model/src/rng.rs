//! Chance that can be repeated: everything random comes from one seed, or from what is told first.

use std::collections::VecDeque;

/// SplitMix64, after what it is told.
#[derive(Debug, Clone)]
pub struct Rng {
    state: u64,
    told: VecDeque<u8>,
}

impl Rng {
    pub fn new(seed: u64) -> Self {
        Rng { state: seed, told: VecDeque::new() }
    }

    /// What is drawn first are these bytes, two at a time: who tells them, a fuzzer for instance, decides instead of chance.
    pub fn told(bytes: &[u8]) -> Self {
        Rng { state: 0, told: bytes.iter().copied().collect() }
    }

    pub fn draw(&mut self) -> u64 {
        if let Some(low) = self.told.pop_front() {
            return u64::from(low) | u64::from(self.told.pop_front().unwrap_or(0)) << 8;
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `limit`, both included.
    pub fn up_to(&mut self, limit: u64) -> u64 {
        self.draw() % (limit + 1)
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.draw() % 100 < chance
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[(self.draw() % from.len() as u64) as usize]
    }
}

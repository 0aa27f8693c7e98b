//! Which ports relay now, for all workers: two bits each.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

/// The ports of allocations. Claimed by one worker, looked at by all.
#[derive(Debug, Default)]
pub struct Ports {
    /// Those that a worker has, or tries to have: until it is bound, a port may be that of another service of this computer.
    claimed: Bits,
    /// Those that are bound.
    relaying: Bits,
}

/// One bit for each port.
#[derive(Debug)]
struct Bits(Box<[AtomicU64]>);

const BITS: u16 = 64;

impl Default for Bits {
    fn default() -> Self {
        Bits((0..=u16::MAX / BITS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Ports {
    /// Whether an allocation has this port.
    pub(super) fn relays(&self, port: u16) -> bool {
        self.relaying.has(port)
    }

    /// Takes a free port of the range, the first one from a random place on that `works` for.
    pub(super) fn claim<T>(
        &self,
        range: &RangeInclusive<u16>,
        random: u32,
        tries: usize,
        mut works: impl FnMut(u16) -> Option<T>,
    ) -> Option<(u16, T)> {
        let (first, count) = (u32::from(*range.start()), u32::from(range.end().checked_sub(*range.start())?) + 1);
        let candidates = (0..count).filter_map(|step| u16::try_from(first + (random % count + step) % count).ok());
        candidates.filter(|port| self.claimed.set(*port)).take(tries).find_map(|port| match works(port) {
            Some(made) => {
                self.relaying.set(port);
                Some((port, made))
            }
            None => {
                self.release(port);
                None
            }
        })
    }

    pub(super) fn release(&self, port: u16) {
        // In this order: who claims it next has it to itself.
        self.relaying.clear(port);
        self.claimed.clear(port);
    }
}

impl Bits {
    fn has(&self, port: u16) -> bool {
        self.word(port).is_some_and(|word| word.load(Ordering::Relaxed) & bit(port) != 0)
    }

    /// Whether it was not set before.
    fn set(&self, port: u16) -> bool {
        self.word(port).is_some_and(|word| word.fetch_or(bit(port), Ordering::AcqRel) & bit(port) == 0)
    }

    fn clear(&self, port: u16) {
        if let Some(word) = self.word(port) {
            word.fetch_and(!bit(port), Ordering::AcqRel);
        }
    }

    fn word(&self, port: u16) -> Option<&AtomicU64> {
        self.0.get(usize::from(port / BITS))
    }
}

fn bit(port: u16) -> u64 {
    1 << (port % BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_is_claimed_once_and_free_again_when_it_is_released() {
        let (ports, range) = (Ports::default(), 65_533..=65_535);
        let claim = |random| ports.claim(&range, random, 16, |_| Some(())).map(|(port, ())| port);
        assert_eq!([claim(1), claim(1), claim(1), claim(1)], [Some(65_534), Some(65_535), Some(65_533), None]);
        assert!(ports.relays(65_534) && !ports.relays(65_532));
        ports.release(65_534);
        assert!(!ports.relays(65_534));
        assert_eq!(claim(u32::MAX), Some(65_534));
    }

    #[test]
    fn a_port_that_does_not_work_is_left_alone() {
        let ports = Ports::default();
        let odd = |port: u16| (port % 2 == 1).then_some(());
        assert_eq!(ports.claim(&(10..=20), 0, 16, odd), Some((11, ())));
        assert!(!ports.relays(10));
        assert_eq!(ports.claim(&(0..=u16::MAX), 0, 16, |_| None::<()>), None);
    }

    /// It may be that of another service of this computer, which nobody may reach through the relay.
    #[test]
    fn a_port_is_none_of_the_relay_before_it_is_bound() {
        let ports = Ports::default();
        let is_taken = ports.claim(&(10..=10), 0, 1, |port| {
            assert!(!ports.relays(port));
            None::<()>
        });
        assert!(is_taken.is_none() && !ports.relays(10));
        assert_eq!(ports.claim(&(10..=10), 0, 1, |port| (!ports.relays(port)).then_some(())), Some((10, ())));
        assert!(ports.relays(10));
    }
}

//! Memory that many share.

use std::sync::atomic::{AtomicUsize, Ordering};

/// One may have this part of what is free: so there is always something left for others, however many take all they may have.
const PART_OF_FREE: usize = 16;

/// How many bytes there are for all, and how many are taken.
#[derive(Debug)]
pub(crate) struct Budget {
    total: usize,
    taken: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(total: usize) -> Self {
        Budget { total, taken: AtomicUsize::new(0) }
    }

    /// How much one may have that has so much already, and `most` at most.
    pub(crate) fn share(&self, has: usize, most: usize) -> usize {
        let others = self.taken.load(Ordering::Relaxed).saturating_sub(has);
        most.min(self.total.saturating_sub(others) / PART_OF_FREE)
    }

    pub(crate) fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives back what was taken.
    pub(crate) fn release(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_never_taken_and_a_newcomer_gets_something() {
        let budget = Budget::new(1 << 20);
        assert_eq!(budget.share(0, 1000), 1000);
        for _ in 0..1000 {
            let share = budget.share(0, 1 << 16);
            budget.take(share);
        }
        assert!(budget.taken() <= 1 << 20);
        let taken = budget.taken();
        budget.release(taken / 2);
        assert!(budget.share(0, 1 << 16) > 1 << 14);
    }
}

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

/// A value that the driver changes and handles look at. Nothing can be borrowed from it, so nothing can stay borrowed.
///
/// While it is changed others find the default in it: a change runs no code that looks at it again.
pub(crate) struct SnapshotCell<T>(Rc<Cell<T>>);

impl<T: Default> SnapshotCell<T> {
    pub(crate) fn new(value: T) -> Self {
        SnapshotCell(Rc::new(Cell::new(value)))
    }

    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.0.take();
        let result = change(&mut value);
        self.0.set(value);
        result
    }

    /// Whether there is a clone of it.
    pub(crate) fn is_shared(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }

    pub(crate) fn get(&self) -> T
    where
        T: Clone,
    {
        self.change(|value| value.clone())
    }
}

impl<T> Clone for SnapshotCell<T> {
    fn clone(&self) -> Self {
        SnapshotCell(Rc::clone(&self.0))
    }
}

impl<T: Default> Default for SnapshotCell<T> {
    fn default() -> Self {
        SnapshotCell(Rc::default())
    }
}

impl<T: Default + fmt::Debug> fmt::Debug for SnapshotCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.change(|value| value.fmt(f))
    }
}

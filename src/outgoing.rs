//! Texts on their way to a peer: their places, and what is kept until they are delivered.

use std::cell::Cell;
use std::rc::Rc;

use itodenwa_wire::limits::QUEUED_TEXTS;

use crate::oneshot;

/// What is kept of a text until its peer has read it. Dropping it tells that it was not delivered.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// The [`Message::id`](crate::Message::id).
    pub(crate) id: u32,
    pub(crate) delivered: oneshot::Sender<()>,
    pub(crate) _place: Place,
}

/// One of the [`QUEUED_TEXTS`] places for texts that a peer has not acknowledged; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Rc<Cell<usize>>);

impl Place {
    pub(crate) fn take(taken: &Rc<Cell<usize>>) -> Option<Self> {
        let count = taken.get();
        (count < QUEUED_TEXTS).then(|| {
            taken.set(count + 1);
            Place(Rc::clone(taken))
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_come_back() {
        let taken = Rc::default();
        let mut places: Vec<_> = std::iter::from_fn(|| Place::take(&taken)).collect();
        assert_eq!(places.len(), QUEUED_TEXTS);
        places.pop();
        assert!(Place::take(&taken).is_some());
    }
}

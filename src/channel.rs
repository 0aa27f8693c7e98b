//! Text messages to and from one peer, over all its connections.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::oneshot;
use itodenwa_wire::limits::QUEUED_TEXTS;
use itodenwa_wire::{Frame, Text};

/// A text on its way to one peer. Its [`Place`] bounds how many there are.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) text: Text,
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

/// The texts to and from one peer, over all its connections.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    unacknowledged: VecDeque<Outgoing>,
    last_received: u32,
}

impl Texts {
    /// Takes a text to send, and gives its frame.
    pub(crate) fn push(&mut self, outgoing: Outgoing) -> Frame {
        let frame = Frame::Text(outgoing.text.clone());
        self.unacknowledged.push_back(outgoing);
        frame
    }

    /// What is to be sent when a channel opens: everything that no channel before it got through.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        self.unacknowledged.iter().map(|outgoing| Frame::Text(outgoing.text.clone())).collect()
    }

    /// The other side has this text. True if it was waited for.
    pub(crate) fn acknowledge(&mut self, id: u32) -> bool {
        let Some(index) = self.unacknowledged.iter().position(|outgoing| outgoing.text.id == id) else { return false };
        if let Some(outgoing) = self.unacknowledged.remove(index) {
            outgoing.delivered.send(());
        }
        true
    }

    /// Whether a text is new. It may come again when its acknowledgement was lost with a connection.
    pub(crate) fn is_new(&self, id: u32) -> bool {
        id > self.last_received
    }

    pub(crate) fn received(&mut self, id: u32) {
        self.last_received = self.last_received.max(id);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::FutureExt;

    use super::*;

    fn outgoing(id: u32) -> (Outgoing, oneshot::Receiver<()>) {
        let (delivered, waits) = oneshot::channel();
        let place = Place::take(&Rc::default()).unwrap();
        (Outgoing { text: Text { id, text: "hello".into() }, delivered, _place: place }, waits)
    }

    #[test]
    fn a_text_is_sent_again_until_it_is_acknowledged() {
        let mut texts = Texts::default();
        let (first, mut first_delivered) = outgoing(1);
        let (second, mut second_delivered) = outgoing(2);
        texts.push(first);
        texts.push(second);
        assert_eq!(texts.frames().len(), 2);
        assert!(texts.acknowledge(1) && !texts.acknowledge(1));
        assert_eq!((&mut first_delivered).now_or_never(), Some(Ok(())));
        assert_eq!((&mut second_delivered).now_or_never(), None);
        assert_eq!(texts.frames().len(), 1);
    }

    #[test]
    fn places_are_bounded_and_come_back() {
        let taken = Rc::default();
        let mut places: Vec<_> = std::iter::from_fn(|| Place::take(&taken)).collect();
        assert_eq!(places.len(), QUEUED_TEXTS);
        places.pop();
        assert!(Place::take(&taken).is_some());
    }

    #[test]
    fn a_text_is_received_once() {
        let mut texts = Texts::default();
        assert!(texts.is_new(3));
        texts.received(3);
        assert!(!texts.is_new(3) && !texts.is_new(2) && texts.is_new(4));
    }
}

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::queue::{Receiver, Sender, queue};
use futures_core::Stream;
use futures_util::StreamExt;

use super::Event;

/// Events that wait to be read, beyond which steps, texts and troubles are no longer added.
const LOSSY: usize = 512;
/// Events that wait to be read, at most. Then the room is closed: an application that missed who left is wrong for ever.
const EVENTS: usize = 4096;

/// The events of a room or call, in their order. One reader.
#[derive(Debug)]
pub struct Events<E = Event>(Receiver<E>);

/// The driver's end.
#[derive(Debug)]
pub(crate) struct EventSender<E = Event>(Sender<E>);

/// Whether an event may be left out when too many wait: nothing is wrong ever after without it.
pub(crate) trait Lossy {
    fn is_lossy(&self) -> bool;
}

/// The application does not read.
#[derive(Debug)]
pub(crate) struct Overflow;

pub(crate) fn channel<E>() -> (EventSender<E>, Events<E>) {
    let (sender, receiver) = queue(EVENTS + 1);
    (EventSender(sender), Events(receiver))
}

impl<E: Lossy> EventSender<E> {
    /// Whether there is room for what may be left out.
    pub(crate) fn has_room(&self) -> bool {
        self.0.len() < LOSSY
    }

    /// Tells the application.
    pub(crate) fn push(&self, event: E) -> Result<(), Overflow> {
        let lossy = event.is_lossy();
        let limit = if lossy { LOSSY } else { EVENTS };
        if self.0.len() < limit {
            // An application that does not want events has dropped the stream.
            let _ = self.0.send(event);
            return Ok(());
        }
        if lossy { Ok(()) } else { Err(Overflow) }
    }

    /// Tells the last event, for which there is always room.
    pub(crate) fn close(self, event: E) {
        let _ = self.0.send(event);
    }
}

impl<E> Events<E> {
    /// The next event, none after the last one.
    pub async fn next(&mut self) -> Option<E> {
        StreamExt::next(&mut self.0).await
    }

    /// A stream that has ended.
    pub(crate) fn empty() -> Self {
        Events(Receiver::ended())
    }
}

impl Lossy for Event {
    fn is_lossy(&self) -> bool {
        matches!(
            self,
            Event::Step(_) | Event::Text { .. } | Event::Trouble(_) | Event::DevicesChanged | Event::Speaking { .. }
        )
    }
}

impl<E> Stream for Events<E> {
    type Item = E;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<E>> {
        self.0.poll_next_unpin(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_bounded() {
        let (sender, events) = channel();
        for _ in 0..EVENTS {
            assert!(sender.push(Event::Closed(None)).is_ok());
        }
        assert!(sender.push(Event::Closed(None)).is_err());
        assert!(!sender.has_room());
        drop(events);
    }
}

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use itodenwa_protocol::delivery::Receipt;
use itodenwa_wire::PeerId;

use super::Event;
use crate::queue::{Receiver, Sender, queue};

/// Events that wait to be read, beyond which steps and troubles are no longer added.
pub(crate) const LOSSY: usize = 512;
/// Events that wait to be read, beyond which deliveries are not added.
const DELIVERIES: usize = 1024;
/// Events that wait to be read, beyond which messages are not taken from peers: fifteen that send as much as they may stay below,
/// whatever else waits, so that none has to be sent again.
const TEXTS: usize = 3584;
/// Events that wait to be read, at most. Then the room is closed: an application that missed who left is wrong for ever.
const EVENTS: usize = 4096;

/// The events of a room or call, in their order. One reader.
#[derive(Debug)]
pub struct Events<E = Event> {
    queue: Receiver<Queued<E>>,
    /// Tells the driver which texts were read.
    read: Sender<ReadText>,
}

/// The driver's end.
#[derive(Debug)]
pub(crate) struct EventSender<E = Event> {
    queue: Sender<Queued<E>>,
    read: Receiver<ReadText>,
}

/// An event that waits. A text's sender is told when it was read.
struct Queued<E> {
    event: E,
    text: Option<ReadText>,
}

/// A text that the application read: from whom in a room, and which.
#[derive(Debug)]
pub(crate) struct ReadText {
    pub(crate) from: Option<PeerId>,
    pub(crate) receipt: Receipt,
}

/// Whether an event may be left out when too many wait: nothing is wrong ever after without it.
pub(crate) trait Lossy {
    /// How many may wait before it is left out; none if it never is.
    fn left_out_beyond(&self) -> Option<usize>;
}

/// The application does not read.
#[derive(Debug)]
pub(crate) struct Overflow;

pub(crate) fn channel<E>() -> (EventSender<E>, Events<E>) {
    let (sender, receiver) = queue(EVENTS + 1);
    // Only the driver adds events, and it takes what was read when it is polled: no more can be read before.
    let (read, reads) = queue(EVENTS + 1);
    (EventSender { queue: sender, read: reads }, Events { queue: receiver, read })
}

impl<E: Lossy> EventSender<E> {
    /// Whether there is room for a text.
    pub(crate) fn has_room(&self) -> bool {
        self.queue.len() < TEXTS
    }

    /// Tells the application a text, for which there was [room](Self::has_room).
    pub(crate) fn push_text(&self, event: E, text: ReadText) {
        // An application that does not want events reads no texts: their sender is not told that it did.
        let _ = self.queue.send(Queued { event, text: Some(text) });
    }

    /// The texts that the application read since, at least one: however many it reads at once are acknowledged at once.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Vec<ReadText>> {
        let mut read = Vec::new();
        while let Poll::Ready(Some(text)) = self.read.poll_next_unpin(cx) {
            read.push(text);
        }
        if read.is_empty() { Poll::Pending } else { Poll::Ready(read) }
    }

    /// Tells the application.
    pub(crate) fn push(&self, event: E) -> Result<(), Overflow> {
        let beyond = event.left_out_beyond();
        if self.queue.len() < beyond.unwrap_or(EVENTS) {
            // An application that does not want events has dropped the stream.
            let _ = self.queue.send(Queued { event, text: None });
            return Ok(());
        }
        if beyond.is_some() { Ok(()) } else { Err(Overflow) }
    }

    /// Tells the last event, for which there is always room.
    pub(crate) fn close(self, event: E) {
        let _ = self.queue.send(Queued { event, text: None });
    }
}

impl<E> Events<E> {
    /// The next event, none after the last one.
    pub async fn next(&mut self) -> Option<E> {
        StreamExt::next(self).await
    }

    /// A stream that has ended.
    pub(crate) fn empty() -> Self {
        Events { queue: Receiver::ended(), read: queue(0).0 }
    }
}

impl Lossy for Event {
    fn left_out_beyond(&self) -> Option<usize> {
        match self {
            Event::Step(_) | Event::Trouble(_) | Event::DevicesChanged | Event::Speaking { .. } => Some(LOSSY),
            // What holds can be looked at.
            Event::Attribute { .. } => Some(LOSSY),
            // Then it is refused.
            Event::Channel(_) | Event::Request(_) | Event::File(_) => Some(LOSSY),
            // The message knows it, too.
            Event::Delivered { .. } => Some(DELIVERIES),
            _ => None,
        }
    }
}

impl<E> Stream for Events<E> {
    type Item = E;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<E>> {
        let next = self.queue.poll_next_unpin(cx);
        next.map(|queued| {
            queued.map(|Queued { event, text }| {
                if let Some(text) = text {
                    // The room may be over.
                    let _ = self.read.send(text);
                }
                event
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use itodenwa_protocol::Time;
    use itodenwa_protocol::delivery::{Delivery, Received};
    use itodenwa_wire::{Format, Text, TextStream};

    use super::*;

    #[test]
    fn a_text_counts_as_read_when_the_application_took_it() {
        let (mut sender, mut events) = channel();
        let mut delivery = Delivery::<()>::new(0);
        delivery.channel_opened();
        delivery.announced(TextStream { id: 0, next: 1, packets: false });
        let text = Text { number: 1, text: String::new(), format: Format::Text };
        let Received::Text { receipt, .. } = delivery.receive(Time::default(), text) else { panic!() };
        sender.push_text(Event::DevicesChanged, ReadText { from: None, receipt });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(sender.poll_read(&mut cx).is_pending());
        assert!(events.poll_next_unpin(&mut cx).is_ready());
        let Poll::Ready(read) = sender.poll_read(&mut cx) else { panic!() };
        assert_eq!(read.iter().map(|text| text.receipt).collect::<Vec<_>>(), [receipt]);
        drop(events);
        assert!(sender.poll_read(&mut cx).is_pending());
    }

    #[test]
    fn what_is_not_read_is_bounded() {
        let (sender, events) = channel();
        for _ in 0..EVENTS {
            assert!(sender.push(Event::Closed(None)).is_ok());
        }
        assert!(sender.push(Event::Closed(None)).is_err());
        assert!(sender.push(Event::DevicesChanged).is_ok(), "it is left out, and nothing ends");
        assert_eq!(sender.queue.len(), EVENTS);
        assert!(!sender.has_room());
        drop(events);
    }
}

//! What waits to be written to one connection: bounded in messages and in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::Limits;

/// Makes a queue of at most [`Limits::queue_messages`] and [`Limits::queue_bytes`].
pub(crate) fn queue(limits: &Limits) -> (QueueSender, QueueReceiver) {
    let (sender, receiver) = mpsc::channel(limits.queue_messages.max(1));
    let bytes = Arc::new(AtomicUsize::new(0));
    (QueueSender { sender, bytes: bytes.clone(), most: limits.queue_bytes }, QueueReceiver { receiver, bytes })
}

/// The end that the switchboard has.
#[derive(Debug)]
pub(crate) struct QueueSender {
    sender: mpsc::Sender<Utf8Bytes>,
    bytes: Arc<AtomicUsize>,
    most: usize,
}

/// The queue has as much as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl QueueSender {
    /// Adds a message. To a connection that is gone it is no failure: that is told in another way.
    pub(crate) fn push(&self, message: Utf8Bytes) -> Result<(), Full> {
        // Only this end adds, so what is checked here can only have become less. The count goes up before the message is
        // there to be taken, so that it never goes below zero.
        let bytes = message.len();
        if self.bytes.load(Ordering::Relaxed).saturating_add(bytes) > self.most {
            return Err(Full);
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        match self.sender.try_send(message) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.bytes.fetch_sub(bytes, Ordering::Relaxed);
                Err(Full)
            }
        }
    }
}

/// The end that the socket has.
#[derive(Debug)]
pub(crate) struct QueueReceiver {
    receiver: mpsc::Receiver<Utf8Bytes>,
    bytes: Arc<AtomicUsize>,
}

impl QueueReceiver {
    /// The next message; none when the other end is gone.
    pub(crate) async fn next(&mut self) -> Option<Utf8Bytes> {
        let message = self.receiver.recv().await?;
        Some(self.taken(message))
    }

    /// The next message, if it is there already.
    pub(crate) fn next_now(&mut self) -> Option<Utf8Bytes> {
        let message = self.receiver.try_recv().ok()?;
        Some(self.taken(message))
    }

    fn taken(&self, message: Utf8Bytes) -> Utf8Bytes {
        self.bytes.fetch_sub(message.len(), Ordering::Relaxed);
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> (QueueSender, QueueReceiver) {
        queue(&Limits { queue_messages: 3, queue_bytes: 10, ..Limits::default() })
    }

    #[test]
    fn is_bounded_in_messages() {
        let (sender, mut receiver) = small();
        for _ in 0..3 {
            assert_eq!(sender.push("a".into()), Ok(()));
        }
        assert_eq!(sender.push("a".into()), Err(Full));
        assert_eq!(receiver.next_now().as_deref(), Some("a"));
        assert_eq!(sender.push("b".into()), Ok(()));
    }

    #[test]
    fn is_bounded_in_bytes() {
        let (sender, mut receiver) = small();
        assert_eq!(sender.push("12345678".into()), Ok(()));
        assert_eq!(sender.push("123".into()), Err(Full));
        assert_eq!(sender.push("12".into()), Ok(()));
        assert_eq!(receiver.next_now().as_deref(), Some("12345678"));
        assert_eq!(sender.push("12345678".into()), Ok(()));
    }

    #[test]
    fn nothing_fails_when_the_socket_is_gone() {
        let (sender, receiver) = small();
        drop(receiver);
        assert_eq!(sender.push("a".into()), Ok(()));
    }
}

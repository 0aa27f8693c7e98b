//! What waits to be written to one connection: bounded in messages and in bytes. While nothing waits it takes next to no
//! memory, which is how most connections are at most times.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::Limits;
use crate::budget::Budget;

/// So much a queue may always have, in bytes: all but descriptions, even when others take all memory that there is for queues.
const ALWAYS: usize = 16 * 1024;
/// Places that an empty queue keeps.
const KEPT: usize = 8;

/// Makes a queue of at most [`Limits::queue_messages`] and [`Limits::queue_bytes`].
/// Together they take what the budget has.
pub(crate) fn queue(limits: &Limits, budget: &Arc<Budget>) -> (QueueSender, QueueReceiver) {
    let shared = Arc::new(Shared { waiting: Mutex::default(), changed: Notify::new(), budget: budget.clone() });
    let most = (limits.queue_messages.max(1), limits.queue_bytes);
    (QueueSender { shared: shared.clone(), most }, QueueReceiver { shared })
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Notify,
    budget: Arc<Budget>,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Queued>,
    bytes: usize,
    /// One of the ends is gone.
    closed: bool,
}

/// What is in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Queued {
    /// A message that is to be written.
    Text(Utf8Bytes),
    /// The same, and from now on the connection is a member's.
    Welcome(Utf8Bytes),
    /// The registry is to be told when all before this was written.
    Mark,
}

/// The end that the connection registry has.
#[derive(Debug)]
pub(crate) struct QueueSender {
    shared: Arc<Shared>,
    /// Messages, bytes.
    most: (usize, usize),
}

/// The queue has as much as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl QueueSender {
    /// Adds a message. To a connection that is gone it is no failure: that is told in another way.
    pub(crate) fn push(&self, message: Utf8Bytes) -> Result<(), Full> {
        self.add(message.len(), Queued::Text(message))
    }

    /// Adds the message after which the connection is a member's.
    pub(crate) fn push_welcome(&self, message: Utf8Bytes) -> Result<(), Full> {
        self.add(message.len(), Queued::Welcome(message))
    }

    fn add(&self, length: usize, message: Queued) -> Result<(), Full> {
        let mut waiting = self.shared.waiting();
        if waiting.closed {
            return Ok(());
        }
        let bytes = waiting.bytes.saturating_add(length);
        let most = self.shared.budget.share(waiting.bytes, self.most.1).max(ALWAYS.min(self.most.1));
        if waiting.messages.len() >= self.most.0 || bytes > most {
            return Err(Full);
        }
        self.shared.budget.take(length);
        waiting.bytes = bytes;
        waiting.messages.push_back(message);
        drop(waiting);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Adds a mark. There is one at most that was not told, so it needs no bound.
    pub(crate) fn mark(&self) {
        let mut waiting = self.shared.waiting();
        if !waiting.closed {
            waiting.messages.push_back(Queued::Mark);
            drop(waiting);
            self.shared.changed.notify_one();
        }
    }
}

impl Drop for QueueSender {
    /// What waits is still taken.
    fn drop(&mut self) {
        self.shared.waiting().closed = true;
        self.shared.changed.notify_one();
    }
}

/// The end that the socket has.
#[derive(Debug)]
pub(crate) struct QueueReceiver {
    shared: Arc<Shared>,
}

impl QueueReceiver {
    /// The next message; none when the other end is gone and nothing waits.
    pub(crate) async fn next(&mut self) -> Option<Queued> {
        loop {
            if let Some(message) = self.next_now() {
                return Some(message);
            }
            if self.shared.waiting().closed {
                return self.next_now();
            }
            // What changes before this waits ends it at once.
            self.shared.changed.notified().await;
        }
    }

    /// The next message, if it is there already.
    pub(crate) fn next_now(&mut self) -> Option<Queued> {
        let mut waiting = self.shared.waiting();
        let message = waiting.messages.pop_front()?;
        if let Queued::Text(text) | Queued::Welcome(text) = &message {
            waiting.bytes = waiting.bytes.saturating_sub(text.len());
            self.shared.budget.release(text.len());
        }
        if waiting.messages.is_empty() && waiting.messages.capacity() > KEPT {
            waiting.messages = VecDeque::new();
        }
        Some(message)
    }
}

impl Drop for QueueReceiver {
    fn drop(&mut self) {
        let mut waiting = self.shared.waiting();
        waiting.closed = true;
        waiting.messages = VecDeque::new();
        self.shared.budget.release(std::mem::take(&mut waiting.bytes));
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing in here panics; if it did, a queue is of use all the same.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> Arc<Budget> {
        Arc::new(Budget::new(1 << 20))
    }

    fn small() -> (QueueSender, QueueReceiver) {
        queue(&Limits { queue_messages: 3, queue_bytes: 10, ..Limits::default() }, &budget())
    }

    #[test]
    fn is_bounded_in_messages() {
        let (sender, mut receiver) = small();
        for _ in 0..3 {
            assert_eq!(sender.push("a".into()), Ok(()));
        }
        assert_eq!(sender.push("a".into()), Err(Full));
        assert_eq!(receiver.next_now(), Some(Queued::Text("a".into())));
        assert_eq!(sender.push("b".into()), Ok(()));
    }

    #[test]
    fn is_bounded_in_bytes() {
        let (sender, mut receiver) = small();
        assert_eq!(sender.push("12345678".into()), Ok(()));
        assert_eq!(sender.push("123".into()), Err(Full));
        assert_eq!(sender.push("12".into()), Ok(()));
        assert_eq!(receiver.next_now(), Some(Queued::Text("12345678".into())));
        assert_eq!(sender.push("12345678".into()), Ok(()));
    }

    #[tokio::test]
    async fn what_waits_is_taken_after_the_other_end_is_gone_and_then_it_is_over() {
        let (sender, mut receiver) = small();
        let taken = tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Some(message) = receiver.next().await {
                taken.push(message);
            }
            taken
        });
        tokio::task::yield_now().await;
        assert_eq!(sender.push("a".into()), Ok(()));
        sender.mark();
        tokio::task::yield_now().await;
        assert_eq!(sender.push("b".into()), Ok(()));
        tokio::task::yield_now().await;
        assert_eq!(sender.push("c".into()), Ok(()));
        drop(sender);
        let text = |text: &str| Queued::Text(text.into());
        assert_eq!(taken.await.unwrap(), [text("a"), Queued::Mark, text("b"), text("c")]);
    }

    #[test]
    fn an_empty_queue_gives_its_places_back() {
        let (sender, mut receiver) = queue(&Limits::default(), &budget());
        for _ in 0..200 {
            sender.push("a".into()).unwrap();
        }
        while receiver.next_now().is_some() {}
        assert_eq!(receiver.shared.waiting().messages.capacity(), 0);
    }

    #[test]
    fn all_of_them_are_bounded_and_each_has_a_little() {
        let budget = budget();
        let queues: Vec<_> = (0..1000).map(|_| queue(&Limits::default(), &budget)).collect();
        let mut large = 0;
        for (sender, _) in &queues {
            large += usize::from(sender.push("x".repeat(32 * 1024).into()).is_ok());
            assert_eq!(sender.push("x".repeat(1000).into()), Ok(()));
        }
        assert!((10..32).contains(&large), "{large}");
        drop(queues);
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn nothing_fails_when_the_socket_is_gone() {
        let (sender, receiver) = small();
        drop(receiver);
        assert_eq!(sender.push("a".into()), Ok(()));
    }
}

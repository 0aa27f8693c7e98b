//! A bounded queue between tasks of the page's one thread: many senders, one receiver.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::snapshot::SnapshotCell;

/// Nothing more can be put into the queue: it is full, or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejected;

pub(crate) struct Sender<T>(SnapshotCell<State<T>>);

/// The stream of what is sent. It ends when all senders are dropped or one closed the queue, and everything is read.
pub(crate) struct Receiver<T>(SnapshotCell<State<T>>);

struct State<T> {
    waiting: VecDeque<T>,
    limit: usize,
    senders: usize,
    is_closed: bool,
    is_received: bool,
    reader: Option<Waker>,
    /// Senders that wait until the receiver is dropped.
    watchers: Vec<Waker>,
}

/// A queue of at most so many.
pub(crate) fn queue<T>(limit: usize) -> (Sender<T>, Receiver<T>) {
    let state = SnapshotCell::default();
    state.change(|state: &mut State<T>| {
        (state.limit, state.senders, state.is_received) = (limit, 1, true);
    });
    (Sender(state.clone()), Receiver(state))
}

impl<T> Sender<T> {
    /// Puts a value at the end.
    pub(crate) fn send(&self, value: T) -> Result<(), Rejected> {
        let (result, reader) = self.0.change(|state| {
            if state.is_closed || !state.is_received || state.waiting.len() >= state.limit {
                return (Err(Rejected), None);
            }
            state.waiting.push_back(value);
            (Ok(()), state.reader.take())
        });
        wake(reader);
        result
    }

    pub(crate) fn len(&self) -> usize {
        self.0.change(|state| state.waiting.len())
    }

    /// Whether nothing is taken any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.change(|state| state.is_closed || !state.is_received)
    }

    /// Ends the stream after what waits.
    pub(crate) fn close(&self) {
        let reader = self.0.change(|state| {
            state.is_closed = true;
            state.reader.take()
        });
        wake(reader);
    }

    /// Waits until the receiver is dropped.
    pub(crate) async fn closed(&self) {
        poll_fn(|cx| {
            self.0.change(|state| {
                if !state.is_received {
                    return Poll::Ready(());
                }
                state.watchers.retain(|watcher| !watcher.will_wake(cx.waker()));
                state.watchers.push(cx.waker().clone());
                Poll::Pending
            })
        })
        .await;
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.change(|state| state.senders = state.senders.saturating_add(1));
        Sender(self.0.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let reader = self.0.change(|state| {
            state.senders = state.senders.saturating_sub(1);
            if state.senders == 0 { state.reader.take() } else { None }
        });
        wake(reader);
    }
}

impl<T> Receiver<T> {
    /// A stream that has ended.
    pub(crate) fn ended() -> Self {
        queue(0).1
    }

    /// What waits first, if anything does.
    pub(crate) fn try_next(&mut self) -> Option<T> {
        self.0.change(|state| state.waiting.pop_front())
    }
}

impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.change(|state| match state.waiting.pop_front() {
            Some(value) => Poll::Ready(Some(value)),
            None if state.is_closed || state.senders == 0 => Poll::Ready(None),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        })
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // What nobody reads any more is dropped outside the change: it may have senders of this very queue.
        let (waiting, watchers) = self.0.change(|state| {
            state.is_received = false;
            (std::mem::take(&mut state.waiting), std::mem::take(&mut state.watchers))
        });
        drop(waiting);
        watchers.into_iter().for_each(Waker::wake);
    }
}

/// Outside the change: what is woken may look at the queue at once.
fn wake(reader: Option<Waker>) {
    if let Some(reader) = reader {
        reader.wake();
    }
}

impl<T> Default for State<T> {
    fn default() -> Self {
        State {
            waiting: VecDeque::new(),
            limit: 0,
            senders: 0,
            is_closed: false,
            is_received: false,
            reader: None,
            watchers: Vec::new(),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::FutureExt;
    use futures_util::{StreamExt, stream};

    use super::*;

    fn all<T>(receiver: &mut Receiver<T>) -> Vec<T> {
        stream::poll_fn(|cx| receiver.poll_next_unpin(cx)).collect::<Vec<T>>().now_or_never().expect("an end")
    }

    #[test]
    fn it_is_bounded_and_in_order() {
        let (sender, mut receiver) = queue(2);
        assert_eq!([1, 2, 3].map(|number| sender.send(number)), [Ok(()), Ok(()), Err(Rejected)]);
        assert_eq!(receiver.try_next(), Some(1));
        assert_eq!(sender.send(4), Ok(()));
        drop(sender);
        assert_eq!(all(&mut receiver), [2, 4]);
    }

    #[test]
    fn it_ends_with_its_last_sender_or_when_it_is_closed() {
        let (sender, mut receiver) = queue::<u32>(2);
        let other = sender.clone();
        drop(sender);
        assert!(receiver.next().now_or_never().is_none());
        other.send(1).unwrap();
        other.close();
        assert_eq!(other.send(2), Err(Rejected));
        assert_eq!(all(&mut receiver), [1]);
    }

    #[test]
    fn senders_see_that_nobody_receives_any_more() {
        let (sender, receiver) = queue(2);
        assert_eq!(sender.send(1), Ok(()));
        assert!(sender.closed().now_or_never().is_none() && !sender.is_closed());
        drop(receiver);
        assert!(sender.closed().now_or_never().is_some() && sender.is_closed());
        assert_eq!(sender.send(2), Err(Rejected));
    }
}

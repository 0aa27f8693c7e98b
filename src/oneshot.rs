//! One value, given once, for one that waits for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::snapshot::SnapshotCell;

/// The sender was dropped and gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dropped;

pub(crate) struct Sender<T>(SnapshotCell<State<T>>);

pub(crate) struct Receiver<T>(SnapshotCell<State<T>>);

#[derive(Default)]
enum State<T> {
    Open(Option<Waker>),
    Given(T),
    #[default]
    Over,
}

pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let state = SnapshotCell::default();
    state.change(|state| *state = State::Open(None));
    (Sender(state.clone()), Receiver(state))
}

impl<T> Sender<T> {
    /// Gives the value. Whether anybody waits for it does not matter.
    pub(crate) fn send(self, value: T) {
        self.settle(State::Given(value));
    }

    /// Whether the receiver is still there.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.0.is_shared()
    }

    fn settle(&self, settled: State<T>) {
        let waker = self.0.change(|state| match state {
            State::Open(waker) => {
                let waker = waker.take();
                *state = settled;
                waker
            }
            State::Given(_) | State::Over => None,
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.settle(State::Over);
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, Dropped>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.change(|state| match std::mem::take(state) {
            State::Open(_) => {
                *state = State::Open(Some(cx.waker().clone()));
                Poll::Pending
            }
            State::Given(value) => Poll::Ready(Ok(value)),
            State::Over => Poll::Ready(Err(Dropped)),
        })
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

    use super::*;

    #[test]
    fn what_is_given_arrives_once() {
        let (sender, mut receiver) = channel();
        assert_eq!((&mut receiver).now_or_never(), None);
        sender.send(7);
        assert_eq!((&mut receiver).now_or_never(), Some(Ok(7)));
        assert_eq!(receiver.now_or_never(), Some(Err(Dropped)));
    }

    #[test]
    fn a_sender_knows_whether_it_is_waited_for() {
        let (sender, receiver) = channel::<u32>();
        assert!(sender.is_waited_for());
        drop(receiver);
        assert!(!sender.is_waited_for());
    }

    #[test]
    fn a_sender_that_is_dropped_gives_nothing() {
        let (sender, receiver) = channel::<u32>();
        drop(sender);
        assert_eq!(receiver.now_or_never(), Some(Err(Dropped)));
    }
}

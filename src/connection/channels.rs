//! The data channels of a connection beside its control channel: how many there are, and that they end with it.

use std::cell::Cell;
use std::fmt;
use std::rc::{Rc, Weak};
use std::task::{Context, Waker};

use itodenwa_protocol::channel::END_FRAME;

use crate::dom::DataChannel;
use crate::error::ChannelError;
use crate::snapshot::SnapshotCell;

/// Channels of a connection, at most: those that either side opened, accepted or not.
pub(crate) const CHANNELS: usize = 64;

/// Dropping it ends them all.
#[derive(Default, Clone)]
pub(crate) struct Channels(SnapshotCell<Vec<Weak<Slot>>>);

/// The place of one channel, and whoever waits for something to happen in it.
#[derive(Default)]
pub(crate) struct Slot {
    end: Cell<Option<ChannelError>>,
    waiting: SnapshotCell<Vec<Waker>>,
}

/// A data channel with its place. Dropping it closes the channel.
pub(crate) struct Transport {
    pub(crate) channel: DataChannel,
    pub(crate) slot: Rc<Slot>,
}

impl Channels {
    /// A place, if there is one.
    pub(super) fn take(&self) -> Option<Rc<Slot>> {
        self.0.change(|slots| {
            slots.retain(|slot| slot.strong_count() > 0);
            (slots.len() < CHANNELS).then(|| {
                let slot = Rc::default();
                slots.push(Rc::downgrade(&slot));
                slot
            })
        })
    }

    /// The connection is over for all of them.
    pub(crate) fn end(&self, why: ChannelError) {
        for slot in self.0.change(std::mem::take).iter().filter_map(Weak::upgrade) {
            if slot.end.get().is_none() {
                slot.end.set(Some(why));
            }
            slot.wake();
        }
    }
}

impl Slot {
    /// Why the connection is over, when it is.
    pub(crate) fn ended(&self) -> Option<ChannelError> {
        self.end.get()
    }

    /// Something happened.
    pub(crate) fn wake(&self) {
        self.waiting.change(std::mem::take).into_iter().for_each(Waker::wake);
    }

    /// Wakes this task when something happens.
    pub(crate) fn wait(&self, cx: &Context<'_>) {
        self.waiting.change(|waiting| {
            if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                waiting.push(cx.waker().clone());
            }
        });
    }
}

/// Closes a channel and says that it is meant.
pub(crate) fn close_on_purpose(channel: &DataChannel) {
    // Nobody listens any more where it can't be said.
    let _ = channel.send_bytes(&END_FRAME);
    channel.close();
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.channel.close();
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_come_back() {
        let channels = Channels::default();
        let mut slots: Vec<_> = std::iter::from_fn(|| channels.take()).collect();
        assert_eq!(slots.len(), CHANNELS);
        slots.pop();
        assert!(channels.take().is_some());
    }

    #[test]
    fn they_end_with_the_connection_once() {
        let channels = Channels::default();
        let slot = channels.take();
        channels.end(ChannelError::PeerGone);
        channels.end(ChannelError::Lost);
        assert_eq!(slot.and_then(|slot| slot.ended()), Some(ChannelError::PeerGone));
    }
}

//! The data channels of a connection beside its control channel: how many there are, and that they end with it.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::select;
use itodenwa_protocol::channel::END_FRAME;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::MessageEvent;

use crate::dom::{DataChannel, Listener, Timer, spawn};
use crate::error::ChannelError;
use crate::snapshot::SnapshotCell;

/// Channels of a connection, at most: those that either side opened, accepted or not.
pub(crate) const CHANNELS: usize = 64;
/// How long the other side may take to read that a channel is over.
const CLOSED_WITHIN: Duration = Duration::from_secs(60);

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

/// Waits until a channel of the other side's is open: it may be announced before (W3C WebRTC, the event `datachannel`), and nothing can
/// be said through it until then.
pub(super) async fn opened(transport: &Transport) {
    let Transport { channel, slot } = transport;
    let _listeners = [Listener::new(channel, "open", wake(slot)), Listener::new(channel, "close", wake(slot))];
    let opened = |cx: &mut Context<'_>| {
        if channel.ready_state() != "connecting" || slot.ended().is_some() {
            return Poll::Ready(());
        }
        slot.wait(cx);
        Poll::Pending
    };
    poll_fn(opened).await;
}

/// Says that a channel is over. The other side closes it when it has read that, behind everything else: browsers may drop what was
/// sent right before they close. Where words may be lost it is closed at once.
pub(crate) fn end(transport: Rc<Transport>) {
    // Nobody listens any more where it can't be said.
    let is_said = transport.channel.send_bytes(&END_FRAME).is_ok();
    if is_said && transport.channel.is_reliable() {
        spawn(async move {
            let (channel, slot) = (&transport.channel, &transport.slot);
            let _listeners = [Listener::new(channel, "close", wake(slot)), close_when_told(channel)];
            let closed = poll_fn(|cx| {
                if channel.ready_state() == "closed" || slot.ended().is_some() {
                    return Poll::Ready(());
                }
                slot.wait(cx);
                Poll::Pending
            });
            select(closed, Timer::new(CLOSED_WITHIN)).await;
        });
    }
}

/// Both sides may say it at once.
fn close_when_told(channel: &DataChannel) -> Listener {
    let own = channel.clone();
    Listener::new(channel, "message", move |event| {
        let data = event.unchecked_ref::<MessageEvent>().data().dyn_into::<ArrayBuffer>();
        if data.is_ok_and(|data| Uint8Array::new(&data).to_vec() == END_FRAME) {
            own.close();
        }
    })
}

fn wake(slot: &Rc<Slot>) -> impl FnMut(&web_sys::Event) + 'static {
    let slot = Rc::clone(slot);
    move |_| slot.wake()
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

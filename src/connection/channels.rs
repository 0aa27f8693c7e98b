//! The data channels of a connection beside its control channel: how many there are, and that they end with it.

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::rc::{Rc, Weak};
use std::task::{Context, Waker};

use itodenwa_protocol::channel::{CREDIT_BYTES, END_FRAME};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::MessageEvent;

use crate::dom::{DataChannel, Listener};
use crate::error::ChannelError;
use crate::snapshot::SnapshotCell;

/// Channels of a connection, at most: those that either side opened, accepted or not.
pub(crate) const CHANNELS: usize = 64;
/// Dropping it ends them all.
#[derive(Default, Clone)]
pub(crate) struct Channels(SnapshotCell<Vec<Weak<Slot>>>);

/// The place of one channel, what listens to it, and whoever waits for something to happen in it.
#[derive(Default)]
pub(crate) struct Slot {
    end: Cell<Option<ChannelError>>,
    waiting: SnapshotCell<Vec<Waker>>,
    waiting_for_end: SnapshotCell<Vec<Waker>>,
    listeners: SnapshotCell<Vec<Listener>>,
    reader: SnapshotCell<Option<Rc<dyn Fn()>>>,
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
            slot.unlisten();
            slot.wake_all();
        }
    }
}

impl Slot {
    /// Why the connection is over, when it is.
    pub(crate) fn ended(&self) -> Option<ChannelError> {
        self.end.get()
    }

    /// Listens until the channel is over.
    pub(crate) fn listen(&self, listeners: Vec<Listener>) {
        self.listeners.change(|current| *current = listeners);
    }

    /// Listens to something more until then.
    pub(crate) fn also_listen(&self, listener: Listener) {
        self.listeners.change(|current| current.push(listener));
    }

    /// Listens no more: what listens may keep the channel.
    pub(crate) fn unlisten(&self) {
        drop(self.listeners.change(mem::take));
        drop(self.reader.change(mem::take));
    }

    /// Calls this when there is something to read.
    pub(crate) fn set_reader(&self, reader: Rc<dyn Fn()>) {
        drop(self.reader.change(|known| known.replace(reader)));
    }

    /// There is something to read.
    pub(crate) fn tell_reader(&self) {
        if let Some(reader) = self.reader.get() {
            reader();
        }
    }

    /// Something happened.
    pub(crate) fn wake(&self) {
        self.waiting.change(mem::take).into_iter().for_each(Waker::wake);
    }

    /// The channel is over, or its connection.
    pub(crate) fn wake_all(&self) {
        self.wake();
        self.waiting_for_end.change(mem::take).into_iter().for_each(Waker::wake);
    }

    /// Wakes this task when something happens.
    pub(crate) fn wait(&self, cx: &Context<'_>) {
        self.waiting.change(|waiting| add(waiting, cx));
    }

    /// Wakes this task when the channel is over: not for each message.
    pub(crate) fn wait_for_end(&self, cx: &Context<'_>) {
        self.waiting_for_end.change(|waiting| add(waiting, cx));
    }
}

fn add(waiting: &mut Vec<Waker>, cx: &Context<'_>) {
    if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
        waiting.push(cx.waker().clone());
    }
}

/// Says that a channel is over. The other side closes it when it has read that, behind everything else: browsers may drop what was
/// sent right before they close. Where words may be lost it is closed at once. The place is taken until then, or until the
/// connection is over.
pub(crate) fn end(transport: &Rc<Transport>) {
    let Transport { channel, slot } = &**transport;
    slot.unlisten();
    channel.set_binary_type("arraybuffer");
    // One that opened it may hear of it before it is open (W3C WebRTC, the event `datachannel`).
    if channel.ready_state() != "connecting" && !is_told(channel) || slot.ended().is_some() {
        return channel.close();
    }
    let told = {
        let transport = Rc::clone(transport);
        move |event: &web_sys::Event| {
            let Transport { channel, slot } = &*transport;
            match event.type_().as_str() {
                "open" if is_told(channel) => {}
                "open" => channel.close(),
                "close" => slot.unlisten(),
                _ => match frame_of(event) {
                    // Both may say it at once.
                    Frame::End => channel.close(),
                    // It was accepted by somebody that did not listen when it was said.
                    Frame::Credit if is_told(channel) => {}
                    Frame::Credit => channel.close(),
                    Frame::Other => {}
                },
            }
        }
    };
    slot.listen(["open", "message", "close"].map(|kind| Listener::new(channel, kind, told.clone())).into());
}

/// Whether the other side will know that it is over.
fn is_told(channel: &DataChannel) -> bool {
    channel.send_bytes(&END_FRAME).is_ok() && channel.is_reliable()
}

enum Frame {
    End,
    Credit,
    Other,
}

fn frame_of(event: &web_sys::Event) -> Frame {
    let data = event.unchecked_ref::<MessageEvent>().data().dyn_into::<ArrayBuffer>();
    match data.as_ref().map_or(0, ArrayBuffer::byte_length) as usize {
        1 if data.is_ok_and(|data| Uint8Array::new(&data).get_index(0) == END_FRAME[0]) => Frame::End,
        CREDIT_BYTES => Frame::Credit,
        _ => Frame::Other,
    }
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

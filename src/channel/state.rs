//! A channel's data channel, what waits to be read, and how it ended.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::mem;
use std::rc::Rc;
use std::task::{Context, Poll};

use itodenwa_protocol::channel::{Data, Flow, Received, Transport as Promise, Violation, WINDOW};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageEvent;

use crate::connection::{self, Slot, Transport};
use crate::dom::{DataChannel, Listener, NextTask};
use crate::error::ChannelError;
use crate::peer::Peer;
use crate::snapshot::SnapshotCell;

/// Bytes that the browser may have, beyond which nothing more is given to it (W3C WebRTC, `bufferedAmount`), one message more or less.
const HIGH_WATER: u32 = 1 << 20;
/// When so few are left there is more.
const LOW_WATER: u32 = 256 << 10;
/// Bytes of a frame that is looked at; browsers make and take larger ones.
const FRAME_BYTES: u32 = 128 << 10;

pub(super) struct Shared {
    transport: Rc<Transport>,
    promise: Promise,
    peer: Peer,
    name: String,
    state: SnapshotCell<State>,
    /// Sends what waits to be sent together. Made when something does.
    flush: OnceCell<NextTask>,
}

#[derive(Default)]
struct State {
    flow: Flow,
    is_open: bool,
    /// The browser has something to send, as far as was looked.
    is_busy: bool,
    /// The browser had enough, and was not heard to have room again: what waits since then goes before what comes now.
    is_full: bool,
    /// The other side is to be told that it may send.
    is_accepting: bool,
    unread: VecDeque<(Data, u64)>,
    /// What those count.
    waiting: u64,
    /// The other side said that it closes it.
    is_ending: bool,
    end: Option<Result<(), ChannelError>>,
    /// The end was read.
    is_over: bool,
}

impl Shared {
    pub(super) fn new(transport: Transport, peer: Peer) -> Self {
        let Transport { channel, slot } = &transport;
        let promise = Promise { ordered: channel.ordered(), reliable: channel.is_reliable() };
        channel.set_binary_type("arraybuffer");
        channel.set_low_water(LOW_WATER);
        let state = SnapshotCell::default();
        let is_open = channel.ready_state() == "open";
        state.change(|state: &mut State| (state.flow, state.is_open) = (Flow::new(promise), is_open));
        slot.listen(listeners(channel, slot, &state, promise));
        let name = channel.label();
        Shared { transport: Rc::new(transport), promise, peer, name, state, flush: OnceCell::new() }
    }

    pub(super) fn peer(&self) -> &Peer {
        &self.peer
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn transport(&self) -> Promise {
        self.promise
    }

    /// Bytes that were not sent yet.
    pub(super) fn buffered(&self) -> u32 {
        let waiting = self.state.change(|state| state.flow.waiting_bytes());
        self.transport.channel.buffered_amount().saturating_add(waiting as u32)
    }

    /// Lets the other side send. Its acceptance may have come before this end is told to be open: then it is said when it is.
    pub(super) fn accept(&self) {
        self.state.change(|state| state.is_accepting = true);
        accept_if_open(&self.transport.channel, &self.state);
    }

    /// Ready when the other side accepted it: false if it does not want to.
    pub(super) fn poll_accepted(&self, cx: &Context<'_>) -> Poll<Result<bool, ChannelError>> {
        let (is_accepted, end) = self.state.change(|state| (state.flow.is_accepted(), state.end));
        if is_accepted || !self.promise.reliable && self.state.change(|state| state.is_open) {
            return Poll::Ready(Ok(true));
        }
        if let Some(why) = self.transport.slot.ended() {
            return Poll::Ready(Err(why));
        }
        if let Some(Ok(())) = end {
            return Poll::Ready(Ok(false));
        }
        // Closed, and nobody said why: the end of the connection follows.
        self.transport.slot.wait(cx);
        Poll::Pending
    }

    pub(super) fn readiness(&self) -> Poll<Result<(), ChannelError>> {
        if let Some(end) = self.end() {
            return Poll::Ready(Err(end.err().unwrap_or(ChannelError::Closed)));
        }
        let buffered = self.transport.channel.buffered_amount();
        let is_ready = self.state.change(|state| {
            state.is_busy = buffered > 0;
            state.is_full |= buffered.saturating_add(state.flow.waiting_bytes() as u32) >= HIGH_WATER;
            state.is_open && state.flow.may_send() && !state.is_full
        });
        if is_ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    pub(super) fn poll_ready(&self, cx: &Context<'_>) -> Poll<Result<(), ChannelError>> {
        let readiness = self.readiness();
        if readiness.is_pending() {
            self.transport.slot.wait(cx);
        }
        readiness
    }

    /// What was found to be ready.
    pub(super) fn send(&self, data: Data) -> Result<(), ChannelError> {
        if let Some(end) = self.end() {
            return Err(end.err().unwrap_or(ChannelError::Closed));
        }
        let sent =
            self.state.change(|state| Some((state.flow.send(data, state.is_busy)?, state.flow.waiting_bytes() > 0)));
        let (frames, waits) = sent.ok_or(ChannelError::TooLarge)?;
        // It is closing, and nobody heard of it yet.
        let closing = if self.promise.reliable { ChannelError::Lost } else { ChannelError::Closed };
        for frame in frames {
            self.transport.channel.send_bytes(&frame).map_err(|_| closing)?;
        }
        if waits {
            self.flush.get_or_init(|| self.flushing()).schedule();
        }
        Ok(())
    }

    /// What is sent one after the other in one task of the page goes together. Timers would be slowed down in hidden pages.
    fn flushing(&self) -> NextTask {
        let (channel, state) = (self.transport.channel.clone(), self.state.clone());
        let (next_task, listener) = NextTask::new(move || flush(&channel, &state));
        self.transport.slot.also_listen(listener);
        next_task
    }

    /// Gives the browser what waits to be sent together.
    pub(super) fn flush(&self) {
        flush(&self.transport.channel, &self.state);
    }

    /// Calls this within the browser's event of each message, until the channel is over.
    pub(super) fn on_readable(&self, tell: Rc<dyn Fn()>) {
        self.transport.slot.set_reader(tell);
    }

    /// What waits to be read, if something does.
    pub(super) fn try_receive(&self) -> Option<Data> {
        let (data, credit) = self.state.change(|state| {
            let (data, cost) = state.unread.pop_front()?;
            state.waiting = state.waiting.saturating_sub(cost);
            Some((data, state.flow.read(cost)))
        })?;
        if let Some(credit) = credit {
            let _ = self.transport.channel.send_bytes(&credit);
        }
        Some(data)
    }

    pub(super) fn poll_receive(&self, cx: &Context<'_>) -> Poll<Option<Result<Data, ChannelError>>> {
        if let Some(data) = self.try_receive() {
            return Poll::Ready(Some(Ok(data)));
        }
        let Some(end) = self.end() else {
            self.transport.slot.wait(cx);
            return Poll::Pending;
        };
        let was_over = self.state.change(|state| mem::replace(&mut state.is_over, true));
        Poll::Ready(end.err().filter(|_| !was_over).map(Err))
    }

    pub(super) fn poll_closed(&self, cx: &Context<'_>) -> Poll<Result<(), ChannelError>> {
        let end = self.end();
        if end.is_none() {
            self.transport.slot.wait_for_end(cx);
        }
        end.map_or(Poll::Pending, Poll::Ready)
    }

    pub(super) fn poll_disconnected(&self, cx: &Context<'_>) -> Poll<()> {
        if self.transport.slot.ended().is_some() {
            return Poll::Ready(());
        }
        self.transport.slot.wait_for_end(cx);
        Poll::Pending
    }

    /// The application wants no more of it.
    pub(super) fn close(&self) {
        if self.end().is_some() {
            return;
        }
        self.flush();
        connection::end(&self.transport);
        self.state.change(|state| {
            state.unread.clear();
            state.end = Some(Ok(()));
        });
        self.transport.slot.wake_all();
    }

    fn end(&self) -> Option<Result<(), ChannelError>> {
        let (end, is_ending) = self.state.change(|state| (state.end, state.is_ending));
        end.or_else(|| self.transport.slot.ended().map(|why| if is_ending { Ok(()) } else { Err(why) }))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

fn flush(channel: &DataChannel, state: &SnapshotCell<State>) {
    if let Some(frame) = state.change(|state| state.flow.flush()) {
        // If it is over that is told by its end.
        let _ = channel.send_bytes(&frame);
    }
}

fn accept_if_open(channel: &DataChannel, state: &SnapshotCell<State>) {
    let accepted =
        |state: &mut State| (state.is_open && mem::take(&mut state.is_accepting)).then(|| state.flow.accept());
    if let Some(frame) = state.change(accepted) {
        // If it is closing by now that is told by its end.
        let _ = channel.send_bytes(&frame);
    }
}

fn listeners(channel: &DataChannel, slot: &Rc<Slot>, state: &SnapshotCell<State>, promise: Promise) -> Vec<Listener> {
    let message = {
        let (channel, slot, state) = (channel.clone(), Rc::clone(slot), state.clone());
        move |event: &web_sys::Event| {
            let frame = bytes(event.unchecked_ref::<MessageEvent>().data());
            let taken = state.change(|state| {
                state.take(frame, promise)?;
                state.is_open &= !state.is_ending;
                Ok((state.is_ending, !state.unread.is_empty()))
            });
            let (is_ending, is_unread) = match taken {
                Ok(taken) => taken,
                Err(why) => {
                    state.change(|state| *state = State { end: Some(Err(why)), ..State::default() });
                    channel.close();
                    slot.unlisten();
                    return slot.wake_all();
                }
            };
            if is_ending {
                channel.close();
            }
            slot.wake();
            if is_unread {
                slot.tell_reader();
            }
        }
    };
    let close = {
        let (slot, state) = (Rc::clone(slot), state.clone());
        move |_: &web_sys::Event| {
            state.change(|state| {
                // Where messages may be lost, so may be the word that it is closed on purpose.
                let end = if state.is_ending || !promise.reliable { Ok(()) } else { Err(ChannelError::Lost) };
                state.end.get_or_insert(end);
            });
            slot.unlisten();
            slot.wake_all();
        }
    };
    let low = {
        let (slot, state) = (Rc::clone(slot), state.clone());
        move |_: &web_sys::Event| {
            state.change(|state| state.is_full = false);
            slot.wake();
        }
    };
    let open = {
        let (channel, slot, state) = (channel.clone(), Rc::clone(slot), state.clone());
        move |_: &web_sys::Event| {
            state.change(|state| state.is_open = true);
            accept_if_open(&channel, &state);
            slot.wake();
        }
    };
    vec![
        Listener::new(channel, "open", open),
        Listener::new(channel, "bufferedamountlow", low),
        Listener::new(channel, "message", message),
        Listener::new(channel, "close", close),
    ]
}

impl State {
    fn take(&mut self, frame: Option<Vec<u8>>, promise: Promise) -> Result<(), ChannelError> {
        if self.end.is_some() {
            return Ok(());
        }
        let received = frame.ok_or(Violation::Malformed).and_then(|frame| self.flow.receive(frame));
        match received.map_err(|violation| match violation {
            Violation::Malformed => ChannelError::Malformed,
            Violation::Flooded => ChannelError::Flooded,
        })? {
            Received::Messages(messages) => {
                for message in messages {
                    self.waiting = self.waiting.saturating_add(message.1);
                    self.unread.push_back(message);
                }
                // Where there is no credit the oldest make room.
                while !promise.reliable && self.waiting > WINDOW {
                    let Some((_, cost)) = self.unread.pop_front() else { break };
                    self.waiting = self.waiting.saturating_sub(cost);
                }
            }
            Received::End => self.is_ending = true,
        }
        Ok(())
    }
}

/// None if it is text, which is no frame, or too large.
fn bytes(data: JsValue) -> Option<Vec<u8>> {
    let data = data.dyn_into::<ArrayBuffer>().ok().filter(|data| data.byte_length() <= FRAME_BYTES)?;
    Some(Uint8Array::new(&data).to_vec())
}

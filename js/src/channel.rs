//! Channels, and questions to peers.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::Sink;
use futures_util::future::{Either, select};
use itodenwa::{Channel, ChannelError, ChannelOptions, Data, Peer, Request, RequestRefusal};
use js_sys::{ArrayBuffer, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::file::{self, RawTransfer};
use crate::incoming::{Incoming, RawIncoming};
use crate::promise::promise;

/// Messages that wait to be sent, at most: an application that does not wait for them.
const PENDING: u32 = 1024;

#[wasm_bindgen]
impl RawIncoming {
    /// Opens the channel here, too.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn channel(&self) -> Result<RawChannel, JsValue> {
        match &self.0 {
            Incoming::Channel(channel) => Ok(RawChannel::new(channel.accept()?)),
            _ => Err(ChannelError::Closed.into()),
        }
    }

    /// Says that it is not wanted.
    pub fn refuse(&self) {
        match &self.0 {
            Incoming::Channel(channel) => channel.refuse(),
            Incoming::Request(request) => request.refuse(),
            Incoming::File(file) => file.refuse(),
            // Refused when it is freed.
            Incoming::Verification(_) => {}
        }
    }

    /// What file is offered.
    ///
    /// # Errors
    /// Throws an `Error` with a `code` if it is none.
    #[wasm_bindgen(unchecked_return_type = "{ name: string, size: number, type: string }")]
    pub fn offer(&self) -> Result<JsValue, JsValue> {
        match &self.0 {
            Incoming::File(offered) => Ok(file::offered(offered)?),
            _ => Err(ChannelError::Closed.into()),
        }
    }

    /// Bytes that are kept of such a file; 0 if it is none.
    #[wasm_bindgen(unchecked_return_type = "Promise<number>")]
    pub fn kept(&self) -> Promise {
        match &self.0 {
            Incoming::File(offered) => file::kept(offered),
            _ => Promise::resolve(&JsValue::from(0)),
        }
    }

    /// Takes the file.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    pub fn file(&self, to: JsValue, limit: Option<f64>) -> Result<RawTransfer, JsValue> {
        match &self.0 {
            Incoming::File(offered) => Ok(file::accept(offered, to, limit)?),
            _ => Err(ChannelError::Closed.into()),
        }
    }

    /// Takes the question.
    #[wasm_bindgen(unchecked_return_type = "Promise<RawRequest>")]
    pub fn request(&self) -> Promise {
        let Incoming::Request(request) = &self.0 else { return Promise::reject(&ChannelError::Closed.into()) };
        let request = request.clone();
        promise(async move {
            let request = request.accept().await?;
            let value = data(request.value().clone());
            Ok(RawRequest { request: Cell::new(Some(request)), value }.into())
        })
    }
}

/// What a peer asks.
#[wasm_bindgen]
pub struct RawRequest {
    request: Cell<Option<Request>>,
    value: JsValue,
}

#[wasm_bindgen]
impl RawRequest {
    /// What came with it.
    #[must_use]
    pub fn value(&self) -> JsValue {
        self.value.clone()
    }

    /// Answers.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn answer(&self, value: &JsValue) -> Promise {
        let (request, value) = (self.request.take(), read(value));
        promise(async move {
            request.ok_or(ChannelError::Closed)?.answer(value.ok_or(ChannelError::Data)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Says why not.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn refuse(&self, code: &str, message: &str) -> Promise {
        let (request, refusal) = (self.request.take(), RequestRefusal::new(code, message));
        promise(async move {
            request.ok_or(ChannelError::Closed)?.refuse(refusal).await?;
            Ok(JsValue::UNDEFINED)
        })
    }
}

impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawRequest")
    }
}

/// A channel to a peer.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawChannel {
    channel: Channel,
    pending: Rc<Cell<u32>>,
}

#[wasm_bindgen]
impl RawChannel {
    /// Calls a function when a message waits to be read, within the browser's own event, until the channel is over.
    pub fn listen(&self, readable: Function) {
        self.channel.on_readable(move || {
            // It reads, and reports itself what goes wrong.
            let _ = readable.call0(&JsValue::UNDEFINED);
        });
    }

    /// The message that waits to be read; `undefined` if none does.
    #[wasm_bindgen(unchecked_return_type = "string | Uint8Array | undefined")]
    #[must_use]
    pub fn take(&self) -> JsValue {
        self.channel.try_receive().map_or(JsValue::UNDEFINED, data)
    }

    /// The next message, when there is one; `undefined` after the last one.
    #[wasm_bindgen(unchecked_return_type = "Promise<string | Uint8Array | undefined>")]
    pub fn next(&self) -> Promise {
        let channel = self.channel.clone();
        promise(async move { Ok(channel.receive().await?.map_or(JsValue::UNDEFINED, data)) })
    }

    /// Sends a message. Undefined if it was sent at once, otherwise a promise.
    ///
    /// # Errors
    /// Throws an `Error` with a `code`.
    #[wasm_bindgen(unchecked_return_type = "Promise<void> | undefined")]
    pub fn send(&self, value: &JsValue) -> Result<JsValue, JsValue> {
        let value = read(value).ok_or(ChannelError::Data)?;
        if self.pending.get() == 0 && self.channel.is_ready() {
            // That it may be sent is not asked again.
            Pin::new(&mut self.channel.clone()).start_send(value)?;
            return Ok(JsValue::UNDEFINED);
        }
        let pending = Pending::begin(&self.pending).ok_or(ChannelError::QueueFull)?;
        let channel = self.channel.clone();
        Ok(promise(async move {
            let sent = channel.send(value).await;
            drop(pending);
            sent.map(|()| JsValue::UNDEFINED).map_err(JsValue::from)
        })
        .into())
    }

    /// Bytes of a message, at most.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.channel.message_bytes() as f64
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> String {
        self.channel.name().to_owned()
    }

    /// Bytes that the browser has and did not send yet.
    #[must_use]
    pub fn buffered(&self) -> u32 {
        self.channel.buffered()
    }

    /// Settles when it is over: rejects unless it was closed on purpose.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn closed(&self) -> Promise {
        let channel = self.channel.clone();
        promise(async move { Ok(channel.closed().await.map(|()| JsValue::UNDEFINED)?) })
    }

    /// Closes it.
    pub fn close(&self) {
        self.channel.close();
    }

    fn new(channel: Channel) -> Self {
        RawChannel { channel, pending: Rc::default() }
    }
}

/// A message that waits to be sent.
struct Pending(Rc<Cell<u32>>);

impl Pending {
    fn begin(count: &Rc<Cell<u32>>) -> Option<Self> {
        (count.get() < PENDING).then(|| {
            count.set(count.get() + 1);
            Pending(Rc::clone(count))
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// Opens a channel. What is missing or of a wrong type is not set.
pub(crate) fn open(peer: Option<Peer>, name: String, options: &JsValue) -> Promise {
    let get = |key: &str| Reflect::get(options, &key.into()).unwrap_or(JsValue::UNDEFINED);
    let mut wanted = ChannelOptions::new().ordered(get("ordered").as_bool().unwrap_or(true));
    if let Some(times) = get("maxRetransmits").as_f64() {
        wanted = wanted.max_retransmits(times as u16);
    }
    promise(async move {
        let channel = peer.ok_or(ChannelError::PeerGone)?.open_channel(&name, wanted).await?;
        Ok(RawChannel::new(channel).into())
    })
}

/// Asks a peer; `stop` is a promise that takes the question back.
pub(crate) fn request(peer: Option<Peer>, name: String, value: &JsValue, millis: f64, stop: Promise) -> Promise {
    let value = read(value);
    promise(async move {
        let peer = peer.ok_or(ChannelError::PeerGone)?;
        let value = value.ok_or(ChannelError::Data)?;
        let answer = std::pin::pin!(peer.request(&name, value, Duration::from_millis(millis as u64)));
        match select(answer, wasm_bindgen_futures::JsFuture::from(stop)).await {
            Either::Left((answer, _)) => Ok(data(answer?)),
            Either::Right((stopped, _)) => stopped,
        }
    })
}

fn data(data: Data) -> JsValue {
    match data {
        Data::Text(text) => text.into(),
        Data::Bytes(bytes) => Uint8Array::from(&bytes[..]).into(),
    }
}

/// None if it is neither text nor bytes.
fn read(value: &JsValue) -> Option<Data> {
    // What is sent most, without a look at its fields by their names: each look makes a string.
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return Some(bytes.to_vec().into());
    }
    if let Some(text) = value.as_string() {
        return Some(text.into());
    }
    let bytes = if ArrayBuffer::is_view(value) {
        let get = |key: &str| Reflect::get(value, &key.into()).ok();
        let (offset, length) = (get("byteOffset")?.as_f64()?, get("byteLength")?.as_f64()?);
        Uint8Array::new_with_byte_offset_and_length(&get("buffer")?, offset as u32, length as u32)
    } else {
        Uint8Array::new(value.dyn_ref::<ArrayBuffer>()?)
    };
    Some(bytes.to_vec().into())
}

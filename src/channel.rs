//! Named channels to a peer.

mod incoming;
mod open;
mod state;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::Sink;
pub use itodenwa_protocol::channel::Data;

use crate::error::ChannelError;
use crate::peer::Peer;
pub(crate) use incoming::accept;
pub(crate) use open::open;
use state::Shared;

/// What a channel promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct ChannelOptions {
    ordered: bool,
    max_retransmits: Option<u16>,
}

impl Default for ChannelOptions {
    fn default() -> Self {
        ChannelOptions { ordered: true, max_retransmits: None }
    }
}

impl ChannelOptions {
    /// Everything arrives, in its order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether messages arrive in their order (W3C WebRTC, `RTCDataChannelInit.ordered`).
    pub fn ordered(self, ordered: bool) -> Self {
        ChannelOptions { ordered, ..self }
    }

    /// How often a message is sent again before it is given up (`RTCDataChannelInit.maxRetransmits`). Then messages may be lost, nothing
    /// waits for a reader that is slow, and the oldest that were not read are left out.
    pub fn max_retransmits(self, times: u16) -> Self {
        ChannelOptions { max_retransmits: Some(times), ..self }
    }
}

/// A named channel to a peer: a stream of what they send, and a sink for what is sent to them.
///
/// What was sent and not read is bounded on both sides: at most 1 MiB and one message wait at each. A reader that is slow makes the
/// sender wait. A message has 1 MiB at most; without order, or where messages may be lost, 64 KiB. There are 64 channels with a
/// peer at most.
///
/// A channel lives as long as the connection: when that is made anew, the stream gives [`ChannelError::Lost`] and ends, and what was
/// not read by the other side may be lost. The stream ends without an error when the other side closed it. Clones are the same
/// channel; when the last one is dropped it is closed.
#[derive(Clone)]
pub struct Channel(Rc<Shared>);

impl Channel {
    /// Whose.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.0.peer()
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Bytes of a message, at most.
    #[must_use]
    pub fn message_bytes(&self) -> usize {
        self.0.transport().message_bytes()
    }

    /// Bytes that were not sent yet (`RTCDataChannel.bufferedAmount`, and what waits to be sent together).
    #[must_use]
    pub fn buffered(&self) -> u32 {
        self.0.buffered()
    }

    /// Whether a message would be sent at once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.0.readiness(), Poll::Ready(Ok(())))
    }

    /// Sends a message as soon as the other side and the browser take it. Small ones that are sent while the browser has something to
    /// send already go together, at the end of the page's task at the latest.
    ///
    /// # Errors
    /// [`ChannelError`]: [`TooLarge`](ChannelError::TooLarge), or the channel is over.
    pub async fn send(&self, data: impl Into<Data>) -> Result<(), ChannelError> {
        let data = data.into();
        poll_fn(|cx| self.0.poll_ready(cx)).await?;
        self.0.send(data)
    }

    /// Sends a message now.
    ///
    /// # Errors
    /// [`ChannelError::NotReady`] if it would have to wait, and as [`Channel::send`].
    pub fn try_send(&self, data: impl Into<Data>) -> Result<(), ChannelError> {
        match self.0.readiness() {
            Poll::Ready(ready) => ready.and_then(|()| self.0.send(data.into())),
            Poll::Pending => Err(ChannelError::NotReady),
        }
    }

    /// The next message; none when the other side closed the channel.
    ///
    /// # Errors
    /// [`ChannelError`] once, if it ended otherwise.
    pub async fn receive(&self) -> Result<Option<Data>, ChannelError> {
        poll_fn(|cx| self.0.poll_receive(cx)).await.transpose()
    }

    /// The next message, if one waits to be read.
    #[must_use]
    pub fn try_receive(&self) -> Option<Data> {
        self.0.try_receive()
    }

    /// Calls this when there is something to [read](Self::try_receive), within the browser's own event: sooner than a task is woken. What came before is not told,
    /// nor that the channel is over. There is one that is called: another one takes its place.
    pub fn on_readable(&self, tell: impl Fn() + 'static) {
        self.0.on_readable(Rc::new(tell));
    }

    /// Waits until it is over: closed by either side, or gone with its connection. What came before may still be read.
    ///
    /// # Errors
    /// [`ChannelError`] if it was not closed on purpose.
    pub async fn closed(&self) -> Result<(), ChannelError> {
        poll_fn(|cx| self.0.poll_closed(cx)).await
    }

    /// Closes it. What was sent still arrives; what was not read is gone.
    pub fn close(&self) {
        self.0.close();
    }

    /// Waits until its connection is over.
    pub(crate) async fn disconnected(&self) {
        poll_fn(|cx| self.0.poll_disconnected(cx)).await;
    }

    fn new(shared: Shared) -> Self {
        Channel(Rc::new(shared))
    }
}

impl Stream for Channel {
    type Item = Result<Data, ChannelError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_receive(cx)
    }
}

impl Sink<Data> for Channel {
    type Error = ChannelError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), ChannelError>> {
        self.0.poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, data: Data) -> Result<(), ChannelError> {
        self.0.send(data)
    }

    /// The browser has everything.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), ChannelError>> {
        self.0.flush();
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), ChannelError>> {
        self.close();
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(&self.name()).finish()
    }
}

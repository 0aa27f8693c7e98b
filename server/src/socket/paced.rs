//! A connection that is read no faster than its byte rate allows, whatever the bytes are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::rate::Meter;

/// A connection whose reading is metered. Below the WebSocket, so that frames which never become a message count too.
#[derive(Debug)]
pub(crate) struct Paced<T> {
    inner: T,
    meter: Meter,
    wait: Option<Pin<Box<Sleep>>>,
}

impl<T> Paced<T> {
    pub(crate) fn new(inner: T, meter: Meter) -> Self {
        Paced { inner, meter, wait: None }
    }

    /// The connection itself.
    pub(crate) fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Paced<T> {
    /// Fails with [`TooFast`](crate::rate::TooFast) within.
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        let before = buf.filled().len();
        let Poll::Ready(read) = Pin::new(&mut self.inner).poll_read(cx, buf) else {
            self.meter.idle(Instant::now().into_std());
            return Poll::Pending;
        };
        read?;
        let bytes = buf.filled().len() - before;
        let delay = self.meter.charge(Instant::now().into_std(), bytes).map_err(io::Error::other)?;
        if !delay.is_zero() {
            self.wait = Some(Box::pin(sleep(delay)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Paced<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

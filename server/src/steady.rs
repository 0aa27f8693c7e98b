//! A connection whose other end has to read what is written to it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The least that has to be taken in each time of [`Limits::write_timeout`](crate::Limits::write_timeout) in which something
/// waits to be written, in bytes. 400 bytes per second are slower than any line that a page can be loaded over.
const LEAST_BYTES: usize = 4096;

/// A connection that fails when too little of what is written is taken. While nothing has to wait there is no timer.
#[derive(Debug)]
pub(crate) struct Steady<T> {
    inner: T,
    timeout: Duration,
    stalled: Option<Stalled>,
}

/// Something waits to be written.
#[derive(Debug)]
struct Stalled {
    /// When the time is over.
    timer: Pin<Box<Sleep>>,
    /// How much was taken in it.
    taken: usize,
    /// Something is waiting now.
    is_waiting: bool,
}

impl<T> Steady<T> {
    pub(crate) fn new(inner: T, timeout: Duration) -> Self {
        Steady { inner, timeout, stalled: None }
    }

    /// Looks at what became of a write.
    fn watch(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let timeout = self.timeout;
        match (&written, &mut self.stalled) {
            (Poll::Ready(Ok(bytes)), Some(stalled)) => {
                stalled.is_waiting = false;
                stalled.taken = stalled.taken.saturating_add(*bytes);
                if stalled.taken >= LEAST_BYTES {
                    self.stalled = None;
                }
            }
            (Poll::Ready(_), _) => {}
            (Poll::Pending, stalled) => {
                // In a time that is over nothing more had to wait.
                if stalled.as_ref().is_some_and(|stalled| !stalled.is_waiting && stalled.timer.is_elapsed()) {
                    *stalled = None;
                }
                let stalled = stalled.get_or_insert_with(|| Stalled {
                    timer: Box::pin(sleep(timeout)),
                    taken: 0,
                    is_waiting: true,
                });
                stalled.is_waiting = true;
                ready!(stalled.timer.as_mut().poll(cx));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        written
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Steady<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Steady<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// Writes much to an end that takes so many bytes each time, at this pace; whether all was written.
    async fn write(bytes: usize, pace: Duration) -> bool {
        let (ours, mut theirs) = duplex(1000);
        let reading = tokio::spawn(async move {
            let mut piece = vec![0; bytes];
            while theirs.read_exact(&mut piece).await.is_ok() {
                sleep(pace).await;
            }
        });
        let written = Steady::new(ours, TIMEOUT).write_all(&[0; 100_000]).await;
        reading.abort();
        written.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_nothing_or_next_to_nothing_is_let_go() {
        assert!(write(1000, Duration::ZERO).await);
        assert!(write(1000, Duration::from_secs(1)).await);
        assert!(write(2500, Duration::from_secs(3)).await);
        assert!(!write(1, Duration::from_millis(100)).await);
        let start = Instant::now();
        assert!(!write(1000, Duration::from_secs(3600)).await);
        assert!(start.elapsed() < 2 * TIMEOUT);
    }
}

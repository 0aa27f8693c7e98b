//! Reading ahead without a buffer that stays: most connections are idle at most times.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use super::BUFFER_BYTES;

/// A connection that is read in pieces of some size, whatever is asked for. What came and was not asked for yet is kept, and
/// nothing else.
#[derive(Debug)]
pub(super) struct Ahead<T> {
    io: T,
    ahead: Vec<u8>,
    taken: usize,
}

impl<T> Ahead<T> {
    pub(super) fn new(io: T) -> Self {
        Ahead { io, ahead: Vec::new(), taken: 0 }
    }

    /// The connection itself, without what was read ahead.
    pub(super) fn into_inner(self) -> T {
        self.io
    }

    /// Gives as much as there is room for of what was read ahead. False if there was nothing.
    fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let there = self.ahead.get(self.taken..).unwrap_or_default();
        let given = there.get(..buf.remaining()).unwrap_or(there);
        if given.is_empty() {
            return false;
        }
        buf.put_slice(given);
        self.taken += given.len();
        if self.taken >= self.ahead.len() {
            (self.ahead, self.taken) = (Vec::new(), 0);
        }
        true
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Ahead<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 || self.give(buf) {
            return Poll::Ready(Ok(()));
        }
        if buf.remaining() >= BUFFER_BYTES {
            return Pin::new(&mut self.io).poll_read(cx, buf);
        }
        let mut piece = [0; BUFFER_BYTES];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut piece))?;
        let (now, later) = piece.filled().split_at_checked(buf.remaining()).unwrap_or((piece.filled(), &[]));
        buf.put_slice(now);
        (self.ahead, self.taken) = (later.to_vec(), 0);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use futures_util::FutureExt;
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt;

    use super::*;

    /// What comes at once, one after the other; then nothing more.
    struct Pieces(VecDeque<Vec<u8>>);

    impl AsyncRead for Pieces {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            if let Some(mut piece) = self.0.pop_front() {
                let rest = piece.split_off(piece.len().min(buf.remaining()));
                buf.put_slice(&piece);
                if !rest.is_empty() {
                    self.0.push_front(rest);
                }
            }
            Poll::Ready(Ok(()))
        }
    }

    proptest! {
        /// However much comes at once and is asked for at once, it is the same; and nothing is kept in the end.
        #[test]
        fn nothing_is_lost_and_nothing_is_kept(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..3000), 0..8),
            asked in proptest::collection::vec(1..2500_usize, 1..16),
        ) {
            let all = pieces.concat();
            let (read, kept) = async {
                let mut ahead = Ahead::new(Pieces(pieces.into()));
                let mut read = Vec::new();
                for asked in asked.iter().cycle() {
                    let mut piece = vec![0; *asked];
                    let count = ahead.read(&mut piece).await.unwrap();
                    if count == 0 {
                        break;
                    }
                    read.extend_from_slice(&piece[..count]);
                }
                (read, ahead.ahead.capacity())
            }
            .now_or_never()
            .unwrap();
            prop_assert_eq!(read, all);
            prop_assert_eq!(kept, 0);
        }
    }
}

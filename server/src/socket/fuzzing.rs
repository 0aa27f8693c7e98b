//! The reader of WebSocket frames, for a fuzzer.

use std::io;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use tokio::io::{AsyncRead, ReadBuf};

use super::reader::{self, Broken, Reader};

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// A text.
    Text(String),
    /// Bytes, which nobody reads.
    Binary,
    /// With what the pong has to repeat.
    Ping(Vec<u8>),
    /// An answer.
    Pong,
    /// With the code, if there is one.
    Close(Option<u16>),
}

/// Why nothing more could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The bytes are over.
    Eof,
    /// A message is larger than it may be.
    TooLarge,
    /// A text is none.
    NotUtf8,
    /// These are no frames.
    NoFrame,
}

/// Reads frames that come in pieces of these sizes, again and again; messages have at most so many bytes.
#[must_use]
pub fn read_frames(bytes: &[u8], pieces: &[usize], most: usize) -> (Vec<Message>, End) {
    let (mut reader, most) = (Reader::new(Pieces { bytes, pieces, next: 0 }), AtomicUsize::new(most));
    let mut messages = Vec::new();
    loop {
        // It is never waited for bytes: there are some, or there will be none.
        let end = match reader.next(&most).now_or_never() {
            Some(Ok(message)) => {
                messages.push(Message::from(message));
                continue;
            }
            Some(Err(Broken::TooLarge(_))) => End::TooLarge,
            Some(Err(Broken::NotUtf8)) => End::NotUtf8,
            Some(Err(Broken::NoFrame)) => End::NoFrame,
            Some(Err(Broken::Io(_))) | None => End::Eof,
        };
        return (messages, end);
    }
}

struct Pieces<'a> {
    bytes: &'a [u8],
    pieces: &'a [usize],
    next: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let piece = self.pieces.get(self.next % self.pieces.len().max(1)).copied().unwrap_or(usize::MAX);
        self.next += 1;
        let (given, rest) = self.bytes.split_at(piece.max(1).min(buf.remaining()).min(self.bytes.len()));
        buf.put_slice(given);
        self.bytes = rest;
        Poll::Ready(Ok(()))
    }
}

impl From<reader::Message> for Message {
    fn from(message: reader::Message) -> Self {
        match message {
            reader::Message::Text(text) => Message::Text(text),
            reader::Message::Binary => Message::Binary,
            reader::Message::Ping(payload) => Message::Ping(payload),
            reader::Message::Pong => Message::Pong,
            reader::Message::Close(code) => Message::Close(code),
        }
    }
}

//! What is written to a client: WebSocket frames (RFC 6455, section 5). Small ones are collected; of a large one only the
//! beginning is copied, and what is kept for the next one does not grow.

use std::io;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::BUFFER_BYTES;

/// What is said to a client.
#[derive(Debug)]
pub(super) enum Frame {
    Text(Bytes),
    Ping,
    /// With what the ping had.
    Pong(Vec<u8>),
    /// The last one, with the code if there is one.
    Close(Option<u16>),
}

/// The end of a connection to which is written.
#[derive(Debug)]
pub(super) struct Writer<T> {
    io: T,
    /// What is written next, and how much of it was.
    collected: Vec<u8>,
    written: usize,
    /// What is written after it.
    rest: Bytes,
}

impl<T: AsyncWrite + Unpin> Writer<T> {
    pub(super) fn new(io: T) -> Self {
        Writer { io, collected: Vec::new(), written: 0, rest: Bytes::new() }
    }

    /// Takes a frame that is to be written, if the writer is not [full](Self::is_full).
    pub(super) fn put(&mut self, frame: Frame) {
        let (opcode, mut payload) = match frame {
            Frame::Text(text) => (OpCode::Data(Data::Text), text),
            Frame::Ping => (OpCode::Control(Control::Ping), Bytes::new()),
            Frame::Pong(payload) => (OpCode::Control(Control::Pong), payload.into()),
            Frame::Close(None) => (OpCode::Control(Control::Close), Bytes::new()),
            Frame::Close(Some(code)) => (OpCode::Control(Control::Close), code.to_be_bytes().to_vec().into()),
        };
        self.head(opcode, payload.len());
        let here = payload.len().min(BUFFER_BYTES.saturating_sub(self.collected.len()));
        self.collected.extend_from_slice(&payload.split_to(here));
        self.rest = payload;
    }

    /// Whether all has to be written before another frame is put.
    pub(super) fn is_full(&self) -> bool {
        self.collected.len() >= BUFFER_BYTES
    }

    /// Writes all that there is. Who stops waiting may go on later: nothing is written twice.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        while let Some(next) = self.collected.get(self.written..).filter(|next| !next.is_empty()) {
            self.written += some(self.io.write(next).await?)?;
        }
        while !self.rest.is_empty() {
            let written = some(self.io.write(&self.rest).await?)?;
            let _ = self.rest.split_to(written.min(self.rest.len()));
        }
        // An empty piece of a message, too, keeps all of it.
        (self.collected, self.written, self.rest) = (Vec::new(), 0, Bytes::new());
        self.io.flush().await
    }

    /// The end of the connection itself.
    pub(super) fn into_inner(self) -> T {
        self.io
    }

    fn head(&mut self, opcode: OpCode, length: usize) {
        self.collected.push(0x80 | u8::from(opcode));
        match u16::try_from(length) {
            Ok(length @ ..=125) => self.collected.push(length as u8),
            Ok(length) => {
                self.collected.push(126);
                self.collected.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                self.collected.push(127);
                self.collected.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
    }
}

fn some(written: usize) -> io::Result<usize> {
    if written == 0 { Err(io::ErrorKind::WriteZero.into()) } else { Ok(written) }
}

/// Pings that have to be answered. Only the newest one is (section 5.5.3), so that who sends many makes no queue.
#[derive(Debug, Default)]
pub(super) struct Pings {
    newest: Mutex<Option<Vec<u8>>>,
    came: Notify,
}

impl Pings {
    /// One came.
    pub(super) fn put(&self, payload: Vec<u8>) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(payload);
        self.came.notify_one();
    }

    /// Waits for the next one.
    pub(super) async fn next(&self) -> Vec<u8> {
        loop {
            self.came.notified().await;
            if let Some(payload) = self.newest.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return payload;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use proptest::prelude::*;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// What another library reads of what this writes.
    fn read_again(write: impl AsyncFnOnce(&mut Writer<tokio::io::DuplexStream>), buffer: usize) -> Vec<Message> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (io, other) = tokio::io::duplex(buffer);
            let writing = async {
                let mut writer = Writer::new(io);
                write(&mut writer).await;
                writer.flush().await.unwrap();
                writer.put(Frame::Close(Some(1000)));
                writer.flush().await.unwrap();
                assert!(writer.collected.capacity() <= 2 * BUFFER_BYTES && writer.rest.is_empty(), "little is kept");
            };
            let reading = async {
                let client = WebSocketStream::from_raw_socket(other, Role::Client, None).await;
                client.map(Result::unwrap).take_while(|message| std::future::ready(!message.is_close())).collect().await
            };
            tokio::join!(writing, reading).1
        })
    }

    proptest! {
        #[test]
        fn another_library_reads_what_was_written(
            lengths in prop::collection::vec(prop_oneof![0_usize..300, 900_usize..1100, Just(65_536)], 1..10),
            buffer in 1_usize..5000,
            flushed in any::<bool>(),
        ) {
            let texts: Vec<String> =
                (b'a'..).zip(&lengths).map(|(byte, length)| char::from(byte).to_string().repeat(*length)).collect();
            let heard = read_again(async |writer| {
                for frame in texts.iter().flat_map(|text| [Frame::Text(text.clone().into()), Frame::Pong(vec![1, 2])]) {
                    if flushed || writer.is_full() {
                        writer.flush().await.unwrap();
                    }
                    writer.put(frame);
                }
            }, buffer);
            let expected: Vec<_> = texts.into_iter().flat_map(|text| [Message::text(text), Message::Pong(vec![1, 2].into())]).collect();
            prop_assert_eq!(heard, expected);
        }
    }

    #[test]
    fn who_stops_in_the_middle_of_a_message_can_go_on() {
        let large = "x".repeat(50_000);
        let heard = read_again(
            async |writer| {
                writer.put(Frame::Text(large.clone().into()));
                let stopped = tokio::select! {
                    biased;
                    _ = writer.flush() => false,
                    () = tokio::task::yield_now() => true,
                };
                assert!(stopped, "so much does not fit at once");
                writer.flush().await.unwrap();
                writer.put(Frame::Text("after it".into()));
            },
            100,
        );
        assert_eq!(heard, [Message::text(&large), Message::text("after it")]);
    }

    #[tokio::test]
    async fn only_the_newest_ping_is_answered() {
        let pings = Pings::default();
        pings.put(vec![1]);
        pings.put(vec![2]);
        assert_eq!(pings.next().await, [2]);
        assert!(futures_util::FutureExt::now_or_never(pings.next()).is_none());
    }
}

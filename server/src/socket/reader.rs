//! What a client sends: WebSocket frames (RFC 6455, section 5), put together to messages. A message is read into memory of its
//! own, and what is kept between messages does not grow: most connections are idle at most times.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use super::ahead::Ahead;

/// A control frame has no more (section 5.5).
const CONTROL_BYTES: usize = 125;

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Text(String),
    Binary,
    /// With what the pong has to repeat.
    Ping(Vec<u8>),
    Pong,
    /// With the code, if there is one.
    Close(Option<u16>),
}

/// Why nothing more can be read.
#[derive(Debug)]
pub(super) enum Broken {
    Io(io::Error),
    /// The message is larger than this, which it may have.
    TooLarge(usize),
    /// A text is none.
    NotUtf8,
    /// These are no WebSocket frames.
    NoFrame,
}

/// The end of a connection from which is read.
#[derive(Debug)]
pub(super) struct Reader<T> {
    io: Ahead<T>,
    /// A message of which some frames are still to come.
    begun: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    is_text: bool,
    bytes: Vec<u8>,
}

/// What stands before each frame.
struct Head {
    opcode: OpCode,
    is_final: bool,
    length: usize,
    mask: [u8; 4],
}

impl<T: AsyncRead + Unpin> Reader<T> {
    pub(super) fn new(io: T) -> Self {
        Reader { io: Ahead::new(io), begun: None }
    }

    /// Whether a part of a message has come, and its end has not.
    pub(super) fn is_within_message(&self) -> bool {
        self.begun.is_some()
    }

    /// The next message, of at most so many bytes: that may become more while it is waited for. A caller that stops waiting
    /// for it can't go on reading.
    pub(super) async fn next(&mut self, most: &AtomicUsize) -> Result<Message, Broken> {
        loop {
            let head = self.head().await?;
            let mut bytes = self.begin(&head, most.load(Ordering::Relaxed))?;
            self.payload(&head, &mut bytes).await?;
            if let Some(message) = self.finish(&head, bytes)? {
                return Ok(message);
            }
        }
    }

    /// The end of the connection itself, without what was read ahead.
    pub(super) fn into_inner(self) -> T {
        self.io.into_inner()
    }

    async fn head(&mut self) -> Result<Head, Broken> {
        let first = self.io.read_u8().await?;
        let second = self.io.read_u8().await?;
        // The three bits belong to extensions, of which there are none; what clients send is masked.
        if first & 0x70 != 0 || second & 0x80 == 0 {
            return Err(Broken::NoFrame);
        }
        let (length, least) = match second & 0x7f {
            126 => (self.io.read_u16().await?.into(), 126),
            127 => (self.io.read_u64().await?, 1 << 16),
            length => (length.into(), 0),
        };
        // The shortest form is the only one, and the highest bit is never set (section 5.2).
        if length < least || length > i64::MAX as u64 {
            return Err(Broken::NoFrame);
        }
        let mut mask = [0; 4];
        self.io.read_exact(&mut mask).await?;
        Ok(Head {
            opcode: OpCode::from(first & 0x0f),
            is_final: first & 0x80 != 0,
            length: usize::try_from(length).unwrap_or(usize::MAX),
            mask,
        })
    }

    /// What the frame's payload is added to.
    fn begin(&mut self, head: &Head, most: usize) -> Result<Vec<u8>, Broken> {
        match (head.opcode, &mut self.begun) {
            (OpCode::Control(_), _) if head.is_final && head.length <= CONTROL_BYTES => return Ok(Vec::new()),
            (OpCode::Data(kind @ (Data::Text | Data::Binary)), begun @ None) => {
                *begun = Some(Begun { is_text: kind == Data::Text, bytes: Vec::new() });
            }
            (OpCode::Data(Data::Continue), Some(_)) => {}
            _ => return Err(Broken::NoFrame),
        }
        let bytes = self.begun.as_mut().map(|begun| std::mem::take(&mut begun.bytes)).unwrap_or_default();
        if head.length > most.saturating_sub(bytes.len()) {
            return Err(Broken::TooLarge(most));
        }
        Ok(bytes)
    }

    async fn payload(&mut self, head: &Head, bytes: &mut Vec<u8>) -> Result<(), Broken> {
        let before = bytes.len();
        // Memory that nothing is written to yet costs nothing: a client that announces much and sends little takes little.
        bytes.reserve(head.length);
        let mut rest = (&mut self.io).take(head.length as u64);
        while rest.limit() > 0 {
            if rest.read_buf(bytes).await? == 0 {
                return Err(Broken::Io(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        unmask(bytes.get_mut(before..).unwrap_or_default(), head.mask);
        Ok(())
    }

    /// The message, if this was its last frame.
    fn finish(&mut self, head: &Head, bytes: Vec<u8>) -> Result<Option<Message>, Broken> {
        match (head.opcode, &mut self.begun) {
            (OpCode::Control(kind), _) => control(kind, bytes).map(Some),
            (OpCode::Data(_), Some(begun)) if !head.is_final => {
                begun.bytes = bytes;
                Ok(None)
            }
            (OpCode::Data(_), begun) => match begun.take() {
                Some(Begun { is_text: false, .. }) => Ok(Some(Message::Binary)),
                _ => String::from_utf8(bytes).map(|text| Some(Message::Text(text))).map_err(|_| Broken::NotUtf8),
            },
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Broken::Io(error)
    }
}

fn control(kind: Control, payload: Vec<u8>) -> Result<Message, Broken> {
    match (kind, &payload[..]) {
        (Control::Ping, _) => Ok(Message::Ping(payload)),
        (Control::Pong, _) => Ok(Message::Pong),
        (Control::Close, []) => Ok(Message::Close(None)),
        (Control::Close, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            match std::str::from_utf8(reason) {
                Err(_) => Err(Broken::NotUtf8),
                Ok(_) if CloseCode::from(code).is_allowed() => Ok(Message::Close(Some(code))),
                Ok(_) => Err(Broken::NoFrame),
            }
        }
        (Control::Close, _) | (Control::Reserved(_), _) => Err(Broken::NoFrame),
    }
}

/// Section 5.3; many bytes at once, as processors do it.
fn unmask(bytes: &mut [u8], [a, b, c, d]: [u8; 4]) {
    let mask = [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d];
    for bytes in bytes.chunks_mut(mask.len()) {
        for (byte, mask) in bytes.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};

    use super::*;

    const MOST: usize = 70_000;

    /// A frame as a client sends it.
    fn frame(opcode: OpCode, is_final: bool, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let header = FrameHeader { is_final, opcode, mask: Some(mask), ..FrameHeader::default() };
        Frame::from_payload(header, payload.to_vec().into()).format(&mut bytes).unwrap();
        bytes
    }

    fn text(payload: &str) -> Vec<u8> {
        frame(OpCode::Data(Data::Text), true, [1, 2, 3, 4], payload.as_bytes())
    }

    /// All messages, and why no more came. They come in pieces of this many bytes.
    fn read(bytes: &[u8], piece: usize) -> (Vec<Message>, Broken) {
        let (mut reader, most) = (Reader::new(Pieces { bytes: bytes.to_vec(), piece }), AtomicUsize::new(MOST));
        let mut messages = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        loop {
            match runtime.block_on(reader.next(&most)) {
                Ok(message) => messages.push(message),
                Err(broken) => return (messages, broken),
            }
        }
    }

    /// Gives no more than so many bytes at once.
    struct Pieces {
        bytes: Vec<u8>,
        piece: usize,
    }

    impl AsyncRead for Pieces {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buf: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            let bytes = self.piece.min(buf.remaining()).min(self.bytes.len());
            buf.put_slice(&self.bytes[..bytes]);
            self.bytes.drain(..bytes);
            std::task::Poll::Ready(Ok(()))
        }
    }

    proptest! {
        #[test]
        fn what_another_library_frames_is_read_however_it_comes(
            texts in prop::collection::vec(("\\PC{0,300}", any::<[u8; 4]>(), 1_usize..400), 1..8),
            piece in 1_usize..3000,
        ) {
            let mut bytes = Vec::new();
            for (text, mask, length) in &texts {
                let mut pieces: Vec<&[u8]> = text.as_bytes().chunks(*length).collect();
                if pieces.is_empty() {
                    pieces.push(&[]);
                }
                for (place, payload) in pieces.iter().enumerate() {
                    let kind = if place == 0 { Data::Text } else { Data::Continue };
                    bytes.extend(frame(OpCode::Data(kind), place + 1 == pieces.len(), *mask, payload));
                    bytes.extend(frame(OpCode::Control(Control::Ping), true, *mask, b"between"));
                }
            }
            let (messages, broken) = read(&bytes, piece);
            prop_assert!(matches!(broken, Broken::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof));
            let is_ping = |message: &Message| *message == Message::Ping(b"between".to_vec());
            let expected: Vec<_> = texts.iter().map(|(text, ..)| Message::Text(text.clone())).collect();
            prop_assert_eq!(messages.into_iter().filter(|message| !is_ping(message)).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn nothing_that_comes_does_any_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..100) {
            read(&bytes, piece);
            let masked: Vec<u8> = [&[0x81, 0xfe][..], &bytes[..]].concat();
            read(&masked, piece);
        }
    }

    #[test]
    fn all_lengths_are_read() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, MOST] {
            let expected = "x".repeat(length);
            assert_eq!(read(&text(&expected), 1000).0, [Message::Text(expected)], "{length}");
        }
    }

    #[test]
    fn what_is_too_large_is_not_waited_for() {
        let mut fragments = frame(OpCode::Data(Data::Text), false, [0; 4], &[b'x'; MOST]);
        fragments.extend(frame(OpCode::Data(Data::Continue), true, [0; 4], b"x"));
        for bytes in [
            text(&"x".repeat(MOST + 1))[..14].to_vec(),
            vec![0x81, 0xff, 127, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4],
            fragments,
        ] {
            assert!(matches!(read(&bytes, 1000), (messages, Broken::TooLarge(MOST)) if messages.is_empty()));
        }
    }

    #[test]
    fn what_is_no_frame_is_none() {
        let control = |payload: &[u8]| frame(OpCode::Control(Control::Close), true, [7; 4], payload);
        let text = |is_final| frame(OpCode::Data(Data::Text), is_final, [7; 4], b"x");
        for (bytes, why) in [
            (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "another protocol"),
            (vec![0x81, 0xfe, 0, 125, 0, 0, 0, 0], "a length in two bytes that fits into one"),
            (vec![0x81, 0xff, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0], "a length in eight bytes that fits into two"),
            (vec![0x81, 0xff, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "a length of 64 bits"),
            (vec![0x81, 1, b'x'], "not masked"),
            (vec![0xc1, 0x81, 0, 0, 0, 0, b'x'], "compressed"),
            (vec![0x83, 0x80, 0, 0, 0, 0], "a reserved kind of data"),
            (vec![0x8b, 0x80, 0, 0, 0, 0], "a reserved kind of control frame"),
            (vec![0x09, 0x80, 0, 0, 0, 0], "a ping in fragments"),
            (frame(OpCode::Control(Control::Ping), true, [7; 4], &[0; 126]), "a large ping"),
            (frame(OpCode::Data(Data::Continue), true, [7; 4], b"x"), "nothing to continue"),
            ([text(false), text(true)].concat(), "a message in another one"),
            (control(&[3]), "half a code"),
            (control(&1005_u16.to_be_bytes()), "a code that is never sent"),
        ] {
            assert!(matches!(read(&bytes, 1000), (messages, Broken::NoFrame) if messages.is_empty()), "{why}");
        }
        let reason = [&1000_u16.to_be_bytes()[..], &[0xff]].concat();
        assert!(matches!(read(&control(&reason), 1000), (_, Broken::NotUtf8)));
        assert_eq!(read(&control(&4000_u16.to_be_bytes()), 1).0, [Message::Close(Some(4000))]);
        assert_eq!(read(&control(&[]), 1).0, [Message::Close(None)]);
    }
}

//! Channels of applications over data channels (RFC 8831): messages in parts, and credit, so that what is sent and not read yet is
//! bounded on both sides.
//!
//! Every message of a data channel is a frame: what it carries, and behind that one byte that says what it is. Small messages that
//! are sent while the browser is busy with others go together in one frame, a bundle, to a side that takes them.

mod bundle;

use std::mem;

use bundle::{BUNDLE_BYTES, Bundle};

/// Bytes of a name, at most.
pub const NAME_BYTES: usize = 256;
/// Bytes of a message, at most, where parts arrive in order and all of them.
pub const MESSAGE_BYTES: usize = 1 << 20;
/// Bytes of a part: 64 KiB and a little, so that 64 KiB with an application's own header are one. Every browser takes four times as much.
pub const PART_BYTES: usize = (64 << 10) + 64;
/// What may be sent and not read yet, one message more or less.
pub const WINDOW: u64 = 1 << 20;
/// What a frame counts beside its bytes: empty ones take memory, too.
const FRAME_COST: u64 = 64;
/// Parts for which there is room when the first one comes: a block of a file has so many.
const COMMON_PARTS: usize = 4;
/// What a message may count.
const MESSAGE_COST: u64 = (MESSAGE_BYTES + PART_BYTES) as u64 + FRAME_COST * 32;

const BYTES: u8 = 0;
const TEXT: u8 = 1;
const PART: u8 = 2;
const CREDIT: u8 = 3;
const END: u8 = 4;
const BUNDLE: u8 = 5;

/// The first credit of a side that takes bundles: one more than the window. The first versions give the window, and take none.
const CREDIT_WITH_BUNDLES: u64 = WINDOW + 1;

/// A frame that says that the channel is closed on purpose.
pub const END_FRAME: [u8; 1] = [END];

/// Bytes of a frame that gives credit.
pub const CREDIT_BYTES: usize = 9;

/// What goes through a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Data::Text(text.to_owned())
    }
}

impl From<String> for Data {
    fn from(text: String) -> Self {
        Data::Text(text)
    }
}

impl From<Vec<u8>> for Data {
    fn from(bytes: Vec<u8>) -> Self {
        Data::Bytes(bytes)
    }
}

/// What the transport promises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Transport {
    /// In the order in which it was sent.
    pub ordered: bool,
    /// All of it.
    pub reliable: bool,
}

impl Transport {
    /// Bytes of a message, at most: without order, or with losses, it has to be one part.
    #[must_use]
    pub const fn message_bytes(self) -> usize {
        if self.is_stream() { MESSAGE_BYTES } else { PART_BYTES }
    }

    /// Whether everything arrives, in its order: then messages may have parts, and frames several messages.
    const fn is_stream(self) -> bool {
        self.ordered && self.reliable
    }
}

/// What the other side does and must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// It is no frame, or its text is none.
    Malformed,
    /// More than there was credit for, or a message that is too large.
    Flooded,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Messages, each with what it counts until it is read; none with a part, or credit.
    Messages(Vec<Message>),
    /// The other side closes it on purpose.
    End,
}

/// A message, and what it counts until it is read.
pub type Message = (Data, u64);

/// Both directions of a channel.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    transport: Transport,
    /// What was sent, and what may be, since the beginning.
    sent: u64,
    granted: u64,
    /// What came, what was read of it, and what the other side may send.
    received: u64,
    read: u64,
    allowed: u64,
    /// The parts of a message that is not complete.
    parts: Vec<u8>,
    parts_cost: u64,
    /// The other side takes bundles, and what goes with the next one.
    takes_bundles: bool,
    bundle: Bundle,
}

impl Flow {
    /// Of a channel that was just opened.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Flow { transport, ..Flow::default() }
    }

    /// The frame that accepts the channel and gives the first credit.
    pub fn accept(&mut self) -> Vec<u8> {
        self.allowed = if self.transport.is_stream() { CREDIT_WITH_BUNDLES } else { WINDOW };
        self.credit()
    }

    /// Whether the other side accepted it.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.granted > 0
    }

    /// Whether a message may be sent now. Where messages may be lost there is no credit.
    #[must_use]
    pub fn may_send(&self) -> bool {
        !self.transport.reliable || self.sent < self.granted
    }

    /// The frames that are to be sent now; none if the message is too large. While the browser is busy with what it was given, a small
    /// message [waits](Self::waiting_bytes) for others, until they fill a frame or [`flush`](Self::flush) is called.
    #[must_use]
    pub fn send(&mut self, data: Data, is_busy: bool) -> Option<Vec<Vec<u8>>> {
        let (kind, bytes) = match data {
            Data::Text(text) => (TEXT, text.into_bytes()),
            Data::Bytes(bytes) => (BYTES, bytes),
        };
        if bytes.len() > self.transport.message_bytes() {
            return None;
        }
        if self.takes_bundles && (is_busy || !self.bundle.is_empty()) && self.bundle.push(kind == TEXT, &bytes) {
            self.sent = self.sent.saturating_add(cost(&bytes));
            let waits = is_busy && !self.bundle.is_full();
            return Some(if waits { Vec::new() } else { self.flush().into_iter().collect() });
        }
        let mut frames: Vec<Vec<u8>> = self.flush().into_iter().collect();
        let before = frames.len();
        if bytes.len() > PART_BYTES {
            frames.extend(bytes.chunks(PART_BYTES).map(part));
        } else {
            frames.push(bytes);
        }
        let last = frames.len().saturating_sub(1);
        for (at, frame) in frames.iter_mut().enumerate().skip(before) {
            self.sent = self.sent.saturating_add(cost(frame));
            frame.push(if at == last { kind } else { PART });
        }
        Some(frames)
    }

    /// The frame with what waits to be sent together; none if nothing does.
    #[must_use]
    pub fn flush(&mut self) -> Option<Vec<u8>> {
        let mut frame = self.bundle.take()?;
        frame.push(BUNDLE);
        Some(frame)
    }

    /// Bytes that wait to be sent together.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.bundle.len()
    }

    /// Takes a frame of the other side.
    ///
    /// # Errors
    /// The channel is to be closed: the other side does not keep the rules.
    pub fn receive(&mut self, mut frame: Vec<u8>) -> Result<Received, Violation> {
        let kind = frame.pop().ok_or(Violation::Malformed)?;
        let messages = match kind {
            CREDIT => {
                let granted = frame.try_into().map_err(|_| Violation::Malformed)?;
                let granted = u64::from_le_bytes(granted);
                self.takes_bundles |= !self.is_accepted() && granted == CREDIT_WITH_BUNDLES;
                // An older one may come later where there is no order.
                self.granted = self.granted.max(granted);
                Vec::new()
            }
            END => return Ok(Received::End),
            BYTES | TEXT | PART => self.message(kind, frame)?.into_iter().collect(),
            BUNDLE => self.bundled(&frame)?,
            _ => return Err(Violation::Malformed),
        };
        Ok(Received::Messages(messages))
    }

    /// The application read a message that counts so much. The frame that gives credit for more, when it is time.
    pub fn read(&mut self, cost: u64) -> Option<Vec<u8>> {
        self.read = self.read.saturating_add(cost);
        let wanted = self.read.saturating_add(WINDOW);
        if !self.transport.reliable || wanted.saturating_sub(self.allowed) < WINDOW / 4 {
            return None;
        }
        self.allowed = wanted;
        Some(self.credit())
    }

    /// The messages of a bundle.
    fn bundled(&mut self, frame: &[u8]) -> Result<Vec<Message>, Violation> {
        // Never between the parts of another message, nor of nothing.
        if !self.transport.is_stream() || !self.parts.is_empty() || frame.is_empty() {
            return Err(Violation::Malformed);
        }
        if frame.len() > BUNDLE_BYTES {
            return Err(Violation::Flooded);
        }
        let mut messages = Vec::new();
        for message in bundle::messages(frame) {
            let (is_text, bytes) = message.ok_or(Violation::Malformed)?;
            messages.extend(self.message(if is_text { TEXT } else { BYTES }, bytes.to_vec())?);
        }
        Ok(messages)
    }

    fn message(&mut self, kind: u8, frame: Vec<u8>) -> Result<Option<Message>, Violation> {
        let cost = cost(&frame);
        self.received = self.received.saturating_add(cost);
        let is_beyond = self.received > self.allowed.saturating_add(MESSAGE_COST);
        let size = self.parts.len().saturating_add(frame.len());
        if frame.len() > PART_BYTES || size > self.transport.message_bytes() || self.transport.reliable && is_beyond {
            return Err(Violation::Flooded);
        }
        if kind == PART {
            // Only what is full is a part: many small ones would be work for nothing.
            if frame.len() < PART_BYTES || self.transport.message_bytes() == PART_BYTES {
                return Err(Violation::Malformed);
            }
            self.parts_cost = self.parts_cost.saturating_add(cost);
            if self.parts.is_empty() {
                self.parts.reserve_exact(COMMON_PARTS * PART_BYTES);
            }
            self.parts.extend_from_slice(&frame);
            return Ok(None);
        }
        let cost = mem::take(&mut self.parts_cost).saturating_add(cost);
        let whole = if self.parts.is_empty() {
            frame
        } else {
            let mut whole = mem::take(&mut self.parts);
            whole.extend_from_slice(&frame);
            whole
        };
        let data = match kind {
            TEXT => Data::Text(String::from_utf8(whole).map_err(|_| Violation::Malformed)?),
            _ => Data::Bytes(whole),
        };
        Ok(Some((data, cost)))
    }

    fn credit(&self) -> Vec<u8> {
        let mut frame = self.allowed.to_le_bytes().to_vec();
        frame.push(CREDIT);
        frame
    }
}

/// The bytes of a part, with room for what marks it.
fn part(bytes: &[u8]) -> Vec<u8> {
    let mut part = Vec::with_capacity(bytes.len() + 1);
    part.extend_from_slice(bytes);
    part
}

/// What the bytes of a frame count.
fn cost(bytes: &[u8]) -> u64 {
    FRAME_COST + bytes.len() as u64
}

#[cfg(test)]
mod tests;

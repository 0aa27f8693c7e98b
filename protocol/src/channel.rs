//! Channels of applications over data channels (RFC 8831): messages in parts, and credit, so that what is sent and not read yet is
//! bounded on both sides.
//!
//! Every message of a data channel is a frame: what it carries, and behind that one byte that says what it is.

use std::mem;

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
/// What a message may count.
const MESSAGE_COST: u64 = (MESSAGE_BYTES + PART_BYTES) as u64 + FRAME_COST * 32;

const BYTES: u8 = 0;
const TEXT: u8 = 1;
const PART: u8 = 2;
const CREDIT: u8 = 3;
const END: u8 = 4;

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
        if self.ordered && self.reliable { MESSAGE_BYTES } else { PART_BYTES }
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
    /// A message, and what it counts until it is read.
    Message(Data, u64),
    /// Nothing to be told yet: a part, or credit.
    Nothing,
    /// The other side closes it on purpose.
    End,
}

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
}

impl Flow {
    /// Of a channel that was just opened.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Flow { transport, ..Flow::default() }
    }

    /// The frame that accepts the channel and gives the first credit.
    pub fn accept(&mut self) -> Vec<u8> {
        self.allowed = WINDOW;
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

    /// The frames of a message; none if it is too large.
    #[must_use]
    pub fn send(&mut self, data: Data) -> Option<Vec<Vec<u8>>> {
        let (kind, bytes) = match data {
            Data::Text(text) => (TEXT, text.into_bytes()),
            Data::Bytes(bytes) => (BYTES, bytes),
        };
        if bytes.len() > self.transport.message_bytes() {
            return None;
        }
        let mut frames =
            if bytes.len() > PART_BYTES { bytes.chunks(PART_BYTES).map(<[u8]>::to_vec).collect() } else { vec![bytes] };
        let last = frames.len().saturating_sub(1);
        for (at, frame) in frames.iter_mut().enumerate() {
            self.sent = self.sent.saturating_add(cost(frame));
            frame.push(if at == last { kind } else { PART });
        }
        Some(frames)
    }

    /// Takes a frame of the other side.
    ///
    /// # Errors
    /// The channel is to be closed: the other side does not keep the rules.
    pub fn receive(&mut self, mut frame: Vec<u8>) -> Result<Received, Violation> {
        let kind = frame.pop().ok_or(Violation::Malformed)?;
        match kind {
            CREDIT => {
                let granted = frame.try_into().map_err(|_| Violation::Malformed)?;
                // An older one may come later where there is no order.
                self.granted = self.granted.max(u64::from_le_bytes(granted));
                Ok(Received::Nothing)
            }
            END => Ok(Received::End),
            BYTES | TEXT | PART => self.message(kind, frame),
            _ => Err(Violation::Malformed),
        }
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

    fn message(&mut self, kind: u8, frame: Vec<u8>) -> Result<Received, Violation> {
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
            self.parts.extend_from_slice(&frame);
            return Ok(Received::Nothing);
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
        Ok(Received::Message(data, cost))
    }

    fn credit(&self) -> Vec<u8> {
        let mut frame = self.allowed.to_le_bytes().to_vec();
        frame.push(CREDIT);
        frame
    }
}

/// What the bytes of a frame count.
fn cost(bytes: &[u8]) -> u64 {
    FRAME_COST + bytes.len() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RELIABLE: Transport = Transport { ordered: true, reliable: true };
    const LOSSY: Transport = Transport { ordered: false, reliable: false };

    /// Two ends, each accepted by the other.
    fn pair(transport: Transport) -> (Flow, Flow) {
        let (mut one, mut other) = (Flow::new(transport), Flow::new(transport));
        assert_eq!(one.receive(other.accept()), Ok(Received::Nothing));
        assert_eq!(other.receive(one.accept()), Ok(Received::Nothing));
        (one, other)
    }

    fn through(from: &mut Flow, to: &mut Flow, data: Data) -> Option<(Data, u64)> {
        let mut received = None;
        for frame in from.send(data)? {
            assert!(frame.len() <= PART_BYTES + 1 && received.is_none());
            if let Received::Message(data, cost) = to.receive(frame).unwrap() {
                received = Some((data, cost));
            }
        }
        received
    }

    #[test]
    fn whatever_is_sent_arrives_up_to_the_limit_and_nothing_beyond() {
        let (mut one, mut other) = pair(RELIABLE);
        for size in [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, MESSAGE_BYTES] {
            let data = Data::Bytes((0..size).map(|at| at as u8).collect());
            let (received, cost) = through(&mut one, &mut other, data.clone()).unwrap();
            assert!(received == data, "{size}");
            other.read(cost);
        }
        assert_eq!(through(&mut one, &mut other, "糸電話".into()).unwrap().0, "糸電話".into());
        assert_eq!(one.send(vec![0; MESSAGE_BYTES + 1].into()), None);
        assert_eq!(Flow::new(LOSSY).send(vec![0; PART_BYTES + 1].into()), None);
    }

    #[test]
    fn nothing_is_sent_before_the_other_side_accepts() {
        let (mut one, mut other) = (Flow::new(RELIABLE), Flow::new(RELIABLE));
        assert!(!one.may_send() && !one.is_accepted());
        let accepted = other.accept();
        assert_eq!(accepted.len(), CREDIT_BYTES);
        one.receive(accepted).unwrap();
        assert!(one.may_send() && one.is_accepted());
        assert!(Flow::new(LOSSY).may_send());
    }

    proptest! {
        /// Whatever is sent and read: what was sent and not read stays below the window and one message, the one that keeps
        /// the rules is never refused, and who has read everything always gets more.
        #[test]
        fn what_is_not_read_is_bounded(steps in prop::collection::vec((0..2 * PART_BYTES, 0..4_usize), 1..200)) {
            let (mut one, mut other) = pair(RELIABLE);
            let mut unread = std::collections::VecDeque::new();
            for (size, reads) in steps {
                if one.may_send() {
                    unread.push_back(through(&mut one, &mut other, vec![0; size].into()).unwrap().1);
                }
                prop_assert!(unread.iter().sum::<u64>() <= WINDOW + MESSAGE_COST);
                for _ in 0..reads {
                    let Some(cost) = unread.pop_front() else { break };
                    if let Some(credit) = other.read(cost) {
                        one.receive(credit).unwrap();
                    }
                }
            }
            for cost in unread {
                if let Some(credit) = other.read(cost) {
                    one.receive(credit).unwrap();
                }
            }
            prop_assert!(one.may_send());
        }

        #[test]
        fn nonsense_is_refused_and_bounded(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..100)) {
            let (_, mut other) = pair(RELIABLE);
            for frame in frames {
                let _ = other.receive(frame);
                prop_assert!(other.parts.len() <= MESSAGE_BYTES);
            }
        }
    }

    #[test]
    fn a_flood_is_noticed_also_one_of_nothing() {
        let (_, mut other) = pair(RELIABLE);
        let flooded = (0..1_000_000).position(|_| other.receive(vec![BYTES]) == Err(Violation::Flooded));
        assert!(flooded.is_some_and(|frames| frames < 40_000), "{flooded:?}");
        let (_, mut other) = pair(RELIABLE);
        let mut part = vec![0; PART_BYTES];
        part.push(PART);
        let flooded = (0..1000).position(|_| other.receive(part.clone()) == Err(Violation::Flooded));
        assert_eq!(flooded, Some(MESSAGE_BYTES / PART_BYTES));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let refused = |frame: &[u8]| pair(RELIABLE).1.receive(frame.to_vec());
        assert_eq!(refused(&[]), Err(Violation::Malformed));
        assert_eq!(refused(&[9]), Err(Violation::Malformed));
        assert_eq!(refused(&[1, 2, CREDIT]), Err(Violation::Malformed));
        assert_eq!(refused(&[0xff, TEXT]), Err(Violation::Malformed));
        assert_eq!(refused(&[0, PART]), Err(Violation::Malformed), "a part that is not full");
        assert_eq!(refused(&END_FRAME), Ok(Received::End));
        let mut part = vec![0; PART_BYTES];
        part.push(PART);
        assert!(pair(LOSSY).1.receive(part).is_err());
    }
}

//! Messages between two peers, over all the channels that they have one after the other: each reaches the other application
//! once and in order, and counts as delivered only when that application has read it.
//!
//! ```text
//! sender                                   receiver
//!   | -- stream {id, next} ------------------> |   a channel opened: what comes now, and from which number on
//!   | -- text {number, text} ----------------> |   [`Received::Text`]: waits to be read
//!   |                                          |   [`Delivery::read`]: the application took it
//!   | <------------------------------ ack n -- |   all up to n were read
//! ```
//!
//! A receiver that does not read acknowledges nothing, and so its sender has no place for another text. Nor does it acknowledge more
//! than a hundred texts a second in the long run, however fast it reads: a sender of more has to wait, and one that does not is
//! not heard.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use itodenwa_wire::limits::{QUEUED_TEXTS, UNREAD_TEXTS};
use itodenwa_wire::{Format, Frame, Text, TextStream};

use crate::rate::Rate;
use crate::time::Time;

/// Acknowledgements of at most [`ACK_TEXTS`] each: so many at once, and then one in each interval.
const ACKS: Rate = Rate::new(8, Duration::from_millis(160));
const ACK_TEXTS: u32 = 16;
/// Texts that are taken. A sender that waits for its acknowledgements never comes to this, not even when it begins anew.
const TEXTS: Rate = Rate::new(2 * QUEUED_TEXTS as u32 + 9 * ACK_TEXTS, Duration::from_millis(10));

/// One side: the texts to a peer, and those from it. `R` is what the sender keeps for each text until it is delivered.
///
/// Bounded by [`QUEUED_TEXTS`] that are not acknowledged, and by [`UNREAD_TEXTS`] that are not read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Delivery<R> {
    /// Names the numbers of this side. Another one when this side begins to count anew.
    stream: u32,
    /// Packets are read from the channel beside the texts, and the other side is told so.
    packets: bool,
    channel: Channel,
    /// Not acknowledged, in their order. The first `sent` of them are on the way through this channel.
    outgoing: VecDeque<(Text, R)>,
    sent: usize,
    /// The number of the last text that was accepted.
    last: u32,
    incoming: Option<Incoming>,
    /// Texts that the application did not read yet, of all streams.
    unread: usize,
    acks: Rate,
    texts: Rate,
}

/// How far the control channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Channel {
    Closed,
    /// Open, and the other side was not told yet what comes.
    Opened,
    Announced,
}

/// What comes from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Incoming {
    stream: u32,
    arrived: u32,
    read: u32,
    acknowledged: u32,
    /// The other side named its stream in this channel: only then does it know which numbers are acknowledged.
    is_announced: bool,
    /// The other side is to be told again what was acknowledged.
    again: bool,
}

/// What a frame of the other side brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received<R> {
    /// Nothing for the application.
    Nothing,
    /// A message for the application. Once it has it, [`Delivery::read`] wants the receipt.
    Text {
        /// What was said.
        text: String,
        /// What the text stands for.
        format: Format,
        /// Which text it is.
        receipt: Receipt,
    },
    /// The other application read these texts, in their order.
    Delivered(Vec<R>),
}

/// Names a text that waits to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Receipt {
    stream: u32,
    number: u32,
}

/// There is no place for another text before the other side reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many texts wait for the other side to read them")
    }
}

impl std::error::Error for Full {}

impl<R> Delivery<R> {
    /// A side that has sent nothing. The stream is a number that this side has not used with this peer before.
    #[must_use]
    pub fn new(stream: u32) -> Self {
        Delivery {
            stream,
            packets: false,
            channel: Channel::Closed,
            outgoing: VecDeque::new(),
            sent: 0,
            last: 0,
            incoming: None,
            unread: 0,
            acks: ACKS,
            texts: TEXTS,
        }
    }

    /// The same, through channels from which packets are read, too.
    #[must_use]
    pub fn beside_packets(self) -> Self {
        Delivery { packets: true, ..self }
    }

    /// Takes a text to send, now or as soon as there is a channel.
    ///
    /// # Errors
    /// [`Full`] if too many wait.
    pub fn send(&mut self, text: String, format: Format, receipt: R) -> Result<(), Full> {
        let number = self.last.checked_add(1).filter(|_| self.outgoing.len() < QUEUED_TEXTS).ok_or(Full)?;
        self.last = number;
        self.outgoing.push_back((Text { number, text, format }, receipt));
        Ok(())
    }

    /// A channel opened: everything that was not acknowledged is sent through it.
    pub fn channel_opened(&mut self) {
        self.channel = Channel::Opened;
        self.sent = 0;
        if let Some(incoming) = &mut self.incoming {
            incoming.is_announced = false;
        }
    }

    /// The channel takes nothing any more.
    pub fn channel_closed(&mut self) {
        self.channel = Channel::Closed;
    }

    /// The next frame to send, until there is none.
    pub fn poll(&mut self, now: Time) -> Option<Frame> {
        match self.channel {
            Channel::Closed => None,
            Channel::Opened => {
                self.channel = Channel::Announced;
                let next = self.outgoing.front().map_or(self.last.saturating_add(1), |(text, _)| text.number);
                Some(Frame::Stream(TextStream { id: self.stream, next, packets: self.packets }))
            }
            Channel::Announced => self.ack(now).or_else(|| self.next_text()),
        }
    }

    /// When [`poll`](Self::poll) is wanted although nothing happens.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        let incoming = self.incoming.filter(|incoming| incoming.is_announced && self.channel == Channel::Announced)?;
        (incoming.acknowledged < incoming.read).then(|| self.acks.allowed_from())
    }

    fn ack(&mut self, now: Time) -> Option<Frame> {
        let incoming = self.incoming.as_mut().filter(|incoming| incoming.is_announced)?;
        let again = std::mem::take(&mut incoming.again);
        if incoming.acknowledged < incoming.read && self.acks.allowed_from() <= now {
            self.acks.spend(now, 1);
            incoming.acknowledged = incoming.read.min(incoming.acknowledged.saturating_add(ACK_TEXTS));
        } else if !again {
            return None;
        }
        Some(Frame::Ack(incoming.acknowledged))
    }

    fn next_text(&mut self) -> Option<Frame> {
        let (text, _) = self.outgoing.get(self.sent)?;
        self.sent += 1;
        Some(Frame::Text(text.clone()))
    }

    /// The other side says what it sends.
    pub fn announced(&mut self, TextStream { id, next, .. }: TextStream) {
        let before = next.saturating_sub(1);
        self.incoming = Some(match self.incoming {
            // The acknowledgement may have been lost with the channel before.
            Some(known) if known.stream == id => Incoming { is_announced: true, again: true, ..known },
            _ => Incoming {
                stream: id,
                arrived: before,
                read: before,
                acknowledged: before,
                is_announced: true,
                again: false,
            },
        });
    }

    /// A text came. One that came before is not taken again; nor one that is ahead of its place, for which there is no room, or that
    /// comes too soon: it is not acknowledged, and comes again through the next channel.
    pub fn receive(&mut self, now: Time, Text { number, text, format }: Text) -> Received<R> {
        let Some(incoming) = self.incoming.as_mut().filter(|incoming| incoming.is_announced) else {
            return Received::Nothing;
        };
        let is_next = incoming.arrived.checked_add(1) == Some(number);
        if !is_next || self.unread >= UNREAD_TEXTS || self.texts.allowed_from() > now {
            return Received::Nothing;
        }
        self.texts.spend(now, 1);
        incoming.arrived = number;
        self.unread += 1;
        Received::Text { text, format, receipt: Receipt { stream: incoming.stream, number } }
    }

    /// The application has this text.
    pub fn read(&mut self, receipt: Receipt) {
        self.unread = self.unread.saturating_sub(1);
        if let Some(incoming) = &mut self.incoming
            && incoming.stream == receipt.stream
            && incoming.read < receipt.number
        {
            incoming.read = receipt.number;
        }
    }

    /// The other application has all texts up to this number. What was never sent is not delivered, whatever is said.
    pub fn acknowledged(&mut self, number: u32) -> Received<R> {
        let count = self.outgoing.iter().take(self.sent).take_while(|(text, _)| text.number <= number).count();
        self.sent -= count;
        match (0..count).filter_map(|_| self.outgoing.pop_front()).map(|(_, receipt)| receipt).collect::<Vec<R>>() {
            delivered if delivered.is_empty() => Received::Nothing,
            delivered => Received::Delivered(delivered),
        }
    }
}

//! The control channel of two people: any text is read as a frame or refused, and any frames leave the delivery of texts in order.

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_protocol::Time;
use itodenwa_protocol::delivery::{Delivery, Receipt, Received};
use itodenwa_wire::limits::UNREAD_TEXTS;
use itodenwa_wire::{Format, Frame, Text, TextStream};

use crate::values::{several, source, text};

/// The target.
pub fn run(data: &[u8]) {
    if let Ok(frame) = serde_json::from_slice::<Frame>(data) {
        survives(&frame);
    }
    // Bytes that are too few say nothing more.
    let _ = Side::default().play(&mut Unstructured::new(data));
}

/// One side, and what it was told.
struct Side {
    delivery: Delivery<u32>,
    now: Time,
    sent: u32,
    /// The last text that went over a channel.
    written: u32,
    delivered: u32,
    unread: Vec<Receipt>,
    /// Most frames that may be sent: for what was sent here, again for each channel, and one for each frame that came.
    allowed: usize,
    frames: usize,
}

impl Default for Side {
    fn default() -> Self {
        Side {
            delivery: Delivery::new(1),
            now: Time::default(),
            sent: 0,
            written: 0,
            delivered: 0,
            unread: Vec::new(),
            allowed: 0,
            frames: 0,
        }
    }
}

impl Side {
    fn play(mut self, u: &mut Unstructured) -> Result<()> {
        while !u.is_empty() {
            match u.int_in_range(0..=15)? {
                0 => {
                    self.delivery.channel_opened();
                    self.allowed += 1 + (self.sent - self.delivered) as usize;
                }
                1 => self.delivery.channel_closed(),
                2 | 3 => {
                    if self.delivery.send(text(u)?, Format::Text, self.sent).is_ok() {
                        self.sent += 1;
                        self.allowed += 1;
                    }
                }
                4 => self.now = self.now.max(self.delivery.deadline().unwrap_or(self.now)),
                5 | 6 => {
                    if let Some(receipt) = (!self.unread.is_empty()).then(|| self.unread.remove(0)) {
                        self.delivery.read(receipt);
                        self.allowed += 1;
                    }
                }
                _ => {
                    let frame = frame(u)?;
                    survives(&frame);
                    self.receive(frame);
                    self.allowed += 1;
                }
            }
            while let Some(frame) = self.delivery.poll(self.now) {
                self.frames += 1;
                if let Frame::Text(text) = frame {
                    self.written = self.written.max(text.number);
                }
            }
            assert!(self.frames <= self.allowed, "{} frames are sent where {} may", self.frames, self.allowed);
            assert!(self.unread.len() <= UNREAD_TEXTS, "{} texts wait to be read", self.unread.len());
        }
        Ok(())
    }

    fn receive(&mut self, frame: Frame) {
        let received = match frame {
            Frame::Stream(stream) => {
                self.delivery.announced(stream);
                Received::Nothing
            }
            Frame::Text(text) => {
                let said = text.text.clone();
                let received = self.delivery.receive(self.now, text);
                assert!(
                    !matches!(&received, Received::Text { text, .. } if *text != said),
                    "another text came than was sent"
                );
                received
            }
            Frame::Ack(number) => self.delivery.acknowledged(number),
            Frame::Shown(_) | Frame::Attribute(_) | Frame::Packet(_) | Frame::Heartbeat => Received::Nothing,
        };
        match received {
            Received::Nothing => {}
            Received::Text { receipt, .. } => self.unread.push(receipt),
            Received::Delivered(texts) => {
                assert!(texts.iter().copied().eq(self.delivered..self.delivered + texts.len() as u32), "in order");
                self.delivered += texts.len() as u32;
                assert!(self.delivered <= self.written, "what was not sent is not delivered");
            }
        }
    }
}

fn frame(u: &mut Unstructured) -> Result<Frame> {
    Ok(match u.int_in_range(0..=7)? {
        0 => Frame::Shown(several(u, 4, |u| Ok((source(u)?, Arbitrary::arbitrary(u)?, Arbitrary::arbitrary(u)?)))?),
        1 => Frame::Heartbeat,
        2 => Frame::Stream(TextStream { id: u.int_in_range(0..=2)?, next: number(u)?, packets: u.arbitrary()? }),
        3 | 4 => Frame::Ack(number(u)?),
        _ => {
            let format = *u.choose(&[Format::Text, Format::Json, Format::Base64, Format::Unknown])?;
            Frame::Text(Text { number: number(u)?, text: text(u)?, format })
        }
    })
}

/// Mostly one that comes next, or is near the end.
fn number(u: &mut Unstructured) -> Result<u32> {
    Ok(match u.int_in_range(0..=7)? {
        0 => Arbitrary::arbitrary(u)?,
        1 => u32::MAX - u.int_in_range(0..=2)?,
        _ => u.int_in_range(0..=12)?,
    })
}

/// What is written of it is read as the same.
fn survives(frame: &Frame) {
    let json = serde_json::to_string(frame).expect("frames can be written");
    let again = serde_json::from_str::<Frame>(&json);
    assert!(again.as_ref().is_ok_and(|again| again == frame), "{frame:?} is {json}, which is {again:?}");
}

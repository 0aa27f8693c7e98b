//! Texts reach the other application once and in order, whatever becomes of channels, and are delivered when they were read.

use std::collections::VecDeque;
use std::time::Duration;

use itodenwa_protocol::Time;
use itodenwa_protocol::delivery::{Delivery, Full, Receipt, Received};
use itodenwa_wire::limits::{QUEUED_TEXTS, UNREAD_TEXTS};
use itodenwa_wire::{Format, Frame, Text, TextStream};
use proptest::prelude::*;

/// What happens next, to one of two sides.
#[derive(Debug, Clone, Copy)]
enum Action {
    /// The application sends a text.
    Send(usize),
    /// The next frame on its way to this side arrives.
    Arrive(usize),
    /// The application reads its next text.
    Read(usize),
    /// This side gets a new channel; what comes through the one before is lost.
    Open(usize),
    /// This side knows no channel for a while.
    Close(usize),
}

fn action() -> impl Strategy<Value = Action> {
    let side = || 0..2_usize;
    prop_oneof![
        8 => side().prop_map(Action::Send),
        12 => side().prop_map(Action::Arrive),
        6 => side().prop_map(Action::Read),
        1 => side().prop_map(Action::Open),
        1 => side().prop_map(Action::Close),
    ]
}

/// One of the two, with its application.
struct Side {
    delivery: Delivery<u32>,
    /// The channel that it uses: the other side hears what is sent through the same one.
    channel: Option<usize>,
    /// Channels that it had.
    channels: usize,
    accepted: u32,
    delivered: Vec<u32>,
    events: VecDeque<(u32, Receipt)>,
    read: Vec<u32>,
}

impl Side {
    fn new(stream: u32) -> Self {
        Side {
            delivery: Delivery::new(stream),
            channel: None,
            channels: 0,
            accepted: 0,
            delivered: Vec::new(),
            events: VecDeque::new(),
            read: Vec::new(),
        }
    }

    fn receive(&mut self, now: Time, frame: Frame) {
        let received = match frame {
            Frame::Stream(stream) => {
                self.delivery.announced(stream);
                Received::Nothing
            }
            Frame::Text(text) => self.delivery.receive(now, text),
            Frame::Ack(number) => self.delivery.acknowledged(number),
            other => panic!("{other:?} has nothing to do with texts"),
        };
        match received {
            Received::Nothing => {}
            Received::Text { text, receipt, .. } => self.events.push_back((text.parse().unwrap(), receipt)),
            Received::Delivered(texts) => self.delivered.extend(texts),
        }
    }

    fn read(&mut self) {
        if let Some((text, receipt)) = self.events.pop_front() {
            self.read.push(text);
            self.delivery.read(receipt);
        }
    }
}

struct World {
    now: Time,
    sides: [Side; 2],
    /// On the way to each side, with the channel.
    flying: [VecDeque<(usize, Frame)>; 2],
}

impl World {
    fn new() -> Self {
        World { now: Time::default(), sides: [Side::new(1), Side::new(2)], flying: [VecDeque::new(), VecDeque::new()] }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Send(side) => {
                let side = &mut self.sides[side];
                if side.delivery.send(side.accepted.to_string(), Format::Text, side.accepted).is_ok() {
                    side.accepted += 1;
                }
            }
            Action::Arrive(side) => {
                let Some((channel, frame)) = self.flying[side].front().cloned() else { return };
                // A channel that this side does not have yet keeps it.
                if self.sides[side].channels < channel {
                    return;
                }
                self.flying[side].pop_front();
                if self.sides[side].channel == Some(channel) {
                    self.sides[side].receive(self.now, frame);
                }
            }
            Action::Read(side) => self.sides[side].read(),
            Action::Open(side) => {
                let side = &mut self.sides[side];
                side.channels += 1;
                side.channel = Some(side.channels);
                side.delivery.channel_opened();
            }
            Action::Close(side) => {
                self.sides[side].channel = None;
                self.sides[side].delivery.channel_closed();
            }
        }
        self.flow();
    }

    fn flow(&mut self) {
        for side in 0..2 {
            while let Some(frame) = self.sides[side].delivery.poll(self.now) {
                let channel = self.sides[side].channel.expect("nothing is sent without a channel");
                self.flying[1 - side].push_back((channel, frame));
            }
        }
    }

    /// Both get the same new channel, and read everything.
    fn settle(&mut self) {
        let last = self.sides.iter().map(|side| side.channels).max().unwrap();
        for side in 0..2 {
            self.sides[side].channels = last;
            self.act(Action::Open(side));
        }
        while self.flying.iter().any(|frames| !frames.is_empty())
            || self.sides.iter().any(|side| !side.events.is_empty() || side.delivery.deadline().is_some())
        {
            for side in 0..2 {
                self.act(Action::Arrive(side));
                self.act(Action::Read(side));
            }
            // Acknowledgements that were too many at once.
            if let Some(deadline) = self.sides.iter().filter_map(|side| side.delivery.deadline()).min() {
                self.now = self.now.max(deadline);
                self.flow();
            }
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for side in 0..2 {
            let (sender, receiver) = (&self.sides[side], &self.sides[1 - side]);
            prop_assert!(receiver.read.iter().copied().eq(0..receiver.read.len() as u32), "once and in order");
            prop_assert!(sender.delivered.iter().copied().eq(0..sender.delivered.len() as u32), "told once, in order");
            prop_assert!(sender.delivered.len() <= receiver.read.len(), "delivered and not read");
            prop_assert!(receiver.events.len() <= QUEUED_TEXTS, "what is not read is bounded");
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn every_text_is_read_once_and_in_order_and_only_then_delivered(
        actions in prop::collection::vec(action(), 0..600),
    ) {
        let mut world = World::new();
        for action in actions {
            world.act(action);
            world.check()?;
        }
        world.settle();
        world.check()?;
        for side in 0..2 {
            let (sender, receiver) = (&world.sides[side], &world.sides[1 - side]);
            prop_assert_eq!(receiver.read.len() as u32, sender.accepted, "nothing is lost");
            prop_assert_eq!(sender.delivered.len() as u32, sender.accepted, "and it is told");
        }
    }

    /// Frames of any kind, with any numbers, neither panic nor let anything be delivered that was not sent, nor pile up.
    #[test]
    fn nonsense_delivers_nothing_and_is_bounded(
        frames in prop::collection::vec((0..3_u8, prop_oneof![0..5_u32, Just(u32::MAX)], 0..3_u32), 0..400),
        sends in 0..5_u32,
    ) {
        let mut delivery = Delivery::new(1);
        delivery.channel_opened();
        (0..sends).for_each(|n| delivery.send(n.to_string(), Format::Text, n).unwrap());
        while delivery.poll(Time::default()).is_some() {}
        let (mut unread, mut delivered) = (0, 0);
        for (kind, number, id) in frames {
            let received = match kind {
                0 => { delivery.announced(TextStream { id, next: number, packets: false }); Received::Nothing }
                1 => delivery.receive(Time::default(), Text { number, text: String::new(), format: Format::Text }),
                _ => delivery.acknowledged(number),
            };
            match received {
                Received::Nothing => {}
                Received::Text { .. } => unread += 1,
                Received::Delivered(texts) => delivered += texts.len(),
            }
            // One frame is answered by one at most.
            prop_assert!(delivery.poll(Time::default()).is_none() || delivery.poll(Time::default()).is_none());
        }
        prop_assert!(unread <= UNREAD_TEXTS && delivered <= sends as usize);
    }
}

/// A side that is asked to send more than the other reads says so, and has places again when the other reads.
#[test]
fn who_does_not_read_slows_the_sender() {
    let mut world = World::new();
    world.settle();
    for _ in 0..QUEUED_TEXTS {
        world.act(Action::Send(0));
        world.act(Action::Arrive(1));
    }
    assert_eq!(world.sides[0].delivery.send("one too many".into(), Format::Text, 0), Err(Full));
    assert!(world.sides[0].delivered.is_empty());
    world.act(Action::Read(1));
    world.act(Action::Arrive(0));
    assert_eq!(world.sides[0].delivered, [0]);
    assert_eq!(world.sides[0].delivery.send("64".into(), Format::Text, 64), Ok(()));
}

/// A sender that forgot everything begins another stream: acknowledgements of the one before mean nothing in it, whether the
/// others read it before or after they were told.
#[test]
fn a_sender_that_begins_anew_is_not_told_of_what_it_sent_before() {
    for announced_first in [true, false] {
        let mut world = World::new();
        world.settle();
        for _ in 0..5 {
            world.act(Action::Send(0));
            world.act(Action::Arrive(1));
        }
        world.sides[0] = Side { channels: world.sides[0].channels, accepted: 5, ..Side::new(3) };
        for side in 0..2 {
            world.act(Action::Open(side));
        }
        if announced_first {
            world.act(Action::Arrive(1));
        }
        (0..5).for_each(|_| world.act(Action::Read(1)));
        (0..3).for_each(|_| world.act(Action::Send(0)));
        (0..9).for_each(|_| world.act(Action::Arrive(0)));
        assert!(world.sides[0].delivered.is_empty(), "they were not even there");
        world.settle();
        assert_eq!(world.sides[1].read, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(world.sides[0].delivered, [5, 6, 7]);
    }
}

#[test]
fn an_acknowledgement_that_was_lost_is_said_again_through_the_next_channel() {
    let mut world = World::new();
    world.settle();
    world.act(Action::Send(0));
    world.act(Action::Arrive(1));
    world.act(Action::Read(1));
    world.settle();
    assert_eq!((world.sides[1].read.as_slice(), world.sides[0].delivered.as_slice()), (&[0][..], &[0][..]));
}

/// A peer that does not keep to the rules.
fn listening() -> Delivery<u32> {
    let mut delivery = Delivery::new(1);
    delivery.channel_opened();
    delivery.announced(TextStream { id: 7, next: 1, packets: false });
    delivery
}

fn is_taken(delivery: &mut Delivery<u32>, number: u32) -> bool {
    matches!(
        delivery.receive(Time::default(), Text { number, text: String::new(), format: Format::Text }),
        Received::Text { .. }
    )
}

#[test]
fn what_is_ahead_of_its_place_waits_for_what_is_before_it() {
    let mut delivery = listening();
    assert!(!is_taken(&mut delivery, 2), "the first is missing");
    assert!(is_taken(&mut delivery, 1) && is_taken(&mut delivery, 2));
}

#[test]
fn beginning_anew_again_and_again_does_not_pile_up_texts() {
    let mut delivery = listening();
    let mut unread = 0;
    for id in 0..10 {
        delivery.announced(TextStream { id, next: 1, packets: false });
        unread += (1..=QUEUED_TEXTS as u32).filter(|number| is_taken(&mut delivery, *number)).count();
    }
    assert_eq!(unread, UNREAD_TEXTS);
}

#[test]
fn what_was_not_sent_yet_is_not_delivered() {
    let mut delivery = listening();
    delivery.send("hello".into(), Format::Text, 1).unwrap();
    assert_eq!(delivery.acknowledged(u32::MAX), Received::Nothing);
    while delivery.poll(Time::default()).is_some() {}
    assert_eq!(delivery.acknowledged(u32::MAX), Received::Delivered(vec![1]));
}

/// However fast the application reads: a sender that waits for acknowledgements is slowed down and loses nothing, and one that does
/// not is not heard beyond that, also if it begins anew all the time.
#[test]
fn texts_come_at_a_bounded_rate() {
    const SECONDS: u32 = 20;
    for begins_anew in [None, Some(false), Some(true)] {
        let (mut one, mut other) = (Delivery::new(1), listening());
        one.channel_opened();
        let (mut accepted, mut delivered, mut read, mut id) = (0, 0, 0, 7);
        for millis in 0..SECONDS * 1000 {
            let now = Time::from_millis(u64::from(millis));
            let mut said = Vec::new();
            match begins_anew {
                None => {
                    while one.send(String::new(), Format::Text, accepted).is_ok() {
                        accepted += 1;
                    }
                    said.extend(std::iter::from_fn(|| one.poll(now)));
                }
                Some(anew) => {
                    id += u32::from(anew);
                    said.push(Frame::Stream(TextStream { id, next: 1, packets: false }));
                    said.extend((0..2).map(|_| {
                        Frame::Text(Text {
                            number: 1 + if anew { 0 } else { read },
                            text: String::new(),
                            format: Format::Text,
                        })
                    }));
                }
            }
            for frame in said {
                match frame {
                    Frame::Stream(stream) => other.announced(stream),
                    Frame::Text(text) => {
                        if let Received::Text { receipt, .. } = other.receive(now, text) {
                            read += 1;
                            other.read(receipt);
                        }
                    }
                    _ => {}
                }
            }
            while let Some(frame) = other.poll(now) {
                if let (None, Frame::Ack(number)) = (begins_anew, frame)
                    && let Received::Delivered(texts) = one.acknowledged(number)
                {
                    delivered += texts.len() as u32;
                }
            }
        }
        assert!((100 * SECONDS..=100 * SECONDS + 280).contains(&read), "{read} texts in {SECONDS} s, {begins_anew:?}");
        if begins_anew.is_none() {
            assert!(
                read >= accepted - QUEUED_TEXTS as u32 && delivered >= read - QUEUED_TEXTS as u32,
                "{accepted} {delivered}"
            );
            assert!(
                other
                    .deadline()
                    .is_some_and(|at| at < Time::from_millis(u64::from(SECONDS) * 1000) + Duration::from_millis(160))
            );
        }
    }
}

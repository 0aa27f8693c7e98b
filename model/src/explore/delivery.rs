//! Every order of events for the messages of one side to the other: sent at any moment, read at any moment, and through channels that
//! break at any moment, one side after the other.

use std::collections::VecDeque;
use std::fmt;

use indexmap::IndexSet;
use itodenwa_protocol::Time;
use itodenwa_protocol::delivery::{Delivery, Receipt, Received};
use itodenwa_wire::limits::QUEUED_TEXTS;
use itodenwa_wire::{Format, Frame};

/// Steps in which everything has to be delivered when nothing breaks any more.
const STEPS: usize = 1000;

/// What may happen.
#[derive(Debug, Clone, Copy)]
pub struct Messages {
    /// Names the exploration.
    pub name: &'static str,
    /// Messages that were sent and arrived at a receiver that has read none of them.
    pub unread: u32,
    /// Further messages.
    pub sends: u32,
    /// How many are read before all the rest is.
    pub reads: u32,
    /// New channels.
    pub channels: usize,
}

/// The explorations that are made.
pub const ALL: [Messages; 2] = [
    Messages { name: "3 messages, 3 new channels", unread: 0, sends: 3, reads: 3, channels: 3 },
    Messages { name: "a receiver that is full, a new channel", unread: FULL - 1, sends: 2, reads: 1, channels: 1 },
];

const FULL: u32 = QUEUED_TEXTS as u32;

/// How many states there are, and how many steps to the farthest one.
#[derive(Debug)]
pub struct Explored {
    pub states: usize,
    pub depth: usize,
}

/// A property that is broken, after the shortest way to it.
#[derive(Debug)]
pub struct Broken {
    way: Vec<Step>,
    property: &'static str,
}

const SENDER: usize = 0;
const RECEIVER: usize = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Send,
    /// The receiver's application reads its next message.
    Read,
    /// What is first on its way to this side arrives, or is lost with a channel that this side left.
    Arrive(usize),
    /// This side has a new channel.
    Open(usize),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    sides: [Delivery<u32>; 2],
    /// How many channels each side had: it uses the last one.
    channels: [usize; 2],
    /// On the way to each side, with the channel.
    flying: [VecDeque<(usize, Frame)>; 2],
    waiting: VecDeque<(String, Receipt)>,
    sent: u32,
    read: u32,
    delivered: u32,
    /// Passes when nothing else can happen.
    now: Time,
}

/// Explores everything that may happen.
///
/// # Errors
/// The shortest way to a property that does not hold.
pub fn explore(messages: &Messages) -> Result<Explored, Broken> {
    let mut states = IndexSet::new();
    let mut parents: Vec<(usize, Option<Step>)> = vec![(0, None)];
    let broken = |parents: &[(usize, Option<Step>)], mut at: usize, last: Option<Step>, property| {
        let mut way = Vec::from_iter(last);
        while let Some((before, Some(step))) = parents.get(at).copied() {
            way.push(step);
            at = before;
        }
        way.reverse();
        Broken { way, property }
    };
    let first = State::first(messages.unread).map_err(|property| broken(&parents, 0, None, property))?;
    states.insert(first);
    let (mut at, mut depth, mut level_ends) = (0, 0, 1);
    while let Some(state) = states.get_index(at).cloned() {
        if at == level_ends {
            (depth, level_ends) = (depth + 1, states.len());
        }
        state.clone().settle().map_err(|property| broken(&parents, at, None, property))?;
        for step in state.steps(messages) {
            let mut next = state.clone();
            next.act(step).map_err(|property| broken(&parents, at, Some(step), property))?;
            if states.insert(next) {
                parents.push((at, Some(step)));
            }
        }
        at += 1;
    }
    Ok(Explored { states: states.len(), depth })
}

impl State {
    fn first(unread: u32) -> Result<Self, &'static str> {
        let mut state = State {
            sides: [Delivery::new(1), Delivery::new(2)],
            channels: [0; 2],
            flying: [VecDeque::new(), VecDeque::new()],
            waiting: VecDeque::new(),
            sent: 0,
            read: 0,
            delivered: 0,
            now: Time::default(),
        };
        state.act(Step::Open(SENDER))?;
        state.act(Step::Open(RECEIVER))?;
        (0..unread).try_for_each(|_| state.act(Step::Send))?;
        while let Some(step) = state.arrivals().first().copied() {
            state.act(step)?;
        }
        Ok(state)
    }

    fn steps(&self, messages: &Messages) -> Vec<Step> {
        let newest = self.channels.into_iter().max().unwrap_or(0);
        let opens = [SENDER, RECEIVER]
            .into_iter()
            .filter(|side| self.channels[*side] < newest || newest < 1 + messages.channels);
        let mut steps = self.arrivals();
        steps.extend(opens.map(Step::Open));
        steps.extend((self.sent < messages.unread + messages.sends).then_some(Step::Send));
        steps.extend((!self.waiting.is_empty() && self.read < messages.reads).then_some(Step::Read));
        steps
    }

    /// A channel that a side does not have yet keeps what is in it.
    fn arrivals(&self) -> Vec<Step> {
        let arrives =
            |side: &usize| self.flying[*side].front().is_some_and(|(channel, _)| *channel <= self.channels[*side]);
        [SENDER, RECEIVER].into_iter().filter(arrives).map(Step::Arrive).collect()
    }

    fn act(&mut self, step: Step) -> Result<(), &'static str> {
        match step {
            Step::Send => {
                let is_full = self.sent - self.delivered >= FULL;
                let accepted = self.sides[SENDER].send((self.sent + 1).to_string(), Format::Text, self.sent + 1);
                if accepted.is_err() != is_full {
                    return Err("a message is refused if and only if 64 wait");
                }
                self.sent += u32::from(accepted.is_ok());
            }
            Step::Read => {
                let Some((text, receipt)) = self.waiting.pop_front() else { return Ok(()) };
                self.read += 1;
                self.sides[RECEIVER].read(receipt);
                if text != self.read.to_string() {
                    return Err("messages are read once and in order");
                }
            }
            Step::Arrive(side) => {
                let Some((channel, frame)) = self.flying[side].pop_front() else { return Ok(()) };
                if self.channels[side] == channel {
                    self.receive(side, frame)?;
                }
            }
            Step::Open(side) => {
                self.channels[side] += 1;
                self.sides[side].channel_opened();
            }
        }
        self.flow();
        if self.waiting.len() > QUEUED_TEXTS { Err("what is not read is bounded") } else { Ok(()) }
    }

    fn flow(&mut self) {
        for side in [SENDER, RECEIVER] {
            while let Some(frame) = self.sides[side].poll(self.now) {
                self.flying[1 - side].push_back((self.channels[side], frame));
            }
        }
    }

    fn receive(&mut self, side: usize, frame: Frame) -> Result<(), &'static str> {
        let delivery = &mut self.sides[side];
        let received = match frame {
            Frame::Stream(stream) => {
                delivery.announced(stream);
                Received::Nothing
            }
            Frame::Text(text) => delivery.receive(self.now, text),
            Frame::Ack(number) => delivery.acknowledged(number),
            _ => return Err("nothing else is sent"),
        };
        match received {
            Received::Nothing => {}
            Received::Text { text, receipt, .. } => self.waiting.push_back((text, receipt)),
            Received::Delivered(numbers) => {
                for number in numbers {
                    self.delivered += 1;
                    if number != self.delivered {
                        return Err("deliveries are told once and in order");
                    }
                }
                if self.delivered > self.read {
                    return Err("what is delivered was read");
                }
            }
        }
        Ok(())
    }

    /// Nothing breaks any more, and the receiver reads.
    fn settle(mut self) -> Result<(), &'static str> {
        for _ in 0..STEPS {
            let behind = if self.channels[SENDER] < self.channels[RECEIVER] { SENDER } else { RECEIVER };
            let step = if self.channels[SENDER] != self.channels[RECEIVER] {
                Step::Open(behind)
            } else if let Some(step) = self.arrivals().first().copied() {
                step
            } else if !self.waiting.is_empty() {
                Step::Read
            } else if let Some(at) = self.sides[RECEIVER].deadline() {
                self.now = at;
                self.flow();
                continue;
            } else {
                break;
            };
            self.act(step)?;
        }
        let is_done = self.read == self.sent && self.delivered == self.sent;
        if is_done { Ok(()) } else { Err("what was accepted is read and delivered") }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in (1..).zip(&self.way) {
            match step {
                Step::Send => writeln!(f, "{number:>4}  sends")?,
                Step::Read => writeln!(f, "{number:>4}  reads")?,
                Step::Arrive(side) => writeln!(f, "{number:>4}  {}: hears", NAMES[*side])?,
                Step::Open(side) => writeln!(f, "{number:>4}  {}: has a new channel", NAMES[*side])?,
            }
        }
        write!(f, "broken: {}", self.property)
    }
}

const NAMES: [&str; 2] = ["sender", "receiver"];

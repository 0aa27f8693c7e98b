//! One connection by hand: a person, or a program, carries descriptions and candidates, and says which step is next.
//!
//! ```text
//!          MakeOffer                SetAnswer
//! Stable ------------> OfferMade ------------> Stable
//!        ------------> OfferSet  ------------>
//!          SetOffer                 MakeAnswer
//! ```
//!
//! One operation is at work, the others wait for it, in order. Each is answered by exactly one [`ManualOutput::Done`].

mod base64;
mod operation;
mod pasted;
mod reports;

use std::collections::VecDeque;

use itodenwa_wire::limits::{CANDIDATE_BYTES, CANDIDATES_PER_FRAGMENT, DESCRIPTION_MESSAGE_BYTES};
use itodenwa_wire::{Candidate, Source};

pub use operation::{Done, Operation, OperationError, OperationId};

use crate::config::IceMode;
use crate::description::{self, Malformed};
use crate::event::{Command, ConnectionState, Report};
use crate::media::ordered;
use crate::time::Time;
use crate::timeline::Step;

/// Operations that wait, at most.
pub const OPERATIONS: usize = 256;

/// A fact for the machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ManualInput {
    /// The person wants this done.
    Operate {
        /// Names it.
        id: OperationId,
        /// What.
        operation: Operation,
    },
    /// One's own source is on or off: counts from the next description on.
    SetSource {
        /// Which.
        source: Source,
        /// On or off.
        on: bool,
    },
    /// The connection did, or saw, something.
    Report(Report),
    /// The moment that [`Manual::deadline`] named has come.
    Deadline,
    /// Hang up.
    Close,
}

/// Something to do, or to tell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ManualOutput {
    /// Let the connection do this. Each command but [`Command::Close`] is answered by exactly one [`Report`].
    Command(Command),
    /// An operation is done, or not.
    Done {
        /// Which.
        id: OperationId,
        /// What it gave.
        result: Result<Done, OperationError>,
    },
    /// A candidate for the other side.
    Candidate(Candidate),
    /// There are no more candidates for now.
    EndOfCandidates,
    /// The connection's state changed.
    Connection(ConnectionState),
    /// Both descriptions are set: what comes in may be something else.
    Negotiated,
    /// The control channel is open.
    ChannelOpen,
    /// Write down a step.
    Step {
        /// When.
        at: Time,
        /// What.
        step: Step,
        /// The description or the candidate that it is about, as in [`Entry::text`](crate::timeline::Entry::text).
        text: String,
    },
    /// The connection is closed: the last output.
    Closed,
}

/// The machine: one connection, with a person in place of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Manual {
    ice: IceMode,
    on: Vec<Source>,
    stage: Stage,
    flight: Flight,
    waiting: VecDeque<(OperationId, Operation)>,
    remote: Remote,
    local: LocalCandidates,
    outputs: VecDeque<ManualOutput>,
}

/// How far offer and answer are (W3C WebRTC, `RTCSignalingState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Stable,
    OfferMade,
    OfferSet,
    Closed,
}

/// The operation that is at work.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Flight {
    Nothing,
    /// The connection was given a command for it.
    Command {
        id: OperationId,
        command: InFlight,
    },
    /// Its description is made, and waits for candidates (Vanilla ICE).
    Gathering {
        id: OperationId,
        until: Time,
    },
}

/// What the command in flight will be answered by, and what is needed then.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum InFlight {
    MakeOffer,
    /// With the description, whose secrets are kept out of errors.
    SetOffer(String),
    MakeAnswer,
    SetAnswer(String),
    AddCandidate(String),
    EndOfCandidates,
    Describe,
}

/// The other side's description: candidates that come before it wait, [`CANDIDATES_PER_FRAGMENT`] at most.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Remote {
    Unknown { early: Vec<(OperationId, Operation)> },
    Known,
}

/// What was gathered for the other side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct LocalCandidates {
    count: usize,
    is_complete: bool,
    /// A description was given away without all of them (Vanilla ICE): the rest follow one by one.
    follow: bool,
}

impl Manual {
    /// A connection that is open, with these sources on.
    #[must_use]
    pub fn new(ice: IceMode, on: &[Source]) -> Self {
        Manual {
            ice,
            on: ordered(on.iter().copied()),
            stage: Stage::Stable,
            flight: Flight::Nothing,
            waiting: VecDeque::new(),
            remote: Remote::Unknown { early: Vec::new() },
            local: LocalCandidates::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes a fact.
    pub fn handle(&mut self, now: Time, input: ManualInput) {
        match input {
            ManualInput::Operate { id, .. } if self.stage == Stage::Closed => self.fail(id, OperationError::Closed),
            ManualInput::Operate { id, .. } if self.waiting.len() >= OPERATIONS => {
                self.fail(id, OperationError::TooMany)
            }
            _ if self.stage == Stage::Closed => {}
            ManualInput::Operate { id, operation } => self.waiting.push_back((id, operation)),
            ManualInput::SetSource { source, on } => {
                let others = self.on.iter().copied().filter(|one| *one != source);
                self.on = ordered(others.chain(on.then_some(source)));
            }
            ManualInput::Report(report) => self.report(now, report),
            ManualInput::Deadline => {
                if self.deadline().is_some_and(|until| until <= now) {
                    self.describe();
                }
            }
            ManualInput::Close => {
                self.outputs.push_back(ManualOutput::Command(Command::Close));
                self.close(now);
            }
        }
        while self.stage != Stage::Closed
            && self.flight == Flight::Nothing
            && let Some((id, operation)) = self.waiting.pop_front()
        {
            if let Err(error) = self.begin(id, operation) {
                self.fail(id, error);
            }
        }
    }

    /// The next thing to do, until there is none.
    pub fn poll(&mut self) -> Option<ManualOutput> {
        self.outputs.pop_front()
    }

    /// When [`ManualInput::Deadline`] is wanted.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        match self.flight {
            Flight::Gathering { until, .. } => Some(until),
            Flight::Nothing | Flight::Command { .. } => None,
        }
    }

    // Operations.

    fn begin(&mut self, id: OperationId, operation: Operation) -> Result<(), OperationError> {
        match (operation, self.stage) {
            (Operation::MakeOffer, Stage::Stable) => {
                self.command(id, InFlight::MakeOffer, Command::MakeOffer { send: self.on.clone(), ice_restart: false });
            }
            (Operation::SetOffer(pasted), Stage::Stable) => {
                let sdp = checked(&pasted)?;
                self.command(id, InFlight::SetOffer(sdp.clone()), Command::SetOffer { sdp });
            }
            (Operation::MakeAnswer, Stage::OfferSet) => {
                self.command(id, InFlight::MakeAnswer, Command::MakeAnswer { send: self.on.clone() });
            }
            (Operation::SetAnswer(pasted), Stage::OfferMade) => {
                let sdp = checked(&pasted)?;
                self.command(id, InFlight::SetAnswer(sdp.clone()), Command::SetAnswer { sdp });
            }
            (operation @ (Operation::AddCandidate(_) | Operation::EndOfCandidates), _) => {
                return self.begin_candidate(id, operation);
            }
            _ => return Err(OperationError::State),
        }
        Ok(())
    }

    fn begin_candidate(&mut self, id: OperationId, operation: Operation) -> Result<(), OperationError> {
        if let Remote::Unknown { early } = &mut self.remote {
            if early.len() >= CANDIDATES_PER_FRAGMENT {
                return Err(OperationError::TooMany);
            }
            early.push((id, operation));
            return Ok(());
        }
        match operation {
            Operation::AddCandidate(candidate) if candidate.candidate.len() > CANDIDATE_BYTES => {
                return Err(OperationError::TooLarge);
            }
            Operation::AddCandidate(mut candidate) => {
                // As it stands in a description.
                let line = candidate.candidate.trim();
                candidate.candidate = line.strip_prefix("a=").unwrap_or(line).to_owned();
                self.command(id, InFlight::AddCandidate(candidate.candidate.clone()), Command::AddCandidate(candidate));
            }
            _ => self.command(id, InFlight::EndOfCandidates, Command::EndOfCandidates(String::new())),
        }
        Ok(())
    }

    fn command(&mut self, id: OperationId, in_flight: InFlight, command: Command) {
        self.flight = Flight::Command { id, command: in_flight };
        self.outputs.push_back(ManualOutput::Command(command));
    }

    /// The command in flight, which is none any more.
    fn take_command(&mut self) -> Option<(OperationId, InFlight)> {
        match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Command { id, command } => Some((id, command)),
            other => {
                self.flight = other;
                None
            }
        }
    }

    fn done(&mut self, id: OperationId, done: Done) {
        self.outputs.push_back(ManualOutput::Done { id, result: Ok(done) });
    }

    fn fail(&mut self, id: OperationId, error: OperationError) {
        self.outputs.push_back(ManualOutput::Done { id, result: Err(error) });
    }

    fn step(&mut self, at: Time, step: Step) {
        self.step_with(at, step, String::new());
    }

    fn step_with(&mut self, at: Time, step: Step, text: String) {
        self.outputs.push_back(ManualOutput::Step { at, step, text });
    }

    /// Nothing is done any more, and whoever waits is told.
    fn close(&mut self, now: Time) {
        self.stage = Stage::Closed;
        let in_flight = match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Nothing => None,
            Flight::Command { id, .. } | Flight::Gathering { id, .. } => Some(id),
        };
        let early = match std::mem::replace(&mut self.remote, Remote::Known) {
            Remote::Unknown { early } => early,
            Remote::Known => Vec::new(),
        };
        let waiting = std::mem::take(&mut self.waiting);
        for id in in_flight.into_iter().chain(early.into_iter().chain(waiting).map(|(id, _)| id)) {
            self.fail(id, OperationError::Closed);
        }
        self.step(now, Step::Close);
        self.outputs.push_back(ManualOutput::Closed);
    }
}

/// The description that was pasted, within the limits of those that peers send.
fn checked(pasted: &str) -> Result<String, OperationError> {
    // As JSON it is larger than it is.
    if pasted.len() > DESCRIPTION_MESSAGE_BYTES {
        return Err(OperationError::TooLarge);
    }
    description::check(pasted::description(pasted)).map_err(|malformed| match malformed {
        Malformed::TooLarge => OperationError::TooLarge,
        malformed => OperationError::Refused { name: "SyntaxError".into(), message: malformed.explain() },
    })
}

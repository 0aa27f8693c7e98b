//! A connection by hand under arbitrary operations and pasted texts, while the browser answers, refuses and reports what it
//! likes. Every operation is answered once, nothing but its answer completes a command, and what waits is bounded.

use std::collections::BTreeSet;
use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use itodenwa_protocol::manual::{Done, Manual, ManualInput, ManualOutput, Operation, OperationError, OperationId};
use itodenwa_protocol::{Command, ConnectionState, IceMode, Report, Time};
use itodenwa_wire::limits::DESCRIPTION_BYTES;

use crate::values::{candidate, some_sources, source, text};

#[derive(Debug, Arbitrary)]
enum Step {
    MakeOffer,
    SetOffer,
    MakeAnswer,
    SetAnswer,
    AddCandidate,
    EndOfCandidates,
    /// The browser does what it was asked, or does not take it.
    Answer(bool),
    /// The browser reports the answer to something else.
    Stray(u8),
    Gathered(bool),
    State(bool),
    Channel(bool),
    Source(bool),
    Wait(u16),
    Close,
}

struct Play {
    manual: Manual,
    now: Time,
    asked: u32,
    answered: BTreeSet<OperationId>,
    in_flight: Option<Command>,
    is_closed: bool,
}

/// The target.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(manual) = manual(&mut u) else { return };
    let mut play =
        Play { manual, now: Time::default(), asked: 0, answered: BTreeSet::new(), in_flight: None, is_closed: false };
    while !u.is_empty() && play.take(&mut u).is_ok() {}
    play.give(ManualInput::Close);
    assert_eq!(play.answered.len(), play.asked as usize, "an operation is not answered");
}

fn manual(u: &mut Unstructured) -> Result<Manual> {
    let limit = Option::<u16>::arbitrary(u)?.map(|millis| Duration::from_millis(millis.into()));
    let ice = limit.map_or(IceMode::Trickle, |limit| IceMode::Vanilla { limit });
    Ok(Manual::new(ice, &some_sources(u)?))
}

impl Play {
    fn take(&mut self, u: &mut Unstructured) -> Result<()> {
        match Step::arbitrary(u)? {
            Step::MakeOffer => self.ask(Operation::MakeOffer),
            Step::SetOffer => self.ask(Operation::SetOffer(pasted(u)?)),
            Step::MakeAnswer => self.ask(Operation::MakeAnswer),
            Step::SetAnswer => self.ask(Operation::SetAnswer(pasted(u)?)),
            Step::AddCandidate => self.ask(Operation::AddCandidate(candidate(u)?)),
            Step::EndOfCandidates => self.ask(Operation::EndOfCandidates),
            Step::Answer(granted) => {
                if let Some(command) = self.in_flight.take() {
                    let (name, message) = ("OperationError".into(), text(u)?);
                    let refused = match command.is_waited_for() {
                        true => Report::Refused { name, message },
                        false => Report::CandidateRefused { name, message },
                    };
                    self.give(ManualInput::Report(if granted { answer(&command) } else { refused }));
                }
            }
            Step::Stray(which) => self.stray(which),
            Step::Gathered(all) => {
                let report = if all { Report::GatheringComplete } else { Report::LocalCandidate(candidate(u)?) };
                self.give(ManualInput::Report(report));
            }
            Step::State(silent) => {
                let state = Report::State(ConnectionState::Failed);
                self.give(ManualInput::Report(if silent { Report::Silent } else { state }));
            }
            Step::Channel(open) => {
                self.give(ManualInput::Report(if open { Report::ChannelOpen } else { Report::ChannelClosed }));
            }
            Step::Source(on) => self.give(ManualInput::SetSource { source: source(u)?, on }),
            Step::Wait(millis) => {
                self.now = self.now + Duration::from_millis(millis.into());
                self.give(ManualInput::Deadline);
            }
            Step::Close => self.give(ManualInput::Close),
        }
        Ok(())
    }

    fn ask(&mut self, operation: Operation) {
        let id = OperationId(self.asked);
        self.asked += 1;
        self.give(ManualInput::Operate { id, operation });
    }

    /// An answer to a command that is not the one in flight.
    fn stray(&mut self, which: u8) {
        let strays = [
            Command::MakeOffer { send: Vec::new(), ice_restart: false },
            Command::MakeAnswer { send: Vec::new() },
            Command::SetOffer { sdp: String::new() },
            Command::SetAnswer { sdp: String::new() },
            Command::Describe,
        ];
        let stray = answer(&strays[usize::from(which) % strays.len()]);
        if self.in_flight.as_ref().is_none_or(|command| answer(command) != stray) {
            let before = self.answered.len();
            self.give(ManualInput::Report(stray));
            assert_eq!(self.answered.len(), before, "what is no answer completed an operation");
        }
    }

    fn give(&mut self, input: ManualInput) {
        self.manual.handle(self.now, input);
        while let Some(output) = self.manual.poll() {
            match output {
                ManualOutput::Command(Command::Close) => self.in_flight = None,
                ManualOutput::Command(command) => {
                    assert!(!self.is_closed && self.in_flight.is_none(), "{command:?} is not its turn");
                    if let Command::SetOffer { sdp } | Command::SetAnswer { sdp } = &command {
                        assert!(sdp.starts_with("v=0") && sdp.len() <= DESCRIPTION_BYTES);
                    }
                    self.in_flight = Some(command);
                }
                ManualOutput::Done { id, result } => {
                    assert!(id.0 < self.asked && self.answered.insert(id), "{id:?} is answered twice");
                    assert!(!self.is_closed || result == Err(OperationError::Closed));
                    if let Ok(Done::Description(sdp)) = result {
                        assert_eq!(sdp, "v=0\r\n");
                    }
                }
                ManualOutput::Closed => {
                    assert!(!self.is_closed, "it ends twice");
                    self.is_closed = true;
                    self.in_flight = None;
                }
                _ => assert!(!self.is_closed, "{output:?} after the end"),
            }
        }
    }
}

/// What somebody pasted: something like a description, or anything.
fn pasted(u: &mut Unstructured) -> Result<String> {
    let start = u.choose(&["v=0\r\n", "{\"sdp\":\"v=0\\r\\n", "\"{\\\"sdp\\\":\\\"", "> v=0\n> ", "", "```\nv=0\n"])?;
    Ok(format!("{start}{}", text(u)?))
}

fn answer(command: &Command) -> Report {
    let (sdp, sources) = ("v=0\r\n".to_owned(), Vec::new());
    match command {
        Command::Open => Report::Opened,
        Command::MakeOffer { .. } => Report::OfferMade { sdp, sources },
        Command::SetLocalOffer => Report::LocalOfferSet,
        Command::SetOffer { .. } => Report::OfferSet,
        Command::MakeAnswer { .. } => Report::AnswerMade { sdp, sources },
        Command::SetAnswer { .. } => Report::AnswerSet,
        Command::Describe => Report::Described { sdp },
        Command::AddCandidate(_) | Command::EndOfCandidates(_) => Report::CandidateAdded,
        Command::Close => Report::ChannelClosed,
    }
}

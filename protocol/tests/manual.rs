//! A connection by hand, over the model of a browser: what is asked is answered once, in order, by nothing but its own answer.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use itodenwa_model::browser::{Connection, Gathering, Profile, refusal};
use itodenwa_protocol::manual::{
    Done, Manual, ManualInput, ManualOutput, OPERATIONS, Operation, OperationError, OperationId,
};
use itodenwa_protocol::timeline::Step;
use itodenwa_protocol::{Command, ConnectionState, IceMode, Report, Time};
use itodenwa_wire::limits::CANDIDATES_PER_FRAGMENT;
use itodenwa_wire::{Candidate, Source};
use proptest::prelude::*;

const LIMIT: Duration = Duration::from_secs(5);
const CANDIDATES: usize = 3;

type Outcome = Result<Done, OperationError>;

/// One person with a machine and a browser.
struct Side {
    manual: Manual,
    browser: Connection,
    now: Time,
    asked: u32,
    outcomes: BTreeMap<OperationId, Outcome>,
    /// The command that the browser was given and has not answered.
    in_flight: Option<Command>,
    gathering: VecDeque<Report>,
    candidates: Vec<Candidate>,
    ends: usize,
    steps: Vec<&'static str>,
    is_closed: bool,
}

impl Side {
    fn new(ice: IceMode, number: u32) -> Self {
        Side {
            manual: Manual::new(ice, &[Source::Camera]),
            browser: Connection::new(Profile::Chromium, number),
            now: Time::default(),
            asked: 0,
            outcomes: BTreeMap::new(),
            in_flight: None,
            gathering: VecDeque::new(),
            candidates: Vec::new(),
            ends: 0,
            steps: Vec::new(),
            is_closed: false,
        }
    }

    fn handle(&mut self, input: ManualInput) {
        self.manual.handle(self.now, input);
        while let Some(output) = self.manual.poll() {
            assert!(
                !self.is_closed || matches!(output, ManualOutput::Done { result: Err(_), .. }),
                "{output:?} after the end"
            );
            match output {
                ManualOutput::Command(Command::Close) => self.in_flight = None,
                ManualOutput::Command(command) => {
                    assert!(self.in_flight.is_none(), "{command:?} while another command is in flight");
                    self.in_flight = Some(command);
                }
                ManualOutput::Done { id, result } => {
                    assert!(id.0 < self.asked && !self.outcomes.contains_key(&id), "{id:?} was answered before");
                    self.outcomes.insert(id, result);
                }
                ManualOutput::Candidate(candidate) => self.candidates.push(candidate),
                ManualOutput::EndOfCandidates => self.ends += 1,
                ManualOutput::Step { step, .. } => self.steps.push(step.name()),
                ManualOutput::Closed => self.is_closed = true,
                ManualOutput::Connection(_) | ManualOutput::Negotiated | ManualOutput::ChannelOpen => {}
            }
        }
    }

    fn ask(&mut self, operation: Operation) -> OperationId {
        let id = OperationId(self.asked);
        self.asked += 1;
        self.handle(ManualInput::Operate { id, operation });
        id
    }

    /// The browser answers the command in flight.
    fn answer(&mut self) {
        let Some(command) = self.in_flight.take() else { return };
        let of_a_candidate = !command.is_waited_for();
        let report = match self.browser.operate(command, CANDIDATES) {
            Ok((report, gathering)) => {
                self.gathering.extend(gathering.iter().flat_map(found));
                report
            }
            Err(exception) => refusal(of_a_candidate, exception),
        };
        self.handle(ManualInput::Report(report));
    }

    fn gather(&mut self) {
        if let Some(report) = self.gathering.pop_front() {
            if let Report::LocalCandidate(candidate) = &report {
                self.browser.gather(candidate.candidate.clone());
            }
            self.handle(ManualInput::Report(report));
        }
    }

    /// Asks, and lets the browser do what is to be done.
    fn outcome(&mut self, operation: Operation) -> Option<Outcome> {
        let id = self.ask(operation);
        while self.in_flight.is_some() || !self.gathering.is_empty() {
            self.answer();
            self.gather();
        }
        self.outcomes.get(&id).cloned()
    }

    fn description(&mut self, operation: Operation) -> String {
        match self.outcome(operation) {
            Some(Ok(Done::Description(sdp))) => sdp,
            other => panic!("{other:?} is no description"),
        }
    }
}

fn found(gathering: &Gathering) -> impl Iterator<Item = Report> {
    let candidates = (1..=gathering.candidates).map(|place| Report::LocalCandidate(gathering.candidate(place)));
    candidates.chain([Report::GatheringComplete]).collect::<Vec<_>>().into_iter()
}

/// A candidate of nobody.
fn stray() -> Candidate {
    Candidate { candidate: "candidate:1".into(), sdp_mid: None, sdp_m_line_index: None, username_fragment: None }
}

fn refused(outcome: Option<Outcome>) -> bool {
    matches!(outcome, Some(Err(OperationError::Refused { .. })))
}

#[test]
fn the_tutorials_steps_make_a_call() {
    for ice in [IceMode::Trickle, IceMode::Vanilla { limit: LIMIT }] {
        let (mut ann, mut ben) = (Side::new(ice, 1), Side::new(ice, 2));
        let offer = ann.description(Operation::MakeOffer);
        // Candidates overtake the offer: they wait for it.
        let early = ann.candidates.first().cloned().map(|candidate| ben.ask(Operation::AddCandidate(candidate)));
        // As `JSON.stringify` gives it.
        let pasted = serde_json::json!({ "type": "offer", "sdp": offer }).to_string();
        assert_eq!(ben.outcome(Operation::SetOffer(pasted)), Some(Ok(Done::DescriptionSet)));
        if let Some(early) = early {
            assert_eq!(ben.outcomes.get(&early), Some(&Ok(Done::CandidateAdded)));
        }
        let answer = ben.description(Operation::MakeAnswer);
        assert_eq!(ann.outcome(Operation::SetAnswer(answer)), Some(Ok(Done::DescriptionSet)));
        for candidate in ben.candidates.clone() {
            assert_eq!(ann.outcome(Operation::AddCandidate(candidate)), Some(Ok(Done::CandidateAdded)));
        }
        let known = |side: &Side, other: &Side| side.browser.known(other.browser.local_fragment().unwrap());
        assert_eq!(known(&ann, &ben), CANDIDATES, "{ice:?}");
        assert_eq!(known(&ben, &ann), if ice == IceMode::Trickle { 1 } else { CANDIDATES });
        assert!(ann.browser.credentials().is_some() && ben.browser.credentials().is_some());
        assert_eq!(ann.ends, usize::from(ice == IceMode::Trickle));
        assert_eq!(ann.steps.first(), Some(&"makeOffer"));
    }
}

#[test]
fn what_happens_in_between_completes_nothing() {
    let mut ann = Side::new(IceMode::Trickle, 1);
    let offer = ann.ask(Operation::MakeOffer);
    for report in [
        Report::Silent,
        Report::Heard,
        Report::State(ConnectionState::Connecting),
        Report::ChannelOpen,
        Report::OfferSet,
        Report::AnswerSet,
        Report::CandidateAdded,
        Report::Described { sdp: String::new() },
        Report::Opened,
    ] {
        ann.handle(ManualInput::Report(report));
        assert_eq!(ann.outcomes.get(&offer), None);
    }
    ann.answer();
    assert!(matches!(ann.outcomes.get(&offer), Some(Ok(Done::Description(sdp))) if sdp.starts_with("v=0")));
}

#[test]
fn vanilla_waits_no_longer_than_its_limit_and_the_rest_follows() {
    let mut ann = Side::new(IceMode::Vanilla { limit: LIMIT }, 1);
    let offer = ann.ask(Operation::MakeOffer);
    ann.answer();
    ann.gather();
    assert_eq!((ann.manual.deadline(), ann.outcomes.get(&offer)), (Some(Time::default() + LIMIT), None));
    ann.handle(ManualInput::Deadline);
    assert_eq!(ann.in_flight, None, "it is too soon");
    ann.handle(ManualInput::Report(Report::CandidateAdded));
    ann.handle(ManualInput::Report(Report::Refused { name: String::new(), message: String::new() }));
    assert_eq!(ann.outcomes.get(&offer), None, "no command is in flight that could be refused");
    ann.now = Time::default() + LIMIT;
    ann.handle(ManualInput::Deadline);
    ann.answer();
    let Some(Ok(Done::Description(sdp))) = ann.outcomes.get(&offer).cloned() else { panic!() };
    assert_eq!(sdp.matches("a=candidate:").count(), 1);
    assert_eq!((ann.candidates.len(), ann.manual.deadline()), (0, None));
    (0..CANDIDATES).for_each(|_| ann.gather());
    assert_eq!((ann.candidates.len(), ann.ends), (CANDIDATES - 1, 1));
}

#[test]
fn an_operation_out_of_its_turn_says_so_and_changes_nothing() {
    let (mut ann, mut ben) = (Side::new(IceMode::Trickle, 1), Side::new(IceMode::Trickle, 2));
    let state = Some(Err(OperationError::State));
    assert_eq!(ann.outcome(Operation::MakeAnswer), state);
    assert_eq!(ann.outcome(Operation::SetAnswer("v=0".into())), state);
    let offer = ann.description(Operation::MakeOffer);
    assert_eq!(ann.outcome(Operation::MakeOffer), state);
    assert_eq!(ann.outcome(Operation::SetOffer(offer.clone())), state);
    assert!(refused(ann.outcome(Operation::SetAnswer("good morning".into()))));
    ben.outcome(Operation::SetOffer(offer));
    let answer = ben.description(Operation::MakeAnswer);
    assert_eq!(ann.outcome(Operation::SetAnswer(answer)), Some(Ok(Done::DescriptionSet)));
}

#[test]
fn what_waits_is_bounded() {
    let mut ann = Side::new(IceMode::Trickle, 1);
    for place in 0..=CANDIDATES_PER_FRAGMENT {
        let id = ann.ask(Operation::AddCandidate(stray()));
        let expected = (place == CANDIDATES_PER_FRAGMENT).then_some(Err(OperationError::TooMany));
        assert_eq!(ann.outcomes.get(&id).cloned(), expected);
    }
    ann.ask(Operation::MakeOffer);
    for _ in 0..OPERATIONS {
        let id = ann.ask(Operation::MakeOffer);
        assert_eq!(ann.outcomes.get(&id), None);
    }
    let id = ann.ask(Operation::MakeOffer);
    assert_eq!(ann.outcomes.get(&id), Some(&Err(OperationError::TooMany)));
    let large = Operation::SetOffer("x".repeat(1024 * 1024));
    let mut ben = Side::new(IceMode::Trickle, 2);
    assert_eq!(ben.outcome(large), Some(Err(OperationError::TooLarge)));
}

#[test]
fn the_end_answers_whoever_waits() {
    for end in [ManualInput::Close, ManualInput::Report(Report::ChannelClosed)] {
        let mut ann = Side::new(IceMode::Trickle, 1);
        let early = ann.ask(Operation::EndOfCandidates);
        let offer = ann.ask(Operation::MakeOffer);
        let waiting = ann.ask(Operation::SetAnswer("v=0".into()));
        ann.handle(end);
        let late = ann.ask(Operation::MakeOffer);
        for id in [early, offer, waiting, late] {
            assert_eq!(ann.outcomes.get(&id), Some(&Err(OperationError::Closed)));
        }
        assert!(ann.is_closed);
        assert_eq!(ann.steps.last(), Some(&Step::Close.name()));
    }
}

#[test]
fn passwords_stay_out_of_errors_and_steps() {
    let mut ann = Side::new(IceMode::Trickle, 1);
    let sdp = "v=0\r\na=ice-pwd:sesame\r\n";
    let id = ann.ask(Operation::SetOffer(sdp.into()));
    let message = format!("Failed to parse SessionDescription. {sdp} Invalid SDP line.");
    ann.manual.handle(ann.now, ManualInput::Report(Report::Refused { name: "OperationError".into(), message }));
    let outputs: Vec<ManualOutput> = std::iter::from_fn(|| ann.manual.poll()).collect();
    assert!(
        outputs.iter().any(|output| matches!(output, ManualOutput::Done { id: done, result: Err(_) } if *done == id))
    );
    assert!(!format!("{outputs:?}").contains("sesame"));
}

/// What may happen to one of two sides.
#[derive(Debug, Clone, Copy)]
enum Action {
    MakeOffer,
    SetOffer,
    MakeAnswer,
    SetAnswer,
    AddCandidate,
    EndOfCandidates,
    Answer,
    Refuse,
    Gather,
    Silent,
    Wait,
    Toggle,
    Nonsense,
}

fn action() -> impl Strategy<Value = Action> {
    use Action::{
        AddCandidate, Answer, EndOfCandidates, Gather, MakeAnswer, MakeOffer, Nonsense, Refuse, SetAnswer, SetOffer,
        Silent, Toggle, Wait,
    };
    prop_oneof![
        3 => prop_oneof![Just(MakeOffer), Just(SetOffer), Just(MakeAnswer), Just(SetAnswer), Just(AddCandidate)],
        4 => Just(Answer),
        2 => Just(Gather),
        1 => prop_oneof![Just(Refuse), Just(Silent), Just(Wait), Just(Toggle), Just(Nonsense), Just(EndOfCandidates)],
    ]
}

fn act(sides: &mut [Side; 2], place: usize, action: Action) {
    let other = &sides[1 - place];
    let last = other.outcomes.values().rev().find_map(|outcome| match outcome {
        Ok(Done::Description(sdp)) => Some(sdp.clone()),
        _ => None,
    });
    let theirs = last.unwrap_or_else(|| "v=0".into());
    let candidate = other.candidates.last().cloned().unwrap_or_else(stray);
    let side = &mut sides[place];
    match action {
        Action::MakeOffer => drop(side.ask(Operation::MakeOffer)),
        Action::SetOffer => drop(side.ask(Operation::SetOffer(theirs))),
        Action::MakeAnswer => drop(side.ask(Operation::MakeAnswer)),
        Action::SetAnswer => drop(side.ask(Operation::SetAnswer(theirs))),
        Action::AddCandidate => drop(side.ask(Operation::AddCandidate(candidate))),
        Action::EndOfCandidates => drop(side.ask(Operation::EndOfCandidates)),
        Action::Answer => side.answer(),
        Action::Refuse => {
            if side.in_flight.take().is_some() {
                let report = Report::Refused { name: "OperationError".into(), message: "it failed".into() };
                side.handle(ManualInput::Report(report));
            }
        }
        Action::Gather => side.gather(),
        Action::Silent => side.handle(ManualInput::Report(Report::Silent)),
        Action::Wait => {
            side.now = side.now + LIMIT;
            side.handle(ManualInput::Deadline);
        }
        Action::Toggle => side.handle(ManualInput::SetSource { source: Source::Microphone, on: true }),
        Action::Nonsense => drop(side.ask(Operation::SetOffer("\"\\".into()))),
    }
}

proptest! {
    /// Whatever two people do in whatever order: every operation is answered once, and in the end all are.
    #[test]
    fn every_operation_is_answered_once(
        vanilla in any::<bool>(),
        actions in prop::collection::vec((0..2_usize, action()), 0..200),
    ) {
        let ice = if vanilla { IceMode::Vanilla { limit: LIMIT } } else { IceMode::Trickle };
        let mut sides = [Side::new(ice, 1), Side::new(ice, 2)];
        for (place, action) in actions {
            act(&mut sides, place, action);
        }
        for side in &mut sides {
            while side.in_flight.is_some() || !side.gathering.is_empty() || side.manual.deadline().is_some() {
                side.answer();
                side.gather();
                side.now = side.manual.deadline().unwrap_or(side.now);
                side.handle(ManualInput::Deadline);
            }
            side.handle(ManualInput::Close);
            prop_assert_eq!(side.outcomes.len() as u32, side.asked);
        }
    }
}

//! The one task of a call: like a room's driver, with a person in place of the machine.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use itodenwa_protocol::delivery::{Delivery, Received};
use itodenwa_protocol::timeline::{CandidateSummary, Step};
use itodenwa_protocol::{Command, IceMode, Report};
use itodenwa_wire::limits::CANDIDATES_PER_FRAGMENT;
use itodenwa_wire::{Candidate, Frame, PeerId, Source};
use litemap::LiteMap;
use web_sys::{HtmlVideoElement, MediaStream};

use super::CallEvent;
use crate::codec::Malformed;
use crate::connection::{Connection, ConnectionEvent};
use crate::dom::{Clock, Timer};
use crate::error::{CallError, Exception};
use crate::event::{EventSender, ReadText};
use crate::media::{Change, DeviceEvent, Devices, Track};
use crate::oneshot;
use crate::outgoing::Place;
use crate::queue::Receiver;
use crate::view::{Attached, StreamKind, Views};

/// The other side, among the views.
const OTHER: PeerId = PeerId::new(0);

pub(super) type Done = oneshot::Sender<Result<String, CallError>>;

#[derive(Debug)]
pub(super) enum Request {
    Operate(Operation, Done),
    Text(String, Place),
    Attach { remote: bool, element: HtmlVideoElement },
}

#[derive(Debug)]
pub(super) enum Operation {
    MakeOffer,
    SetOffer(String),
    MakeAnswer,
    SetAnswer(String),
    AddCandidate(Option<Candidate>),
}

#[derive(Debug)]
pub(super) enum BrowserEvent {
    Device(DeviceEvent),
    Connection(ConnectionEvent),
}

/// How far offer and answer are (W3C WebRTC, `RTCSignalingState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Stable,
    OfferMade,
    OfferSet,
}

/// What is in flight.
enum Flight {
    Nothing,
    /// A command of the connection, the step that it is, and who waits.
    Command(Step, Done),
    /// A description that waits for its candidates (Vanilla ICE).
    Gathering(Timer, Done),
    Describing(Done),
}

enum Wakeup {
    Limit,
    BrowserEvent(BrowserEvent),
    Read(Vec<ReadText>),
    Request(Option<Request>),
}

pub(super) struct Task {
    connection: Connection,
    devices: Devices,
    theirs: MediaStream,
    ice: IceMode,
    clock: Clock,
    requests: Receiver<Request>,
    browser_events: Receiver<BrowserEvent>,
    events: EventSender<CallEvent>,
    stage: Stage,
    flight: Flight,
    waiting: VecDeque<(Operation, Done)>,
    /// Candidates that came before their description: at most as many as one may have.
    early: Vec<(Operation, Done)>,
    described: bool,
    gathered: bool,
    candidates: usize,
    tracks: LiteMap<Source, (String, Track)>,
    views: Views,
    texts: Delivery<Place>,
}

impl Task {
    #[expect(clippy::too_many_arguments, reason = "the parts of a call, each of its own type")]
    pub(super) fn new(
        connection: Connection,
        devices: Devices,
        theirs: MediaStream,
        ice: IceMode,
        clock: Clock,
        requests: Receiver<Request>,
        browser_events: Receiver<BrowserEvent>,
        events: EventSender<CallEvent>,
    ) -> Self {
        Task {
            connection,
            devices,
            theirs,
            ice,
            clock,
            requests,
            browser_events,
            events,
            stage: Stage::Stable,
            flight: Flight::Nothing,
            waiting: VecDeque::new(),
            early: Vec::new(),
            described: false,
            gathered: false,
            candidates: 0,
            tracks: LiteMap::new(),
            views: Views::default(),
            texts: Delivery::new(0),
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            match poll_fn(|cx| self.poll_wakeup(cx)).await {
                Wakeup::Limit => self.describe(),
                Wakeup::Read(texts) => {
                    texts.iter().for_each(|text| self.texts.read(text.receipt));
                    self.flush();
                }
                Wakeup::Request(Some(request)) => self.request(request),
                Wakeup::Request(None)
                | Wakeup::BrowserEvent(BrowserEvent::Connection(ConnectionEvent::Report(Report::ChannelClosed))) => {
                    break;
                }
                Wakeup::BrowserEvent(BrowserEvent::Connection(ConnectionEvent::Report(report))) => self.report(report),
                Wakeup::BrowserEvent(BrowserEvent::Connection(ConnectionEvent::Frame(frame))) => self.frame(frame),
                // Nothing is asked about the encoding.
                Wakeup::BrowserEvent(BrowserEvent::Connection(
                    ConnectionEvent::Limited(_) | ConnectionEvent::CodecRefused(_),
                )) => {}
                Wakeup::BrowserEvent(BrowserEvent::Device(notice)) => {
                    // A device that is taken away is replaced, or goes silent or dark; there is nobody to tell but the views.
                    if let Change::Replaced(source) = self.devices.notice(notice) {
                        self.connection.replace(source, self.devices.track(source));
                    }
                }
            }
            self.begin_next();
        }
        self.step(Step::Close);
        let Task { events, connection, devices, tracks, views, flight, .. } = self;
        drop((connection, devices, tracks, views, flight));
        events.close(CallEvent::Closed);
    }

    fn poll_wakeup(&mut self, cx: &mut Context<'_>) -> Poll<Wakeup> {
        if let Flight::Gathering(limit, _) = &mut self.flight
            && Pin::new(limit).poll(cx).is_ready()
        {
            return Poll::Ready(Wakeup::Limit);
        }
        if let Poll::Ready(Some(notice)) = self.browser_events.poll_next_unpin(cx) {
            return Poll::Ready(Wakeup::BrowserEvent(notice));
        }
        if let Poll::Ready(texts) = self.events.poll_read(cx) {
            return Poll::Ready(Wakeup::Read(texts));
        }
        self.requests.poll_next_unpin(cx).map(Wakeup::Request)
    }

    fn tell(&self, event: CallEvent) {
        // Nothing here rises without end but steps and texts, and those are left out first.
        let _ = self.events.push(event);
    }

    fn step(&self, step: Step) {
        self.tell(CallEvent::Step { at: self.clock.now(), step });
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Operate(operation, done) => self.waiting.push_back((operation, done)),
            Request::Text(text, place) => {
                // As many as have a place have one there, too.
                let _ = self.texts.send(text, place);
                self.flush();
            }
            Request::Attach { remote, element } => {
                let (who, stream) =
                    if remote { (Some(OTHER), &self.theirs) } else { (None, self.devices.stream(StreamKind::Camera)) };
                // The person is at the page: a step was just made by hand.
                let attached = Attached {
                    who,
                    kind: StreamKind::Camera,
                    element: element.into(),
                    made: true,
                    stream,
                    audible: None,
                };
                self.views.attach(attached, &(Rc::new(|_| {}) as Rc<dyn Fn(PeerId)>));
            }
        }
    }

    // Offer, answer and candidates, one after the other.

    fn begin_next(&mut self) {
        while matches!(self.flight, Flight::Nothing) {
            let Some((operation, done)) = self.waiting.pop_front() else { return };
            self.begin(operation, done);
        }
    }

    fn begin(&mut self, operation: Operation, done: Done) {
        let send: Vec<Source> = self.devices.on().collect();
        let (command, step) = match (operation, self.stage) {
            (Operation::MakeOffer, Stage::Stable) => (Command::MakeOffer { send, ice_restart: false }, Step::MakeOffer),
            (Operation::SetOffer(sdp), Stage::Stable) => (Command::SetOffer { sdp }, Step::SetOffer),
            (Operation::MakeAnswer, Stage::OfferSet) => (Command::MakeAnswer { send }, Step::MakeAnswer),
            (Operation::SetAnswer(sdp), Stage::OfferMade) => (Command::SetAnswer { sdp }, Step::SetAnswer),
            (early @ Operation::AddCandidate(_), _) if !self.described => {
                if self.early.len() < CANDIDATES_PER_FRAGMENT {
                    self.early.push((early, done));
                } else {
                    settle(done, Err(CallError::State));
                }
                return;
            }
            (Operation::AddCandidate(Some(candidate)), _) => {
                let step = Step::SetCandidate(CandidateSummary::of(&candidate));
                (Command::AddCandidate(candidate), step)
            }
            (Operation::AddCandidate(None), _) => (Command::EndOfCandidates(String::new()), Step::SetEndOfCandidates),
            _ => return settle(done, Err(CallError::State)),
        };
        self.flight = Flight::Command(step, done);
        self.connection.execute(command, &self.devices);
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::LocalCandidate(candidate) => self.gathered_one(candidate),
            Report::GatheringComplete => self.gathered_all(),
            Report::State(state) => {
                self.step(Step::State(state));
                self.tell(CallEvent::Connection(state));
            }
            Report::ChannelOpen => {
                self.texts.channel_opened();
                self.step(Step::ChannelOpen);
                self.flush();
            }
            answer => self.answered(answer),
        }
    }

    fn answered(&mut self, report: Report) {
        match (std::mem::replace(&mut self.flight, Flight::Nothing), report) {
            (Flight::Command(_, done) | Flight::Describing(done), Report::Refused { name, message }) => {
                let error = Exception { name, message };
                self.step(Step::Refused(error.to_string()));
                settle(done, Err(CallError::Refused(error)));
            }
            (Flight::Command(step, done), Report::OfferMade { sdp, .. }) => {
                self.stage = Stage::OfferMade;
                self.step(step);
                self.made(sdp, done);
            }
            (Flight::Command(step, done), Report::AnswerMade { sdp, .. }) => {
                self.stage = Stage::Stable;
                self.step(step);
                self.compare_media();
                self.made(sdp, done);
            }
            (Flight::Command(step, done), Report::OfferSet) => {
                self.stage = Stage::OfferSet;
                self.step(step);
                self.take_early();
                settle(done, Ok(String::new()));
            }
            (Flight::Command(step, done), Report::AnswerSet) => {
                self.stage = Stage::Stable;
                self.step(step);
                self.take_early();
                self.compare_media();
                settle(done, Ok(String::new()));
            }
            (Flight::Command(step, done), _) => {
                self.step(step);
                settle(done, Ok(String::new()));
            }
            (Flight::Describing(done), Report::Described { sdp }) => {
                self.step(Step::GatherCandidates { candidates: self.candidates, complete: self.gathered });
                settle(done, Ok(sdp));
            }
            (flight, _) => self.flight = flight,
        }
    }

    fn take_early(&mut self) {
        self.described = true;
        self.waiting.extend(self.early.drain(..));
    }

    /// A description is made: with Vanilla ICE it waits for its candidates.
    fn made(&mut self, sdp: String, done: Done) {
        match self.ice {
            IceMode::Trickle => settle(done, Ok(sdp)),
            IceMode::Vanilla { limit } => {
                self.flight = Flight::Gathering(Timer::new(limit), done);
                if self.gathered {
                    self.describe();
                }
            }
        }
    }

    fn describe(&mut self) {
        match std::mem::replace(&mut self.flight, Flight::Nothing) {
            Flight::Gathering(_, done) => {
                self.flight = Flight::Describing(done);
                self.connection.execute(Command::Describe, &self.devices);
            }
            flight => self.flight = flight,
        }
    }

    fn gathered_one(&mut self, candidate: Candidate) {
        self.candidates = self.candidates.saturating_add(1);
        if self.ice == IceMode::Trickle && self.candidates <= CANDIDATES_PER_FRAGMENT {
            self.step(Step::SendCandidate(CandidateSummary::of(&candidate)));
            self.tell(CallEvent::Candidate(candidate));
        }
    }

    fn gathered_all(&mut self) {
        self.gathered = true;
        if self.ice == IceMode::Trickle {
            self.step(Step::SendEndOfCandidates);
            self.tell(CallEvent::EndOfCandidates);
        }
        self.describe();
    }

    /// What comes in changed with the descriptions.
    fn compare_media(&mut self) {
        let receiving = self.connection.receiving();
        let gone = |source: &Source, mid: &String| !receiving.contains(&(mid.clone(), *source));
        let ended: Vec<Source> =
            self.tracks.iter().filter(|(source, (mid, _))| gone(source, mid)).map(|(source, _)| *source).collect();
        for source in ended {
            self.tracks.remove(&source);
            self.tell(CallEvent::Media { source, on: false });
        }
        for (mid, source) in receiving {
            if !self.tracks.contains_key(&source)
                && let Some(receiver) = self.connection.receiver(&mid)
            {
                self.tracks.insert(source, (mid, Track::received(receiver.track(), &self.theirs)));
                self.tell(CallEvent::Media { source, on: true });
            }
        }
    }

    // Texts.

    fn frame(&mut self, frame: Result<Frame, Malformed>) {
        match frame {
            Ok(Frame::Stream(stream)) => self.texts.announced(stream),
            // Whoever sent them does not wait for it; their places are free.
            Ok(Frame::Ack(number)) => drop(self.texts.acknowledged(number)),
            Ok(Frame::Text(text)) => {
                if let Received::Text { text, receipt } = self.texts.receive(text) {
                    self.events.push_text(CallEvent::Text(text), ReadText { from: None, receipt });
                }
            }
            // By hand all is sent as it is.
            Ok(Frame::Shown(_) | Frame::Heartbeat) => {}
            Err(why) => self.step(Step::Refused(why.to_string())),
        }
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(frame) = self.texts.poll() {
            if let Err(why) = self.connection.send(&frame) {
                self.texts.channel_closed();
                self.step(Step::Refused(why));
            }
        }
    }
}

/// Who asked need not wait.
fn settle(done: Done, result: Result<String, CallError>) {
    done.send(result);
}

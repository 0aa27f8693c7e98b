//! The one task of a call: it carries out what the machine of calls by hand says.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use itodenwa_protocol::delivery::{Delivery, Received};
use itodenwa_protocol::manual::{Done, Manual, ManualInput, ManualOutput, Operation, OperationError, OperationId};
use itodenwa_protocol::timeline::Step;
use itodenwa_protocol::{Command, IceMode, Time};
use itodenwa_wire::{Frame, PeerId, Source};
use litemap::LiteMap;
use web_sys::{HtmlVideoElement, MediaStream};

use super::CallEvent;
use crate::codec::Malformed;
use crate::connection::{Connection, ConnectionEvent};
use crate::dom::{Clock, Timer};
use crate::event::{EventSender, ReadText};
use crate::media::{Change, DeviceEvent, Devices, Track};
use crate::oneshot;
use crate::outgoing::Place;
use crate::queue::Receiver;
use crate::stream_kind::StreamKind;
use crate::view::{Attached, Views};

/// The other side, among the views.
const OTHER: PeerId = PeerId::new(0);

/// Operations and their results, as the application waits for them.
pub(super) type Waiting = oneshot::Sender<Result<Done, OperationError>>;

#[derive(Debug)]
pub(super) enum Request {
    Operate(Operation, Waiting),
    Text(String, Place),
    Attach { remote: bool, element: HtmlVideoElement },
}

#[derive(Debug)]
pub(super) enum BrowserEvent {
    Device(DeviceEvent),
    Connection(ConnectionEvent),
}

enum Wakeup {
    Deadline,
    BrowserEvent(BrowserEvent),
    Read(Vec<ReadText>),
    Request(Option<Request>),
}

pub(super) struct Task {
    connection: Connection,
    devices: Devices,
    theirs: MediaStream,
    machine: Manual,
    clock: Clock,
    requests: Receiver<Request>,
    browser_events: Receiver<BrowserEvent>,
    events: EventSender<CallEvent>,
    /// Operations that the machine has not answered: as many as it lets wait, at work or early.
    waiting: LiteMap<OperationId, Waiting>,
    /// How many operations there were.
    operations: u32,
    timer: Option<(Time, Timer)>,
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
        let on: Vec<Source> = devices.on().collect();
        Task {
            connection,
            machine: Manual::new(ice, &on),
            devices,
            theirs,
            clock,
            requests,
            browser_events,
            events,
            waiting: LiteMap::new(),
            operations: 0,
            timer: None,
            tracks: LiteMap::new(),
            views: Views::default(),
            texts: Delivery::new(0),
        }
    }

    pub(super) async fn run(mut self) {
        while self.carry_out() {
            self.set_timer();
            match poll_fn(|cx| self.poll_wakeup(cx)).await {
                Wakeup::Deadline => {
                    self.handle(ManualInput::Deadline);
                    self.flush();
                }
                Wakeup::Read(texts) => {
                    texts.iter().for_each(|text| self.texts.read(text.receipt));
                    self.flush();
                }
                Wakeup::Request(Some(request)) => self.request(request),
                Wakeup::Request(None) => self.handle(ManualInput::Close),
                Wakeup::BrowserEvent(BrowserEvent::Connection(ConnectionEvent::Report(report))) => {
                    self.handle(ManualInput::Report(report))
                }
                Wakeup::BrowserEvent(BrowserEvent::Connection(ConnectionEvent::Frame(frame))) => self.frame(frame),
                // Nothing is asked about the encoding.
                Wakeup::BrowserEvent(BrowserEvent::Connection(
                    ConnectionEvent::Limited(_) | ConnectionEvent::CodecRefused(_),
                )) => {}
                Wakeup::BrowserEvent(BrowserEvent::Device(event)) => self.device(event),
            }
        }
        let Task { events, connection, devices, tracks, views, .. } = self;
        drop((connection, devices, tracks, views));
        events.close(CallEvent::Closed);
    }

    fn poll_wakeup(&mut self, cx: &mut Context<'_>) -> Poll<Wakeup> {
        if let Some((_, timer)) = &mut self.timer
            && Pin::new(timer).poll(cx).is_ready()
        {
            self.timer = None;
            return Poll::Ready(Wakeup::Deadline);
        }
        if let Poll::Ready(Some(notice)) = self.browser_events.poll_next_unpin(cx) {
            return Poll::Ready(Wakeup::BrowserEvent(notice));
        }
        if let Poll::Ready(texts) = self.events.poll_read(cx) {
            return Poll::Ready(Wakeup::Read(texts));
        }
        self.requests.poll_next_unpin(cx).map(Wakeup::Request)
    }

    fn set_timer(&mut self) {
        let deadline = self.machine.deadline().into_iter().chain(self.texts.deadline()).min();
        if self.timer.as_ref().map(|(set, _)| *set) != deadline {
            let now = self.clock.now();
            self.timer = deadline.map(|deadline| (deadline, Timer::new(deadline - now)));
        }
    }

    fn handle(&mut self, input: ManualInput) {
        self.machine.handle(self.clock.now(), input);
    }

    /// Does what the machine says. False when the call is over.
    fn carry_out(&mut self) -> bool {
        while let Some(output) = self.machine.poll() {
            match output {
                // The connection closes when it is dropped.
                ManualOutput::Command(Command::Close) => {}
                ManualOutput::Command(command) => self.connection.execute(command, &self.devices),
                ManualOutput::Done { id, result } => {
                    if let Some(waiting) = self.waiting.remove(&id) {
                        waiting.send(result);
                    }
                }
                ManualOutput::Candidate(candidate) => self.tell(CallEvent::Candidate(candidate)),
                ManualOutput::EndOfCandidates => self.tell(CallEvent::EndOfCandidates),
                ManualOutput::Connection(state) => self.tell(CallEvent::Connection(state)),
                ManualOutput::Negotiated => self.compare_media(),
                ManualOutput::ChannelOpen => {
                    self.texts.channel_opened();
                    self.flush();
                }
                ManualOutput::Step { at, step } => self.tell(CallEvent::Step { at, step }),
                ManualOutput::Closed => return false,
            }
        }
        true
    }

    /// A device that was taken away is replaced, or its source is off from now on.
    fn device(&mut self, event: DeviceEvent) {
        match self.devices.notice(event) {
            Change::Replaced(source) => self.connection.replace(source, self.devices.track(source)),
            Change::Off(source) => self.off(source),
            Change::Ended(source, error) => {
                self.off(source);
                self.tell(CallEvent::MediaFailed { source, error });
            }
            Change::None | Change::On(_) | Change::Interrupted(..) | Change::Failed(..) => {}
        }
    }

    fn off(&mut self, source: Source) {
        self.connection.replace(source, None);
        self.handle(ManualInput::SetSource { source, on: false });
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
            Request::Operate(operation, waiting) => {
                let id = OperationId(self.operations);
                self.operations = self.operations.wrapping_add(1);
                self.waiting.insert(id, waiting);
                self.handle(ManualInput::Operate { id, operation });
            }
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
                if let Received::Text { text, receipt } = self.texts.receive(self.clock.now(), text) {
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
        while let Some(frame) = self.texts.poll(self.clock.now()) {
            if let Err(why) = self.connection.send(&frame) {
                self.texts.channel_closed();
                self.step(Step::Refused(why));
            }
        }
    }
}

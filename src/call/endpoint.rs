//! A call by hand as its driver runs it: does what the machine of calls by hand says.

use itodenwa_protocol::delivery::{Delivery, Received};
use itodenwa_protocol::manual::{Done, Manual, ManualInput, ManualOutput, Operation, OperationError, OperationId};
use itodenwa_protocol::timeline::Step;
use itodenwa_protocol::{Command, IceMode, Time};
use itodenwa_wire::{Format, Frame, Source};
use litemap::LiteMap;
use web_sys::MediaStream;

use super::CallEvent;
use crate::browser_event::ConnectionKey;
use crate::codec::Malformed;
use crate::connection::{Connection, ConnectionEvent};
use crate::driver::{Core, Endpoint};
use crate::error::Error;
use crate::event::ReadText;
use crate::local_media::LocalChange;
use crate::media::Track;
use crate::oneshot;
use crate::outgoing::Place;
use crate::stream_kind::StreamKind;
use crate::subject::Subject;

/// Operations and their results, as the application waits for them.
pub(super) type Waiting = oneshot::Sender<Result<Done, OperationError>>;

#[derive(Debug)]
pub(super) enum Request {
    Operate(Operation, Waiting),
    Text(String, Place),
}

pub(super) struct CallEndpoint {
    core: Core<CallEvent>,
    machine: Manual,
    connection: Connection,
    theirs: MediaStream,
    tracks: LiteMap<Source, (String, Track)>,
    texts: Delivery<Place>,
    /// Operations that the machine has not answered: as many as it lets wait, at work or early.
    waiting: LiteMap<OperationId, Waiting>,
    /// How many operations there were.
    operations: u32,
}

impl CallEndpoint {
    pub(super) fn new(core: Core<CallEvent>, connection: Connection, theirs: MediaStream, ice: IceMode) -> Self {
        CallEndpoint {
            machine: Manual::new(ice, &core.media.devices.on()),
            core,
            connection,
            theirs,
            tracks: LiteMap::new(),
            texts: Delivery::new(0),
            waiting: LiteMap::new(),
            operations: 0,
        }
    }

    fn handle(&mut self, input: ManualInput) {
        self.machine.handle(self.core.clock.now(), input);
    }

    fn step(&mut self, step: Step) {
        let at = self.core.clock.now();
        self.core.tell(CallEvent::Step { at, step, text: String::new() });
    }

    /// What comes in changed with the descriptions.
    fn compare_media(&mut self) {
        let receiving = self.connection.receiving();
        let gone = |source: &Source, mid: &String| !receiving.contains(&(mid.clone(), *source));
        let ended: Vec<Source> =
            self.tracks.iter().filter(|(source, (mid, _))| gone(source, mid)).map(|(source, _)| *source).collect();
        for source in ended {
            self.tracks.remove(&source);
            self.core.tell(CallEvent::Media { source, on: false });
        }
        for (mid, source) in receiving {
            if !self.tracks.contains_key(&source)
                && let Some(receiver) = self.connection.receiver(&mid)
            {
                self.tracks.insert(source, (mid, Track::received(receiver.track(), &self.theirs)));
                self.core.media.views.play(Subject::Remote);
                self.core.tell(CallEvent::Media { source, on: true });
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
                if let Received::Text { text, receipt, .. } = self.texts.receive(self.core.clock.now(), text) {
                    self.core.events.push_text(CallEvent::Text(text), ReadText { from: None, receipt });
                }
            }
            // By hand all is sent as it is.
            Ok(Frame::Shown(_) | Frame::Attribute(_) | Frame::Packet(_) | Frame::Heartbeat) => {}
            Err(why) => self.step(Step::Refused(why.to_string())),
        }
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(frame) = self.texts.poll(self.core.clock.now()) {
            if let Err(why) = self.connection.send(&frame) {
                self.texts.channel_closed();
                self.step(Step::Refused(why));
            }
        }
    }
}

impl Endpoint for CallEndpoint {
    type Event = CallEvent;
    type Request = Request;

    fn core(&mut self) -> &mut Core<CallEvent> {
        &mut self.core
    }

    fn deadline(&self) -> Option<Time> {
        self.machine.deadline().into_iter().chain(self.texts.deadline()).min()
    }

    fn on_deadline(&mut self) {
        self.handle(ManualInput::Deadline);
        self.flush();
    }

    fn on_request(&mut self, request: Request) {
        match request {
            Request::Operate(operation, waiting) => {
                let id = OperationId(self.operations);
                self.operations = self.operations.wrapping_add(1);
                self.waiting.insert(id, waiting);
                self.handle(ManualInput::Operate { id, operation });
            }
            Request::Text(text, place) => {
                // As many as have a place have one there, too.
                let _ = self.texts.send(text, Format::Text, place);
                self.flush();
            }
        }
    }

    fn on_close(&mut self) {
        self.handle(ManualInput::Close);
    }

    /// A source that is lost counts as off from the next description on. Another track takes its place at once.
    fn on_local(&mut self, change: LocalChange) {
        match change {
            LocalChange::On(source) | LocalChange::Unmuted(source) | LocalChange::Replaced(source) => {
                self.connection.replace(source, self.core.media.devices.track(source));
            }
            LocalChange::Off(source) => {
                self.connection.replace(source, None);
                self.handle(ManualInput::SetSource { source, on: false });
            }
        }
    }

    fn on_connection(&mut self, _: ConnectionKey, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Report(report) => self.handle(ManualInput::Report(report)),
            ConnectionEvent::Frame(frame) => self.frame(frame),
            // Nothing is asked about the encoding.
            ConnectionEvent::Channel(_) | ConnectionEvent::Limited(_) | ConnectionEvent::CodecRefused(_) => {}
        }
    }

    fn on_blocked(&mut self, subject: Subject) {
        // What shows oneself is silent.
        if subject == Subject::Remote {
            self.core.tell(CallEvent::Blocked);
        }
    }

    fn on_read(&mut self, texts: Vec<ReadText>) {
        texts.iter().for_each(|text| self.texts.read(text.receipt));
        self.flush();
    }

    fn stream(&self, of: Subject, kind: StreamKind) -> Option<MediaStream> {
        (of == Subject::Remote && kind == StreamKind::Camera).then(|| Clone::clone(&self.theirs))
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.machine.poll() {
            match output {
                // The connection closes when it is dropped.
                ManualOutput::Command(Command::Close) => {}
                ManualOutput::Command(command) => self.connection.execute(command, &self.core.media.devices),
                ManualOutput::Done { id, result } => {
                    if let Some(waiting) = self.waiting.remove(&id) {
                        waiting.send(result);
                    }
                }
                ManualOutput::Candidate(candidate) => self.core.tell(CallEvent::Candidate(candidate)),
                ManualOutput::EndOfCandidates => self.core.tell(CallEvent::EndOfCandidates),
                ManualOutput::Connection(state) => self.core.tell(CallEvent::Connection(state)),
                ManualOutput::Negotiated => self.compare_media(),
                ManualOutput::ChannelOpen => {
                    self.texts.channel_opened();
                    self.flush();
                }
                ManualOutput::Step { at, step, text } => self.core.tell(CallEvent::Step { at, step, text }),
                ManualOutput::Closed => self.core.end(None),
            }
        }
    }

    async fn hang_up(self, _error: Option<Error>) {
        let CallEndpoint { core, connection, tracks, .. } = self;
        drop((connection, tracks));
        core.close(CallEvent::Closed);
    }
}

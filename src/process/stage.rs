use std::rc::Rc;

use itodenwa_wire::Source;
use wasm_bindgen::JsValue;
use web_sys::{MediaStream, MediaStreamTrack};

use super::Processor;
use crate::dom::{Held, Kind, Listener, property, spawn};
use crate::error::{Exception, MediaError};
use crate::media::{Came, DeviceEvent, Done, EventSink, Output, Run, SourceEvent, Stage, Told, Track};

/// A processor at work, or ready to be.
pub(super) struct ProcessorStage {
    source: Source,
    processor: Rc<dyn Processor>,
    /// Who waits for the first run.
    done: Option<Done>,
    /// What is sent until this one has something.
    previous: Previous,
    state: State,
    is_told: bool,
}

enum Previous {
    Nothing,
    /// The track as it is.
    Track,
    Stage(Box<dyn Stage>),
}

enum State {
    Idle,
    Starting {
        run: Run,
        /// There is another track by now, or none.
        is_outdated: bool,
    },
    Running(Run, Output),
}

impl ProcessorStage {
    pub(super) fn new(source: Source, processor: Rc<dyn Processor>, done: Done) -> Self {
        ProcessorStage {
            source,
            processor,
            done: Some(done),
            previous: Previous::Nothing,
            state: State::Idle,
            is_told: false,
        }
    }

    /// Something came of the one that is at work until this one has something.
    fn came_before(&mut self, came: Came, track: Option<&Track>, is_on: bool, tell: &EventSink) -> Told {
        let Previous::Stage(stage) = &mut self.previous else { return Told::Nothing };
        let told = stage.came(came, track, is_on, tell);
        self.is_told = stage.is_told();
        match told {
            Told::Back(stage) => {
                self.previous = Previous::Stage(stage);
                Told::Nothing
            }
            Told::Failed(_) => {
                self.previous = Previous::Nothing;
                Told::Event(SourceEvent::Replaced(self.source))
            }
            told => told,
        }
    }

    fn done(&mut self, result: Result<(), MediaError>) {
        if let Some(done) = self.done.take() {
            done.send(result);
        }
    }

    fn start(&mut self, track: &Track, tell: &EventSink) {
        let run = Run::new(());
        self.state = State::Starting { run: Rc::clone(&run), is_outdated: false };
        let (processor, source, tell) = (Rc::clone(&self.processor), self.source, Rc::clone(tell));
        // Not the method of that name, which makes another track.
        let (raw, stream) = (Clone::clone(track.as_ref()), Clone::clone(track.stream()));
        spawn(async move {
            let result = processor.start(raw).await;
            let result = result.and_then(|made| output(made, source, stream, processor, &run, &tell));
            tell(DeviceEvent::Came(source, Came { run, result }));
        });
    }
}

impl Stage for ProcessorStage {
    fn replace(&mut self, previous: Option<Box<dyn Stage>>, is_on: bool) {
        self.is_told = previous.as_ref().map_or(is_on, |previous| previous.is_told());
        self.previous = match previous {
            Some(stage) => Previous::Stage(stage),
            None if is_on => Previous::Track,
            None => Previous::Nothing,
        };
    }

    fn begin(&mut self, track: Option<&Track>, tell: &EventSink) {
        if let State::Starting { is_outdated, .. } = &mut self.state {
            *is_outdated = true;
            return;
        }
        // What came before is over, and told so, before the same processor begins anew.
        self.state = State::Idle;
        match track {
            Some(track) => self.start(track, tell),
            None => self.done(Ok(())),
        }
    }

    fn pass(&mut self, event: SourceEvent, track: Option<&Track>, tell: &EventSink) -> Option<SourceEvent> {
        match event {
            SourceEvent::On(_) | SourceEvent::Replaced(_) => {
                self.previous = Previous::Nothing;
                self.begin(track, tell);
                None
            }
            SourceEvent::Unmuted(_) => {
                let is_sent = self.track(track).is_some();
                if !is_sent && matches!(self.state, State::Idle) {
                    self.begin(track, tell);
                }
                self.is_told |= is_sent;
                is_sent.then_some(event)
            }
            SourceEvent::Off(_) | SourceEvent::Ended(..) | SourceEvent::Failed(..) => {
                self.is_told = false;
                if track.is_none() {
                    self.previous = Previous::Nothing;
                    self.begin(None, tell);
                }
                Some(event)
            }
            SourceEvent::Interrupted(..) => Some(event),
        }
    }

    fn came(&mut self, came: Came, track: Option<&Track>, is_on: bool, tell: &EventSink) -> Told {
        let is_outdated = match &self.state {
            State::Starting { run, is_outdated } if Rc::ptr_eq(run, &came.run) => *is_outdated,
            State::Running(run, _) if Rc::ptr_eq(run, &came.run) => false,
            _ => return self.came_before(came, track, is_on, tell),
        };
        self.state = State::Idle;
        match (came.result, track) {
            (result, track) if is_outdated || track.is_none() => {
                drop(result);
                self.begin(track, tell);
                Told::Nothing
            }
            (Ok(output), Some(track)) => {
                track.hide();
                output.track.set_enabled(is_on);
                output.stream.add_track(&output.track);
                self.state = State::Running(came.run, output);
                self.previous = Previous::Nothing;
                self.done(Ok(()));
                let event = if is_on && !self.is_told { SourceEvent::On } else { SourceEvent::Replaced };
                self.is_told = is_on;
                Told::Event(event(self.source))
            }
            (Err(thrown), _) => {
                let error = MediaError::Processor(thrown);
                self.done(Err(error.clone()));
                match std::mem::replace(&mut self.previous, Previous::Nothing) {
                    Previous::Stage(stage) => Told::Back(stage),
                    Previous::Nothing | Previous::Track => Told::Failed(error),
                }
            }
            // Handled above.
            (Ok(_), None) => Told::Nothing,
        }
    }

    fn track<'a>(&'a self, track: Option<&'a Track>) -> Option<&'a MediaStreamTrack> {
        match (&self.state, &self.previous) {
            (State::Running(_, output), _) => Some(&output.track),
            (_, Previous::Stage(stage)) => stage.track(track),
            (_, Previous::Track) => track.map(Track::as_ref),
            (_, Previous::Nothing) => None,
        }
    }

    fn is_told(&self) -> bool {
        self.is_told
    }

    fn set_enabled(&self, enabled: bool) -> bool {
        match (&self.state, &self.previous) {
            (State::Running(_, output), _) => output.track.set_enabled(enabled),
            (_, Previous::Stage(stage)) => return stage.set_enabled(enabled),
            _ => return false,
        }
        true
    }
}

fn output(
    track: MediaStreamTrack,
    source: Source,
    stream: MediaStream,
    processor: Rc<dyn Processor>,
    run: &Run,
    tell: &EventSink,
) -> Result<Output, Exception> {
    let (run, tell) = (Rc::clone(run), Rc::clone(tell));
    let ended = move |_: &web_sys::Event| {
        let result = Err(Exception::new("AbortError", "the processor's track has ended"));
        tell(DeviceEvent::Came(source, Came { run: Rc::clone(&run), result }));
    };
    let _ended = Listener::new(&track, "ended", ended);
    let stop = Box::new(move || processor.stop());
    let output = Output { track, stream, stop, _ended, _held: Held::new(Kind::Track) };
    let value: &JsValue = output.track.as_ref();
    let text = |name| property(value, name).as_string();
    if text("kind").as_deref() == Some(if source.is_audio() { "audio" } else { "video" })
        && text("readyState").as_deref() == Some("live")
    {
        return Ok(output);
    }
    Err(Exception::new("TypeError", "a processor gives a track that lives, of the same kind as the one it got"))
}

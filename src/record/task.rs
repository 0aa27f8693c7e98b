//! The task of one recording: it owns everything, and nothing is left when it ends.

use std::rc::{Rc, Weak};
use std::time::Duration;

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, MediaStream};

use super::picture::Picture;
use super::seat::Seats;
use super::sound::Mixer;
use super::{RecordEnd, RecordOptions, Recorded, State};
use crate::dom::{Clock, Listener, Recorder, Timer, global, is_present, object, property};
use crate::error::{Exception, RecordError};
use crate::queue::{Receiver, queue};
use crate::room_ref::RoomRef;
use crate::room_snapshot::Snapshot;

/// Pictures a second.
const RATE: u32 = 15;
const PAINT_EVERY: Duration = Duration::from_millis(1000 / RATE as u64);
/// How often the browser gives what it has, in milliseconds. So much is lost if the page crashes, and no more.
const SLICE: u32 = 1000;
/// Parts that are kept apart, at most; then they are one.
const PARTS: usize = 64;
/// How long the browser may take to give the last part.
const LAST_PART: Duration = Duration::from_secs(5);
const PICTURE_BITS: u32 = 1_500_000;
const SOUND_BITS: u32 = 96_000;
/// VP8 takes least of the processor, which the call needs too. A browser without WebM has MP4.
const MIME_TYPES: [(&str, &str); 6] = [
    ("video/webm;codecs=vp8", ",opus"),
    ("video/webm;codecs=vp9", ",opus"),
    ("video/webm;codecs=h264", ",opus"),
    ("video/webm", ""),
    ("video/mp4;codecs=avc1.42E01E", ",mp4a.40.2"),
    ("video/mp4", ""),
];

/// What the recorder may tell between two pictures, at most. What is beyond it is lost.
const RECORDER_EVENTS: usize = 64;

enum RecorderEvent {
    Part(JsValue),
    Failed(Exception),
    Stopped,
}

pub(super) struct Task {
    link: Weak<RoomRef>,
    snapshot: Snapshot,
    options: RecordOptions,
    state: Rc<State>,
    seats: Seats,
    picture: Picture,
    mixer: Option<Mixer>,
    recorder: Recorder,
    events: Receiver<RecorderEvent>,
    _listeners: [Listener; 3],
    clock: Clock,
    parts: Vec<JsValue>,
    end: Option<RecordEnd>,
    is_over: bool,
}

impl Task {
    pub(super) async fn start(
        link: Weak<RoomRef>,
        snapshot: Snapshot,
        options: RecordOptions,
    ) -> Result<Self, RecordError> {
        let open = |link: &Weak<RoomRef>| link.upgrade().filter(|link| link.is_open()).ok_or(RecordError::Closed);
        open(&link)?;
        if !is_present(&global("MediaRecorder"), "isTypeSupported") {
            return Err(RecordError::Unsupported);
        }
        let picture = Picture::new(RATE)?;
        let mixer = Mixer::start().await;
        let mime_type = mime_type(mixer.is_some()).ok_or(RecordError::Unsupported)?;
        let mut seats = Seats::default();
        seats.update(&*open(&link)?, &snapshot, options.who);
        let tracks = Array::of1(&picture.track());
        if let Some(mixer) = &mixer {
            tracks.push(&mixer.track());
        }
        let failed = |thrown: JsValue| RecordError::Failed(thrown.into());
        let stream = MediaStream::new_with_tracks(&tracks).map_err(failed)?;
        let settings = object([
            ("mimeType", mime_type.into()),
            ("videoBitsPerSecond", PICTURE_BITS.into()),
            ("audioBitsPerSecond", SOUND_BITS.into()),
        ]);
        let recorder = Recorder::new(&stream, &settings).map_err(failed)?;
        let (tell, events) = queue(RECORDER_EVENTS);
        let listeners = [
            listen(&recorder, "dataavailable", &tell, |event| RecorderEvent::Part(property(event, "data"))),
            listen(&recorder, "error", &tell, |event| RecorderEvent::Failed(property(event, "error").into())),
            listen(&recorder, "stop", &tell, |_| RecorderEvent::Stopped),
        ];
        picture.paint(seats.all());
        recorder.start(SLICE).map_err(failed)?;
        Ok(Task {
            link,
            snapshot,
            options,
            state: Rc::default(),
            seats,
            picture,
            mixer,
            recorder,
            events,
            _listeners: listeners,
            clock: Clock::start(),
            parts: Vec::new(),
            end: None,
            is_over: false,
        })
    }

    pub(super) fn state(&self) -> Rc<State> {
        Rc::clone(&self.state)
    }

    pub(super) fn has_sound(&self) -> bool {
        self.mixer.is_some()
    }

    /// Until there is a reason to end, and then until the browser has given everything.
    pub(super) async fn run(mut self) -> Result<Recorded, RecordError> {
        while self.end.is_none() {
            self.compose();
            Timer::new(PAINT_EVERY).await;
            self.listen();
            self.state.duration.set(Duration::from_millis(self.clock.now().as_millis()));
            self.end = self.end.take().or_else(|| self.reason());
        }
        // Throws if it is stopping by itself already.
        let _ = self.recorder.stop();
        let since = self.clock.now();
        while !self.is_over && self.clock.now() - since < LAST_PART {
            Timer::new(PAINT_EVERY).await;
            self.listen();
        }
        self.result()
    }

    /// Everything of this moment, into the two tracks.
    fn compose(&mut self) {
        let Some(link) = self.link.upgrade() else { return };
        self.seats.update(&link, &self.snapshot, self.options.who);
        if let Some(mixer) = &mut self.mixer {
            mixer.mix(&self.seats.sounds());
        }
        self.picture.paint(self.seats.all());
    }

    fn listen(&mut self) {
        while let Some(events) = self.events.try_next() {
            match events {
                RecorderEvent::Part(part) => self.keep(part),
                RecorderEvent::Failed(error) => self.end = Some(RecordEnd::Failed(error)),
                RecorderEvent::Stopped => self.is_over = true,
            }
        }
    }

    fn keep(&mut self, part: JsValue) {
        let size = part.dyn_ref::<Blob>().map_or(0.0, Blob::size);
        if size <= 0.0 {
            return;
        }
        self.state.bytes.set(self.state.bytes.get().saturating_add(size as u64));
        self.parts.push(part);
        if self.parts.len() >= PARTS
            && let Ok(one) = self.join()
        {
            self.parts = vec![one.into()];
        }
    }

    fn reason(&self) -> Option<RecordEnd> {
        if self.state.is_enough.get() {
            return Some(RecordEnd::Stopped);
        }
        if !self.link.upgrade().is_some_and(|link| link.is_open()) {
            return Some(RecordEnd::RoomClosed);
        }
        if self.is_over {
            return Some(RecordEnd::Failed(Exception::new("UnknownError", "the recorder stopped by itself")));
        }
        (self.state.bytes.get() >= self.options.limit).then_some(RecordEnd::Limit)
    }

    fn join(&self) -> Result<Blob, JsValue> {
        let options = BlobPropertyBag::new();
        options.set_type(&self.recorder.mime_type());
        Blob::new_with_blob_sequence_and_options(&self.parts.iter().collect::<Array>(), &options)
    }

    fn result(self) -> Result<Recorded, RecordError> {
        let end = self.end.clone().unwrap_or(RecordEnd::Stopped);
        if self.parts.is_empty() {
            return Err(match end {
                RecordEnd::Failed(error) => RecordError::Failed(error),
                _ => RecordError::Empty,
            });
        }
        let blob = self.join().map_err(|thrown| RecordError::Failed(thrown.into()))?;
        Ok(Recorded { blob, mime_type: self.recorder.mime_type(), duration: self.state.duration.get(), end })
    }
}

/// Firefox writes nothing at all when a codec is named for sound that there is not.
fn mime_type(has_sound: bool) -> Option<String> {
    let mut all = MIME_TYPES.into_iter().map(|(picture, sound)| [picture, if has_sound { sound } else { "" }].concat());
    all.find(|mime_type| Recorder::is_type_supported(mime_type))
}

fn listen(
    recorder: &Recorder,
    kind: &'static str,
    tell: &crate::queue::Sender<RecorderEvent>,
    what: impl Fn(&web_sys::Event) -> RecorderEvent + 'static,
) -> Listener {
    let tell = tell.clone();
    Listener::new(recorder, kind, move |event| {
        // The task is gone, and nobody wants to know.
        let _ = tell.send(what(event));
    })
}

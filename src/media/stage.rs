use std::rc::Rc;

use web_sys::{MediaStream, MediaStreamTrack};

use super::devices::{EventSink, SourceEvent};
use super::track::Track;
use crate::dom::{Held, Listener};
use crate::error::{Exception, MediaError};

/// Stands between the track of a source and what is sent and shown of it. There is one where the application has a processor, and
/// its code is loaded with the first.
pub(crate) trait Stage {
    /// It takes the place of another one, or of the track itself, which is on or not.
    fn replace(&mut self, previous: Option<Box<dyn Stage>>, is_on: bool);
    /// There is another track.
    fn begin(&mut self, track: Option<&Track>, tell: &EventSink);
    /// Something happened to the source, whose track is this now. Gives it to be told; none if it is to be told later.
    fn pass(&mut self, event: SourceEvent, track: Option<&Track>, tell: &EventSink) -> Option<SourceEvent>;
    /// A run gave something.
    fn came(&mut self, came: Came, track: Option<&Track>, is_on: bool, tell: &EventSink) -> Told;
    /// What is sent: this instead of the track.
    fn track<'a>(&'a self, track: Option<&'a Track>) -> Option<&'a MediaStreamTrack>;
    /// Whether the source was told to be on.
    fn is_told(&self) -> bool;
    /// Lets what is sent sound, or be silent. False if that is the track itself.
    fn set_enabled(&self, enabled: bool) -> bool;
}

/// Which run of a processor.
pub(crate) type Run = Rc<()>;

/// What came of a run: its track, or why there is none, or none any more.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) run: Run,
    pub(crate) result: Result<Output, Exception>,
}

/// What follows from that.
pub(crate) enum Told {
    Nothing,
    Event(SourceEvent),
    /// The stage before this one goes on.
    Back(Box<dyn Stage>),
    /// Nothing is to be sent.
    Failed(MediaError),
}

/// What a processor gave. Dropping it takes it out of the stream, stops it, and tells the processor.
pub(crate) struct Output {
    pub(crate) track: MediaStreamTrack,
    pub(crate) stream: MediaStream,
    pub(crate) stop: Box<dyn Fn()>,
    pub(crate) _ended: Listener,
    pub(crate) _held: Held,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").finish_non_exhaustive()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.stream.remove_track(&self.track);
        self.track.stop();
        (self.stop)();
    }
}

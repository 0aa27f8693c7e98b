use std::cell::Cell;

use itodenwa_protocol::options::DeviceConstraints;
use web_sys::{MediaStream, MediaStreamTrack};

use super::settings::Settings;
use crate::dom::{Held, Kind, Listener};

/// A track, which may be shown in a stream. Dropping it takes it out, and stops it if it is ours to stop: then the camera's light goes out.
#[derive(Debug)]
pub(crate) struct Track {
    track: MediaStreamTrack,
    stream: MediaStream,
    /// What was asked for when it was captured here; none if it is somebody else's.
    wish: Option<DeviceConstraints>,
    /// It is silenced here.
    is_muted: Cell<bool>,
    _listeners: Vec<Listener>,
    _held: Held,
}

/// What the browser says of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrackEvent {
    /// Its device was unplugged or taken away, or the person stopped it.
    Ended,
    /// The system silenced it, or gave it back (W3C Media Capture and Streams, section 4.3.1).
    Interrupted(bool),
}

impl Track {
    /// A track of another person.
    pub(crate) fn received(track: MediaStreamTrack, stream: &MediaStream) -> Self {
        let track = Track::new(track, stream, None, Vec::new());
        track.show();
        track
    }

    /// A track of the application: it is shown and sent, and never stopped here.
    pub(crate) fn given(track: MediaStreamTrack, stream: &MediaStream, tell: impl Fn(TrackEvent) + 'static) -> Self {
        let listeners = listen(&track, tell);
        Track::new(track, stream, None, listeners)
    }

    /// A track of a device that was captured here.
    pub(crate) fn captured(
        track: MediaStreamTrack,
        stream: &MediaStream,
        wish: DeviceConstraints,
        tell: impl Fn(TrackEvent) + 'static,
    ) -> Self {
        let listeners = listen(&track, tell);
        Track::new(track, stream, Some(wish), listeners)
    }

    fn new(
        track: MediaStreamTrack,
        stream: &MediaStream,
        wish: Option<DeviceConstraints>,
        listeners: Vec<Listener>,
    ) -> Self {
        Track {
            track,
            stream: Clone::clone(stream),
            wish,
            is_muted: Cell::new(false),
            _listeners: listeners,
            _held: Held::new(Kind::Track),
        }
    }

    /// Whether it is the application's, or another person's.
    pub(crate) fn is_given(&self) -> bool {
        self.wish.is_none()
    }

    /// Puts it into its stream.
    pub(crate) fn show(&self) {
        self.stream.add_track(&self.track);
    }

    /// Takes it out of its stream.
    pub(crate) fn hide(&self) {
        self.stream.remove_track(&self.track);
    }

    pub(crate) fn stream(&self) -> &MediaStream {
        &self.stream
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::of(&self.track, self.wish.as_ref())
    }

    pub(crate) fn set_enabled(&self, enabled: bool) {
        self.is_muted.set(!enabled);
        self.track.set_enabled(enabled);
    }
}

impl AsRef<MediaStreamTrack> for Track {
    fn as_ref(&self) -> &MediaStreamTrack {
        &self.track
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        self.hide();
        if self.wish.is_some() {
            self.track.stop();
        } else if self.is_muted.get() {
            // It goes back as it came.
            self.track.set_enabled(true);
        }
    }
}

fn listen(track: &MediaStreamTrack, tell: impl Fn(TrackEvent) + 'static) -> Vec<Listener> {
    let tell = std::rc::Rc::new(tell);
    [("ended", TrackEvent::Ended), ("mute", TrackEvent::Interrupted(true)), ("unmute", TrackEvent::Interrupted(false))]
        .into_iter()
        .map(|(kind, notice)| {
            let tell = std::rc::Rc::clone(&tell);
            Listener::new(track, kind, move |_| tell(notice))
        })
        .collect()
}

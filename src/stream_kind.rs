//! Which of a peer's streams.

use itodenwa_wire::Source;

/// What of somebody is shown: both may be at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StreamKind {
    /// Camera and microphone.
    Camera,
    /// What they share, with its sound.
    Screen,
}

impl StreamKind {
    pub(crate) fn of(source: Source) -> Self {
        match source {
            Source::Screen | Source::ScreenAudio => StreamKind::Screen,
            _ => StreamKind::Camera,
        }
    }
}

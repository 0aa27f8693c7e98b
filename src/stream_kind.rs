//! Which of a peer's streams.

use itodenwa_wire::{OwnSource, Source};

/// What of somebody is shown: all may be at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StreamKind {
    /// Camera and microphone.
    Camera,
    /// What they share, with its sound.
    Screen,
    /// What has a name of the application's own, with its sound.
    Own(OwnSource),
}

impl StreamKind {
    pub(crate) fn of(source: Source) -> Self {
        match source {
            Source::Microphone | Source::Camera => StreamKind::Camera,
            Source::Screen | Source::ScreenAudio => StreamKind::Screen,
            Source::Own(own) => StreamKind::Own(own.picture()),
        }
    }
}

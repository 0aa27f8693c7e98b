//! Tracks of the application's own.

use itodenwa_protocol::sending::Limits;
use itodenwa_wire::Source;
use wasm_bindgen::JsValue;
use web_sys::MediaStreamTrack;

use crate::dom::property;
use crate::error::PublishError;
use crate::local_media::LocalRequest;
use crate::media::{Content, DeviceConstraints, ScreenOptions};
use crate::oneshot;
use crate::room::Handle;

/// How an own track is sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PublishOptions {
    /// What the pictures show: sharp letters, or smooth pictures. Without it a screen is sent as letters, and anything else as moving.
    pub content: Option<Content>,
    /// As with [`Handle::limit`].
    pub limits: Option<Limits>,
}

impl Handle {
    /// Sends a track of the application to everybody, now and later: a canvas, a film, a microphone of Web Audio, another camera. As
    /// [`Source::Camera`] or another known source it takes the place of the device; [`Source::named`] gives sources with names of
    /// one's own, eight at most, which are sent beside them: [`Source::of_track`] finds the one for a kind of track.
    ///
    /// Publishing another track for the same source takes the place of the one before it, without a negotiation. The track stays the
    /// application's: it is never stopped here, unless [`unpublish`](Self::unpublish) is told to. To switch a source off with
    /// [`camera`](Self::camera) or its likes sets `enabled` of it to false. When it ends, that is
    /// [`Event::MediaFailed`](crate::Event::MediaFailed) with [`MediaError::Ended`](crate::MediaError::Ended).
    ///
    /// # Errors
    /// [`PublishError`] if the track is over, is of another kind than the source, or is one too many.
    pub async fn publish(
        &self,
        track: &MediaStreamTrack,
        source: Source,
        options: PublishOptions,
    ) -> Result<(), PublishError> {
        check(track, source)?;
        let constraints = match (options.content, source.is_audio()) {
            (Some(content), false) => DeviceConstraints::Screen(ScreenOptions { content, ..ScreenOptions::default() }),
            _ => DeviceConstraints::default_of(source),
        };
        let (done, wait) = oneshot::channel();
        // Not the method of that name, which makes another track.
        let track = Clone::clone(track);
        let request = LocalRequest::Publish { source, track, constraints, done };
        self.local().ask(request).map_err(|_| PublishError::Closed)?;
        wait.await.unwrap_or(Err(PublishError::Closed))?;
        if let Some(limits) = options.limits {
            self.limit(source, limits);
        }
        Ok(())
    }

    /// Sends this source no more, if it was published; with `stop` its track is stopped. A device of the same source is left as it is:
    /// [`camera`](Self::camera) and its likes switch it on again after this.
    pub fn unpublish(&self, source: Source, stop: bool) {
        // Where the room is over nothing is sent.
        let _ = self.local().ask(LocalRequest::Unpublish { source, stop });
    }
}

fn check(track: &MediaStreamTrack, source: Source) -> Result<(), PublishError> {
    if source.is_audio() != (track.kind() == "audio") {
        return Err(PublishError::Kind);
    }
    let track: &JsValue = track.as_ref();
    if property(track, "readyState").as_string().as_deref() == Some("ended") {
        return Err(PublishError::Ended);
    }
    Ok(())
}

//! Processors: what changes an own track before it is sent.

mod stage;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use itodenwa_wire::Source;
use web_sys::MediaStreamTrack;

use crate::error::{Exception, MediaError};
use crate::local_media::{LocalHandle, LocalRequest};
use crate::media::Stage;
use crate::oneshot;
use crate::preview::Preview;
use crate::room::Handle;
use stage::ProcessorStage;

/// Changes an own track before it is sent and shown: a background that is blurred, a voice without noise.
///
/// It has one track at a time: after [`start`](Self::start) comes [`stop`](Self::stop) before the next `start`, which it gets when the device
/// is another one, or the source is switched on again. Use another value for another source.
pub trait Processor {
    /// Gives the track that is sent in place of this one, of the same kind, as soon as it has something to show: until then nothing is
    /// sent. The given track is not the processor's: it is never stopped by it. An error means that nothing is sent at all.
    fn start(&self, track: MediaStreamTrack) -> Pin<Box<dyn Future<Output = Result<MediaStreamTrack, Exception>>>>;

    /// What `start` gave is of no use any more; it is stopped already. It comes once after each `start` that gave a track.
    fn stop(&self) {}
}

impl Handle {
    /// Lets the track of an own source, a device's or a published one, go through a processor before it is sent: now, and whenever there is
    /// another one. None takes the processor away. Nothing is negotiated, and one's own view shows what is sent. Done when it works, at
    /// once where the source is off.
    ///
    /// Nobody sees or hears what a processor failed to change: one that can't start, or whose track ends, switches the source off, which is
    /// [`Event::MediaFailed`](crate::Event::MediaFailed), and so does each attempt to switch it on again until the processor is taken away.
    /// What is on already goes on as it is while the first processor starts; for one that is to be processed from the beginning say this
    /// before it is switched on, or in a [`Preview`] that the room is joined with. A processor that fails to start in place of another one
    /// leaves that at work.
    ///
    /// # Errors
    /// [`MediaError::Processor`] if it can't start, [`MediaError::Closed`] if the room is over.
    pub async fn process(&self, source: Source, processor: Option<Rc<dyn Processor>>) -> Result<(), MediaError> {
        process(self.local(), source, processor).await
    }
}

impl Preview {
    /// As [`Handle::process`]; a room that is joined with this preview goes on with it.
    ///
    /// # Errors
    /// [`MediaError::Processor`] if it can't start, [`MediaError::Closed`] if the preview is over.
    pub async fn process(&self, source: Source, processor: Option<Rc<dyn Processor>>) -> Result<(), MediaError> {
        process(self.local(), source, processor).await
    }
}

async fn process(local: &LocalHandle, source: Source, processor: Option<Rc<dyn Processor>>) -> Result<(), MediaError> {
    let (done, wait) = oneshot::channel();
    let with = processor.map(|processor| Box::new(ProcessorStage::new(source, processor, done)) as Box<dyn Stage>);
    let is_waited_for = with.is_some();
    local.ask(LocalRequest::Process(source, with)).map_err(|_| MediaError::Closed)?;
    if !is_waited_for {
        return Ok(());
    }
    let unused = || Exception::new("AbortError", "it was taken away before it began, or there are too many");
    wait.await
        .unwrap_or_else(|_| Err(if local.is_over() { MediaError::Closed } else { MediaError::Processor(unused()) }))
}

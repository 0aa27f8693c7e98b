//! Oneself before a call: which camera and microphone, how one looks, and how loud one is.

mod endpoint;

use std::fmt;

use itodenwa_wire::Source;
use web_sys::{HtmlMediaElement, HtmlVideoElement};

use crate::dom::{Clock, spawn};
use crate::driver::{self, Core};
use crate::error::{Error, MediaError, ViewError};
use crate::event::{self, Events, LocalEvent};
use crate::local_media::{LocalHandle, LocalMedia, LocalRequest};
use crate::media::{CameraOptions, DeviceConstraints, MicrophoneOptions, Settings};
use crate::meter::Meter;
use crate::oneshot;
use crate::queue::{Sender, queue};
use crate::snapshot::SnapshotCell;
use crate::subject::Subject;
use crate::viewer::Viewer;
use endpoint::{HandOver, PreviewEndpoint};

/// Joins that wait for the preview's devices, at most: the first gets them.
const REQUESTS: usize = 16;

/// Camera and microphone before a call, for oneself alone. Dropping it and all its clones gives the devices back.
///
/// A room can be joined with what it has ([`Join::preview`](crate::Join::preview)): nobody is asked again, and the camera's light
/// does not blink.
#[derive(Clone)]
pub struct Preview {
    requests: Sender<HandOver>,
    local: LocalHandle,
    viewer: Viewer,
    meter: SnapshotCell<Option<Meter>>,
    events: SnapshotCell<Option<Events>>,
}

impl Preview {
    /// Asks for what is wanted, with one question, and waits for the answer. What can't be had does not stop the rest: it is
    /// [`error`](Preview::error).
    ///
    /// Open it when the person touches the page: some browsers measure no level otherwise.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where there is no WebRTC.
    pub async fn open(camera: Option<CameraOptions>, microphone: Option<MicrophoneOptions>) -> Result<Self, Error> {
        let mut media = LocalMedia::new()?;
        let local = media.new_handle();
        let wanted = [microphone.map(DeviceConstraints::Microphone), camera.map(DeviceConstraints::Camera)];
        let mut sources = Vec::new();
        for constraints in wanted.into_iter().flatten() {
            sources.push(constraints.source());
            media.devices.choose(constraints, None);
        }
        media.devices.start(sources);
        let mut failed = Vec::new();
        media.settle(&mut failed).await;
        let (sender, events) = event::channel();
        let mut core = Core::new(Clock::start(), media, sender);
        for (source, error) in failed {
            core.tell_local(LocalEvent::MediaFailed { source, error });
        }
        let (requests, asked) = queue(REQUESTS);
        let meter = SnapshotCell::default();
        let endpoint = PreviewEndpoint::new(core, meter.clone());
        // In a block of this module: what runs it is loaded with it, in a wasm module of its own.
        spawn(async move { driver::run(endpoint, asked).await });
        let preview = Preview {
            requests,
            viewer: Viewer::new(Subject::Me, local.clone()),
            local,
            meter,
            events: SnapshotCell::default(),
        };
        preview.events.change(|place| *place = Some(events));
        Ok(preview)
    }

    /// What happens: of [`Event`](crate::Event) `Device`, `MediaFailed`, `Interrupted`, `DevicesChanged`, and in the end `Closed`.
    /// Once; who asks again gets a stream that has ended.
    #[must_use]
    pub fn events(&self) -> Events {
        self.events.change(Option::take).unwrap_or_else(Events::empty)
    }

    /// Switches the camera on or off. Off means that its light goes out.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had.
    pub async fn camera(&self, on: bool) -> Result<(), MediaError> {
        self.set(Source::Camera, on).await
    }

    /// Switches the microphone on or off.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had.
    pub async fn microphone(&self, on: bool) -> Result<(), MediaError> {
        self.set(Source::Microphone, on).await
    }

    /// Says what camera is wanted: at once if it is on, otherwise from the next time on.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had. The one before it goes on.
    pub async fn use_camera(&self, options: CameraOptions) -> Result<(), MediaError> {
        self.choose(DeviceConstraints::Camera(options)).await
    }

    /// Says what microphone is wanted: at once if it is on, otherwise from the next time on.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had. The one before it goes on.
    pub async fn use_microphone(&self, options: MicrophoneOptions) -> Result<(), MediaError> {
        self.choose(DeviceConstraints::Microphone(options)).await
    }

    /// What a source that is on really is.
    #[must_use]
    pub fn settings(&self, source: Source) -> Option<Settings> {
        self.local.settings(source)
    }

    /// Why a source is not on, although it was wanted; or why another one that was chosen can't be had.
    #[must_use]
    pub fn error(&self, source: Source) -> Option<MediaError> {
        self.local.error(source)
    }

    /// How loud the microphone is now, from 0 to 1 (linear), for a meter. 0 where it is off, or the browser measures nothing.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.meter.change(|meter| meter.as_ref().map_or(0.0, Meter::peak))
    }

    /// Whether [`level`](Preview::level) is measured.
    pub(crate) fn is_measured(&self) -> bool {
        self.meter.change(|meter| meter.as_ref().is_some_and(Meter::is_running))
    }

    /// Shows the picture, without sound, in the `<video>` that the selector finds.
    ///
    /// # Errors
    /// [`ViewError`] if there is no such element, or the preview is over.
    pub fn attach(&self, selector: &str) -> Result<(), ViewError> {
        self.viewer.attach(selector)
    }

    /// The same with an element at hand.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the preview is over.
    pub fn attach_to(&self, element: &HtmlMediaElement) -> Result<(), ViewError> {
        self.viewer.attach_to(element)
    }

    /// A `<video data-peer="me">` with the picture, to be put into the page: the same each time. It is removed in the end.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the preview is over.
    pub fn view(&self) -> Result<HtmlVideoElement, ViewError> {
        self.viewer.view()
    }

    /// Shows nothing any more in this element.
    pub fn detach(&self, element: &HtmlMediaElement) {
        self.local.detach(element);
    }

    /// Plays what the browser refused to play by itself ([`Event::Blocked`](crate::Event::Blocked)). Call it when the person touches the
    /// page.
    pub fn resume(&self) {
        // A preview that is over plays nothing.
        let _ = self.local.ask(LocalRequest::Resume);
    }

    /// Gives the devices back. When it is done the lights are out.
    pub async fn close(&self) {
        self.requests.close();
        self.requests.closed().await;
    }

    /// Gives what is there away. None if the preview is over.
    pub(crate) async fn hand_over(&self) -> Option<LocalMedia> {
        let (done, wait) = oneshot::channel();
        self.requests.send(HandOver(done)).ok()?;
        wait.await.ok()
    }

    pub(crate) fn local(&self) -> &LocalHandle {
        &self.local
    }

    async fn set(&self, source: Source, on: bool) -> Result<(), MediaError> {
        self.local.set(source, on).await
    }

    async fn choose(&self, constraints: DeviceConstraints) -> Result<(), MediaError> {
        self.local.choose(constraints).await
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preview").field("local", &self.local).finish_non_exhaustive()
    }
}

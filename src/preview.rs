//! Oneself before a call: which camera and microphone, how one looks, and how loud one is.

mod meter;
mod task;

use std::fmt;
use std::rc::Rc;

use itodenwa_wire::Source;
use litemap::LiteMap;
use wasm_bindgen::JsCast;
use web_sys::{HtmlMediaElement, HtmlVideoElement};

use crate::dom::spawn;
use crate::driver::BROWSER_EVENTS;
use crate::error::{Error, MediaError, ViewError};
use crate::event::{self, Events};
use crate::media::{CameraOptions, DeviceConstraints, DeviceEvent, Devices, MicrophoneOptions, Settings};
use crate::oneshot;
use crate::queue::{Sender, queue};
use crate::room_ref::REQUESTS;
use crate::snapshot::SnapshotCell;
use crate::view;
use meter::Meter;
use task::{Request, Task};

/// Where notices of devices go.
pub(crate) type EventSink = Rc<dyn Fn(DeviceEvent)>;

/// Camera and microphone before a call, for oneself alone. Dropping it and all its clones gives the devices back.
///
/// A room can be joined with what it has ([`Join::preview`](crate::Join::preview)): nobody is asked again, and the camera's light
/// does not blink.
#[derive(Clone)]
pub struct Preview {
    requests: Sender<Request>,
    snapshot: SnapshotCell<Snapshot>,
    meter: SnapshotCell<Option<Meter>>,
    element: SnapshotCell<Option<HtmlVideoElement>>,
    events: SnapshotCell<Option<Events>>,
}

/// What the task tells its handles.
#[derive(Debug, Clone, Default)]
struct Snapshot {
    settings: LiteMap<Source, Settings>,
    /// One for each source at most.
    errors: Vec<(Source, MediaError)>,
}

impl Snapshot {
    fn set_error(&mut self, source: Source, error: Option<MediaError>) {
        self.errors.retain(|(known, _)| *known != source);
        self.errors.extend(error.map(|error| (source, error)));
    }
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
        let (tell, browser_events) = queue(BROWSER_EVENTS);
        let outlet: SnapshotCell<Option<EventSink>> = SnapshotCell::default();
        outlet.change(|outlet| {
            *outlet = Some(Rc::new(move |notice| {
                let _ = tell.send(notice);
            }));
        });
        let to = outlet.clone();
        let device = Rc::new(move |notice| {
            if let Some(tell) = to.get() {
                tell(notice);
            }
        });
        let devices = Devices::new(device).map_err(|_| Error::Unsupported)?;
        let (requests, asked) = queue(REQUESTS);
        let (sender, events) = event::channel();
        let preview = Preview {
            requests,
            snapshot: SnapshotCell::default(),
            meter: SnapshotCell::default(),
            element: SnapshotCell::default(),
            events: SnapshotCell::default(),
        };
        preview.events.change(|place| *place = Some(events));
        let (snapshot, meter) = (preview.snapshot.clone(), preview.meter.clone());
        let mut task = Task::new(devices, outlet, asked, browser_events, sender, snapshot, meter);
        task.begin([microphone.map(DeviceConstraints::Microphone), camera.map(DeviceConstraints::Camera)]).await;
        spawn(task.run());
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
        self.ask(Source::Camera, |done| Request::Set { source: Source::Camera, on, done }).await
    }

    /// Switches the microphone on or off.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had.
    pub async fn microphone(&self, on: bool) -> Result<(), MediaError> {
        self.ask(Source::Microphone, |done| Request::Set { source: Source::Microphone, on, done }).await
    }

    /// Says what camera is wanted: at once if it is on, otherwise from the next time on.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had. The one before it goes on.
    pub async fn use_camera(&self, options: CameraOptions) -> Result<(), MediaError> {
        self.ask(Source::Camera, |done| Request::Choose { wish: DeviceConstraints::Camera(options), done }).await
    }

    /// Says what microphone is wanted: at once if it is on, otherwise from the next time on.
    ///
    /// # Errors
    /// [`MediaError`] if it can't be had. The one before it goes on.
    pub async fn use_microphone(&self, options: MicrophoneOptions) -> Result<(), MediaError> {
        self.ask(Source::Microphone, |done| Request::Choose { wish: DeviceConstraints::Microphone(options), done })
            .await
    }

    /// What a source that is on really is.
    #[must_use]
    pub fn settings(&self, source: Source) -> Option<Settings> {
        self.snapshot.change(|known| known.settings.get(&source).cloned())
    }

    /// Why a source is not on, although it was wanted; or why another one that was chosen can't be had.
    #[must_use]
    pub fn error(&self, source: Source) -> Option<MediaError> {
        let error = |known: &mut Snapshot| known.errors.iter().find(|(known, _)| *known == source).cloned();
        self.snapshot.change(error).map(|(_, error)| error)
    }

    /// How loud the microphone is now, from 0 to 1 (linear), for a meter. 0 where it is off, or the browser measures nothing.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.meter.change(|meter| meter.as_ref().map_or(0.0, Meter::level))
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
        let element = view::find(selector)?;
        self.attach_to(element.dyn_ref().ok_or(ViewError::NotMedia)?)
    }

    /// The same with an element at hand.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the preview is over.
    pub fn attach_to(&self, element: &HtmlMediaElement) -> Result<(), ViewError> {
        self.show(element, false)
    }

    /// A `<video data-peer="me">` with the picture, to be put into the page: the same each time. It is removed in the end.
    ///
    /// # Errors
    /// [`ViewError::Closed`] if the preview is over.
    pub fn view(&self) -> Result<HtmlVideoElement, ViewError> {
        if let Some(element) = self.element.get() {
            return Ok(element);
        }
        let element = view::make("me")?;
        self.show(&element, true)?;
        self.element.change(|known| *known = Some(element.clone()));
        Ok(element)
    }

    /// Shows nothing any more in this element.
    pub fn detach(&self, element: &HtmlMediaElement) {
        let _ = self.requests.send(Request::Detach(element.clone()));
    }

    /// Gives the devices back. When it is done the lights are out.
    pub async fn close(&self) {
        let (done, wait) = oneshot::channel();
        let _ = self.requests.send(Request::Close(done));
        // If the task is gone it is over, as wished.
        let _ = wait.await;
    }

    /// Gives what is there away; what the browser says of it is told there from now on. None if the preview is over.
    pub(crate) async fn hand_over(&self, tell: EventSink) -> Option<Devices> {
        let (done, wait) = oneshot::channel();
        self.requests.send(Request::HandOver { tell, done }).ok()?;
        wait.await.ok()
    }

    fn show(&self, element: &HtmlMediaElement, made: bool) -> Result<(), ViewError> {
        let asked = self.requests.send(Request::Attach { element: element.clone(), made });
        asked.map_err(|_| ViewError::Closed)
    }

    async fn ask(
        &self,
        source: Source,
        request: impl FnOnce(oneshot::Sender<Result<(), MediaError>>) -> Request,
    ) -> Result<(), MediaError> {
        let (done, wait) = oneshot::channel();
        let _ = self.requests.send(request(done));
        let result = wait.await.unwrap_or(Err(MediaError::Closed));
        self.snapshot.change(|known| known.set_error(source, result.clone().err()));
        result
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preview").field("snapshot", &self.snapshot).finish_non_exhaustive()
    }
}

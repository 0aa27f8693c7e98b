use std::future::Future;

use itodenwa_protocol::options::DeviceConstraints;
use itodenwa_wire::Source;
use litemap::LiteMap;
use web_sys::{HtmlMediaElement, HtmlVideoElement};

use super::LocalRequest;
use crate::error::{Exception, MediaError, ViewError};
use crate::media::Settings;
use crate::oneshot;
use crate::queue::{Receiver, Sender, queue};
use crate::snapshot::SnapshotCell;
use crate::stream_kind::StreamKind;
use crate::subject::Subject;

/// Requests that wait, at most. The driver takes them as soon as the application's code returns to the browser.
const REQUESTS: usize = 1024;

/// The way from handles to local media. It keeps nothing open.
#[derive(Debug, Clone)]
pub(crate) struct LocalHandle {
    requests: Sender<LocalRequest>,
    snapshot: SnapshotCell<Snapshot>,
}

/// What handles know of the own sources: one of each at most.
#[derive(Debug, Clone, Default)]
pub(super) struct Snapshot {
    pub(super) settings: LiteMap<Source, Settings>,
    pub(super) errors: LiteMap<Source, MediaError>,
    /// The elements that were made to show somebody: one for each stream of everybody who is there.
    pub(super) made: Vec<Made>,
}

/// An element that shows a stream of somebody's, the same whoever asks for it.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) subject: Subject,
    kind: StreamKind,
    element: HtmlVideoElement,
}

impl Snapshot {
    /// This element is not the one of anybody any more.
    pub(super) fn release(&mut self, element: &HtmlMediaElement) {
        self.made.retain(|made| *made.element != *element);
    }
}

impl LocalHandle {
    pub(super) fn new() -> (Self, Receiver<LocalRequest>) {
        let (requests, asked) = queue(REQUESTS);
        (LocalHandle { requests, snapshot: SnapshotCell::default() }, asked)
    }

    pub(super) fn snapshot(&self) -> SnapshotCell<Snapshot> {
        self.snapshot.clone()
    }

    /// Wants a source on or off.
    pub(crate) fn set(&self, source: Source, on: bool) -> impl Future<Output = Result<(), MediaError>> + use<> {
        let (done, wait) = oneshot::channel();
        self.answered(source, self.ask_media(LocalRequest::Set { source, on, done }), wait)
    }

    /// Wants a source otherwise.
    pub(crate) fn choose(
        &self,
        constraints: DeviceConstraints,
    ) -> impl Future<Output = Result<(), MediaError>> + use<> {
        let (done, wait) = oneshot::channel();
        let source = constraints.source();
        self.answered(source, self.ask_media(LocalRequest::Choose { constraints, done }), wait)
    }

    /// Lets others be heard elsewhere.
    pub(crate) fn use_loudspeaker(&self, device: String) -> Result<(), MediaError> {
        self.ask_media(LocalRequest::Loudspeaker(device))
    }

    /// Waits until nothing is done any more.
    pub(crate) async fn over(&self) {
        self.requests.closed().await;
    }

    /// Nothing is done any more.
    pub(crate) fn is_over(&self) -> bool {
        self.requests.is_closed()
    }

    /// Asks for what concerns elements.
    pub(crate) fn ask(&self, request: LocalRequest) -> Result<(), ViewError> {
        let is_over = self.is_over();
        self.requests.send(request).map_err(|_| if is_over { ViewError::Closed } else { ViewError::Refused })
    }

    /// The element that was made for this, if it shows it still.
    pub(crate) fn made(&self, subject: Subject, kind: StreamKind) -> Option<HtmlVideoElement> {
        let is_it = |made: &&Made| made.subject == subject && made.kind == kind;
        self.snapshot.change(|known| known.made.iter().find(is_it).map(|made| made.element.clone()))
    }

    /// This element was made for it.
    pub(crate) fn keep(&self, subject: Subject, kind: StreamKind, element: HtmlVideoElement) {
        self.snapshot.change(|known| known.made.push(Made { subject, kind, element }));
    }

    /// This element is to show somebody else.
    pub(crate) fn release(&self, element: &HtmlMediaElement) {
        self.snapshot.change(|known| known.release(element));
    }

    /// Lets an element show nobody any more.
    pub(crate) fn detach(&self, element: &HtmlMediaElement) {
        self.release(element);
        // If the driver is gone the element shows nobody.
        let _ = self.ask(LocalRequest::Detach(element.clone()));
    }

    /// What a source that is on really is.
    pub(crate) fn settings(&self, source: Source) -> Option<Settings> {
        self.snapshot.change(|known| known.settings.get(&source).cloned())
    }

    /// Why a source is not on, or why another one that was chosen can't be had.
    pub(crate) fn error(&self, source: Source) -> Option<MediaError> {
        self.snapshot.change(|known| known.errors.get(&source).cloned())
    }

    /// Waits for what comes of a request for a source, if it was taken. It is known as its [`error`](Self::error) then.
    fn answered(
        &self,
        source: Source,
        asked: Result<(), MediaError>,
        wait: oneshot::Receiver<Result<(), MediaError>>,
    ) -> impl Future<Output = Result<(), MediaError>> + use<> {
        let snapshot = self.snapshot.clone();
        async move {
            asked?;
            let result = wait.await.unwrap_or(Err(MediaError::Closed));
            snapshot.change(|known| match &result {
                Ok(()) => known.errors.remove(&source),
                Err(error) => known.errors.insert(source, error.clone()),
            });
            result
        }
    }

    fn ask_media(&self, request: LocalRequest) -> Result<(), MediaError> {
        self.ask(request).map_err(|error| match error {
            ViewError::Closed => MediaError::Closed,
            _ => MediaError::Failed(Exception::new("QuotaExceededError", "too many requests wait")),
        })
    }
}

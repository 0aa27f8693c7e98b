//! Own devices, and the elements that show people: one for a room, a call by hand, or a preview.

mod handle;

use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use itodenwa_protocol::options::DeviceConstraints;
use itodenwa_wire::{PeerId, Source};
use web_sys::{HtmlMediaElement, MediaStream, MediaStreamTrack};

pub(crate) use handle::LocalHandle;

use crate::browser_event::{BROWSER_EVENTS, BrowserEvent, PageEvent};
use crate::dom::Listener;
use crate::error::{Error, MediaError, PublishError};
use crate::event::LocalEvent;
use crate::media::{Devices, Done, SourceEvent, Stage, listen_for_changes};
use crate::oneshot;
use crate::queue::{Receiver, Sender, queue};
use crate::snapshot::SnapshotCell;
use crate::stream_kind::StreamKind;
use crate::subject::Subject;
use crate::view::{Attach, Audible, Views};
use handle::Snapshot;

/// What a handle asks of the driver that concerns no more than local media.
pub(crate) enum LocalRequest {
    /// A source is to be on or off.
    Set {
        source: Source,
        on: bool,
        done: Done,
    },
    /// What is wanted of a source.
    Choose {
        constraints: DeviceConstraints,
        done: Done,
    },
    /// Send a track of the application.
    Publish {
        source: Source,
        track: MediaStreamTrack,
        constraints: DeviceConstraints,
        done: oneshot::Sender<Result<(), PublishError>>,
    },
    Unpublish {
        source: Source,
        stop: bool,
    },
    /// Let what there is of a source go through something, or nothing.
    Process(Source, Option<Box<dyn Stage>>),
    /// Show somebody, or oneself, in an element.
    Attach(Attach),
    Detach(HtmlMediaElement),
    /// Give the stream that has one's own microphone.
    Own(oneshot::Sender<MediaStream>),
    /// The person touched the page.
    Resume,
    /// Somebody is to be heard otherwise.
    Audible(PeerId, Audible),
    /// Where others are heard: the device's id, empty for the system's choice.
    Loudspeaker(String),
}

/// What is otherwise with a source, for those to whom it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalChange {
    /// It is on, with a new track.
    On(Source),
    /// It is on again, with the track that was kept silent.
    Unmuted(Source),
    Off(Source),
    /// It has another track.
    Replaced(Source),
}

/// What came of requests, and of what the browser said.
pub(crate) enum LocalOutput {
    Change(LocalChange),
    Event(LocalEvent),
}

/// Owned by a driver, which lets it handle what concerns it, and then takes what came of it.
pub(crate) struct LocalMedia {
    pub(crate) devices: Devices,
    pub(crate) views: Views,
    snapshot: SnapshotCell<Snapshot>,
    requests: Receiver<LocalRequest>,
    browser_events: Receiver<BrowserEvent>,
    notify: Sender<BrowserEvent>,
    /// To be told after the change that it belongs to.
    event: Option<LocalEvent>,
    _changes: Option<Listener>,
}

impl LocalMedia {
    /// Nothing is on, and nobody is shown.
    pub(crate) fn new() -> Result<Self, Error> {
        let (notify, browser_events) = queue(BROWSER_EVENTS);
        let tell = notify.clone();
        let device = Rc::new(move |event| {
            let _ = tell.send(BrowserEvent::Device(event));
        });
        let tell = notify.clone();
        let changes = listen_for_changes(move || {
            let _ = tell.send(BrowserEvent::DevicesChanged);
        });
        Ok(LocalMedia {
            devices: Devices::new(device).map_err(|_| Error::Unsupported)?,
            views: views(&notify),
            snapshot: SnapshotCell::default(),
            requests: Receiver::ended(),
            browser_events,
            notify,
            event: None,
            _changes: changes,
        })
    }

    /// A handle for a new owner of the devices. For those that there were before it is over, and so are their views.
    pub(crate) fn new_handle(&mut self) -> LocalHandle {
        let (handle, requests) = LocalHandle::new();
        self.requests = requests;
        self.forget();
        self.snapshot = handle.snapshot();
        self.views = views(&self.notify);
        handle
    }

    /// A peer is gone, and so are the elements that show them.
    pub(crate) fn remove(&mut self, peer: PeerId) {
        self.snapshot.change(|known| known.made.retain(|made| made.subject != Subject::Peer(peer)));
        self.views.remove(peer);
    }

    /// Where what the browser says of anything else is told.
    pub(crate) fn notify(&self) -> Sender<BrowserEvent> {
        self.notify.clone()
    }

    /// Waits until the person and the browser have answered what was asked, and adds what could not be had.
    pub(crate) async fn settle(&mut self, failed: &mut Vec<(Source, MediaError)>) {
        loop {
            while let Some(output) = self.poll() {
                if let LocalOutput::Event(LocalEvent::MediaFailed { source, error }) = output {
                    failed.push((source, error));
                }
            }
            if !self.devices.is_asking() {
                return;
            }
            // Nothing else is to be told before there is a driver.
            if let Some(BrowserEvent::Device(event)) = self.browser_events.next().await {
                self.devices.on_event(event);
            }
        }
    }

    pub(crate) fn poll_browser_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<BrowserEvent>> {
        self.browser_events.poll_next_unpin(cx)
    }

    pub(crate) fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Option<LocalRequest>> {
        self.requests.poll_next_unpin(cx)
    }

    /// Does what a handle asks. The stream is that of whom it wants to see.
    pub(crate) fn on_request(&mut self, request: LocalRequest, stream: Option<&MediaStream>) {
        match request {
            LocalRequest::Set { source, on, done } => self.devices.set(source, on, done),
            LocalRequest::Choose { constraints, done } => self.devices.choose(constraints, Some(done)),
            LocalRequest::Publish { source, track, constraints, done } => {
                done.send(self.devices.publish(source, track, constraints));
            }
            LocalRequest::Unpublish { source, stop } => self.devices.unpublish(source, stop),
            LocalRequest::Process(source, stage) => self.devices.process(source, stage),
            LocalRequest::Attach(attach) => {
                let own = self.devices.stream(attach.kind);
                match if attach.subject == Subject::Me { Some(&own) } else { stream } {
                    Some(stream) => {
                        self.views.attach(attach, stream);
                        // It may be the first one to show them: nothing was sent until now.
                        let _ = self.notify.send(BrowserEvent::Page(PageEvent::Visible));
                    }
                    // They are gone.
                    None => self.snapshot.change(|known| known.release(&attach.element)),
                }
            }
            LocalRequest::Detach(element) => self.views.detach(&element),
            LocalRequest::Own(done) => done.send(self.devices.stream(StreamKind::Camera)),
            LocalRequest::Resume => self.views.resume(),
            LocalRequest::Audible(peer, audible) => self.views.set_audible(peer, audible),
            LocalRequest::Loudspeaker(device) => self.views.set_loudspeaker(device),
        }
    }

    /// What came of all that, one after the other. Oneself is shown as one is now.
    pub(crate) fn poll(&mut self) -> Option<LocalOutput> {
        if let Some(event) = self.event.take() {
            return Some(LocalOutput::Event(event));
        }
        let change = match self.devices.poll()? {
            SourceEvent::On(source) => {
                self.event = self.update(source);
                LocalChange::On(source)
            }
            SourceEvent::Unmuted(source) => {
                self.event = self.update(source);
                LocalChange::Unmuted(source)
            }
            SourceEvent::Replaced(source) => {
                self.event = self.update(source);
                LocalChange::Replaced(source)
            }
            SourceEvent::Off(source) => {
                self.snapshot.change(|known| known.settings.remove(&source));
                LocalChange::Off(source)
            }
            SourceEvent::Ended(source, why) => {
                let error = why
                    .filter(|why| matches!(why, MediaError::Denied(_) | MediaError::DeniedBySystem(_)))
                    .unwrap_or(MediaError::Ended);
                self.snapshot.change(|known| known.settings.remove(&source));
                self.event = Some(self.failed(source, error));
                LocalChange::Off(source)
            }
            SourceEvent::Failed(source, error) => return Some(LocalOutput::Event(self.failed(source, error))),
            SourceEvent::Interrupted(source, interrupted) => {
                return Some(LocalOutput::Event(LocalEvent::Interrupted { source, interrupted }));
            }
        };
        match change {
            LocalChange::Replaced(source) if source.is_audio() => {}
            LocalChange::Replaced(source) => {
                self.views.renew(Subject::Me, &self.devices.stream(StreamKind::of(source)));
            }
            LocalChange::On(_) | LocalChange::Unmuted(_) | LocalChange::Off(_) => self.views.play(Subject::Me),
        }
        Some(LocalOutput::Change(change))
    }

    /// Takes down what the track of a source really is, and gives it to be told.
    pub(crate) fn update(&mut self, source: Source) -> Option<LocalEvent> {
        let settings = self.devices.settings(source)?;
        self.snapshot.change(|known| {
            known.errors.remove(&source);
            known.settings.insert(source, settings.clone());
        });
        Some(LocalEvent::Device { source, settings })
    }

    fn failed(&mut self, source: Source, error: MediaError) -> LocalEvent {
        self.snapshot.change(|known| known.errors.insert(source, error.clone()));
        LocalEvent::MediaFailed { source, error }
    }

    fn forget(&self) {
        self.snapshot.change(std::mem::take);
    }
}

impl Drop for LocalMedia {
    fn drop(&mut self) {
        self.forget();
    }
}

fn views(notify: &Sender<BrowserEvent>) -> Views {
    let notify = notify.clone();
    Views::new(Rc::new(move |subject| {
        let _ = notify.send(BrowserEvent::Blocked(subject));
    }))
}

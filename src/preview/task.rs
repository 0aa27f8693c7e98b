//! The one task of a preview: it owns the devices, and ends when nobody wants them.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use itodenwa_wire::Source;
use web_sys::HtmlMediaElement;

use super::meter::Meter;
use super::{EventSink, Snapshot};
use crate::dom::Listener;
use crate::error::MediaError;
use crate::event::{Event, EventSender};
use crate::media::{Change, DeviceConstraints, DeviceEvent, Devices, listen_for_changes};
use crate::oneshot;
use crate::queue::Receiver;
use crate::snapshot::SnapshotCell;
use crate::stream_kind::StreamKind;
use crate::view::{Attached, Blocked, Views};

pub(super) enum Request {
    Set { source: Source, on: bool, done: oneshot::Sender<Result<(), MediaError>> },
    Choose { wish: DeviceConstraints, done: oneshot::Sender<Result<(), MediaError>> },
    Attach { element: HtmlMediaElement, made: bool },
    Detach(HtmlMediaElement),
    HandOver { tell: EventSink, done: oneshot::Sender<Devices> },
    Close(oneshot::Sender<()>),
}

enum Wakeup {
    BrowserEvent(DeviceEvent),
    DevicesChanged,
    Request(Option<Request>),
}

pub(super) struct Task {
    devices: Devices,
    /// Where the devices' notices go.
    outlet: SnapshotCell<Option<EventSink>>,
    requests: Receiver<Request>,
    browser_events: Receiver<DeviceEvent>,
    changes: Receiver<()>,
    events: EventSender,
    snapshot: SnapshotCell<Snapshot>,
    meter: SnapshotCell<Option<Meter>>,
    views: Views,
    _listener: Option<Listener>,
}

impl Task {
    pub(super) fn new(
        devices: Devices,
        outlet: SnapshotCell<Option<EventSink>>,
        requests: Receiver<Request>,
        browser_events: Receiver<DeviceEvent>,
        events: EventSender,
        snapshot: SnapshotCell<Snapshot>,
        meter: SnapshotCell<Option<Meter>>,
    ) -> Self {
        let (changed, changes) = crate::queue::queue(1);
        let listener = listen_for_changes(move || {
            let _ = changed.send(());
        });
        Task {
            devices,
            outlet,
            requests,
            browser_events,
            changes,
            events,
            snapshot,
            meter,
            views: Views::default(),
            _listener: listener,
        }
    }

    /// Asks for these, and waits until the person and the browser have answered.
    pub(super) async fn begin(&mut self, wishes: [Option<DeviceConstraints>; 2]) {
        let mut wanted = Vec::new();
        for wish in wishes.into_iter().flatten() {
            wanted.push(wish.source());
            // Nobody waits: nothing is on yet.
            self.devices.choose(wish, oneshot::channel().0);
        }
        self.devices.request(&wanted);
        while self.devices.is_asking() {
            let Some(notice) = self.browser_events.next().await else { return };
            self.notice(notice);
        }
    }

    pub(super) async fn run(mut self) {
        let closed = loop {
            match poll_fn(|cx| self.poll_wakeup(cx)).await {
                Wakeup::BrowserEvent(notice) => self.notice(notice),
                Wakeup::DevicesChanged => self.tell(Event::DevicesChanged),
                Wakeup::Request(None) => break None,
                Wakeup::Request(Some(Request::Close(done))) => break Some(done),
                Wakeup::Request(Some(Request::HandOver { tell, done })) => return self.hand_over(tell, done),
                Wakeup::Request(Some(request)) => self.request(request),
            }
        };
        let events = self.end();
        events.close(Event::Closed(None));
        if let Some(done) = closed {
            done.send(());
        }
    }

    fn poll_wakeup(&mut self, cx: &mut Context<'_>) -> Poll<Wakeup> {
        if let Poll::Ready(Some(notice)) = self.browser_events.poll_next_unpin(cx) {
            return Poll::Ready(Wakeup::BrowserEvent(notice));
        }
        if let Poll::Ready(Some(())) = self.changes.poll_next_unpin(cx) {
            return Poll::Ready(Wakeup::DevicesChanged);
        }
        self.requests.poll_next_unpin(cx).map(Wakeup::Request)
    }

    /// What the devices said and nobody has heard yet is told there, too.
    fn hand_over(mut self, tell: EventSink, done: oneshot::Sender<Devices>) {
        self.outlet.change(|outlet| *outlet = Some(tell.clone()));
        while let Some(notice) = self.browser_events.try_next() {
            tell(notice);
        }
        self.meter.change(Option::take);
        self.snapshot.change(std::mem::take);
        let Task { devices, events, views, .. } = self;
        drop(views);
        done.send(devices);
        events.close(Event::Closed(None));
    }

    /// Everything is given back.
    fn end(self) -> EventSender {
        self.meter.change(Option::take);
        self.snapshot.change(std::mem::take);
        self.events
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Set { source, on, done } => {
                let change = self.devices.set(source, on, done);
                self.changed(change);
            }
            Request::Choose { wish, done } => self.devices.choose(wish, done),
            Request::Attach { element, made } => {
                let (kind, stream) = (StreamKind::Camera, self.devices.stream(StreamKind::Camera));
                self.views.attach(Attached { who: None, kind, element, made, stream, audible: None }, &never_blocked());
            }
            Request::Detach(element) => self.views.detach(&element),
            Request::HandOver { .. } | Request::Close(_) => {}
        }
    }

    fn notice(&mut self, notice: DeviceEvent) {
        let change = self.devices.notice(notice);
        self.changed(change);
    }

    fn changed(&mut self, change: Change) {
        match change {
            Change::None => {}
            Change::On(source) | Change::Replaced(source) => {
                let was_on = self.snapshot.change(|known| known.settings.contains_key(&source));
                let Some(settings) = self.devices.settings(source) else { return };
                self.snapshot.change(|known| {
                    known.set_error(source, None);
                    known.settings.insert(source, settings.clone());
                });
                self.measure(source);
                if was_on && source == Source::Camera {
                    self.views.renew(None, self.devices.stream(StreamKind::Camera), &never_blocked());
                } else {
                    self.views.play(None, &never_blocked());
                }
                self.tell(Event::Device { source, settings });
            }
            Change::Off(source) => self.off(source),
            Change::Failed(source, error) | Change::Ended(source, error) => {
                self.off(source);
                self.snapshot.change(|known| known.set_error(source, Some(error.clone())));
                self.tell(Event::MediaFailed { source, error });
            }
            Change::Interrupted(source, interrupted) => self.tell(Event::Interrupted { source, interrupted }),
        }
    }

    fn off(&mut self, source: Source) {
        self.snapshot.change(|known| known.settings.remove(&source));
        if source == Source::Microphone {
            self.meter.change(Option::take);
        }
    }

    fn measure(&mut self, source: Source) {
        if source == Source::Microphone {
            let meter = self.devices.track(source).and_then(Meter::of);
            self.meter.change(|known| *known = meter);
        }
    }

    fn tell(&self, event: Event) {
        // Nothing here rises without end but changes of devices, and those are left out first.
        let _ = self.events.push(event);
    }
}

/// One's own picture is without sound, and what is silent is played by every browser.
fn never_blocked() -> Blocked {
    Rc::new(|_| {})
}

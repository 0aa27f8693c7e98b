//! The one task of a preview: it owns the devices, and ends when nobody wants them.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use itodenwa_wire::Source;
use web_sys::HtmlMediaElement;

use super::meter::Meter;
use super::{Known, Tell};
use crate::dom::Listener;
use crate::error::MediaError;
use crate::event::{Event, EventSender};
use crate::media::{Change, DeviceConstraints, DeviceNotice, Devices, listen_for_changes};
use crate::oneshot;
use crate::queue::Receiver;
use crate::snapshot::SnapshotCell;
use crate::view::{Attached, Blocked, Sight, Views};

pub(super) enum Request {
    Set { source: Source, on: bool, done: oneshot::Sender<Result<(), MediaError>> },
    Choose { wish: DeviceConstraints, done: oneshot::Sender<Result<(), MediaError>> },
    Attach { element: HtmlMediaElement, made: bool },
    Detach(HtmlMediaElement),
    HandOver { tell: Tell, done: oneshot::Sender<Devices> },
    Close(oneshot::Sender<()>),
}

enum Turn {
    Notice(DeviceNotice),
    DevicesChanged,
    Request(Option<Request>),
}

pub(super) struct Task {
    devices: Devices,
    /// Where the devices' notices go.
    outlet: SnapshotCell<Option<Tell>>,
    requests: Receiver<Request>,
    notices: Receiver<DeviceNotice>,
    changes: Receiver<()>,
    events: EventSender,
    known: SnapshotCell<Known>,
    meter: SnapshotCell<Option<Meter>>,
    views: Views,
    _listener: Option<Listener>,
}

impl Task {
    pub(super) fn new(
        devices: Devices,
        outlet: SnapshotCell<Option<Tell>>,
        requests: Receiver<Request>,
        notices: Receiver<DeviceNotice>,
        events: EventSender,
        known: SnapshotCell<Known>,
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
            notices,
            changes,
            events,
            known,
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
            let Some(notice) = self.notices.next().await else { return };
            self.notice(notice);
        }
    }

    pub(super) async fn run(mut self) {
        let closed = loop {
            match poll_fn(|cx| self.poll_turn(cx)).await {
                Turn::Notice(notice) => self.notice(notice),
                Turn::DevicesChanged => self.tell(Event::DevicesChanged),
                Turn::Request(None) => break None,
                Turn::Request(Some(Request::Close(done))) => break Some(done),
                Turn::Request(Some(Request::HandOver { tell, done })) => return self.hand_over(tell, done),
                Turn::Request(Some(request)) => self.request(request),
            }
        };
        let events = self.end();
        events.close(Event::Closed(None));
        if let Some(done) = closed {
            done.send(());
        }
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        if let Poll::Ready(Some(notice)) = self.notices.poll_next_unpin(cx) {
            return Poll::Ready(Turn::Notice(notice));
        }
        if let Poll::Ready(Some(())) = self.changes.poll_next_unpin(cx) {
            return Poll::Ready(Turn::DevicesChanged);
        }
        self.requests.poll_next_unpin(cx).map(Turn::Request)
    }

    /// What the devices said and nobody has heard yet is told there, too.
    fn hand_over(mut self, tell: Tell, done: oneshot::Sender<Devices>) {
        self.outlet.change(|outlet| *outlet = Some(tell.clone()));
        while let Some(notice) = self.notices.try_next() {
            tell(notice);
        }
        self.meter.change(Option::take);
        self.known.change(std::mem::take);
        let Task { devices, events, views, .. } = self;
        drop(views);
        done.send(devices);
        events.close(Event::Closed(None));
    }

    /// Everything is given back.
    fn end(self) -> EventSender {
        self.meter.change(Option::take);
        self.known.change(std::mem::take);
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
                let (sight, stream) = (Sight::Person, self.devices.stream(Sight::Person));
                self.views
                    .attach(Attached { who: None, sight, element, made, stream, audible: None }, &never_blocked());
            }
            Request::Detach(element) => self.views.detach(&element),
            Request::HandOver { .. } | Request::Close(_) => {}
        }
    }

    fn notice(&mut self, notice: DeviceNotice) {
        let change = self.devices.notice(notice);
        self.changed(change);
    }

    fn changed(&mut self, change: Change) {
        match change {
            Change::None => {}
            Change::On(source) | Change::Replaced(source) => {
                let was_on = self.known.change(|known| known.settings.contains_key(&source));
                let Some(settings) = self.devices.settings(source) else { return };
                self.known.change(|known| {
                    known.set_error(source, None);
                    known.settings.insert(source, settings.clone());
                });
                self.measure(source);
                if was_on && source == Source::Camera {
                    self.views.renew(None, self.devices.stream(Sight::Person), &never_blocked());
                } else {
                    self.views.play(None, &never_blocked());
                }
                self.tell(Event::Device { source, settings });
            }
            Change::Off(source) => self.off(source),
            Change::Failed(source, error) | Change::Ended(source, error) => {
                self.off(source);
                self.known.change(|known| known.set_error(source, Some(error.clone())));
                self.tell(Event::MediaFailed { source, error });
            }
            Change::Interrupted(source, interrupted) => self.tell(Event::Interrupted { source, interrupted }),
        }
    }

    fn off(&mut self, source: Source) {
        self.known.change(|known| known.settings.remove(&source));
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

//! A preview as its driver runs it: local media and a meter, and nobody else.

use itodenwa_wire::Source;

use crate::driver::{Core, Endpoint};
use crate::error::Error;
use crate::event::Event;
use crate::local_media::{LocalChange, LocalMedia};
use crate::meter::Meter;
use crate::oneshot;
use crate::snapshot::SnapshotCell;
use crate::subject::Subject;

/// A room wants what there is.
pub(super) struct HandOver(pub(super) oneshot::Sender<LocalMedia>);

pub(super) struct PreviewEndpoint {
    core: Core<Event>,
    meter: SnapshotCell<Option<Meter>>,
    /// Who gets the devices when it is over; nobody: they are given back.
    heir: Option<HandOver>,
}

impl PreviewEndpoint {
    pub(super) fn new(core: Core<Event>, meter: SnapshotCell<Option<Meter>>) -> Self {
        let endpoint = PreviewEndpoint { core, meter, heir: None };
        endpoint.measure();
        endpoint
    }

    /// Measures the microphone that is on, if it is.
    fn measure(&self) {
        let devices = &self.core.media.devices;
        let track = devices.track(Source::Microphone).filter(|_| devices.on().contains(&Source::Microphone));
        let meter = track.and_then(Meter::of);
        self.meter.change(|known| *known = meter);
    }
}

impl Endpoint for PreviewEndpoint {
    type Event = Event;
    type Request = HandOver;

    fn core(&mut self) -> &mut Core<Event> {
        &mut self.core
    }

    fn on_request(&mut self, request: HandOver) {
        self.heir = Some(request);
        self.core.end(None);
    }

    fn on_local(&mut self, change: LocalChange) {
        let (LocalChange::On(source)
        | LocalChange::Unmuted(source)
        | LocalChange::Replaced(source)
        | LocalChange::Off(source)) = change;
        if source == Source::Microphone {
            self.measure();
        }
    }

    fn on_blocked(&mut self, _me: Subject) {
        self.core.tell(Event::Blocked { peer: None });
    }

    async fn hang_up(self, error: Option<Error>) {
        let PreviewEndpoint { mut core, meter, heir } = self;
        meter.change(Option::take);
        match heir {
            Some(HandOver(done)) => {
                core.media.devices.forget_requests();
                core.hand_over(done, Event::Closed(error));
            }
            None => core.close(Event::Closed(error)),
        }
    }
}

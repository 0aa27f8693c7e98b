//! The offer that goes with a join, and its connection until somebody got it.

use std::cell::OnceCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use itodenwa_protocol::{Config, FirstOffer, IceTransportPolicy};
use itodenwa_wire::Source;

use crate::browser_event::{BrowserEvent, ConnectionKey};
use crate::connection::Connection;
use crate::dom::{Aborted, Timer};
use crate::media::Devices;
use crate::queue::Sender;

/// A browser that takes longer to make an offer is not waited for: the call begins without.
const MADE_WITHIN: Duration = Duration::from_millis(500);

/// For an offer that carries nothing yet; none where there are no streams, and so no calls either.
pub(super) fn nothing_on() -> Option<Devices> {
    Devices::new(Rc::new(|_| {})).ok()
}

/// Dropping it closes the connection.
pub(super) struct Offering {
    connection: Connection,
    send: Vec<Source>,
    /// The description, when it is made; and kept, when it was asked for.
    made: Pin<Box<dyn Future<Output = Result<String, Aborted>>>>,
    sdp: String,
    /// Where its events go, and as whose, when that is known.
    told: Rc<OnceCell<(ConnectionKey, Sender<BrowserEvent>)>>,
}

impl Offering {
    /// Begins to make one that has a place for each of these. None where there are no connections.
    pub(super) fn begin(send: Vec<Source>, devices: &Devices) -> Option<Self> {
        let told: Rc<OnceCell<(ConnectionKey, Sender<BrowserEvent>)>> = Rc::default();
        let known = Rc::clone(&told);
        let tell = Rc::new(move |event| {
            if let Some((key, sender)) = known.get() {
                let _ = sender.send(BrowserEvent::Connection(*key, event));
            }
        });
        // Servers and policy are those of the welcome and of the join: nothing is gathered before.
        let mut connection = Connection::open(&[], IceTransportPolicy::All, true, tell).ok()?;
        let made = connection.create_offer(&send, devices);
        Some(Offering { connection, send, made, sdp: String::new(), told })
    }

    /// Whether it has a place for each of these and no others.
    pub(super) fn carries(&self, send: &[Source]) -> bool {
        self.send == send
    }

    /// What the join brings, with what is on by now. None if it can't be had, whatever the reason: then the call begins as without it.
    pub(super) async fn made(&mut self, config: &Config) -> Option<FirstOffer> {
        let Either::Left((Ok(sdp), _)) = select(&mut self.made, Timer::new(MADE_WITHIN)).await else { return None };
        self.sdp.clone_from(&sdp);
        Some(FirstOffer::new(config, self.send.clone(), sdp))
    }

    /// Somebody got it.
    pub(super) fn goes_on(self, key: ConnectionKey, sender: Sender<BrowserEvent>) -> (Connection, String) {
        let Offering { connection, sdp, told, .. } = self;
        let _ = told.set((key, sender));
        (connection, sdp)
    }
}

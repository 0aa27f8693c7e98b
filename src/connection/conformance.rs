//! The model's conformance suite against this connection, in a real browser: what the rules are tried against is true.

// Clippy knows its own kind of test only.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod cost;
mod relay_only;

use std::rc::Rc;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use itodenwa_model::browser::{Profile, Signaling};
use itodenwa_model::conformance::{self, Browser, Peer};
use itodenwa_model::each_case;
use itodenwa_model::sdp::{Direction, Kind};
use itodenwa_protocol::{Command, IceTransportPolicy, Report};
use itodenwa_wire::Candidate;
use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use super::{Connection, ConnectionEvent, transceivers};
use crate::dom::{Timer, Transceiver, global, object};
use crate::media::Devices;
use crate::queue::{Receiver, queue};

wasm_bindgen_test_configure!(run_in_browser);

/// How long a browser may take for one operation.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(15);

macro_rules! in_a_browser {
    ($($group:ident::$case:ident),* $(,)?) => {
        $(
            #[wasm_bindgen_test]
            async fn $case() {
                if let Err(wrong) = conformance::$group::$case(&mut This).await {
                    panic!("{:?}: {wrong}", This.profile());
                }
            }
        )*
    };
}

each_case!(in_a_browser);

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(method, catch)]
    fn stop(this: &Transceiver) -> Result<(), JsValue>;
}

/// The browser that this runs in.
struct This;

/// A connection as the driver has it, and what it told.
struct Page {
    /// None once it is closed.
    connection: Option<Connection>,
    devices: Devices,
    connection_events: Receiver<ConnectionEvent>,
    candidates: Vec<Candidate>,
    is_gathered: bool,
}

impl Browser for This {
    type Peer = Page;

    /// By its name: whether the browser is as its profile says is the question here.
    fn profile(&self) -> Profile {
        let name = Reflect::get(&global("navigator"), &"userAgent".into()).unwrap().as_string().unwrap();
        if name.contains("Firefox") { Profile::Firefox } else { Profile::Chromium }
    }

    fn open(&mut self) -> Page {
        Page::open(IceTransportPolicy::All)
    }
}

impl Page {
    fn open(policy: IceTransportPolicy) -> Page {
        let (tell, connection_events) = queue(64);
        let tell = Rc::new(move |event| {
            let _ = tell.send(event);
        });
        Page {
            connection: Some(Connection::open(&[], policy, true, tell).unwrap()),
            devices: Devices::new(Rc::new(|_| {})).unwrap(),
            connection_events,
            candidates: Vec::new(),
            is_gathered: false,
        }
    }

    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("it is not closed")
    }

    fn line(&self, mid: &str) -> Transceiver {
        transceivers::all(&self.connection().peer)
            .find(|line| line.mid().as_deref() == Some(mid))
            .expect("a transceiver")
    }

    fn property(&self, name: &str) -> JsValue {
        Reflect::get(&self.connection().peer, &name.into()).unwrap()
    }

    fn description(&self, name: &str) -> Option<String> {
        let description = self.property(name);
        if description.is_null() { None } else { Reflect::get(&description, &"sdp".into()).unwrap().as_string() }
    }

    /// The next report; candidates are kept, and what has nothing to do with negotiation is not.
    async fn report(&mut self) -> Option<Report> {
        match select(self.connection_events.next(), Timer::new(LIMIT)).await {
            Either::Left((Some(ConnectionEvent::Report(report)), _)) => Some(report),
            Either::Left(_) => None,
            Either::Right(_) => panic!("nothing came for {LIMIT:?}"),
        }
    }
}

impl Peer for Page {
    fn begin(&mut self, command: Command) {
        self.connection.as_mut().expect("it is not closed").execute(command, &self.devices);
    }

    async fn answer(&mut self) -> Option<Report> {
        loop {
            match self.report().await? {
                Report::LocalCandidate(candidate) => self.candidates.push(candidate),
                Report::GatheringComplete => self.is_gathered = true,
                Report::State(_)
                | Report::Layer { .. }
                | Report::CandidateError(_)
                | Report::ChannelOpen
                | Report::ChannelClosed => {}
                answer => return Some(answer),
            }
        }
    }

    async fn gathered(&mut self) -> Vec<Candidate> {
        while !self.is_gathered {
            match self.report().await {
                Some(Report::LocalCandidate(candidate)) => self.candidates.push(candidate),
                Some(Report::GatheringComplete) => self.is_gathered = true,
                Some(_) => {}
                None => break,
            }
        }
        self.is_gathered = false;
        std::mem::take(&mut self.candidates)
    }

    fn close(&mut self) {
        self.connection = None;
    }

    fn signaling(&self) -> Signaling {
        match self.property("signalingState").as_string().unwrap_or_default().as_str() {
            "stable" => Signaling::Stable,
            "have-local-offer" => Signaling::HaveLocalOffer,
            "have-remote-offer" => Signaling::HaveRemoteOffer,
            other => panic!("in {other}"),
        }
    }

    fn local(&self) -> Option<String> {
        self.description("localDescription")
    }

    fn remote(&self) -> Option<String> {
        self.description("remoteDescription")
    }

    fn restart_ice(&mut self) {
        self.connection().peer.restart_ice().unwrap();
    }

    fn add(&mut self, kind: Kind) {
        let init = object([("direction", "sendrecv".into())]);
        self.connection().peer.add_transceiver(&kind.name().into(), &init).unwrap();
    }

    fn set_direction(&mut self, mid: &str, direction: Direction) {
        self.line(mid).set_direction(direction.name()).unwrap();
    }

    fn stop(&mut self, mid: &str) {
        self.line(mid).stop().unwrap();
    }
}

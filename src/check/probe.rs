//! A connection of which only the candidates are looked at.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use itodenwa_wire::IceServer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventTarget};

use crate::codec::ice_servers;
use crate::dom::{
    AbortController, Aborted, CandidateEvent, DataChannel, Held, Kind, Listener, PeerConnection, Timer, object,
    property,
};
use crate::error::Exception;
use crate::queue::{Receiver, queue};

/// What may happen before it is looked at, at most: browsers gather some dozens of candidates.
const PROBE_EVENTS: usize = 1024;

/// Which ways may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    All,
    /// Only through relays.
    Relay,
}

/// What happens at a connection.
pub(super) enum ProbeEvent {
    /// None is the end of them.
    Candidate(Option<JsValue>),
    Error(u16, String),
    Open,
    /// So many bytes came.
    Came(usize),
}

/// A connection with one data channel; dropping it closes it.
pub(super) struct Probe {
    pub(super) peer: PeerConnection,
    pub(super) channel: DataChannel,
    pub(super) events: Receiver<ProbeEvent>,
    pub(super) abort: AbortController,
    listeners: Vec<Listener>,
    _held: Held,
}

/// What candidates there were.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The first one of the kind that was looked for.
    pub(super) found: Option<String>,
    /// There are no more.
    pub(super) complete: bool,
    /// The newest complaint of the browser's (W3C WebRTC, section 4.8.2).
    pub(super) error: Option<(u16, String)>,
}

impl Probe {
    pub(super) fn open(servers: &[IceServer], policy: Policy) -> Result<Self, Exception> {
        let policy = if policy == Policy::Relay { "relay" } else { "all" };
        let configuration = object([("iceServers", ice_servers(servers)), ("iceTransportPolicy", policy.into())]);
        let peer = PeerConnection::new(&configuration)?;
        let negotiated = object([("negotiated", true.into()), ("id", 0.into())]);
        let channel = peer.create_data_channel("check", &negotiated).inspect_err(|_| peer.close())?;
        let (tell, events) = queue(PROBE_EVENTS);
        let listen = |target: &EventTarget, kind: &'static str, event_of: fn(&Event) -> Option<ProbeEvent>| {
            let tell = tell.clone();
            Listener::new(target, kind, move |event| {
                if let Some(event) = event_of(event) {
                    let _ = tell.send(event);
                }
            })
        };
        let listeners = vec![
            listen(&peer, "icecandidate", candidate),
            listen(&peer, "icecandidateerror", complaint),
            listen(&channel, "open", |_| Some(ProbeEvent::Open)),
            listen(&channel, "message", came),
        ];
        let held = Held::new(Kind::Connection);
        Ok(Probe { peer, channel, events, abort: AbortController::new(), listeners, _held: held })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.listeners.clear();
        self.peer.close();
    }
}

/// Gathers until there is a candidate of a kind, or there are no more, or the time is over.
pub(super) async fn gather(
    servers: &[IceServer],
    policy: Policy,
    kind: &str,
    limit: Duration,
) -> Result<Gathered, Exception> {
    let mut probe = Probe::open(servers, policy)?;
    let mut gathered = Gathered::default();
    let gathering = async {
        let described = probe.abort.signal().race(probe.peer.set_local_description()).await;
        if let Err(Aborted::Threw(error)) = described {
            return Err(error);
        }
        while let Some(event) = probe.events.next().await {
            match event {
                ProbeEvent::Candidate(None) => {
                    gathered.complete = true;
                    break;
                }
                ProbeEvent::Candidate(Some(candidate)) => {
                    let line = property(&candidate, "candidate").as_string().unwrap_or_default();
                    if line.split(' ').any(|word| word == kind) {
                        gathered.found = Some(line);
                        break;
                    }
                }
                ProbeEvent::Error(code, text) => gathered.error = Some((code, text)),
                ProbeEvent::Open | ProbeEvent::Came(_) => {}
            }
        }
        Ok(())
    };
    // What was found until then counts.
    if let Either::Left((Err(error), _)) = select(pin!(gathering), Timer::new(limit)).await {
        return Err(error);
    }
    Ok(gathered)
}

/// None for the empty candidate that ends one fragment: the end of all follows it.
fn candidate(event: &Event) -> Option<ProbeEvent> {
    let Some(candidate) = event.unchecked_ref::<CandidateEvent>().candidate() else {
        return Some(ProbeEvent::Candidate(None));
    };
    let candidate: JsValue = candidate.into();
    let is_empty = property(&candidate, "candidate").as_string().is_none_or(|line| line.is_empty());
    (!is_empty).then_some(ProbeEvent::Candidate(Some(candidate)))
}

fn complaint(event: &Event) -> Option<ProbeEvent> {
    let code = property(event, "errorCode").as_f64()? as u16;
    Some(ProbeEvent::Error(code, property(event, "errorText").as_string().unwrap_or_default()))
}

fn came(event: &Event) -> Option<ProbeEvent> {
    Some(ProbeEvent::Came(property(event, "data").as_string()?.len()))
}

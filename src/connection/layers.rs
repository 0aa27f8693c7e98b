//! The layers below a connection, for its timeline: what ICE and DTLS are at, and which servers gave no candidate.

use std::cell::OnceCell;
use std::rc::Rc;

use itodenwa_protocol::Report;
use itodenwa_protocol::timeline::Layer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use super::{ConnectionEvent, EventSink};
use crate::dom::{Listener, PeerConnection, property};

/// Errors that a connection tells: browsers have one for each server, network and kind of address, and again for each ICE restart.
const ERRORS: u32 = 16;

/// Tells each state of ICE; and from the first one on, when there is a DTLS transport, each of its states. With `max-bundle` there is
/// one for all.
pub(super) fn listen(peer: &PeerConnection, tell: &EventSink) -> Listener {
    let (peer_seen, tell) = (peer.clone(), Rc::clone(tell));
    let dtls = OnceCell::new();
    Listener::new(peer, "iceconnectionstatechange", move |_| {
        told(&tell, Layer::Ice, property(&peer_seen, "iceConnectionState"));
        if dtls.get().is_none()
            && let Ok(transport) = property(&property(&peer_seen, "sctp"), "transport").dyn_into::<EventTarget>()
        {
            let (transport_seen, tell) = (transport.clone(), Rc::clone(&tell));
            let _ = dtls.set(Listener::new(&transport, "statechange", move |_| {
                told(&tell, Layer::Dtls, property(&transport_seen, "state"));
            }));
        }
    })
}

/// Tells which server gave no candidate, and why (W3C WebRTC, `RTCPeerConnectionIceErrorEvent`).
pub(super) fn listen_for_errors(peer: &PeerConnection, tell: &EventSink) -> Listener {
    let (tell, mut errors) = (Rc::clone(tell), 0);
    Listener::new(peer, "icecandidateerror", move |event| {
        if errors >= ERRORS {
            return;
        }
        errors += 1;
        let mut what = property(event, "url").as_string().unwrap_or_default();
        let code = property(event, "errorCode").as_f64().unwrap_or_default() as u16;
        for part in [&code.to_string(), &property(event, "errorText").as_string().unwrap_or_default()] {
            what.push(' ');
            what.push_str(part);
        }
        tell(ConnectionEvent::Report(Report::CandidateError(what)));
    })
}

fn told(tell: &EventSink, layer: Layer, state: JsValue) {
    if let Some(state) = state.as_string() {
        tell(ConnectionEvent::Report(Report::Layer { layer, state }));
    }
}

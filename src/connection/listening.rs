//! What a connection tells by itself.

use std::rc::Rc;

use itodenwa_protocol::{ConnectionState, Report};
use wasm_bindgen::JsCast;
use web_sys::MessageEvent;

use super::channels::{Channels, Transport};
use super::heartbeat::{self, Heartbeat};
use super::{ConnectionEvent, EventSink, layers};
use crate::codec::{read_candidate, read_frame};
use crate::dom::{CandidateEvent, DataChannel, DataChannelEvent, Listener, PeerConnection};

pub(super) fn listen(
    peer: &PeerConnection,
    control: &DataChannel,
    heartbeat: &Heartbeat,
    channels: &Channels,
    tell: &EventSink,
) -> Vec<Listener> {
    let report = |what: Report| {
        let tell = Rc::clone(tell);
        move |_: &web_sys::Event| tell(ConnectionEvent::Report(what.clone()))
    };
    let candidate = {
        let tell = Rc::clone(tell);
        move |event: &web_sys::Event| {
            if let Some(report) = gathered(event.unchecked_ref()) {
                tell(ConnectionEvent::Report(report));
            }
        }
    };
    let state = {
        let (tell, peer) = (Rc::clone(tell), peer.clone());
        move |_: &web_sys::Event| tell(ConnectionEvent::Report(Report::State(state_of(&peer))))
    };
    let message = {
        let (tell, came) = (Rc::clone(tell), heartbeat.came());
        move |event: &web_sys::Event| {
            let data = event.unchecked_ref::<MessageEvent>().data();
            came();
            if !heartbeat::is_heartbeat(&data) {
                tell(ConnectionEvent::Frame(read_frame(&data)));
            }
        }
    };
    let opened = {
        let (tell, channels) = (Rc::clone(tell), channels.clone());
        move |event: &web_sys::Event| {
            let channel = event.unchecked_ref::<DataChannelEvent>().channel();
            match channels.take() {
                Some(slot) => tell(ConnectionEvent::Channel(Transport { channel, slot })),
                // The other side counts them, too.
                None => channel.close(),
            }
        }
    };
    vec![
        Listener::new(peer, "datachannel", opened),
        layers::listen(peer, tell),
        layers::listen_for_errors(peer, tell),
        Listener::new(peer, "icecandidate", candidate),
        Listener::new(peer, "connectionstatechange", state),
        Listener::new(control, "open", report(Report::ChannelOpen)),
        Listener::new(control, "close", report(Report::ChannelClosed)),
        Listener::new(control, "message", message),
    ]
}

/// None for the empty candidate that ends one fragment: the end of all follows it.
fn gathered(event: &CandidateEvent) -> Option<Report> {
    let Some(candidate) = event.candidate() else { return Some(Report::GatheringComplete) };
    let candidate = read_candidate(candidate.to_json().ok()?).ok()?;
    (!candidate.candidate.is_empty()).then_some(Report::LocalCandidate(candidate))
}

fn state_of(peer: &PeerConnection) -> ConnectionState {
    match peer.connection_state().as_str() {
        "new" => ConnectionState::New,
        "connecting" => ConnectionState::Connecting,
        "connected" => ConnectionState::Connected,
        "disconnected" => ConnectionState::Disconnected,
        "failed" => ConnectionState::Failed,
        _ => ConnectionState::Closed,
    }
}

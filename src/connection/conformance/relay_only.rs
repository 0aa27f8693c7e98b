//! A connection that uses relays alone does so for ever: also after an ICE restart with other servers.

use itodenwa_model::conformance::Peer;
use itodenwa_protocol::{Command, IceTransportPolicy, Report};
use itodenwa_wire::{IceServer, Source};
use js_sys::{Function, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::Page;

/// A part of `RTCPeerConnection.getConfiguration()`.
fn configured(page: &Page, name: &str) -> wasm_bindgen::JsValue {
    let configuration: Function = page.property("getConfiguration").unchecked_into();
    Reflect::get(&configuration.call0(&page.connection().peer).unwrap(), &name.into()).unwrap()
}

#[wasm_bindgen_test]
async fn other_servers_leave_the_policy_as_it_is() {
    let mut page = Page::open(IceTransportPolicy::Relay);
    for (ice_restart, servers) in [(false, 0), (true, 1)] {
        page.begin(Command::MakeOffer { send: vec![Source::Microphone], ice_restart });
        let Some(Report::OfferMade { sdp, .. }) = page.answer().await else { panic!("no offer was made") };
        assert!(!sdp.contains("a=candidate"), "{sdp}");
        assert_eq!(configured(&page, "iceTransportPolicy"), "relay");
        assert_eq!(js_sys::Array::from(&configured(&page, "iceServers")).length(), servers);
        // For the restart.
        let server = IceServer { urls: vec!["stun:127.0.0.1:3478".into()], username: None, credential: None };
        page.connection.as_mut().unwrap().renew(&[server]);
    }
    assert!(page.candidates.is_empty(), "{:?}", page.candidates);
}

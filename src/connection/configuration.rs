//! How a connection looks for paths (W3C WebRTC, section 4.2).

use itodenwa_protocol::IceTransportPolicy;
use itodenwa_wire::IceServer;
use js_sys::Object;
use wasm_bindgen::JsValue;

use super::Connection;
use crate::codec::ice_servers;
use crate::dom::{PeerConnection, object};
use crate::error::Exception;

impl Connection {
    /// Takes ICE servers for the next ICE restart, whichever side begins it. Not at once: some browsers then restart ICE with
    /// the next offer, also when nothing is wrong.
    pub(crate) fn renew(&mut self, servers: &[IceServer]) {
        self.renewed = Some(servers.to_vec());
    }

    pub(super) fn restart_ice(&mut self) -> Result<(), JsValue> {
        self.renew_servers();
        self.peer.restart_ice()
    }

    pub(super) fn renew_servers(&mut self) {
        let Some(servers) = self.renewed.take() else { return };
        if self.peer.set_configuration(&configuration(&servers, self.policy)).is_err() {
            // Fails no more, unless the connection is closed.
            let _ = self.peer.set_configuration(&configuration(&usable(&servers), self.policy));
        }
    }
}

pub(super) fn construct(servers: &[IceServer], policy: IceTransportPolicy) -> Result<PeerConnection, Exception> {
    PeerConnection::new(&configuration(servers, policy))
        .or_else(|_| PeerConnection::new(&configuration(&usable(servers), policy)))
        .map_err(Exception::from)
}

/// One server that the browser does not take, as `stun:` with a transport, makes it refuse all of them. It is left out. To be asked
/// only when they were refused: it makes a connection for each, and browsers make so many and no more.
fn usable(servers: &[IceServer]) -> Vec<IceServer> {
    let is_usable = |server: &&IceServer| {
        let alone = PeerConnection::new(&configuration(std::slice::from_ref(*server), IceTransportPolicy::All));
        alone.map(|peer| peer.close()).is_ok()
    };
    servers.iter().filter(is_usable).cloned().collect()
}

fn configuration(servers: &[IceServer], policy: IceTransportPolicy) -> Object {
    object([
        ("iceServers", ice_servers(servers)),
        ("bundlePolicy", "max-bundle".into()),
        ("iceTransportPolicy", policy.as_str().into()),
    ])
}

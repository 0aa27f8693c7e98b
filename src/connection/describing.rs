//! Descriptions: made, set, and reported.

use std::future::Future;
use std::pin::Pin;

use itodenwa_protocol::description::in_stereo;
use itodenwa_protocol::{IceTransportPolicy, Report};
use itodenwa_wire::{IceServer, Source};
use js_sys::{Object, Promise};
use wasm_bindgen::JsValue;

use super::Connection;
use super::role::Role;
use super::transceivers::{self, Transceivers};
use crate::dom::{AbortSignal, Aborted, PeerConnection, object, property};
use crate::error::Exception;
use crate::media::Devices;

impl Connection {
    /// Makes an offer with a place for each of these, and does not set it: nothing is gathered yet. It is begun at once, whenever it is asked for.
    pub(crate) fn create_offer(
        &mut self,
        send: &[Source],
        devices: &Devices,
    ) -> Pin<Box<dyn Future<Output = Result<String, Aborted>>>> {
        let placed = self.transceivers.place(&self.peer, send, true, devices, &self.senders);
        let (peer, signal) = (self.peer.clone(), self.abort.signal());
        let made = placed.and_then(|_| peer.create_offer());
        Box::pin(async move { created(&peer, made, &signal).await })
    }

    /// Sets that offer, with the tracks that there are by now. Its candidates are looked for with these servers.
    pub(crate) fn set_local_offer(
        &mut self,
        sdp: &str,
        (servers, policy): (Vec<IceServer>, IceTransportPolicy),
        sends: bool,
        devices: &Devices,
    ) {
        self.policy = policy;
        self.renewed = Some(servers);
        self.renew_servers();
        self.transceivers.set_sends(sends);
        let offer = object([("type", "offer".into()), ("sdp", sdp.into())]);
        let (set, signal) = (self.peer.set_changed_description(&offer), self.abort.signal());
        self.run(async move { signal.race(set).await.map(|_| Report::LocalOfferSet) });
        // It takes until the answer before anything is sent: nobody waits for the tracks.
        for source in self.transceivers.carried() {
            self.replace(source, devices.track(source));
        }
    }

    /// Sets the local description when the senders have their tracks, and reports it.
    pub(super) fn describe(
        &self,
        kind: &'static str,
        placed: Result<Vec<Promise>, JsValue>,
        report: impl FnOnce(String, Transceivers) -> Report + 'static,
    ) {
        let (peer, transceivers, role, signal) =
            (self.peer.clone(), self.transceivers.clone(), self.role.clone(), self.abort.signal());
        self.run(async move {
            let placed = placed?;
            if transceivers::has_more_than_a_voice(&peer) {
                let made = if kind == "offer" { peer.create_offer() } else { peer.create_answer() };
                let sdp = created(&peer, made, &signal).await?;
                let changed = object([("type", kind.into()), ("sdp", sdp.into())]);
                signal.race(peer.set_changed_description(&changed)).await?;
            } else {
                signal.race(peer.set_local_description()).await?;
            }
            // The description comes after them, whoever waits for them (W3C WebRTC, section 4.4.1.2, the chain of operations).
            for replaced in placed {
                signal.race(Ok(replaced)).await?;
            }
            Ok(report(local_sdp(&peer, &role)?, transceivers))
        });
    }

    pub(super) fn set_remote(&self, kind: &'static str, sdp: &str, report: Report) {
        let description: Object = object([("type", kind.into()), ("sdp", sdp.into())]);
        let (set, signal) = (self.peer.set_remote_description(&description), self.abort.signal());
        let (role, sdp) = (self.role.clone(), sdp.to_owned());
        self.run(async move {
            signal.race(set).await?;
            role.answered(&sdp);
            Ok(report)
        });
    }
}

/// A description that was made and is to be set.
async fn created(
    peer: &PeerConnection,
    made: Result<Promise, JsValue>,
    signal: &AbortSignal,
) -> Result<String, Aborted> {
    let sdp = property(&signal.race(made).await?, "sdp").as_string().unwrap_or_default();
    Ok(if transceivers::has_more_than_a_voice(peer) { in_stereo(&sdp) } else { sdp })
}

/// The username fragment of a description, which is another one after an ICE restart (RFC 8839, section 4.4.1.1.1).
pub(super) fn fragment(sdp: &str) -> Option<&str> {
    sdp.lines().find(|line| line.starts_with("a=ice-ufrag:"))
}

pub(super) fn local_sdp(peer: &PeerConnection, role: &Role) -> Result<String, Exception> {
    let missing = || Exception::new("InvalidStateError", "there is no local description");
    peer.local_description().map(|description| role.kept_in(description.sdp())).ok_or_else(missing)
}

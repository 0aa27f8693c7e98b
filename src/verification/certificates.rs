//! Which certificates a connection has. At the other end it is the one that DTLS found there (W3C WebRTC, section 5.5), of which the
//! descriptions do not tell enough: they may name several, and where a browser does not take another one later, one that is not there.

use itodenwa_protocol::verification::Fingerprint;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use crate::dom::{PeerConnection, Transceiver, is_present, property, sha256};
use crate::error::VerificationError;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = EventTarget, js_name = RTCDtlsTransport)]
    #[derive(Debug, Clone, PartialEq)]
    pub(super) type DtlsTransport;

    #[wasm_bindgen(method, getter)]
    fn state(this: &DtlsTransport) -> String;

    /// In DER, the leaf first.
    #[wasm_bindgen(method, catch, js_name = getRemoteCertificates)]
    fn remote_certificates(this: &DtlsTransport) -> Result<Array, JsValue>;
}

/// Both ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Certificates {
    pub(super) local: Fingerprint,
    pub(super) remote: Fingerprint,
}

impl Certificates {
    /// Those that are used now. Everything that the connection carries has to end at the same ones: pictures that go elsewhere than the
    /// channels would not be what is compared.
    pub(super) async fn of(connection: &PeerConnection) -> Result<Self, VerificationError> {
        // One that is new carries nothing yet.
        let used = transports(connection).into_iter().filter(|transport| transport.state() != "new");
        let mut leaves = used.map(|transport| leaf(&transport));
        let first = leaves.next().ok_or(VerificationError::Changed)??;
        for leaf in leaves {
            if leaf? != first {
                return Err(VerificationError::Certificates);
            }
        }
        let description = connection.local_description().ok_or(VerificationError::Changed)?;
        let local = Fingerprint::of_own_description(&description.sdp()).ok_or(VerificationError::Certificates)?;
        let hash = sha256(&Uint8Array::from(&first[..])).await.map_err(|_| VerificationError::Unsupported)?;
        let remote = hash.try_into().map(Fingerprint).map_err(|_| VerificationError::Unsupported)?;
        Ok(Certificates { local, remote })
    }
}

/// All that a connection sends and receives through and that is not closed, each once.
pub(super) fn transports(connection: &PeerConnection) -> Vec<DtlsTransport> {
    let mut transports: Vec<DtlsTransport> = Vec::new();
    let lines = connection.get_transceivers();
    let ends = lines.iter().flat_map(|line| {
        let line: Transceiver = line.unchecked_into();
        [line.sender().into(), line.receiver().into()]
    });
    let sctp = property(connection, "sctp");
    let all = std::iter::once(sctp).chain(ends).filter(|end: &JsValue| end.is_object());
    for transport in all.filter(|end| is_present(end, "transport")).map(|end| property(&end, "transport")) {
        let transport: DtlsTransport = transport.unchecked_into();
        if transport.state() != "closed" && !transports.contains(&transport) {
            transports.push(transport);
        }
    }
    transports
}

/// The certificate itself.
fn leaf(transport: &DtlsTransport) -> Result<Vec<u8>, VerificationError> {
    if !is_present(transport, "getRemoteCertificates") {
        return Err(VerificationError::Unsupported);
    }
    let certificates = transport.remote_certificates().map_err(|_| VerificationError::Unsupported)?;
    let leaf = certificates.get(0).dyn_into::<ArrayBuffer>().map_err(|_| VerificationError::Changed)?;
    Ok(Uint8Array::new(&leaf).to_vec())
}

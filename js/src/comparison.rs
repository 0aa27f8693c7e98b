//! Words to compare with a peer. Not called as the client's own module of them: what the compiler merges with a method of this class would go
//! to their part, as `RefFromWasmAbi` of the room's, and is needed before.

use itodenwa::{Peer, Verification, VerificationError};
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::incoming::{Incoming, RawIncoming};
use crate::promise::promise;
use crate::values::object;

/// What two people compare.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawVerification(Verification);

#[wasm_bindgen]
impl RawVerification {
    /// The signs with their names.
    #[must_use]
    #[wasm_bindgen(unchecked_return_type = "{ symbol: string, en: string, ja: string }[]")]
    pub fn emoji(&self) -> Array {
        let emoji = self.0.emoji().into_iter();
        emoji
            .map(|it| object([("symbol", it.symbol.into()), ("en", it.english.into()), ("ja", it.japanese.into())]))
            .collect()
    }

    /// What is known of it: `"open"`, `"match"`, `"differ"`, `"changed"`.
    #[must_use]
    pub fn comparison(&self) -> String {
        self.0.comparison().as_str().into()
    }

    /// Keeps what the person said.
    pub fn compared(&self, matches: bool) {
        self.0.compared(matches);
    }

    /// Whether it is about the same connection.
    #[must_use]
    #[wasm_bindgen(js_name = isSame)]
    pub fn is_same(&self, other: &RawVerification) -> bool {
        self.0.is_same(&other.0)
    }

    /// Settled when the connection has changed.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn changed(&self) -> Promise {
        let verification = self.0.clone();
        promise(async move {
            verification.changed().await;
            Ok(JsValue::UNDEFINED)
        })
    }
}

/// What is to be compared with a peer.
pub(crate) fn verification(peer: Option<Peer>) -> Promise {
    promise(async move {
        let peer = peer.ok_or(VerificationError::PeerGone)?;
        Ok(RawVerification(peer.verification().await?).into())
    })
}

/// The same, when a peer asks for it.
#[wasm_bindgen(js_name = answerVerification, unchecked_return_type = "Promise<RawVerification>")]
pub fn answer_verification(incoming: &RawIncoming) -> Promise {
    let asked = match &incoming.0 {
        Incoming::Verification(asked) => Some(asked.clone()),
        _ => None,
    };
    promise(async move {
        let asked = asked.ok_or(VerificationError::Cancelled)?;
        Ok(RawVerification(asked.answer().await?).into())
    })
}

//! What is sealed with a room's key, and opened again.

use std::future::Future;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::crypto::{atob, btoa, decrypt, derive_key, encrypt, import_key, random};
use crate::dom::object;

/// Bytes of a nonce: by chance, as no counter outlives a page (NIST SP 800-38D, section 8.2.2: good for 2^32 messages).
const NONCE: u32 = 12;
/// What the derived key is for (RFC 5869, section 3.2): another way of sealing has another one.
const PURPOSE: &str = "itodenwa sealed packets 1";

pub(super) struct Cipher(JsValue);

impl Cipher {
    /// None where the browser has no cryptography, as on a page that is not secure.
    pub(super) async fn derive(secret: &str, room: &str) -> Option<Self> {
        let base = import_key("raw", &bytes(secret), "HKDF", false, vec!["deriveKey".into()]).ok()?;
        let base = JsFuture::from(base).await.ok()?;
        let hkdf = object([
            ("name", "HKDF".into()),
            ("hash", "SHA-256".into()),
            ("salt", bytes(room).into()),
            ("info", bytes(PURPOSE).into()),
        ]);
        let aes = object([("name", "AES-GCM".into()), ("length", 256.into())]);
        let key = derive_key(&hkdf, &base, &aes, false, vec!["encrypt".into(), "decrypt".into()]).ok()?;
        Some(Cipher(JsFuture::from(key).await.ok()?))
    }

    /// Begins to seal; `about` is what has to be said again to open it.
    pub(super) fn seal(&self, text: &str, about: &str) -> impl Future<Output = Option<String>> + use<> {
        let nonce = random(NONCE);
        let sealing = nonce.as_ref().and_then(|nonce| encrypt(&gcm(nonce, about), &self.0, &bytes(text)).ok());
        async move {
            let sealed = Uint8Array::new(&JsFuture::from(sealing?).await.ok()?).to_vec();
            to_base64(&[nonce?, sealed].concat())
        }
    }

    /// Begins to open; nothing if it was sealed with another key, or is about something else.
    pub(super) fn open(&self, base64: &str, about: &str) -> impl Future<Output = Option<String>> + use<> {
        let opening = from_base64(base64).and_then(|sealed| {
            let (nonce, sealed) = sealed.split_at_checked(NONCE as usize)?;
            decrypt(&gcm(nonce, about), &self.0, &Uint8Array::from(sealed)).ok()
        });
        async move {
            let text = Uint8Array::new(&JsFuture::from(opening?).await.ok()?).to_vec();
            String::from_utf8(text).ok()
        }
    }
}

fn gcm(nonce: &[u8], about: &str) -> js_sys::Object {
    object([
        ("name", "AES-GCM".into()),
        ("iv", Uint8Array::from(nonce).into()),
        ("additionalData", bytes(about).into()),
    ])
}

fn bytes(text: &str) -> Uint8Array {
    Uint8Array::from(text.as_bytes())
}

pub(super) fn to_base64(bytes: &[u8]) -> Option<String> {
    btoa(&bytes.iter().map(|byte| char::from(*byte)).collect::<String>()).ok()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    atob(text).ok()?.chars().map(|character| u8::try_from(character).ok()).collect()
}

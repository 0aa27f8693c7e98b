//! What events are signed with.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";
/// Bytes of a secret.
const BYTES: RangeInclusive<usize> = 24..=64;

/// What an application checks events with: `whsec_` and Base64 of 24 to 64 bytes, as Standard Webhooks has it.
#[derive(Clone)]
pub struct WebhookSecret(Hmac<Sha256>, Vec<u8>);

/// It is no such secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoWebhookSecret;

impl WebhookSecret {
    /// One signature of the header `webhook-signature`.
    pub(super) fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl FromStr for WebhookSecret {
    type Err = NoWebhookSecret;

    fn from_str(text: &str) -> Result<Self, NoWebhookSecret> {
        let bytes = text.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok()).ok_or(NoWebhookSecret)?;
        if !BYTES.contains(&bytes.len()) {
            return Err(NoWebhookSecret);
        }
        let mac = Hmac::new_from_slice(&bytes).map_err(|_| NoWebhookSecret)?;
        Ok(WebhookSecret(mac, bytes))
    }
}

impl PartialEq for WebhookSecret {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

impl fmt::Display for NoWebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is not {PREFIX} and the Base64 of {} to {} bytes", BYTES.start(), BYTES.end())
    }
}

impl std::error::Error for NoWebhookSecret {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's own libraries.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let short = format!("{PREFIX}{}", STANDARD.encode([1; 23]));
        let long = format!("{PREFIX}{}", STANDARD.encode([1; 65]));
        for wrong in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%", &short, &long] {
            assert!(wrong.parse::<WebhookSecret>().is_err(), "{wrong}");
        }
        let secret: WebhookSecret = format!("{PREFIX}{}", STANDARD.encode([1; 24])).parse().unwrap();
        assert!(!format!("{secret:?}").contains('1'));
    }
}

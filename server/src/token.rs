//! Tokens: JSON Web Tokens (RFC 7519) signed with HS256 (RFC 7518, section 3.2), in the shape that LiveKit gave them, so that
//! one token serves here and there.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use itodenwa_server::token::{Claims, Secret};
//!
//! let secret = Secret::new("32 bytes or more, which nobody else knows")?;
//! let claims = Claims::new("blue-tiger", "ann", SystemTime::now(), Duration::from_secs(3600));
//! let token = claims.sign(&secret); // for Room::join(…).token(…), or { token } in JavaScript
//! # assert_eq!(Claims::verify(&token, &[secret]), Some(claims));
//! # Ok::<(), itodenwa_server::token::SecretTooShort>(())
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What tokens are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

/// A secret that could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretTooShort;

impl Secret {
    /// Least length: that of the hash (RFC 7518, section 3.2).
    pub const BYTES: usize = 32;

    /// Takes a secret.
    ///
    /// # Errors
    /// [`SecretTooShort`] below [`Secret::BYTES`].
    pub fn new(secret: impl Into<Box<str>>) -> Result<Self, SecretTooShort> {
        let secret = secret.into();
        if secret.len() < Self::BYTES { Err(SecretTooShort) } else { Ok(Secret(secret)) }
    }

    fn mac(&self, signed: &str) -> Option<Hmac<Sha256>> {
        // It takes keys of every length.
        let mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).ok()?;
        Some(mac.chain_update(signed))
    }
}

/// What a token says. Claims that are not here are not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed it. Not looked at here; elsewhere it names the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Who it is for: the identity.
    pub sub: String,
    /// What the others see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// From then on it is worth nothing: seconds since 1970.
    pub exp: NumericDate,
    /// Before it is worth nothing: seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<NumericDate>,
    /// For what.
    #[serde(default)]
    pub video: Grants,
}

/// Seconds since 1970; in JSON possibly with a fraction (RFC 7519, section 2), which does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "f64")]
pub struct NumericDate(pub u64);

/// What a token lets its owner do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Grants {
    /// In which room.
    pub room: String,
    /// Come in.
    pub room_join: bool,
    /// Send media. If it is not said: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish: Option<bool>,
    /// Get media. If it is not said: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe: Option<bool>,
    /// Send others away.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub room_admin: bool,
}

/// The part before the claims.
#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that have to be understood (RFC 7515, section 4.1.11). None is.
    #[serde(default)]
    crit: Option<IgnoredAny>,
}

impl Claims {
    /// Lets somebody into one room, to send and get media, from now on for so long.
    pub fn new(room: impl Into<String>, identity: impl Into<String>, now: SystemTime, lifetime: Duration) -> Self {
        let now = NumericDate::from(now);
        Claims {
            iss: None,
            sub: identity.into(),
            name: None,
            exp: NumericDate(now.0.saturating_add(lifetime.as_secs())),
            nbf: Some(now),
            video: Grants { room: room.into(), room_join: true, ..Grants::default() },
        }
    }

    /// The token.
    #[must_use]
    pub fn sign(&self, secret: &Secret) -> String {
        let encoded = |json: &[u8]| URL_SAFE_NO_PAD.encode(json);
        // Texts, numbers and booleans can always be written.
        let claims = serde_json::to_vec(self).unwrap_or_default();
        let signed = format!("{}.{}", encoded(br#"{"alg":"HS256","typ":"JWT"}"#), encoded(&claims));
        let seal = secret.mac(&signed).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
        format!("{signed}.{}", encoded(&seal))
    }

    /// What a token says, if it was signed with one of these secrets. Whether its time has come or is over is not looked
    /// at, and neither is what it is for.
    #[must_use]
    pub fn verify(token: &str, secrets: &[Secret]) -> Option<Self> {
        Claims::read(token, secrets).ok()
    }

    /// The same, with why not.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(token: &str, secrets: &[Secret]) -> Result<Self, TokenError> {
        let claims = signed_claims(token, secrets).ok_or(TokenError::NotSigned)?;
        let json = URL_SAFE_NO_PAD.decode(claims).map_err(|_| TokenError::NotSigned)?;
        serde_json::from_slice(&json).map_err(|error| TokenError::Claims(error.to_string()))
    }
}

/// Why a token is worth nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// It is none, or it was not signed with one of the secrets by HS256.
    NotSigned,
    /// It was signed, and does not say what a token says: what is wrong with it.
    Claims(String),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenError::NotSigned => f.write_str("the token is not signed with this server's secret, or not by HS256"),
            TokenError::Claims(why) => {
                write!(
                    f,
                    "the token is signed, and its claims are not valid: {}",
                    why.chars().take(200).collect::<String>()
                )
            }
        }
    }
}

impl std::error::Error for TokenError {}

/// The claims of a token, as they are encoded, if it was signed with one of these secrets.
fn signed_claims<'a>(token: &'a str, secrets: &[Secret]) -> Option<&'a str> {
    let (signed, seal) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
    // Compared in constant time; nothing is read before it is known who wrote it.
    let is_ours = |secret: &Secret| secret.mac(signed).is_some_and(|mac| mac.verify_slice(&seal).is_ok());
    if !secrets.iter().any(is_ours) {
        return None;
    }
    let header: Header = part(header)?;
    if header.alg != "HS256" || header.crit.is_some() {
        return None;
    }
    Some(claims)
}

fn part<T: DeserializeOwned>(encoded: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

impl From<f64> for NumericDate {
    /// What is before 1970 or after the end of time is moved there.
    fn from(seconds: f64) -> Self {
        NumericDate(seconds as u64)
    }
}

impl From<SystemTime> for NumericDate {
    fn from(time: SystemTime) -> Self {
        NumericDate(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
    }
}

impl FromStr for Secret {
    type Err = SecretTooShort;

    fn from_str(secret: &str) -> Result<Self, SecretTooShort> {
        Secret::new(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for SecretTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has fewer than {} bytes; \"openssl rand -hex 32\" makes a good one", Secret::BYTES)
    }
}

impl std::error::Error for SecretTooShort {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.repeat(32)).unwrap()
    }

    fn claims() -> Claims {
        Claims::new("r", "ann", UNIX_EPOCH + Duration::from_secs(1_000), Duration::from_secs(60))
    }

    /// A token with any header and claims, signed.
    fn token(header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let seal = secret("a").mac(&signed).unwrap().finalize().into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(seal))
    }

    fn verify(token: &str) -> Option<Claims> {
        Claims::verify(token, &[secret("b"), secret("a")])
    }

    #[test]
    fn what_is_signed_is_read_with_any_of_the_secrets() {
        let token = claims().sign(&secret("a"));
        assert_eq!(verify(&token), Some(claims()));
        assert_eq!(Claims::verify(&token, &[secret("b")]), None);
        assert_eq!(Claims::verify(&token, &[]), None);
    }

    /// Made with another implementation of HMAC.
    #[test]
    fn tokens_of_others_are_read() {
        let theirs = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJBUEkiLCJzdWIiOiJhbm4iLCJuYW1lIjoiQW5uIiwiZXhwIjoyMDAwMDAwMDAwLCJuYmYiOjEwMDAsInZpZGVvIjp7InJvb20iOiJyIiwicm9vbUpvaW4iOnRydWV9fQ.";
        let seal = "wjFZkqQ20rJvhO29Svgus5EI0WCwQdxT7lNDGXn1-3Q";
        let claims = verify(&format!("{theirs}{seal}")).unwrap();
        assert_eq!((claims.sub.as_str(), claims.iss.as_deref(), claims.exp.0), ("ann", Some("API"), 2_000_000_000));
        assert_eq!((claims.video.room.as_str(), claims.video.room_join), ("r", true));
    }

    #[test]
    fn only_hs256_is_believed() {
        let claims = r#"{"sub":"ann","exp":2e9}"#;
        assert_eq!(verify(&token(r#"{"alg":"HS256"}"#, claims)).unwrap().exp.0, 2_000_000_000);
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":"HS384"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":""}"#,
            r#"{"typ":"JWT"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            "",
        ] {
            assert_eq!(verify(&token(header, claims)), None, "{header}");
        }
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(verify(&format!("{none}.{}.", URL_SAFE_NO_PAD.encode(claims))), None);
    }

    #[test]
    fn claims_are_of_their_types() {
        let header = r#"{"alg":"HS256"}"#;
        for claims in [
            json!({"sub": "ann"}),
            json!({"exp": 1}),
            json!({"sub": 1, "exp": 1}),
            json!({"sub": "ann", "exp": "1"}),
            json!({"sub": "ann", "exp": null}),
            json!({"sub": "ann", "exp": 1, "video": {"roomJoin": "true"}}),
            json!({"sub": "ann", "exp": 1, "video": "r"}),
            json!([]),
        ] {
            assert_eq!(verify(&token(header, &claims.to_string())), None, "{claims}");
        }
        let more = json!({"sub": "ann", "exp": 1.9, "sip": {}, "video": {"room": "r", "roomRecord": true}});
        assert_eq!(verify(&token(header, &more.to_string())).unwrap().exp, NumericDate(1));
    }

    #[test]
    fn a_token_that_is_signed_and_wrong_is_told_from_one_that_is_not_signed() {
        let numeric = token(r#"{"alg":"HS256"}"#, r#"{"sub":42,"exp":2000000000}"#);
        let error = Claims::read(&numeric, &[secret("a")]).unwrap_err();
        assert!(matches!(error, TokenError::Claims(_)) && error.to_string().contains("is signed"), "{error}");
        assert_eq!(Claims::read(&numeric, &[secret("b")]), Err(TokenError::NotSigned));
    }

    #[test]
    fn secrets_are_long_and_not_shown() {
        assert_eq!(Secret::new("x".repeat(31)), Err(SecretTooShort));
        assert_eq!(format!("{:?}", secret("x")), "Secret(…)");
    }

    proptest! {
        #[test]
        fn a_changed_token_is_none(place: prop::sample::Index, byte in 0u8..128) {
            let token = claims().sign(&secret("a"));
            let mut changed = token.clone().into_bytes();
            let place = place.index(changed.len());
            changed[place] = byte;
            let changed = String::from_utf8(changed).unwrap();
            prop_assume!(changed != token);
            prop_assert_eq!(verify(&changed), None);
        }

        #[test]
        fn nonsense_is_none(text in ".*", dots in "[a-zA-Z0-9_.-]{0,100}") {
            prop_assert_eq!(verify(&text), None);
            prop_assert_eq!(verify(&dots), None);
        }
    }
}

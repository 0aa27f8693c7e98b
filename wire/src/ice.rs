//! The STUN and TURN servers that the signalling server hands out.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One entry of `RTCConfiguration.iceServers` (W3C WebRTC, section 4.2.4).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:`, `turn:` or `turns:` addresses (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// The TURN user, `expiry:session` for time-limited credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The TURN password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// A list of ICE servers and how long it may be used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServers {
    /// The servers, in no order of preference.
    pub servers: Vec<IceServer>,
    /// Seconds from the message's arrival until the credentials expire; none when they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u32>,
}

impl fmt::Debug for IceServer {
    /// Leaves the credential out: it must not end up in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

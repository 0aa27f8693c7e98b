//! Tokens, and what the server read in one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Identity;

/// What lets somebody in: a JSON Web Token (RFC 7519), in the shape that LiveKit gave it. Clients pass it on as it is, and
/// only ever in a [`Join`](crate::Join), never in an address.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(Box<str>);

impl Token {
    /// The token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Box<str>>> From<T> for Token {
    fn from(token: T) -> Self {
        Token(token.into())
    }
}

impl fmt::Debug for Token {
    /// Leaves the token out: it must not end up in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What the server read in a member's token: the others may rely on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pass {
    /// Who it is to the application.
    pub identity: Identity,
    /// Whether it may send media. The server does not see media, so it is the others who do not take any.
    pub publish: bool,
    /// Whether it may get media. The server does not see media, so it is the others who do not send any.
    pub subscribe: bool,
    /// Whether it may remove others, lock the room, let in who waits, and ask others to mute or to lower
    /// their hands.
    pub admin: bool,
    /// Whether the token says what it is called: then it keeps that name. The first servers do not say it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub named: bool,
}

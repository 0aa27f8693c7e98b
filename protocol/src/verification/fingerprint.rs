use std::fmt;

use super::Digest;

/// The SHA-256 hash of a certificate as it is on the wire (RFC 8122, section 5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(pub Digest);

impl Fingerprint {
    /// The one that a description of this browser's own names. None if it names none, or several.
    ///
    /// A description of the other side is not to be read so: what DTLS found there is one of the certificates that it names, and browsers
    /// do not say here which.
    #[must_use]
    pub fn of_own_description(sdp: &str) -> Option<Self> {
        let mut named = sdp.lines().filter_map(|line| line.strip_prefix("a=fingerprint:sha-256 ")).map(Self::parse);
        let first = named.next()??;
        named.all(|other| other == Some(first)).then_some(first)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut digest = Digest::default();
        let mut pairs = text.trim_end().split(':');
        for byte in &mut digest {
            let pair =
                pairs.next().filter(|pair| pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        pairs.next().is_none().then_some(Fingerprint(digest))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, ..] = self.0;
        write!(f, "{a:02X}:{b:02X}:…")
    }
}

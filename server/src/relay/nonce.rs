//! Nonces that need not be remembered (RFC 8489, section 9.2): the time, and a code over it and the client's address.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::credentials::Secret;

/// A nonce is good for so long; then the client gets another one, with 438.
const LIFETIME: Duration = Duration::from_secs(3600);
/// Bytes of the time, in seconds since 1970.
const TIME: usize = 4;
/// Bytes of the code: an answer to somebody unknown should not be much larger than the question.
const CODE: usize = 8;

/// Makes and checks nonces.
#[derive(Debug)]
pub(super) struct Nonces(Secret);

impl Nonces {
    /// The secret is only for this.
    pub(super) fn new(secret: Secret) -> Self {
        Nonces(secret)
    }

    pub(super) fn make(&self, unix: u64, client: SocketAddr) -> String {
        // Wraps around in 2106, as what it is compared with does.
        let time = (unix as u32).to_be_bytes();
        let [a, b, c, d] = time;
        let [e, f, g, h, i, j, k, l] = self.code(time, client);
        URL_SAFE_NO_PAD.encode([a, b, c, d, e, f, g, h, i, j, k, l])
    }

    /// Whether it was made here, for this client, a short time ago. A forged one is as good as an old one.
    pub(super) fn is_good(&self, nonce: &str, unix: u64, client: SocketAddr) -> bool {
        let mut bytes = [0; TIME + CODE];
        let Ok(TIME_AND_CODE) = URL_SAFE_NO_PAD.decode_slice(nonce, &mut bytes) else { return false };
        let Some((time, code)) = bytes.split_first_chunk::<TIME>() else { return false };
        let age = (unix as u32).wrapping_sub(u32::from_be_bytes(*time));
        // Who guesses would have to do so byte by byte over a network: not worth more than a plain comparison, but free.
        let differences =
            self.code(*time, client).iter().zip(code).fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
        differences == 0 && u64::from(age) <= LIFETIME.as_secs()
    }

    fn code(&self, time: [u8; TIME], client: SocketAddr) -> [u8; CODE] {
        let ip = match client.ip() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        self.0.seal(&[&time, &ip.octets(), &client.port().to_be_bytes()])
    }
}

/// Bytes of a whole nonce.
const TIME_AND_CODE: usize = TIME + CODE;

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces() -> Nonces {
        Nonces::new(Secret::new(*b"0123456789abcdef").unwrap())
    }

    const CLIENT: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 5000);

    #[test]
    fn a_nonce_is_good_for_an_hour_and_for_its_client() {
        let (nonces, made) = (nonces(), 1_900_000_000);
        let nonce = nonces.make(made, CLIENT);
        assert!(nonces.is_good(&nonce, made, CLIENT));
        assert!(nonces.is_good(&nonce, made + 3600, CLIENT));
        assert!(!nonces.is_good(&nonce, made + 3601, CLIENT));
        assert!(!nonces.is_good(&nonce, made - 1, CLIENT), "not made yet");
        assert!(!nonces.is_good(&nonce, made, SocketAddr::new(CLIENT.ip(), 5001)));
        assert!(!nonces.is_good(&nonce, made, SocketAddr::new([192, 0, 2, 2].into(), 5000)));
    }

    #[test]
    fn another_server_has_others() {
        let other = Nonces::new(Secret::new(*b"0123456789abcdeX").unwrap());
        assert!(!nonces().is_good(&other.make(1, CLIENT), 1, CLIENT));
    }

    #[test]
    fn forged_ones_are_not_good() {
        let (nonces, nonce) = (nonces(), nonces().make(1, CLIENT));
        for at in 0..nonce.len() {
            let mut forged = nonce.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            assert!(!nonces.is_good(&String::from_utf8(forged).unwrap(), 1, CLIENT), "{at}");
        }
        for forged in ["", "A", "!", "ü", &nonce[1..], &format!("{nonce}A"), &"A".repeat(1000)] {
            assert!(!nonces.is_good(forged, 1, CLIENT), "{forged}");
        }
    }
}
